import type { Caller } from './caller';
import { readCondition } from './condition';
import type { Condition } from './condition';
import type { RequestContext } from './context';
import { Pattern } from './pattern';
import type { VariableValues } from './pattern';
import type { Placement } from './policy';
import { closenessTo, exempts, mayNameMore, readPrincipals } from './principal';
import type { Closeness, Principals } from './principal';
import { allOf, certain, not } from './tri-state';
import type { TriState } from './tri-state';
import type { OneOrMore, PolicyStatement, PrincipalElement } from './types';

/** What a statement is held against. */
export interface Trial {
  /** `kms:Decrypt`. */
  readonly action: string;
  /** Key ARN, alias ARN, or `*` for actions on no resource. */
  readonly resource: string;
  readonly caller: Caller;
  readonly context: RequestContext;
}

/** How a statement meets a request. */
export interface Meeting {
  readonly state: TriState;
  /** How closely its Principal element names the caller; absent for IAM policies. */
  readonly closeness?: Closeness;
  /** The first condition that fails, if principal, action and resource match and only conditions do not. */
  readonly failed?: Condition;
}

const NO: Meeting = { state: 'no' };

/** A statement, read once. */
export interface Statement {
  readonly effect: 'Allow' | 'Deny';
  /** Sid, or position: `#2`. */
  readonly name: string;
  /** Why AWS would refuse the statement and with it its policy. */
  readonly refused?: string;
  meets(trial: Trial): Meeting;
}

/** Reads one statement; `position` counts from 1. */
export function readStatement(written: PolicyStatement, position: number, placement: Placement, variables: boolean): Statement {
  const name = written?.Sid || `#${position}`;
  if (typeof written !== 'object' || written === null) return { effect: 'Deny', name, refused: 'it is not an object', meets: () => NO };
  const inKeyPolicy = placement === 'key policy';
  const actions = readActions(written);
  const resources = readResources(written, variables);
  const principals = readWho(written);
  const conditions = readConditions(written, variables);
  const refused = refusal(written, placement) ?? principals?.refused ?? conditions.find((condition) => condition.refused)?.refused;
  // KMS stores a key policy statement without Action or Resource and ignores it (KMS API Reference, CreateKey, "Policy").
  const inert = inKeyPolicy && (!actions || !resources);

  const meets = (trial: Trial): Meeting => {
    const action = actions ? actions(trial.action) : 'unclear';
    if (inert || action === 'no') return NO;
    const who = inKeyPolicy ? meetsPrincipal(trial.caller, written.Effect, principals) : { state: 'yes' as const };
    if (who.state === 'no') return NO;
    const resource = resources ? resources(trial.resource, trial.context.variable) : 'unclear';
    if (resource === 'no') return NO;
    const states = conditions.map((condition) => condition.evaluate(trial.context, inKeyPolicy));
    const failed = conditions.find((_, index) => states[index] !== 'yes');
    return { state: allOf([action, who.state, resource, ...states]), closeness: who.closeness, failed };
  };
  return { effect: written.Effect === 'Allow' ? 'Allow' : 'Deny', name, refused, meets };
}

const list = <T>(value: OneOrMore<T>): readonly T[] => (Array.isArray(value) ? value as readonly T[] : [value as T]);

function refusal(written: PolicyStatement, placement: Placement): string | undefined {
  if (written.Effect !== 'Allow' && written.Effect !== 'Deny') return `its effect '${String(written.Effect)}' is neither Allow nor Deny`;
  for (const [one, other] of [['Principal', 'NotPrincipal'], ['Action', 'NotAction'], ['Resource', 'NotResource']] as const) {
    if (written[one] !== undefined && written[other] !== undefined) return `it has both ${one} and ${other}`;
  }
  const hasPrincipal = written.Principal !== undefined || written.NotPrincipal !== undefined;
  if (placement === 'key policy') return hasPrincipal ? undefined : 'it has no principal';
  if (hasPrincipal) return 'an IAM policy names no principal';
  const actions = written.Action ?? written.NotAction;
  const resources = written.Resource ?? written.NotResource;
  if (actions === undefined) return 'it has no action';
  if (resources === undefined) return 'it has no resource';
  const badAction = list(actions).find((action) => action !== '*' && !/^[^:\s]+:[^:\s]+$/.test(action));
  if (badAction !== undefined) return `its action '${badAction}' is not '<service>:<action>'`;
  const badResource = list(resources).find((resource) => resource !== '*' && !/^arn:/.test(resource));
  return badResource === undefined ? undefined : `its resource '${badResource}' is neither an ARN nor "*"`;
}

type ActionTest = (action: string) => TriState;

/** Action names match in any case, with wildcards, and without variables. */
function readActions(written: PolicyStatement): ActionTest | undefined {
  const element = written.Action ?? written.NotAction;
  if (element === undefined) return undefined;
  const lower = (text: string) => text.toLowerCase();
  const patterns = list(element).map((action) => new Pattern(String(action), { wildcards: true, variables: false }, lower));
  const matches = (action: string) => certain(patterns.some((pattern) => pattern.matches(action, () => undefined)));
  return written.Action === undefined ? (action) => not(matches(action)) : matches;
}

type ResourceTest = (resource: string, variables: VariableValues) => TriState;

function readResources(written: PolicyStatement, variables: boolean): ResourceTest | undefined {
  const element = written.Resource ?? written.NotResource;
  if (element === undefined) return undefined;
  const patterns = list(element).map((resource) => new Pattern(String(resource), { wildcards: true, variables }));
  const matches = (resource: string, values: VariableValues) => certain(patterns.some((pattern) => pattern.matches(resource, values)));
  return written.Resource === undefined ? (resource, values) => not(matches(resource, values)) : matches;
}

function readWho(written: PolicyStatement): Principals | undefined {
  const element: PrincipalElement | undefined = written.Principal ?? written.NotPrincipal;
  return element === undefined ? undefined : { ...readPrincipals(element), excluding: written.Principal === undefined };
}

function meetsPrincipal(caller: Caller, effect: string, principals: Principals | undefined): { state: TriState; closeness?: Closeness } {
  if (!principals) return { state: 'unclear' };
  // "NotPrincipal must be used with Deny; with Allow it is not supported" (IAM User Guide, NotPrincipal).
  if (principals.excluding) return { state: effect === 'Allow' ? 'no' : certain(!exempts(caller, principals)) };
  const closeness = closenessTo(caller, principals);
  if (closeness) return { state: 'yes', closeness };
  return { state: mayNameMore(principals) ? 'unclear' : 'no' };
}

function readConditions(written: PolicyStatement, variables: boolean): Condition[] {
  return Object.entries(written.Condition ?? {}).flatMap(([operator, keys]) =>
    Object.entries(keys ?? {}).map(([key, value]) => readCondition(operator, key, value, variables)));
}
