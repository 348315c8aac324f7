import { fits, mayHaveContext, originOf } from './condition-key-values';
import { modelOf } from './model';
import type { Model } from './model';
import { search } from './search';
import type { Requirement } from './search';
import { Space, TooMany } from './space';
import type { Atom } from './space';
import type { DeadStatement, KeyWorld } from './types';
import { companions, wellFormed } from './well-formed';
import { ConditionKeys } from '../authz';
import type { Condition, KeyFacts, Statement } from '../authz';
import { CROSS_ACCOUNT_ACTIONS, KEY_ACTIONS, RETIRE_GRANT } from '../spec/action-resources';
import { existsOn } from '../spec/condition-keys';
import { isConditionKey } from '../spec/global-condition-keys';
import { isUnresolved } from '../spec/unresolved';

const SCOPE = { inKeyPolicy: true, resource: 'key' } as const;
const CROSSING: ReadonlySet<string> = new Set(CROSS_ACCOUNT_ACTIONS);

/**
 * Statements of the key policy that match no possible request, each once, and actions of statements that do. Of actions that a wildcard brings along those
 * are named that a Deny leaves out by a condition: it denies less than it says. Elsewhere none is while another of the statement lives.
 */
export function deadStatements(at: KeyWorld): readonly DeadStatement[] {
  const model = modelOf(at);
  return model.policy.statements.flatMap((statement) => ofStatement(model, statement));
}

/** Why an action of a statement matches no request. */
interface Reason {
  readonly action: string;
  readonly because: string;
  /** Whether the action is not for this key, whatever the statement says; or the condition is on what its requests never carry. */
  readonly cause?: 'action' | 'condition key';
}

function ofStatement(model: Model, statement: Statement): DeadStatement[] {
  const { name, effect, actions } = statement;
  const dead = (because: string, which: readonly string[], entirely: boolean): DeadStatement =>
    ({ statement: name, effect, actions: which, entirely, because });
  if (statement.inert) return [dead('without Action or Resource KMS stores it, and it has no effect', [], true)];
  const here = KEY_ACTIONS.filter((action) => model.statementsFor(action).includes(statement));
  if (here.length === 0) return [dead(`none of its actions, ${(actions?.names ?? []).join(', ')}, is one on a key`, [], true)];
  const literal = new Set(actions?.excluding ? [] : actions?.names.map((text) => text.toLowerCase()));
  const isWritten = ({ action }: Reason) => literal.has(action.toLowerCase());
  const reasons = here.flatMap((action) => whyDead(model, statement, action) ?? []);
  if (reasons.length === here.length) {
    const telling = reasons.filter((one) => one.cause !== 'action' || isWritten(one));
    const words = new Set((telling.length > 0 ? telling : reasons).map(({ because }) => because));
    return [dead([...words].join('; '), here, true)];
  }
  const shown = new Map<string, string[]>();
  for (const one of reasons) {
    if (isWritten(one) || (effect === 'Deny' && one.cause === 'condition key')) shown.set(one.because, [...shown.get(one.because) ?? [], one.action]);
  }
  return [...shown].map(([because, names]) => dead(because, names, false));
}

/** Why a statement matches no request for an action; undefined if it matches one. */
function whyDead(model: Model, statement: Statement, action: string): Reason | undefined {
  const { key } = model;
  if (!fits(action, key)) return { action, because: `a key for ${key.usage} is not used with it`, cause: 'action' };
  // No key policy gives it, and no Deny of one takes it away.
  if (action === RETIRE_GRANT) return { action, because: 'a key policy has no say in it', cause: 'action' };
  for (const condition of statement.conditions) {
    const because = unheardOf(condition, model, action);
    if (because !== undefined) return { action, because, cause: 'condition key' };
  }
  let nobody = true;
  for (const principal of model.principals.all) {
    if (!model.statementsNaming(principal).has(statement)) continue;
    const matched = couldMatch(model, statement, principal, action);
    if (matched === 'yes') return undefined;
    if (matched === 'not by its conditions') nobody = false;
  }
  // Patterns may tell apart principals that were not looked at.
  if (model.principals.incomplete !== undefined) return undefined;
  return { action, because: nobody ? 'nobody whom it names makes such a request for this key' : excluded(statement, key) };
}

