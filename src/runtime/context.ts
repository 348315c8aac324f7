import { failure } from './errors';
import type { EncryptionContext } from './kms-port';
import { isWellFormed, ofType, quoted } from './text';
import { knownOptions } from './whole-numbers';
import { RESERVED_CONTEXT_PREFIX, SIGNATURE_CONTEXT_KEY } from '../spec/contract';

/**
 * What a key asks of the encryption context of every direct call, as declared on the construct.
 *
 * With neither member the key asks nothing, and any context may be given. With either, the context of a call is
 * exactly the pairs of `encryptionContext` and one for each of `contextKeys`: none missing, none beside them.
 */
export interface ContextContract {
  /** Pairs that always go along, literally. */
  readonly encryptionContext?: Readonly<Record<string, string>>;
  /** Keys whose values the caller gives with each call. */
  readonly contextKeys?: readonly string[];
}

/** The last ones are those of an attached data key, which may stand for its contract. */
const CONTRACT = ['encryptionContext', 'contextKeys', 'kind', 'keyArn', 'previousKeyArns', 'keyState', 'keyring', 'encrypt', 'decrypt', 'envelope'];

/**
 * The encryption context of a call: what the contract fixes, and what the caller gives.
 *
 * The caller may repeat a fixed pair, with the same value. Keys and values are compared by their code units: no case
 * folding and no normalisation, as KMS does.
 *
 * @throws `ERR_KEYSMITH_CONTEXT` for a context that is not a plain object of well-formed strings, uses the
 *   `aws-crypto-` prefix, or does not keep the contract; `ERR_KEYSMITH_INPUT` for a contract with other members, which would ask nothing.
 */
export const contextFor = (contract: ContextContract, given?: EncryptionContext): EncryptionContext => (
  requireContext(contract, { ...readContext(contract.encryptionContext), ...readContext(given) })
);

/** The pairs of a context that a caller gave, read once: what is checked is what is returned. @throws `ERR_KEYSMITH_CONTEXT` */
export const readContext = (given?: unknown): EncryptionContext => {
  const pairs = Object.entries(plain(given));
  for (const [key, value] of pairs) {
    // Replaced on its way into UTF-8, a lone surrogate would make one context of two. Assigned to a plain object, as
    // clients do while they serialize, the key "__proto__" disappears without a trace.
    if (typeof value !== 'string' || !isWellFormed(`${key} ${value}`) || !key || key === '__proto__' || key.startsWith(RESERVED_CONTEXT_PREFIX)) {
      broken(
        `cannot have ${quoted(key)}, which is ${ofType(value)}: give well-formed text, not under "", "__proto__" or ${RESERVED_CONTEXT_PREFIX}*`,
      );
    }
  }
  return Object.fromEntries(pairs) as EncryptionContext;
};

/**
 * Checks the context that came with an opened message, which is authentic but was chosen by whoever wrote it: it must
 * keep the contract and hold every pair the reader expects. The pair that signed suites add is allowed.
 *
 * @returns the pairs
 * @throws `ERR_KEYSMITH_CONTEXT` when it does not; `ERR_KEYSMITH_INPUT` for a contract with other members
 */
export const requireContext = (contract: ContextContract, pairs: EncryptionContext, expected?: EncryptionContext): EncryptionContext => (
  keepContract(knownOptions(contract, CONTRACT), pairs, expected)
);

/** The same under a contract whose members are known. */
export const keepContract = (
  { encryptionContext, contextKeys }: ContextContract, pairs: EncryptionContext, expected?: EncryptionContext,
): EncryptionContext => {
  for (const wanted of [encryptionContext, expected].map(plain)) {
    for (const key in wanted) {
      // A value that is no text, such as of a variable that is not set, is in no context.
      if (pairs[key] !== wanted[key] || wanted[key] === undefined) broken(`has an unexpected value under ${quoted(key)}`);
    }
  }
  const found = Object.keys(pairs);
  if (encryptionContext || contextKeys) {
    const required = contextKeys ?? [];
    const allowed = [...Object.keys(plain(encryptionContext)), ...required];
    // To IAM, a condition key with an empty value is one that is not there: the key policy would refuse the call.
    const missing = required.filter((key) => !found.includes(key) || !pairs[key]);
    const more = found.filter((key) => key !== SIGNATURE_CONTEXT_KEY && !allowed.includes(key));
    if (missing.length + more.length) broken(`lacks ${quoted(missing)}, has ${quoted(more)} besides: the key takes ${quoted(allowed)}, none empty`);
  }
  return pairs;
};

/** Whether all it holds is in its own members, as is not so of a `Map` or an instance of a class. */
export const isPlainObject = (value: unknown): value is Record<string, unknown> => (
  // It has no prototype, or one without any: `Object.prototype`, also of another realm, such as a test runner's sandbox.
  Boolean(value) && !Object.getPrototypeOf(Object.getPrototypeOf(value) ?? value)
);

const plain = (given: unknown = {}): Record<string, unknown> => {
  return isPlainObject(given) ? given : broken(`is ${ofType(given)}: give a plain object`);
};

const broken: (what: string) => never = (what) => {
  throw failure('CONTEXT', `the encryption context ${what}`);
};
