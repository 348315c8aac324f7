import { serializeContext } from './context-codec';
import { contextFor, requireContext } from '../context';
import type { ContextContract } from '../context';
import type { EncryptionContext } from '../kms-port';

/** The context of a new message, as pairs and as bytes. */
export interface PreparedContext {
  readonly context: EncryptionContext;
  readonly contextBytes: Buffer;
}

/**
 * Holds contexts against a contract. Messages in a row mostly have the same context: the last answer is remembered,
 * for pairs that are the same one by one.
 */
export class ContextRules {
  readonly #contract: ContextContract;
  #prepared: { given: EncryptionContext; answer: PreparedContext } | undefined;
  #required: { opened: EncryptionContext; expected: EncryptionContext } | undefined;

  constructor({ encryptionContext, contextKeys }: ContextContract) {
    this.#contract = { encryptionContext: encryptionContext && { ...encryptionContext }, contextKeys: contextKeys && [...contextKeys] };
  }

  /** The context for a new message. @throws `ERR_KEYSMITH_CONTEXT` when it does not keep the contract */
  public forEncryption(given: EncryptionContext = {}): PreparedContext {
    if (this.#prepared && samePairs(this.#prepared.given, given)) return this.#prepared.answer;
    // Frozen: it is handed to keyrings of others, and remembered.
    const context = Object.freeze(contextFor(this.#contract, given));
    const answer = { context, contextBytes: serializeContext(context) };
    this.#prepared = { given: { ...given }, answer };
    return answer;
  }

  /** @throws `ERR_KEYSMITH_CONTEXT` when the context of an opened message does not keep the contract, or lacks an expected pair */
  public require(opened: EncryptionContext, expected: EncryptionContext = {}): void {
    if (this.#required?.opened === opened && samePairs(this.#required.expected, expected)) return;
    requireContext(this.#contract, opened, expected);
    this.#required = { opened, expected: { ...expected } };
  }
}

function samePairs(known: EncryptionContext, given: unknown): boolean {
  if (typeof given !== 'object' || given === null) return false;
  const pairs = given as EncryptionContext;
  const keys = Object.keys(pairs);
  return keys.length === Object.keys(known).length && keys.every((key) => Object.hasOwn(known, key) && known[key] === pairs[key]);
}
