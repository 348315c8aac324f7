import { randomBytes } from 'node:crypto';
import { giveAway, wipe } from '../bytes';
import type { GenerateDataKeyRequest, GeneratedDataKey, Keyring } from '../keyring';

/** A data key from this process's own random numbers, wrapped by `keyring`; overwritten when that cannot be. */
export const localDataKey = async (keyring: Pick<Keyring, 'wrapDataKey'>, request: GenerateDataKeyRequest): Promise<GeneratedDataKey> => {
  const plaintext = giveAway(randomBytes(request.suite.dataKeyBytes));
  try {
    return { plaintext, encryptedDataKeys: await keyring.wrapDataKey({ ...request, plaintext }) };
  } catch (error) {
    wipe(plaintext);
    throw error;
  }
};
