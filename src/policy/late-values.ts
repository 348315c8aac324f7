import { Token, Tokenization } from 'aws-cdk-lib';
import type { IResolvable, IResolveContext } from 'aws-cdk-lib';
import type { Conditions, ConditionValue } from './permission';

/**
 * Values of a condition that only synthesis knows, like the names of resources that somebody may still add. In conditions they stand as a list;
 * a key policy looks them up when it is composed, so that it can join statements by what they say.
 */
export class LateValues implements IResolvable {
  /** Left out, as CDK does by default: a trace for each token costs more than it tells. */
  public readonly creationStack: string[] = [];

  /** What stands in conditions. */
  public readonly list: readonly string[];

  /** `prepare` is called when CDK looks for references, of which the values hold none. */
  constructor(public readonly values: () => readonly string[], private readonly prepare: () => void) {
    this.list = Token.asList(this);
  }

  public resolve({ preparing }: IResolveContext): readonly string[] {
    if (!preparing) return this.values();
    this.prepare();
    return [];
  }

  public toString(): string {
    return Token.asString(this);
  }
}

/** The late values in conditions. */
export function lateValuesIn(conditions: Conditions): LateValues[] {
  return Object.values(conditions).flatMap((pairs) => Object.values(pairs).flatMap((value) => lateValuesOf(value) ?? []));
}

/** The conditions with their late values looked up. */
export function lookedUp(conditions: Conditions, values: ReadonlyMap<LateValues, readonly string[]>): Conditions {
  if (!lateValuesIn(conditions).length) return conditions;
  const here = (value: ConditionValue) => {
    const late = lateValuesOf(value);
    return (late && values.get(late)) ?? value;
  };
  return Object.fromEntries(Object.entries(conditions).map(([operator, pairs]) => [
    operator, Object.fromEntries(Object.entries(pairs).map(([key, value]) => [key, here(value)])),
  ]));
}

/** The late values that a value of a condition stands for; undefined for one that is known. */
export function lateValuesOf(value: ConditionValue): LateValues | undefined {
  if (!Array.isArray(value) || value.length !== 1 || !Token.isUnresolved(value)) return undefined;
  const token = Tokenization.reverseList([...value]);
  return token instanceof LateValues ? token : undefined;
}
