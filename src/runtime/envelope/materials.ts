import type { KeyObject } from 'node:crypto';
import { refuseInput } from '../errors';
import { takeOver, wipe } from './bytes';
import { serializeContext } from './context-codec';
import { serializeHeaderMaterials } from './header-materials';
import type { GenerateDataKeyRequest, Keyring } from './keyring';
import { makeSigningKeyPair, textOf } from './signature';
import type { AlgorithmSuite } from './suites';
import { SIGNATURE_CONTEXT_KEY } from '../../spec/contract';
import { binaryOf } from '../input';

/** What messages under one data key share. Made by `generateMaterials`; its owner wipes the data key. */
export interface EncryptionMaterials {
  readonly suite: AlgorithmSuite;
  readonly dataKey: Uint8Array;
  /** Signs messages of a signing suite. */
  readonly signingKey?: KeyObject;
  /** Context and encrypted data keys as the header holds them. */
  readonly materialBytes: Buffer;
}

/** A new data key with everything that goes with it. One call to the keyring. @throws `ERR_KEYSMITH_INPUT` for one that does not suit, or of zeros */
export const generateMaterials = async (
  keyring: Keyring, { suite, context: given }: GenerateDataKeyRequest, abortSignal?: AbortSignal,
): Promise<EncryptionMaterials> => {
  const pair = makeSigningKeyPair(suite);
  const context = pair ? { ...given, [SIGNATURE_CONTEXT_KEY]: textOf(pair.publicKey) } : given;
  const contextBytes = serializeContext(context);
  const { plaintext, encryptedDataKeys } = await keyring.generateDataKey({ suite, context, abortSignal });
  return withDataKey(suite, plaintext, (dataKey) => {
    // What is left of a key that somebody has overwritten, and a key that everybody knows. Whoever reads may be given it, as other SDKs are.
    if (!dataKey.some(Boolean)) refuseInput("the keyring's data key is all zeros: was it overwritten?");
    return { suite, dataKey, signingKey: pair?.privateKey, materialBytes: serializeHeaderMaterials(contextBytes, encryptedDataKeys) };
  });
};

/**
 * Materials around the data key that a keyring returned: a copy, unless one of this library's made it. It is overwritten
 * when there are no materials.
 *
 * @throws `ERR_KEYSMITH_INPUT` for a data key that does not suit: a keyring of the caller's own is at fault
 */
export const withDataKey = <Materials>(
  { name, dataKeyBytes }: AlgorithmSuite, given: Uint8Array, make: (dataKey: Uint8Array) => Materials,
): Materials => {
  const dataKey = takeOver(binaryOf(given, "the keyring's data key"));
  try {
    if (dataKey.length !== dataKeyBytes) refuseInput(`the keyring's data key has ${dataKey.length} bytes: ${name} takes ${dataKeyBytes}`);
    return make(dataKey);
  } catch (error) {
    wipe(dataKey);
    throw error;
  }
};
