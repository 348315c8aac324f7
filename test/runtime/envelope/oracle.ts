import type { Duplex } from 'node:stream';
import {
  AlgorithmSuiteIdentifier, CommitmentPolicy, RawAesKeyringNode, RawAesWrappingSuiteIdentifier, buildClient,
} from '@aws-crypto/client-node';
import type { KeyringNode } from '@aws-crypto/client-node';

/** The AWS Encryption SDK for JavaScript, which judges what is written here and writes what is read here. */

export const WRAPPING_KEY = Buffer.from('000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f', 'hex');
export const RAW_AES = { keyNamespace: 'tests', keyName: 'key one', wrappingKey: WRAPPING_KEY };

/** The key of `RAW_AES` as the SDK takes it. Sorting by UTF-8 bytes, as the format says, is an option there, and not its default. */
export function sdkRawAesKeyring(utf8Sorting = true): KeyringNode {
  const unencryptedMasterKey = new Uint8Array(WRAPPING_KEY);
  return new RawAesKeyringNode({
    keyNamespace: RAW_AES.keyNamespace,
    keyName: RAW_AES.keyName,
    unencryptedMasterKey,
    wrappingSuite: RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING,
    utf8Sorting,
  });
}

export interface SdkMessage {
  readonly plaintext: Uint8Array;
  readonly keyring?: KeyringNode;
  readonly suiteId?: number;
  readonly encryptionContext?: Record<string, string>;
  readonly frameLength?: number;
}

/** A message by the SDK. Suites of version 1 are written under its policy that forbids commitment. */
export async function sdkEncrypt({ plaintext, keyring = sdkRawAesKeyring(), suiteId = 0x0478, ...options }: SdkMessage): Promise<Buffer> {
  const version1 = suiteId < 0x0400;
  const { encrypt } = buildClient(version1 ? CommitmentPolicy.FORBID_ENCRYPT_ALLOW_DECRYPT : CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT);
  const { result } = await encrypt(keyring, plaintext, { suiteId: suiteId as AlgorithmSuiteIdentifier, ...options });
  return result;
}

export interface SdkOpened {
  readonly plaintext: Buffer;
  readonly context: Record<string, string>;
}

export async function sdkDecrypt(message: Uint8Array, keyring: KeyringNode = sdkRawAesKeyring()): Promise<SdkOpened> {
  const { decrypt } = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT);
  const { plaintext, messageHeader } = await decrypt(keyring, Buffer.from(message));
  return { plaintext, context: { ...messageHeader.encryptionContext } };
}

export function sdkEncryptStream({ suiteId = 0x0478, ...options }: Omit<SdkMessage, 'plaintext' | 'keyring'>): Duplex {
  const { encryptStream } = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT);
  return encryptStream(sdkRawAesKeyring(), { suiteId: suiteId as AlgorithmSuiteIdentifier, ...options });
}

export function sdkDecryptStream(): Duplex {
  return buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT).decryptStream(sdkRawAesKeyring());
}
