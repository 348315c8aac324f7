import type { ContextValue, RequestContext } from './context';
import { operatorNamed } from './operators';
import type { ValueTest } from './operators';
import { certain } from './tri-state';
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
  /** `unclear` where the policy is not one AWS documents an answer for. */
  evaluate(context: RequestContext, inKeyPolicy: boolean): TriState;
}

const OPERATOR = /^(?:(ForAnyValue|ForAllValues):)?([A-Za-z]+?)(IfExists)?$/i;

/** Reads one `operator: { key: values }` entry. */
export function readCondition(operator: string, key: string, value: OneOrMore<string | number | boolean>, variables: boolean): Condition {
  const wanted = (Array.isArray(value) ? value : [value]).map(String);
  const refused = (why: string): Condition => ({ operator, key, wanted, refused: why, evaluate: () => 'unclear' });
  const [, set, base, ifExists] = OPERATOR.exec(operator) ?? [];
  if (!base) return refused(`'${operator}' is not a condition operator`);
  if (base.toLowerCase() === 'null') return set || ifExists ? refused(`'${operator}' is not a condition operator`) : presence(operator, key, wanted);
  const known = operatorNamed(base);
  if (!known) return refused(`'${operator}' is not a condition operator`);
  const qualifier = set?.toLowerCase();
  const tests = wanted.map((policyValue) => known.test(policyValue, variables));
  const readable = tests.filter((test): test is ValueTest => test !== undefined);

  const evaluateOn = (found: ContextValue | undefined, context: RequestContext): TriState => {
    if (!found) return certain(qualifier === 'forallvalues' || ifExists !== undefined || (known.negated && qualifier === undefined));
    const matched = found.values.map((seen) => readable.some((test) => test(seen, context.variable)) !== known.negated);
    if (qualifier === 'forallvalues') return certain(matched.every(Boolean));
    if (qualifier === 'foranyvalue') return certain(matched.some(Boolean));
    if (!matched.some(Boolean)) return 'no';
    // Without a qualifier AWS says nothing of a key with several values.
    return matched.every(Boolean) && !found.multivalued ? 'yes' : 'unclear';
  };
  return {
    operator,
    key,
    wanted,
    evaluate: (context, inKeyPolicy) => (readable.length < tests.length ? 'unclear' : inPlace(key, context, inKeyPolicy, evaluateOn)),
  };
}

/** Null: is the key there at all? */
function presence(operator: string, key: string, wanted: readonly string[]): Condition {
  const values = new Set(wanted.map((value) => value.toLowerCase()));
  const valid = [...values].every((value) => value === 'true' || value === 'false');
  const evaluateOn = (found: ContextValue | undefined): TriState => certain(values.has(String(found === undefined)));
  return {
    operator,
    key,
    wanted,
    evaluate: (context, inKeyPolicy) => (valid ? inPlace(key, context, inKeyPolicy, evaluateOn) : 'unclear'),
  };
}

/**
 * In a key policy, keys that only IAM policies support are there or not there: AWS says "not supported" and no more. What holds either
 * way holds; the rest is unclear.
 */
function inPlace(
  key: string, context: RequestContext, inKeyPolicy: boolean, evaluateOn: (found: ContextValue | undefined, context: RequestContext) => TriState,
): TriState {
  const found = context.read(key.toLowerCase());
  const answer = evaluateOn(found, context);
  if (!inKeyPolicy || !conditionKeyFacts(key)?.identityPoliciesOnly) return answer;
  return evaluateOn(undefined, context) === answer ? answer : 'unclear';
}
