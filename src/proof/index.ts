/** What a key policy allows, and what it rules out, for all requests: proofs with a request that shows what fails. */
export { accessOf } from './access';
export { can, nobodyCanBoth, nobodyExcept, requiresContext } from './claims';
export { conditionsInWords } from './conditions-in-words';
export { deadStatements } from './dead-statements';
export type { RequiredContext } from './demands';
export { differences } from './differences';
export { allowsNothingNew } from './nothing-new';
export type * from './types';
