/**
 * Whether something holds: for certain, for certain not, or not to be told from what AWS documents or from the policy as written.
 * An Allow acts only on what holds for certain, a Deny on all that does not fail for certain.
 */
export type TriState = 'yes' | 'no' | 'unclear';

/** Holds if all hold; fails if any fails. */
export function allOf(states: Iterable<TriState>): TriState {
  let result: TriState = 'yes';
  for (const state of states) {
    if (state === 'no') return 'no';
    if (state === 'unclear') result = 'unclear';
  }
  return result;
}

/** Holds if any holds; fails if all fail. */
export function anyOf(states: Iterable<TriState>): TriState {
  let result: TriState = 'no';
  for (const state of states) {
    if (state === 'yes') return 'yes';
    if (state === 'unclear') result = 'unclear';
  }
  return result;
}

/** The opposite; what is unclear stays so. */
export function not(state: TriState): TriState {
  if (state === 'unclear') return state;
  return state === 'yes' ? 'no' : 'yes';
}

/** Certainty from a plain boolean. */
export const certain = (holds: boolean): TriState => (holds ? 'yes' : 'no');
