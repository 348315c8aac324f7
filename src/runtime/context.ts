import { failure } from './errors';
import type { KeysmithError } from './errors';
import type { EncryptionContext } from './kms-port';
import { isWellFormed, typeName } from './text';
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
  const context = { ...checked(contract.encryptionContext), ...checked(given) };
  keepContract(contract, context);
  return context;
}

/**
 * Checks the context that came with an opened message, which is authentic but was chosen by whoever wrote it: it must
 * keep the contract and hold every pair the reader expects. The pair that signed suites add is allowed.
 *
 * @throws `ERR_KEYSMITH_CONTEXT` when it does not.
 */
export function requireContext(contract: ContextContract, opened: EncryptionContext, expected?: EncryptionContext): void {
  const { [SIGNATURE_CONTEXT_KEY]: _, ...pairs } = opened;
  keepContract(contract, pairs, checked(expected));
}

/** The pairs of a context that a caller gave, read once: what is checked is what is returned. */
function checked(given: unknown = {}): EncryptionContext {
  if (!isPlainObject(given)) throw broken(`is of type ${typeName(given)}: give a plain object of strings`);
  const context = { ...given };
  for (const [key, value] of Object.entries(context)) {
    if (typeof value !== 'string') throw broken(`has a value of type ${typeName(value)} under ${show(key)}: give a string`);
    // Replaced on its way into UTF-8, a lone surrogate would make one context of two. Assigned to a plain object, as
    // clients do while they serialize, the key "__proto__" disappears without a trace.
    if (!isWellFormed(`${key} ${value}`) || !key || key === '__proto__' || key.startsWith(RESERVED_CONTEXT_PREFIX)) {
      throw broken(`cannot have ${show(key)}: no key is empty, "__proto__" or starts with "${RESERVED_CONTEXT_PREFIX}", and no part has a lone surrogate`);
    }
  }
  return context as EncryptionContext;
}

function keepContract({ encryptionContext, contextKeys }: ContextContract, pairs: EncryptionContext, expected?: EncryptionContext): void {
  for (const [key, value] of [encryptionContext, expected].flatMap((wanted) => Object.entries(wanted ?? {}))) {
    if (pairs[key] !== value) throw broken(`does not have the value that is expected under ${show(key)}`);
  }
  const keys = Object.keys(pairs);
  for (const key of contextKeys ?? []) {
    // To IAM, a condition key with an empty value is one that is not there: the key policy would refuse the call.
    if (!keys.includes(key) || !pairs[key]) throw broken(`lacks ${show(key)}, which the key's contract requires, or its value is empty`);
  }
  const allowed = [...Object.keys(encryptionContext ?? {}), ...contextKeys ?? []];
  const others = keys.filter((key) => !allowed.includes(key));
  if (others.length && (encryptionContext || contextKeys)) {
    throw broken(`has ${others.map(show).join(', ')}, where the key's contract allows ${allowed.map(show).join(', ') || 'nothing'}`);
  }
}

/** Whether all it holds is in its own members, as is not so of a `Map` or an instance of a class. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || !value) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // The second form is an object literal of another realm, such as a test runner's sandbox.
  return !prototype || !Object.getPrototypeOf(prototype);
}

const show = JSON.stringify as (text: string) => string;

function broken(what: string): KeysmithError {
  return failure('CONTEXT', `the encryption context ${what}`);
}
