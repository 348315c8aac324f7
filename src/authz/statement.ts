import type { Caller } from './caller';
import { readCondition } from './condition';
import type { Condition } from './condition';
import type { RequestContext, Viewpoint } from './context';
import { completeArn, grammarError, list, textOf } from './grammar';
import type { Placement } from './grammar';
import { Pattern } from './pattern';
import type { PatternSyntax, VariableValues } from './pattern';
import { closenessTo, exempts, mayNameMore, readPrincipals } from './principal';
import type { Closeness, Principals } from './principal';
import { allOf, anyOf, certain, not } from './tri-state';
import type { TriState } from './tri-state';
import type { OneOrMore, PolicyStatement } from './types';

/** What a statement is held against. */
export interface Trial {
  /** `kms:Decrypt`. */
  readonly action: string;
  /** Key ARN, alias ARN, or `*` for actions on no resource. */
  readonly resource: string;
  readonly resourceKind: Viewpoint['resource'];
  readonly caller: Caller;
  readonly context: RequestContext;
}

/** How a statement meets a request. */
export interface Meeting {
  readonly state: TriState;
  /** How closely its Principal element names the caller; absent for IAM policies. */
  readonly closeness?: Closeness;
  /** The first condition that does not hold for certain, if principal, action and resource match. */
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

/**
 * Reads one statement; `position` counts from 1. Of a statement AWS would refuse, whatever cannot be read is unclear: a Deny then acts
 * on what the rest of it says, an Allow never.
 */
export function readStatement(written: PolicyStatement, position: number, placement: Placement, variables: boolean): Statement {
  if (typeof written !== 'object' || written === null) {
    return { effect: 'Deny', name: `#${position}`, refused: 'it is not an object', meets: () => ({ state: 'unclear' }) };
  }
  const inKeyPolicy = placement === 'key policy';
  const actions = readElement(written.Action, written.NotAction, { wildcards: true, variables: false, fold: (text) => text.toLowerCase() });
  const complete = inKeyPolicy ? undefined : completeArn;
  const resources = readElement(written.Resource, written.NotResource, { wildcards: true, variables, segments: true }, complete);
  const principals = readWho(written);
  const conditions = readConditions(written, variables, inKeyPolicy);
  const refused = grammarError(written, placement) ?? principals?.refused ?? conditions.find((condition) => condition.refused)?.refused;
  // KMS stores a key policy statement without Action or Resource, and it has no effect (KMS Developer Guide, "Creating a key policy").
  const inert = inKeyPolicy && (!actions || !resources);

  const meets = ({ action, resource, resourceKind, caller, context }: Trial): Meeting => {
    if (inert) return NO;
    const viewpoint: Viewpoint = { inKeyPolicy, resource: resourceKind };
    const onAction = actions ? actions(action, noVariables) : 'unclear';
    if (onAction === 'no') return NO;
    const { state: onCaller, closeness } = inKeyPolicy ? meetsPrincipal(caller, written.Effect, principals) : EVERYBODY;
    if (onCaller === 'no') return NO;
    const onResource = resources ? resources(resource, context.variableFor(viewpoint)) : 'unclear';
    if (onResource === 'no') return NO;
    const states = conditions.map((condition) => condition.evaluate(context, viewpoint));
    const failed = conditions.find((_, index) => states[index] !== 'yes');
    return { state: allOf([onAction, onCaller, onResource, ...states]), closeness, failed };
  };
  const name = typeof written.Sid === 'string' && written.Sid !== '' ? written.Sid : `#${position}`;
  return { effect: written.Effect === 'Allow' ? 'Allow' : 'Deny', name, refused, meets };
}

const noVariables: VariableValues = () => undefined;

type ElementTest = (text: string, variables: VariableValues) => TriState;

/** `Action` or `NotAction`, `Resource` or `NotResource`; undefined if there is neither. */
function readElement(
  only: OneOrMore<string> | undefined, allBut: OneOrMore<string> | undefined, syntax: PatternSyntax, complete = (text: string) => text,
): ElementTest | undefined {
  const element = only ?? allBut;
  if (element === undefined) return undefined;
  const patterns = list(element).map((text) => new Pattern(complete(textOf(text)), syntax));
  const matches: ElementTest = (text, variables) => anyOf(patterns.map((pattern) => pattern.matches(text, variables)));
  return only === undefined ? (text, variables) => not(matches(text, variables)) : matches;
}

function readWho({ Principal, NotPrincipal }: PolicyStatement): Principals | undefined {
  const element = Principal ?? NotPrincipal;
  return element === undefined ? undefined : { ...readPrincipals(element), excluding: Principal === undefined };
}

interface WhoMeeting {
  readonly state: TriState;
  readonly closeness?: Closeness;
}

const EVERYBODY: WhoMeeting = { state: 'yes' };

function meetsPrincipal(caller: Caller, effect: string, principals: Principals | undefined): WhoMeeting {
  if (!principals) return { state: 'unclear' };
  // "NotPrincipal must be used with Deny. Using it with Allow is not supported" (IAM User Guide, NotPrincipal).
  if (principals.excluding) return { state: effect === 'Allow' ? 'no' : certain(!exempts(caller, principals)) };
  const closeness = closenessTo(caller, principals);
  if (closeness) return { state: 'yes', closeness };
  return { state: mayNameMore(principals) ? 'unclear' : 'no' };
}

function readConditions({ Condition: block }: PolicyStatement, variables: boolean, inKeyPolicy: boolean): Condition[] {
  return Object.entries(block ?? {}).flatMap(([operator, keys]) =>
    Object.entries(Object(keys) as typeof keys).map(([key, value]) => readCondition(operator, key, value, variables, inKeyPolicy)));
}
