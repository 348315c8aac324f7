import { serializeContext } from './context-codec';
import { contextFor, isPlainObject, requireContext } from '../context';
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

  /** @throws `ERR_KEYSMITH_CONTEXT` for a fixed pair that no context can have */
  constructor({ encryptionContext, contextKeys }: ContextContract) {
    this.#contract = { encryptionContext: encryptionContext && contextFor({}, encryptionContext), contextKeys: contextKeys && [...contextKeys] };
  }

  /** The context for a new message. @throws `ERR_KEYSMITH_CONTEXT` when it does not keep the contract */
  public forEncryption(given: EncryptionContext = {}): PreparedContext {
    if (this.#prepared && samePairs(this.#prepared.given, given)) return this.#prepared.answer;
    const pairs = copyOf(given);
    // Frozen: it is handed to keyrings of others, and remembered.
    const context = Object.freeze(contextFor(this.#contract, pairs));
    const answer = { context, contextBytes: serializeContext(context) };
    this.#prepared = { given: pairs, answer };
    return answer;
  }

  /** @throws `ERR_KEYSMITH_CONTEXT` when the context of an opened message does not keep the contract, or lacks an expected pair */
  public require(opened: EncryptionContext, expected: EncryptionContext = {}): void {
    if (this.#required?.opened === opened && samePairs(this.#required.expected, expected)) return;
    const pairs = copyOf(expected);
    requireContext(this.#contract, opened, pairs);
    this.#required = { opened, expected: pairs };
  }
}

/** Read once: what is checked is what is remembered, also of members that change by themselves. */
function copyOf(given: EncryptionContext): EncryptionContext {
  return isPlainObject(given) ? { ...given } : given;
}

function samePairs(known: EncryptionContext, given: unknown): boolean {
  if (!isPlainObject(given)) return false;
  const keys = Object.keys(given);
  return keys.length === Object.keys(known).length && keys.every((key) => Object.hasOwn(known, key) && known[key] === given[key]);
}