function excluded({ conditions }: Statement, { arn }: KeyFacts): string {
  const [only] = conditions;
  if (conditions.length > 1) return 'no request meets all of its conditions';
  const hint = only.key.toLowerCase() === 'kms:viaservice' ? `: services use keys of their own Region, here ${arn.split(':')[3]}` : '';
  return `no request meets ${only.operator} ${only.key} ${only.wanted.join(' or ')}${hint}`;
}

/** A condition on a key that requests for the action do not carry, and that fails without. */
function unheardOf({ operator, key, evaluate }: Condition, model: Model, action: string): string | undefined {
  const request = { principal: model.principals.all[0], action, key: model.key };
  const absent = new ConditionKeys(request, model.caller(request.principal), 'perhaps');
  const name = key.toLowerCase();
  const known = isConditionKey(name) || isUnresolved(name);
  const never = !existsOn(name, action) || (name.startsWith('kms:encryptioncontext') && !mayHaveContext(model.key));
  if (known && !never) return undefined;
  if (evaluate(absent, SCOPE) !== 'no') return undefined;
  if (!known) return `${operator} ${key}: no such condition key is known`;
  return mayHaveContext(model.key) || !name.startsWith('kms:encryptioncontext')
    ? `${operator} ${key}: requests for it carry no such key` : `${operator} ${key}: keys of ${model.key.spec} have no encryption context`;
}

/** Whether some request of the principal meets a statement, whatever other statements say. */
function couldMatch(model: Model, statement: Statement, principal: string, action: string): 'yes' | 'no' | 'not by its conditions' {
  const question = { principal, action, bound: 'perhaps' as const };
  const caller = model.caller(principal);
  const [, , , , account] = model.key.arn.split(':');
  if (caller.kind !== 'service' && caller.account !== account && !CROSSING.has(action)) return 'no';
  const base = model.base(question);
  if (statement.matchNames(model.contextOf(base, 'perhaps')).state === 'no') return 'no';
  const atoms: Atom[] = statement.conditions.map((condition) => ({ condition, scope: SCOPE }));
  try {
    const asking = model.asking(question);
    const unknown = statement.conditions.filter(({ key }) => originOf(key.toLowerCase(), asking) === 'unknown').length;
    const space = new Space(base, asking, 'perhaps', atoms, companions(statement.conditions.map(({ key }) => key.toLowerCase())));
    const requirements = [...atoms.map((atom) => space.ways(atom, 'not no')), ...wellFormed(space, action), ...inRegion(space, model.key)];
    const found = search(space.variables.map(({ parts }) => parts.length), requirements, (choice) => space.request(choice));
    return found.kind === 'none' && unknown === 0 && space.incomplete === undefined ? 'not by its conditions' : 'yes';
  } catch (error) {
    // What was not looked at may be alive.
    if (error instanceof TooMany) return 'yes';
    throw error;
  }
}

/** A service uses keys of its own Region: `kms:ViaService` names it. */
function inRegion(space: Space, { arn }: KeyFacts): Requirement[] {
  const region = arn.split(':')[3];
  if (space.membersOf('kms:viaservice').length === 0 || isUnresolved(region)) return [];
  const named = new RegExp(`^[^.]+(\\.[^.]+)*\\.${region}\\.amazonaws\\.com(\\.cn)?$`);
  return [space.where('kms:viaservice', ({ keys }) => {
    const [service] = keys?.['kms:viaservice'] ?? [];
    return service === undefined || named.test(service) || isUnresolved(service);
  })];
}
