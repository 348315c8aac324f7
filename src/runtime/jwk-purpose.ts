import { invalid } from './errors';
import type { PublicKeyInput } from './public-key';

/** What a key is about to be used for, in the words of a JWK. */
export interface JwkPurpose {
  readonly use: 'sig' | 'enc';
  readonly operation: 'verify' | 'encrypt';
  /** The names that `alg` may have; none where JOSE has no name for the algorithm. */
  readonly algorithms: readonly string[];
}

/**
 * Refuses a JWK that is published for something else (RFC 7517 sections 4.2 to 4.4). Members that are absent restrict
 * nothing, and other forms of a key have none.
 *
 * @throws `ERR_KEYSMITH_INPUT` for another `use` or `alg`, or `key_ops` without the operation
 */
export function requirePurpose(input: PublicKeyInput, { use, operation, algorithms }: JwkPurpose): void {
  if (!isJwk(input)) return;
  if (input.use !== undefined && input.use !== use) throw invalid(`'use' of the JWK is ${JSON.stringify(input.use)}: give one for "${use}"`);
  if (input.alg !== undefined && !algorithms.some((name) => name === input.alg)) {
    throw invalid(`'alg' of the JWK is ${JSON.stringify(input.alg)}: give one for ${algorithms.join(' or ') || 'an algorithm without a JOSE name, which has none'}`);
  }
  if (input.key_ops !== undefined && !(Array.isArray(input.key_ops) && input.key_ops.includes(operation))) {
    throw invalid(`'key_ops' of the JWK is ${JSON.stringify(input.key_ops)}: give one with "${operation}"`);
  }
}

function isJwk(input: PublicKeyInput): input is { readonly kty: string; readonly use?: unknown; readonly alg?: unknown; readonly key_ops?: unknown } {
  return typeof input === 'object' && input !== null && 'kty' in input;
}
