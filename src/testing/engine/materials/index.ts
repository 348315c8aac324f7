import type { KeySpecName } from '../../../spec/key-specs';
import { KEY_SPECS } from '../../../spec/key-specs';
import { SymmetricGenerations } from './symmetric-generations';

/** What holds a key's secret, by the family of its spec. */
export interface KeyMaterial {
  readonly symmetric?: SymmetricGenerations;
}

/** @param given the key itself, as in `KeyDefinition.material` */
export function materialFor(spec: KeySpecName, now: Date, given?: Uint8Array): KeyMaterial {
  switch (KEY_SPECS[spec].family) {
    case 'symmetric': return { symmetric: new SymmetricGenerations(now, given) };
    default: throw new Error(`the local KMS makes no keys of spec ${spec}`);
  }
}
