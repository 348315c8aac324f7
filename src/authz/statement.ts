import type { Caller } from './caller';
import { readConditions } from './condition';
import type { Condition } from './condition';
import { Pattern } from './pattern';
import type { PatternSyntax, VariableValues } from './pattern';
import { exempts, matchPrincipals, readPrincipals } from './principal';
import type { Closeness, PrincipalMatch, Principals } from './principal';
import type { ConditionScope, RequestContext } from './request-context';
import { allOf, anyOf, not } from './tri-state';
import type { TriState } from './tri-state';
import type { Bound } from './types';
import { statementName } from '../spec/policy-grammar';
import type { PolicyPlacement } from '../spec/policy-grammar';

/** How a statement matches a request. */
export interface StatementMatch {
  readonly state: TriState;
  /** How closely its Principal element names the caller; absent for IAM policies. */
  readonly closeness?: Closeness;
  /** The first condition that does not hold for certain, if principal, action and resource match. */
  readonly failed?: Condition;
}

/** How principal, action and resource of a statement match a request, whatever its conditions say. */
export type NamesMatch = Omit<StatementMatch, 'failed'>;

const NO: StatementMatch = { state: 'no' };

/** Actions or resources of a statement. */
export interface NameList {
  readonly names: readonly string[];
  /** Whether it is `NotAction` or `NotResource`. */
  readonly excluding: boolean;
}

/** A statement, read once: its parts as data, and whether it matches a request. */
export interface Statement {
  readonly effect: 'Allow' | 'Deny';
  /** Sid, or position: `#2`. */
  readonly name: string;
  /** Absent in an IAM policy. */
  readonly principals?: Principals;
  readonly actions?: NameList;
  readonly resources?: NameList;
  readonly conditions: readonly Condition[];
  /** Whether it has no effect whatever is asked: KMS stores a statement without Action or Resource. */
  readonly inert: boolean;
  match(context: RequestContext): StatementMatch;
  /** The same without its conditions. */
  matchNames(context: RequestContext): NamesMatch;
}

/**
 * Reads one statement; `position` counts from 1. Of a statement AWS would refuse, whatever cannot be read is unclear: a Deny then acts
 * on what the rest of it says, an Allow never.
 */
export function readStatement(written: unknown, position: number, placement: PolicyPlacement, variables: boolean): Statement {
  if (typeof written !== 'object' || written === null || Array.isArray(written)) {
    return { effect: 'Deny', name: `#${position}`, conditions: [], inert: false, match: () => ({ state: 'unclear' }), matchNames: () => ({ state: 'unclear' }) };
  }
  const element = (name: string): unknown => (Object.hasOwn(written, name) ? (written as Record<string, unknown>)[name] : undefined);
  const inKeyPolicy = placement === 'key policy';
  const actions = readNames(element('Action'), element('NotAction'), ACTION_SYNTAX);
  const resources = readNames(element('Resource'), element('NotResource'), { wildcards: true, variables, segments: true }, inKeyPolicy ? undefined : completeArn);
  const principals = inKeyPolicy ? readWho(element('Principal'), element('NotPrincipal')) : undefined;
  const conditions = readConditions(element('Condition'), variables);
  const effect = element('Effect') === 'Allow' ? 'Allow' : 'Deny';
  // KMS stores a key policy statement without Action or Resource, and it has no effect (KMS Developer Guide, "Creating a key policy").
  const inert = inKeyPolicy && (!actions || !resources);

  const matchNames = ({ action, resource, resourceKind, caller, conditionKeys, bound }: RequestContext): NamesMatch => {
    if (inert) return NO;
    const onAction = actions ? actions.test(action, noVariables) : 'unclear';
    if (onAction === 'no') return NO;
    const { state: onCaller, closeness } = inKeyPolicy ? matchWho(caller, effect, principals, bound) : EVERYBODY;
    if (onCaller === 'no') return NO;
    const onResource = resources ? resources.test(resource, conditionKeys.variableFor({ inKeyPolicy, resource: resourceKind })) : 'unclear';
    return { state: allOf([onAction, onCaller, onResource]), closeness };
  };
  const match = (context: RequestContext): StatementMatch => {
    const { state, closeness } = matchNames(context);
    if (state === 'no') return NO;
    const scope: ConditionScope = { inKeyPolicy, resource: context.resourceKind };
    const states = conditions.map((condition) => condition.evaluate(context.conditionKeys, scope));
    const failed = conditions.find((_, index) => states[index] !== 'yes');
    return { state: allOf([state, ...states]), closeness, failed };
  };
  return { effect, name: statementName(written, position), principals, actions, resources, conditions, inert, match, matchNames };
}

const ACTION_SYNTAX: PatternSyntax = { wildcards: true, variables: false, fold: (text) => text.toLowerCase() };

const noVariables: VariableValues = () => undefined;

interface ReadNames extends NameList {
  test(text: string, variables: VariableValues): TriState;
}

/** `Action` or `NotAction`, `Resource` or `NotResource`; undefined if there is neither. */
function readNames(only: unknown, allBut: unknown, syntax: PatternSyntax, complete = (text: string) => text): ReadNames | undefined {
  if (only === undefined && allBut === undefined) return undefined;
  const excluding = only === undefined;
  const element = only ?? allBut;
  const list: readonly unknown[] = Array.isArray(element) ? element : [element];
  const names = list.filter((name) => typeof name === 'string');
  // Both at once, or values of another kind: the grammar has neither.
  if (names.length < list.length || (only !== undefined && allBut !== undefined)) return { names, excluding, test: () => 'unclear' };
  const patterns = names.map((text) => new Pattern(complete(text), syntax));
  // "The resource that includes a policy variable with no value will not match any resource", NotResource or not.
  const unset = excluding ? 'unclear' : 'no';
  const matches = (text: string, variables: VariableValues) => anyOf(patterns.map((pattern) => pattern.matches(text, variables, unset)));
  return { names, excluding, test: excluding ? (text, variables) => not(matches(text, variables)) : matches };
}

function readWho(principal: unknown, notPrincipal: unknown): Principals | undefined {
  if (principal !== undefined) return readPrincipals(principal, false);
  return notPrincipal === undefined ? undefined : readPrincipals(notPrincipal, true);
}

const EVERYBODY: PrincipalMatch = { state: 'yes' };

function matchWho(caller: Caller, effect: string, principals: Principals | undefined, bound: Bound): PrincipalMatch {
  if (!principals) return { state: 'unclear', closeness: 'itself' };
  if (!principals.excluding) return matchPrincipals(caller, principals, bound);
  // "NotPrincipal must be used with Deny. Using it with Allow is not supported" (IAM User Guide, NotPrincipal).
  return { state: effect === 'Allow' ? 'no' : not(exempts(caller, principals)) };
}

/** IAM fills up an ARN with fewer than six parts: `arn:aws:kms` means `arn:aws:kms:*:*:*`. */
function completeArn(text: string): string {
  const missing = 6 - text.split(':').length;
  return text.startsWith('arn:') && missing > 0 ? text + ':*'.repeat(missing) : text;
}
