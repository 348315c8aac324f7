import { requirementsTogether } from './demands';
import type { Demand, Model } from './model';
import { adversaries, refusal } from './nobody';
import { covers } from './principals';
import type { Escalation, EscalationWay, PrincipalPattern, Verdict } from './types';
import { identify } from '../authz';
import type { World } from '../authz';

/** Ways round a claim: to change the policy, to hand the use on by a grant, to make a replica with a policy of its own. */

/** What a grant has to give for it to matter. */
export interface Handing {
  /** The actions that the claim is about. */
  readonly actions: readonly string[];
  /** Whom a grant may go to. */
  readonly except?: readonly PrincipalPattern[];
  /** What the requests under the grant have to be: of its encryption context constraint. */
  readonly demand?: Demand;
}

export const UNTOUCHED: Escalation = { verdict: 'holds', ways: [] };

/** Who could go round a claim, whoever is excepted from it: they would let others in. */
export function escalationOf(model: Model, direct: Verdict, handing: Handing): Escalation {
  if (refusal(model)) return { verdict: 'undecidable', ways: [] };
  const ways: EscalationWay[] = [];
  let worst: Verdict = direct;
  const actions: [string, Demand | undefined][] = [
    ['kms:PutKeyPolicy', undefined],
    ['kms:CreateGrant', handingOn(model, handing)],
    ...(model.key.multiRegion ? [['kms:ReplicateKey', undefined] as [string, undefined]] : []),
  ];
  for (const principal of adversaries(model)) {
    for (const [action, demand] of actions) {
      const found = model.find({ principal, action, bound: 'perhaps', demand });
      if (found.kind === 'none') continue;
      const certain = found.kind === 'found'
        && (model.decide(found.result.request, 'surely').allowed || model.find({ principal, action, bound: 'surely', demand }).kind === 'found');
      worst = worse(worst, certain ? 'fails' : 'undecidable');
      if (found.kind !== 'found') continue;
      const by = found.result.decision.decidedBy.find(({ kind }) => kind === 'key policy');
      ways.push({ principal, action, statement: by?.statement ?? '', request: found.result.request });
    }
  }
  return { verdict: worst, ways };
}

const ORDER: readonly Verdict[] = ['holds', 'undecidable', 'fails'];

export function worse(one: Verdict, other: Verdict): Verdict {
  return ORDER.indexOf(one) > ORDER.indexOf(other) ? one : other;
}

/** A grant that goes to whom the caller likes, gives one of the actions, and is not one that AWS's services make for themselves. */
function handingOn({ principals, key }: Model, { actions, except = [], demand }: Handing): Demand {
  const operations = new Set(actions.map((action) => action.slice('kms:'.length)));
  const world = principals.worldOf(key.arn);
  const own: Demand = {
    asked: [{ name: 'kms:granteeprincipal', comparisons: [{ operator: 'StringLike', wanted: except.map(asArn) }] }],
    requirements: (space) => {
      const asked = (name: string) => space.membersOf(name).length > 0;
      const outside = (arn: string | undefined) => arn === undefined || !except.some((pattern) => isOf(world, pattern, arn));
      return [
        ...(asked('kms:grantisforawsresource') ? [space.where('kms:grantisforawsresource', ({ keys }) => keys?.['kms:grantisforawsresource']?.[0] !== 'true')] : []),
        ...(asked('kms:grantoperations') ? [space.where('kms:grantoperations', ({ keys }) => operations.has(keys?.['kms:grantoperations']?.[0] ?? ''))] : []),
        ...(asked('kms:granteeprincipal') ? [space.where('kms:granteeprincipal', ({ keys }) => outside(keys?.['kms:granteeprincipal']?.[0]))] : []),
      ];
    },
  };
  return demand ? requirementsTogether(own, demand) : own;
}

/** A pattern for principals as one for ARNs. */
function asArn(pattern: PrincipalPattern): string {
  return pattern.replace(/^(?:arn:[^:]*:iam::)?(\d{12})(?::root)?$/, 'arn:*::$1:*');
}

function isOf(world: World, pattern: PrincipalPattern, arn: string): boolean {
  try {
    return covers(pattern, identify(world, arn));
  } catch {
    return false;
  }
}
