/** What a key policy allows, and what it rules out, for all requests: proofs with a request that shows what fails. */
export { can, nobodyCanBoth, nobodyExcept, requiresContext } from './claims';
export type { RequiredContext } from './demands';
export type * from './types';
