import type { KeyObject } from 'node:crypto';
import { wipe } from './bytes';
import type { MessageHeader } from './header';
import { parseHeaderMaterials } from './header-materials';
import type { Keyring } from './keyring';
import { generateMaterials, withDataKey } from './materials';
import type { EncryptionMaterials } from './materials';
import { verificationKeyFrom } from './signature';
import type { AlgorithmSuite } from './suites';
import { unlessAborted } from '../abort';
import type { CallOptions, EncryptionContext } from '../kms-port';

/** What a new message needs a data key for. */
export interface EncryptionRequest extends CallOptions {
  readonly suite: AlgorithmSuite;
  readonly context: EncryptionContext;
  /** The context as bytes. */
  readonly contextBytes: Buffer;
  /** Plaintext bytes of the message, if they are known beforehand. */
  readonly messageBytes?: number;
}

/** What opening messages under one data key takes. */
export interface DecryptionMaterials {
  readonly dataKey: Uint8Array;
  readonly context: EncryptionContext;
  /** Verifies messages of a signing suite. */
  readonly verificationKey?: KeyObject;
}

/**
 * Lends data keys, at once where they are at hand: a promise costs a few hundredths of a small message. `use` is called
 * once, in one piece with finding the key, and must be done with the key when it returns: right after, the key may be
 * overwritten. Whoever has aborted is lent none.
 */
export interface DataKeys {
  forEncryption<T>(request: EncryptionRequest, use: (materials: EncryptionMaterials) => T): T | Promise<T>;

  /** @param check - is shown the context that stands in the header before a keyring is asked, and throws to have none asked */
  forDecryption<T>(
    header: KeyHeader, use: (materials: DecryptionMaterials) => T, abortSignal?: AbortSignal, check?: CheckContext,
  ): T | Promise<T>;
}

/** As much of a header as finds its data key. */
export type KeyHeader = Pick<MessageHeader, 'suite' | 'materialBytes'>;

export type CheckContext = (context: EncryptionContext) => unknown;

/** A data key from the keyring for each message, overwritten after its one use. */
export const freshDataKeys = (keyring: Keyring): DataKeys => {
  return {
    forEncryption: (request, use) => lend(request.abortSignal, (abortSignal) => generateMaterials(keyring, request, abortSignal), use),
    forDecryption: (header, use, abortSignal, check) => lend(abortSignal, unwrapper(keyring, header, check), use),
  };
};

/** Makes what a data key goes with. */
export type Make<Materials> = (abortSignal?: AbortSignal) => Promise<Materials>;

const lend = async <Materials extends { readonly dataKey: Uint8Array }, T>(
  abortSignal: AbortSignal | undefined, make: Make<Materials>, use: (materials: Materials) => T,
): Promise<T> => {
  const materials = await unlessAborted(abortSignal, make, ({ dataKey }) => wipe(dataKey));
  try {
    return use(materials);
  } finally {
    wipe(materials.dataKey);
  }
};

/**
 * Unwraps the data key of a message, with everything that goes with it. What the header says is checked as far as it can
 * be before that: whoever forges a header has no key asked for.
 */
export const unwrapper = (keyring: Keyring, { suite, materialBytes }: KeyHeader, check?: CheckContext) => {
  // Copied: the caller may overwrite the message while the keyring reads.
  const { context, encryptedDataKeys } = parseHeaderMaterials(Buffer.from(materialBytes));
  check?.(context);
  const verificationKey = verificationKeyFrom(suite, context);
  return async (abortSignal?: AbortSignal): Promise<DecryptionMaterials> => {
    const plaintext = await keyring.decryptDataKey({ suite, context, encryptedDataKeys, abortSignal });
    return withDataKey(suite, plaintext, (dataKey) => ({ dataKey, context, verificationKey }));
  };
};
