import type { KeyKind } from './key-core';
import { KeysmithKey } from './keysmith-key';
import type { KeysmithKeyProps } from './keysmith-key-props';
import { INITIAL } from './signing-generations';
import type { DutyName } from '../policy/duties';

/** One key of KMS among those that a key of this library has, one after the other. */
export class GenerationKey extends KeysmithKey {
  constructor(key: KeysmithKey, name: string, kind: KeyKind, props: KeysmithKeyProps) {
    super(key, `Generation${name[0].toUpperCase()}${name.slice(1)}`);
    // The resource of a key that had no generations stays where it is: another logical id would be another key.
    this._define(kind, { ...props, alias: props.alias && `${props.alias}/${name}` }, name === INITIAL ? key : undefined);
  }

  /** @internal */
  public _duties(): readonly DutyName[] {
    return (this.node.scope as KeysmithKey)._duties();
  }
}
