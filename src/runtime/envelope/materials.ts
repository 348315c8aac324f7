import type { KeyObject } from 'node:crypto';
import { refuseInput } from '../errors';
import { wipe } from './bytes';
import { serializeContext } from './context-codec';
import { serializeHeaderMaterials } from './header-materials';
import type { Keyring } from './keyring';
import { makeSigningKeyPair, textOf } from './signature';
import type { AlgorithmSuite } from './suites';
import { SIGNATURE_CONTEXT_KEY } from '../../spec/contract';
import type { EncryptionContext } from '../kms-port';

/** What messages under one data key share. Made by `generateMaterials`; its owner wipes the data key. */
export interface EncryptionMaterials {
  readonly suite: AlgorithmSuite;
  readonly dataKey: Uint8Array;
  /** Signs messages of a signing suite. */
  readonly signingKey?: KeyObject;
  /** Context and encrypted data keys as the header holds them. */
  readonly materialBytes: Buffer;
}

/** A new data key with everything that goes with it. One call to the keyring. */
export const generateMaterials = async (
  keyring: Keyring, { suite, context: given }: { readonly suite: AlgorithmSuite; readonly context: EncryptionContext },
): Promise<EncryptionMaterials> => {
  const pair = makeSigningKeyPair(suite);
  const context = pair ? { ...given, [SIGNATURE_CONTEXT_KEY]: textOf(pair.publicKey) } : given;
  const contextBytes = serializeContext(context);
  const { plaintext: dataKey, encryptedDataKeys } = await keyring.generateDataKey({ suite, context });
  return withDataKey(suite, dataKey, () => ({
    suite,
    dataKey,
    signingKey: pair?.privateKey,
    materialBytes: serializeHeaderMaterials(contextBytes, encryptedDataKeys),
  }));
};

/**
 * Materials around a data key that a keyring returned, which is overwritten when there are none.
 *
 * @throws `ERR_KEYSMITH_INPUT` for a data key that does not suit: a keyring of the caller's own is at fault
 */
export const withDataKey = <Materials>({ name, dataKeyBytes }: AlgorithmSuite, dataKey: Uint8Array, make: () => Materials): Materials => {
  try {
    if (dataKey.length !== dataKeyBytes) refuseInput(`the keyring's data key has ${dataKey.length} bytes: ${name} takes ${dataKeyBytes}`);
    return make();
  } catch (error) {
    wipe(dataKey);
    throw error;
  }
};
