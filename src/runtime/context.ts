import { KeysmithError } from './errors';
import type { EncryptionContext } from './kms-port';
import { isWellFormed } from './text';
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

/**
 * The encryption context of a call: what the contract fixes, and what the caller gives.
 *
 * The caller may repeat a fixed pair, with the same value. Keys and values are compared by their code units: no case
 * folding and no normalisation, as KMS does.
 *
 * @throws `ERR_KEYSMITH_CONTEXT` for a context that is not a plain object of well-formed strings, uses the
 *   `aws-crypto-` prefix, or does not keep the contract.
 */
export function contextFor(contract: ContextContract, given: EncryptionContext = {}): EncryptionContext {
  const pairs = new Map(pairsOf(contract.encryptionContext ?? {}, 'the contract'));
  for (const [key, value] of pairsOf(given, 'the encryption context')) {
    const fixed = pairs.get(key);
    if (fixed !== undefined && fixed !== value) throw broken(`${show(key)} has a fixed value in the key's contract: leave it out`);
    pairs.set(key, value);
  }
  refuseMissing(contract, pairs);
  refuseOthers(contract, pairs);
  return Object.fromEntries(pairs);
}

/**
 * Checks the context that came with an opened message, which is authentic but was chosen by whoever wrote it: it must
 * keep the contract and hold every pair the reader expects. The pair that signed suites add is allowed.
 *
 * @throws `ERR_KEYSMITH_CONTEXT` when it does not.
 */
export function requireContext(contract: ContextContract, opened: EncryptionContext, expected: EncryptionContext = {}): void {
  const pairs = new Map(Object.entries(opened));
  const wanted = [...pairsOf(contract.encryptionContext ?? {}, 'the contract'), ...pairsOf(expected, 'the encryption context')];
  for (const [key, value] of wanted) {
    if (pairs.get(key) !== value) throw broken(`the message was not made with the expected value of ${show(key)}`);
  }
  refuseMissing(contract, pairs);
  pairs.delete(SIGNATURE_CONTEXT_KEY);
  refuseOthers(contract, pairs);
}

/** The pairs of a context that a caller gave, each checked. */
function pairsOf(given: unknown, where: string): Array<[string, string]> {
  if (!isPlainObject(given)) throw broken(`${where} is ${kindOf(given)}: give an object of strings`);
  return Object.entries(given).map(([key, value]) => {
    if (typeof value !== 'string') throw broken(`${where} has ${kindOf(value)} under ${show(key)}: give a string`);
    refuseUnusable(key, `a key of ${where}`);
    refuseUnusable(value, `the value of ${show(key)} in ${where}`);
    refuseName(key);
    return [key, value];
  });
}

function refuseUnusable(text: string, what: string): void {
  // Replaced on its way into UTF-8, it would make one context of two.
  if (!isWellFormed(text)) throw broken(`${what} holds a lone surrogate: give well-formed text`);
}

function refuseName(key: string): void {
  if (key === '') throw broken('an encryption context key is empty: give it a name');
  // Assigned to a plain object, as clients do while they serialize, this key disappears without a trace.
  if (key === '__proto__') throw broken('"__proto__" cannot be an encryption context key: give it another name');
  if (key.startsWith(RESERVED_CONTEXT_PREFIX)) {
    throw broken(`${show(key)} starts with "${RESERVED_CONTEXT_PREFIX}", which the AWS Encryption SDK keeps for itself: give it another name`);
  }
}

function refuseMissing({ contextKeys = [] }: ContextContract, pairs: ReadonlyMap<string, string>): void {
  const missing = contextKeys.filter((key) => !pairs.has(key));
  if (missing.length) throw broken(`the encryption context lacks ${missing.map(show).join(', ')}, which the key's contract requires`);
  // To IAM, a condition key with an empty value is one that is not there: the key policy would refuse the call.
  const empty = contextKeys.filter((key) => pairs.get(key) === '');
  if (empty.length) throw broken(`the encryption context has no value under ${empty.map(show).join(', ')}, which the key's contract requires: give one that is not empty`);
}

function refuseOthers(contract: ContextContract, pairs: ReadonlyMap<string, string>): void {
  if (!contract.encryptionContext && !contract.contextKeys) return;
  const allowed = [...Object.keys(contract.encryptionContext ?? {}), ...contract.contextKeys ?? []];
  const others = [...pairs.keys()].filter((key) => !allowed.includes(key));
  if (others.length) {
    throw broken(`the key's contract does not allow ${others.map(show).join(', ')} in the encryption context: it allows ${allowed.map(show).join(', ') || 'none'}`);
  }
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // The second form is an object literal of another realm, such as a test runner's sandbox.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : typeof value === 'object' ? `a ${value.constructor?.name ?? 'object'}` : `of type ${typeof value}`;
}

function show(text: string): string {
  return JSON.stringify(text);
}

function broken(message: string): KeysmithError {
  return new KeysmithError('ERR_KEYSMITH_CONTEXT', message);
}
