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
 * Holds contexts against a contract. Messages in a row mostly have the same context: the last one is remembered, for pairs
 * that are the same one by one.
 */
export class ContextRules {
  readonly #contract: ContextContract;
  #given: EncryptionContext = {};
  #prepared: PreparedContext | undefined;

  /** @throws `ERR_KEYSMITH_CONTEXT` for a fixed pair that no context can have */
  constructor({ encryptionContext, contextKeys }: ContextContract) {
    this.#contract = { encryptionContext: encryptionContext && contextFor({}, encryptionContext), contextKeys: contextKeys && [...contextKeys] };
  }

  /** The context for a new message. @throws `ERR_KEYSMITH_CONTEXT` when it does not keep the contract */
  public forEncryption(given: EncryptionContext = {}): PreparedContext {
    if (!this.#prepared || !isPlainObject(given) || !samePairs(this.#given, given)) {
      // Read once: what is checked is what is remembered.
      const pairs = contextFor({}, given);
      // Frozen: it is handed to keyrings of others, and remembered.
      const context = Object.freeze(contextFor(this.#contract, pairs));
      this.#prepared = { context, contextBytes: serializeContext(context) };
      this.#given = pairs;
    }
    return this.#prepared;
  }

  /** @throws `ERR_KEYSMITH_CONTEXT` when the context of an opened message does not keep the contract, or lacks an expected pair */
  public require(opened: EncryptionContext, expected?: EncryptionContext): void {
    requireContext(this.#contract, opened, expected);
  }
}

function samePairs(known: EncryptionContext, given: Readonly<Record<string, unknown>>): boolean {
  const keys = Object.keys(given);
  return keys.length === Object.keys(known).length && keys.every((key) => Object.hasOwn(known, key) && known[key] === given[key]);
}
