import type { ContextValue, RequestContext, Viewpoint } from './context';
import { list } from './grammar';
import { operatorNamed } from './operators';
import type { Operator, ValueTest } from './operators';
import type { VariableValues } from './pattern';
import { allOf, anyOf, certain, not } from './tri-state';
import type { TriState } from './tri-state';
import type { OneOrMore } from './types';
import { conditionKeyFacts } from '../spec/condition-keys';

/** The Condition element (IAM User Guide, "Condition operators", "Multivalued context keys", "Multiple context keys or values"). */

/** One operator with one condition key: what a near miss quotes. */
export interface Condition {
  readonly operator: string;
  readonly key: string;
  readonly wanted: readonly string[];
  /** Why AWS refuses it. */
  readonly refused?: string;
  /** `unclear` where AWS documents no answer. */
  evaluate(context: RequestContext, viewpoint: Viewpoint): TriState;
}

/** Decides on what a request carries for the condition's key, or on its absence. */
type Decide = (found: ContextValue | undefined, variables: VariableValues) => TriState;

const OPERATOR = /^(?:(ForAnyValue|ForAllValues):)?([A-Za-z]+?)(IfExists)?$/;
const SINGLE_VALUED_WITHOUT_SET = /^(kms:EncryptionContext:|aws:RequestTag\/)/i;

/** Reads one `operator: { key: values }` entry of a policy whose strings may hold variables, or of one whose may not. */
export function readCondition(
  operator: string, key: string, value: OneOrMore<string | number | boolean>, variables: boolean, inKeyPolicy: boolean,
): Condition {
  const wanted = list(value).map((one) => (typeof one === 'object' ? JSON.stringify(one) : String(one)));
  const [, set, name, ifExists] = OPERATOR.exec(operator) ?? [];
  const known = name === undefined ? undefined : operatorNamed(name);
  const condition = (decide: Decide, refused?: string): Condition => ({ operator, key, wanted, refused, evaluate: evaluation(key, decide) });
  if (operator === 'Null') return condition(presence(wanted));
  if (!known) return condition(() => 'unclear', `'${operator}' is not a condition operator`);
  const decide = comparison(known, wanted, { set, ifExists: ifExists !== undefined, variables, disputed: isDisputed(key, wanted) });
  // KMS answers OverlyPermissiveCondition (KMS Developer Guide, "AWS KMS condition keys").
  const overlyPermissive = inKeyPolicy && set === 'ForAllValues' && SINGLE_VALUED_WITHOUT_SET.test(key);
  return condition(decide, overlyPermissive ? `ForAllValues with the single-valued key ${key} matches requests without it` : undefined);
}

/** Where AWS leaves open whether the request carries the key, what holds either way holds; the rest is unclear. */
function evaluation(key: string, decide: Decide): Condition['evaluate'] {
  const lower = key.toLowerCase();
  return (context, viewpoint) => {
    const variables = context.variableFor(viewpoint);
    const found = context.read(lower, viewpoint);
    const answer = decide(found, variables);
    return found?.doubtful && decide(undefined, variables) !== answer ? 'unclear' : answer;
  };
}

interface Comparison {
  readonly set?: string;
  readonly ifExists: boolean;
  readonly variables: boolean;
  readonly disputed: boolean;
}

function comparison(operator: Operator, wanted: readonly string[], { set, ifExists, variables, disputed }: Comparison): Decide {
  const tests = wanted.map((value) => operator.test(value, variables));
  if (tests.includes(undefined)) return () => 'unclear';
  const matches = (seen: string, values: VariableValues): TriState => {
    const matched = anyOf((tests as ValueTest[]).map((test) => test(seen, values)));
    return operator.negated ? not(matched) : matched;
  };
  return (found, values) => {
    if (!found) return onAbsence(operator, set, ifExists);
    const states = found.values.map((seen) => matches(seen, values));
    if (set === 'ForAllValues') return onEmptiness(found, allOf(states));
    if (set === 'ForAnyValue') return anyOf(states);
    const any = anyOf(states);
    if (any === 'no') return any;
    // Without a qualifier AWS says nothing of a key with several values.
    return found.multivalued || disputed ? 'unclear' : allOf(states) === 'yes' ? 'yes' : 'unclear';
  };
}

/**
 * "The values do not match and the condition is false"; of negated operators true; with IfExists true; ForAllValues is true, ForAnyValue
 * false. Of ForAllValues with a negated operator one paragraph of "Condition operators" says true and its table says false.
 */
function onAbsence(operator: Operator, set: string | undefined, ifExists: boolean): TriState {
  if (ifExists) return 'yes';
  if (set === 'ForAllValues') return operator.negated ? 'unclear' : 'yes';
  return certain(operator.negated && set === undefined);
}

/** "…or if the key value resolves to a null dataset, such as an empty string": said of ForAllValues, in few words. */
function onEmptiness(found: ContextValue, answer: TriState): TriState {
  return found.values.every((value) => value === '') && answer !== 'yes' ? 'unclear' : answer;
}

/** Null: is the key there at all, "and its value not null"? */
function presence(wanted: readonly string[]): Decide {
  const values = new Set(wanted.map((value) => value.toLowerCase()));
  if ([...values].some((value) => value !== 'true' && value !== 'false')) return () => 'unclear';
  return (found) => {
    if (found?.values.every((value) => value === '') && values.size === 1) return 'unclear';
    return certain(values.has(String(found === undefined)));
  };
}

/** Of several values for one key the IAM User Guide says "or"; the KMS Developer Guide says "and" for this one. */
function isDisputed(key: string, wanted: readonly string[]): boolean {
  return wanted.length > 1 && conditionKeyFacts(key)?.severalValuesDisputed === true;
}
