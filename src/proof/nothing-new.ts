import { compared, findNew } from './compare';
import type { Comparison } from './compare';
import { UNTOUCHED } from './escalation';
import { adversaries, refusal } from './nobody';
import type { Absence } from './nobody';
import type { KeyWorld, Proof } from './types';
import { NOT_MODELLED } from './words';
import { KEY_ACTIONS } from '../spec/action-resources';

/**
 * The next policy allows nothing that the old one did not, to nobody but who owns the policy. Policies of identities count with it: those that stand in one
 * of the two worlds alone came, or went.
 */
export function allowsNothingNew(old: KeyWorld, next: KeyWorld): Proof {
  const comparison = compared(old, next);
  const direct = refusal(comparison.next) ?? refusal(comparison.old) ?? somethingNew(comparison);
  return { claim: 'the policy allows nothing that the old one does not', ...direct, escalation: { ...UNTOUCHED, verdict: direct.verdict }, notModelled: NOT_MODELLED };
}

function somethingNew(comparison: Comparison): Absence {
  const { next, old } = comparison;
  const principals = adversaries(next);
  let open: Absence | undefined;
  for (const principal of principals) {
    for (const action of KEY_ACTIONS) {
      const perhaps = findNew(comparison, { principal, action, bound: 'perhaps' });
      if (perhaps.kind === 'found') {
        const decision = next.decide(perhaps.result.request, 'surely');
        if (decision.allowed) return { verdict: 'fails', counterexample: { ...perhaps.result, decision, bound: 'surely' } };
        const surely = findNew(comparison, { principal, action, bound: 'surely' });
        if (surely.kind === 'found') return { verdict: 'fails', counterexample: surely.result };
      }
      const doubtful = perhaps.kind === 'none' ? findNew(comparison, { principal, action, bound: 'perhaps', spelledTwice: false }, true) : perhaps;
      if (doubtful.kind === 'none') continue;
      const counterexample = doubtful.kind === 'found' ? doubtful.result : undefined;
      open ??= { verdict: 'undecidable', counterexample, because: `whether ${principal} may ${action}, and might before, hangs on what is not known` };
    }
  }
  const incomplete = next.principals.incomplete ?? old.principals.incomplete;
  return open ?? (incomplete === undefined ? { verdict: 'holds' } : { verdict: 'undecidable', because: incomplete });
}
