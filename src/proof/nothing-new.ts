import { compared, findNew, waysToCompare } from './compare';
import type { Comparison } from './compare';
import { UNTOUCHED } from './escalation';
import { adversaries, refusal } from './nobody';
import type { Absence } from './nobody';
import type { KeyWorld, Proof } from './types';
import { NOT_MODELLED } from './words';
import { KEY_ACTIONS } from '../spec/action-resources';

/**
 * The next policy allows nothing that the old one did not, to nobody but who owns the policy. Policies of identities count with it: those that stand in one
 * of the two worlds alone came, or went. Of policies that nobody knows it is taken that they are what they were: what took one of them and takes none now
 * is new.
 */
export function allowsNothingNew(old: KeyWorld, next: KeyWorld): Proof {
  const comparison = compared(old, next);
  const direct = refusal(comparison.next) ?? refusal(comparison.old) ?? (isSame(old, next) ? { verdict: 'holds' as const } : somethingNew(comparison));
  return { claim: 'the policy allows nothing that the old one does not', ...direct, escalation: { ...UNTOUCHED, verdict: direct.verdict }, notModelled: NOT_MODELLED };
}

/** Whether nothing changed at all. */
function isSame(old: KeyWorld, next: KeyWorld): boolean {
  const same = (one: object, other: object) => one === other || JSON.stringify(one) === JSON.stringify(other);
  return same(old.key, next.key) && same(old.world, next.world);
}

interface New extends Absence {
  readonly withoutIam?: boolean;
}

function somethingNew(comparison: Comparison): New {
  const { next, old } = comparison;
  let open: New | undefined;
  for (const principal of adversaries(next)) {
    const ways = waysToCompare(comparison, principal);
    for (const action of KEY_ACTIONS) {
      for (const { at, withoutIam } of ways) {
        const found = newTo(at, principal, action);
        if (!found) continue;
        const told = withoutIam ? { ...found, withoutIam } : found;
        if (found.verdict === 'fails') return told;
        open ??= told;
      }
    }
  }
  const incomplete = next.principals.incomplete ?? old.principals.incomplete;
  return open ?? (incomplete === undefined ? { verdict: 'holds' } : { verdict: 'undecidable', because: incomplete });
}

/** What a principal can do that it could not, or perhaps; undefined if nothing. */
function newTo(comparison: Comparison, principal: string, action: string): Absence | undefined {
  const { next } = comparison;
  const perhaps = findNew(comparison, { principal, action, bound: 'perhaps' });
  if (perhaps.kind === 'found') {
    const decision = next.decide(perhaps.result.request, 'surely');
    if (decision.allowed) return { verdict: 'fails', counterexample: { ...perhaps.result, decision, bound: 'surely' } };
    const surely = findNew(comparison, { principal, action, bound: 'surely' });
    if (surely.kind === 'found') return { verdict: 'fails', counterexample: surely.result };
  }
  const doubtful = perhaps.kind === 'none' ? findNew(comparison, { principal, action, bound: 'perhaps', spelledTwice: false }, true) : perhaps;
  if (doubtful.kind === 'none') return undefined;
  const counterexample = doubtful.kind === 'found' ? doubtful.result : undefined;
  return { verdict: 'undecidable', counterexample, because: `whether ${principal} may ${action}, and might before, hangs on what is not known` };
}
