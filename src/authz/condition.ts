import { operatorNamed } from './operators';
import type { Operator, ValueTest } from './operators';
import type { VariableValues } from './pattern';
import type { ConditionKeys, ConditionScope, ContextValue } from './request-context';
import { allOf, anyOf, certain, not } from './tri-state';
import type { TriState } from './tri-state';
import { conditionKeyFacts } from '../spec/condition-keys';
import type { WrittenOperator } from '../spec/condition-operators';
import { parseOperator } from '../spec/condition-operators';
import { readBool } from '../spec/condition-values';

/** The Condition element (IAM User Guide, "Condition operators", "Multivalued context keys", "Multiple context keys or values"). */

/** One operator with one condition key: what a near miss quotes. */
export interface Condition {
  /** As it is written: `ForAllValues:StringLikeIfExists`. */
  readonly operator: string;
  readonly key: string;
  readonly wanted: readonly string[];
  /** `unclear` where AWS documents no answer, or a value is not known. */
  evaluate(keys: ConditionKeys, scope: ConditionScope): TriState;
}

/** Decides on what a request carries for the condition's key, or on its absence. */
type Decide = (found: ContextValue | undefined, variables: VariableValues) => TriState;

/** Reads the Condition element of a policy whose strings may hold variables, or of one whose may not. */
export function readConditions(block: unknown, variables: boolean): Condition[] {
  if (block === undefined) return [];
  if (!isMap(block)) return [unreadable('Condition', '', [])];
  return Object.entries(block).flatMap(([operator, keys]) => {
    if (!isMap(keys)) return [unreadable(operator, '', [])];
    return Object.entries(keys).map(([key, value]) => readCondition(operator, key, value, variables));
  });
}

function readCondition(operator: string, key: string, value: unknown, variables: boolean): Condition {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  const wanted = values.filter((one) => typeof one === 'string' || typeof one === 'number' || typeof one === 'boolean').map(String);
  const written = parseOperator(operator);
  if (!written || wanted.length < values.length) return unreadable(operator, key, wanted);
  const decide = written.name === 'Null' ? presence(wanted) : comparison(written, key, wanted, variables);
  return { operator, key, wanted, evaluate: evaluation(key, decide) };
}

/** What AWS would refuse: nothing tells whether it holds. */
function unreadable(operator: string, key: string, wanted: readonly string[]): Condition {
  return { operator, key, wanted, evaluate: () => 'unclear' };
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Where it is open whether the request carries the key, what holds either way holds; the rest is unclear. */
function evaluation(key: string, decide: Decide): Condition['evaluate'] {
  const lower = key.toLowerCase();
  return (keys, scope) => {
    const variables = keys.variableFor(scope);
    const found = keys.read(lower, scope);
    const answer = decide(found, variables);
    return found?.doubtful && decide(undefined, variables) !== answer ? 'unclear' : answer;
  };
}

function comparison(written: WrittenOperator, key: string, wanted: readonly string[], variables: boolean): Decide {
  if (wanted.length === 0) return withoutValues(written);
  const operator = operatorNamed(written.name)!;
  const tests = wanted.map((value) => operator.test(value, variables));
  const readable = !tests.includes(undefined);
  const disputed = isDisputed(key, wanted);
  const matches = (seen: string, values: VariableValues): TriState => {
    const matched = anyOf((tests as ValueTest[]).map((test) => test(seen, values)));
    return operator.negated ? not(matched) : matched;
  };
  return (found, values) => {
    if (!found) return onAbsence(operator, written);
    if (!readable) return 'unclear';
    const states = found.values.map((seen) => matches(seen, values));
    if (written.set === 'ForAllValues') return onEmptiness(found, allOf(states));
    if (written.set === 'ForAnyValue') return anyOf(states);
    const any = anyOf(states);
    if (any === 'no') return any;
    // Without a qualifier AWS says nothing of a key with several values.
    return found.multivalued || disputed ? 'unclear' : allOf(states) === 'yes' ? 'yes' : 'unclear';
  };
}

/**
 * "The values do not match and the condition is false"; of negated operators true; with IfExists true; ForAllValues is true, ForAnyValue
 * false. The page on multivalued keys says false of ForAnyValue whatever follows, the one on IfExists true whatever precedes. Of ForAllValues
 * with a negated operator one paragraph of "Condition operators" says true and its table says false.
 */
function onAbsence({ negated }: Operator, { set, ifExists }: WrittenOperator): TriState {
  if (ifExists) return set === 'ForAnyValue' ? 'unclear' : 'yes';
  if (set === 'ForAllValues') return negated ? 'unclear' : 'yes';
  return certain(negated && set === undefined);
}

/** "…or if the key value resolves to a null dataset, such as an empty string": said of ForAllValues, in few words. */
function onEmptiness(found: ContextValue, answer: TriState): TriState {
  return found.values.every((value) => value === '') && answer !== 'yes' ? 'unclear' : answer;
}

/**
 * A list without values, which the grammar does not have. IAM's "policy validation check reference": with ForAnyValue it "never matches",
 * with ForAllValues or IfExists it "matches only if the key is missing"; else it "returns true and the policy statement provides no permissions".
 */
function withoutValues({ set, ifExists }: WrittenOperator): Decide {
  if (set === 'ForAnyValue') return () => (ifExists ? 'unclear' : 'no');
  return (found) => (set === 'ForAllValues' || ifExists ? certain(found === undefined) : 'unclear');
}

/** Null: is the key there at all, "and its value not null"? */
function presence(wanted: readonly string[]): Decide {
  const values = new Set(wanted.map(readBool));
  if (values.has(undefined) || values.size === 0) return () => 'unclear';
  return (found) => {
    if (found?.values.every((value) => value === '') && values.size === 1) return 'unclear';
    return certain(values.has(found === undefined ? 'true' : 'false'));
  };
}

/** Of several values for one key the IAM User Guide says "or"; the KMS Developer Guide says "and" for this one. */
function isDisputed(key: string, wanted: readonly string[]): boolean {
  return wanted.length > 1 && conditionKeyFacts(key)?.severalValuesDisputed === true;
}
