import { compared, findNew, waysToCompare } from './compare';
import type { Comparison } from './compare';
import { conditionsInWords } from './conditions-in-words';
import { dutyOf } from './duties';
import type { Model } from './model';
import type { Counterexample, Difference, KeyWorld } from './types';
import { KEY_ACTIONS } from '../spec/action-resources';

/**
 * What a change of the policy, or of the world around it, makes possible and impossible: one entry for each principal and each set of statements, with a
 * request. Principals that nobody names are there once for each account.
 */
export function differences(old: KeyWorld, next: KeyWorld): readonly Difference[] {
  const forth = compared(old, next);
  const back = turned(forth);
  return [...changes(forth, 'possible'), ...changes(back, 'impossible')];
}

function turned({ old, next, withoutIam }: Comparison): Comparison {
  return { old: next, next: old, ...(withoutIam && { withoutIam: turned(withoutIam) }) };
}

interface Group {
  readonly actions: string[];
  readonly example: Counterexample;
  readonly certain: boolean;
  readonly withoutIam: boolean;
}

function changes(comparison: Comparison, change: Difference['change']): Difference[] {
  const { next } = comparison;
  const found: Difference[] = [];
  for (const principal of next.principals.all) {
    const groups = new Map<string, Group>();
    const ways = waysToCompare(comparison, principal);
    for (const action of KEY_ACTIONS) {
      for (const { at, withoutIam } of ways) {
        const answer = findNew(at, { principal, action, bound: 'perhaps' });
        if (answer.kind !== 'found') continue;
        const certain = at.next.decide(answer.result.request, 'surely').allowed;
        const statements = answer.result.decision.decidedBy.map(({ kind, policy, statement }) => `${kind} ${policy} ${statement}`);
        const key = JSON.stringify([statements, certain, withoutIam]);
        const group = groups.get(key);
        if (group) group.actions.push(action);
        else groups.set(key, { actions: [action], example: answer.result, certain, withoutIam });
        break;
      }
    }
    found.push(...[...groups.values()].map((group) => entry(next, principal, change, group)));
  }
  return found;
}

function entry(model: Model, principal: string, change: Difference['change'], { actions, example, certain, withoutIam }: Group): Difference {
  const statements = example.decision.decidedBy.filter(({ kind }) => kind === 'key policy').map(({ statement }) => statement);
  const conditions = model.policy.statements.filter(({ name, effect }) => effect === 'Allow' && statements.includes(name)).flatMap((statement) => statement.conditions);
  const duty = dutyOf(actions);
  return {
    change,
    principal,
    actions,
    ...(duty === undefined ? {} : { duty }),
    conditions: conditionsInWords(conditions),
    statements,
    request: example.request,
    certain,
    withoutIam,
  };
}
