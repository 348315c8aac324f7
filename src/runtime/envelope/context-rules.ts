import { serializeContext } from './context-codec';
import { isPlainObject, keepContract, readContext } from '../context';
import type { ContextContract } from '../context';
import type { EncryptionContext } from '../kms-port';

/** The context of a new message, as pairs and as bytes. */
export interface PreparedContext {
  readonly context: EncryptionContext;
  readonly contextBytes: Buffer;
}

/** Holds contexts against a contract. */
export type ContextRules = readonly [
  /** The context for a new message. @throws `ERR_KEYSMITH_CONTEXT` when it does not keep the contract */
  prepare: (given?: EncryptionContext) => PreparedContext,
  /** @throws `ERR_KEYSMITH_CONTEXT` when the context of an opened message does not keep the contract, or lacks an expected pair */
  check: (opened: EncryptionContext, expected?: EncryptionContext) => unknown,
];

/**
 * Messages in a row mostly have the same context: the last one is remembered, for pairs that are the same one by one.
 *
 * @throws `ERR_KEYSMITH_CONTEXT` for a fixed pair that no context can have
 */
export const contextRules = ({ encryptionContext, contextKeys }: ContextContract): ContextRules => {
  const contract = { encryptionContext: encryptionContext && readContext(encryptionContext), contextKeys: contextKeys && [...contextKeys] };
  let known: ReadonlyArray<readonly [key: string, value: string]> | undefined;
  let prepared: PreparedContext;
  return [
    (given = {}) => {
      const isKnown = known && isPlainObject(given) && known.length === Object.keys(given).length
        && known.every(([key, value]) => Object.hasOwn(given, key) && given[key] === value);
      if (!isKnown) {
        // Read once: what is checked is what is remembered.
        const pairs = readContext(given);
        // Frozen: it is handed to keyrings of others, and remembered.
        const context = Object.freeze(keepContract(contract, { ...contract.encryptionContext, ...pairs }));
        prepared = { context, contextBytes: serializeContext(context) };
        known = Object.entries(pairs);
      }
      return prepared;
    },
    (opened, expected) => keepContract(contract, opened, expected),
  ];
};
