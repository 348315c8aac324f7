import { actionsNamed } from './actions';
import { lacking, pairsOf } from './demands';
import type { RequiredContext } from './demands';
import { escalationOf, UNTOUCHED } from './escalation';
import { modelOf } from './model';
import type { Model } from './model';
import { adversaries, nobody, refusal } from './nobody';
import type { Absence } from './nobody';
import type { KeyWorld, PrincipalPattern, Proof } from './types';
import { listed, NOT_MODELLED } from './words';
import type { KmsRequest } from '../authz';
import { decide } from '../authz';

/**
 * Nobody but the principals can do any of the actions.
 *
 * @param actions `kms:Decrypt`, or patterns such as `kms:GenerateDataKey*`
 */
export function nobodyExcept(at: KeyWorld, principals: readonly PrincipalPattern[], actions: readonly string[]): Proof {
  const named = actionsNamed(actions);
  const model = modelOf(at, principals);
  const direct = nobody(model, { actions: named, except: principals });
  const who = principals.length > 0 ? `nobody except ${listed(principals, 'or')}` : 'nobody';
  return {
    claim: `${who} can ${listed(actions, 'or')}`,
    ...direct,
    escalation: escalationOf(model, direct.verdict, { actions: named, except: principals }),
    notModelled: NOT_MODELLED,
  };
}

/**
 * Whoever does one of the actions gives an encryption context with these pairs. For an action that carries none, such as `kms:DescribeKey`, it fails if
 * anybody can.
 *
 * @param context names, which any value will do for, or names with their values
 */
export function requiresContext(at: KeyWorld, actions: readonly string[], context: RequiredContext): Proof {
  const named = actionsNamed(actions);
  const model = modelOf(at);
  const demand = lacking(context);
  const direct = nobody(model, { actions: named, demand });
  const pairs = pairsOf(context).map(([name, value]) => (value === undefined ? `'${name}'` : `'${name}' = '${value}'`));
  return {
    claim: `${listed(actions, 'or')} requires ${listed(pairs)} in the encryption context`,
    ...direct,
    escalation: escalationOf(model, direct.verdict, { actions: named, demand }),
    notModelled: NOT_MODELLED,
  };
}

/** No principal can do one of the first actions and one of the others. */
export function nobodyCanBoth(at: KeyWorld, one: readonly string[], other: readonly string[]): Proof {
  const [first, second] = [actionsNamed(one), actionsNamed(other)];
  const model = modelOf(at);
  const direct = refusal(model) ?? both(model, first, second);
  return {
    claim: `nobody can both ${listed(one, 'or')} and ${listed(other, 'or')}`,
    ...direct,
    escalation: escalationOf(model, direct.verdict, { actions: [...first, ...second] }),
    notModelled: NOT_MODELLED,
  };
}

type Both = Absence & Pick<Proof, 'other'>;

/** Holds for a principal if one of the two does; fails if both fail. */
function both(model: Model, first: readonly string[], second: readonly string[]): Both {
  let open: Both | undefined;
  for (const principal of adversaries(model)) {
    const one = nobody(model, { actions: first, only: principal });
    if (one.verdict === 'holds') continue;
    const other = nobody(model, { actions: second, only: principal });
    if (other.verdict === 'holds') continue;
    const requests = { counterexample: one.counterexample, other: other.counterexample };
    if (one.verdict === 'fails' && other.verdict === 'fails') return { verdict: 'fails', ...requests };
    open ??= { verdict: 'undecidable', ...requests, because: one.because ?? other.because };
  }
  return open ?? { verdict: 'holds' };
}

/**
 * The request is allowed for certain: the twin of what nobody can. The world counts as it is: a principal that nobody names has no IAM policies. What hangs on
 * policies that nobody knows, or on what the request does not tell, is undecidable.
 */
export function can(at: KeyWorld, request: Omit<KmsRequest, 'key'>): Proof {
  const { grants, ...key } = at.key;
  const full: KmsRequest = { ...request, key };
  const model = modelOf(at);
  const surely = decide(at.world, full);
  const perhaps = model.decide(full, 'perhaps');
  const verdict = surely.allowed ? 'holds' : perhaps.allowed ? 'undecidable' : 'fails';
  const refused = refusal(model);
  const counterexample = { request: full, decision: surely, world: at.world, bound: 'surely' as const };
  return {
    claim: `${request.principal} can ${request.action}`,
    ...(refused ?? { verdict, ...(verdict === 'holds' ? {} : { counterexample }), ...(verdict === 'undecidable' ? { because: surely.reason } : {}) }),
    escalation: UNTOUCHED,
    notModelled: NOT_MODELLED,
  };
}
