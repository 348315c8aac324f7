import { asBuffer, readerOf } from './bytes';
import { messageBytes } from './foreign';
import { readHeader } from './header';
import { parseHeaderMaterials } from './header-materials';
import type { EncryptedDataKey } from './keyring';
import type { MessageLimits } from './limits';
import { COMMITTING_SUITES } from './suites';
import type { AlgorithmSuite } from './suites';
import { VERSION_1_SUITES } from './version-1-suites';
import type { EncryptionContext } from '../kms-port';

/** What a header says. Nothing of it is authentic: anybody could have written it. */
export interface UnverifiedHeader {
  readonly suite: AlgorithmSuite;
  /** In hexadecimal. */
  readonly messageId: string;
  readonly encryptionContext: EncryptionContext;
  readonly encryptedDataKeys: ReadonlyArray<{
    readonly providerId: string;
    /** As text: the ARN of a KMS key; for raw AES keys the key name followed by bytes that are no text. */
    readonly providerInfo: string;
    readonly ciphertextBytes: number;
  }>;
  /** Plaintext bytes of a regular frame; 0 when the body is not framed. */
  readonly frameLength: number;
  readonly headerBytes: number;
}

/** Encrypted data keys for people. */
export const shownKeys = (keys: readonly EncryptedDataKey[]): UnverifiedHeader['encryptedDataKeys'] => keys.map(({ providerId, providerInfo, ciphertext }) => ({
  providerId, providerInfo: `${asBuffer(providerInfo)}`, ciphertextBytes: ciphertext.length,
}));

/** Read under every commitment policy: who is to find old messages reads them before anybody trusts them. */
const ALL = { formats: { 1: { suites: VERSION_1_SUITES }, 2: { suites: COMMITTING_SUITES } } };

/**
 * Reads the header of a message without any key, for logs, routing and support. The rest of the message need not be there.
 *
 * @throws `ERR_KEYSMITH_FORMAT`, `ERR_KEYSMITH_NOT_AUTHENTIC` or `ERR_KEYSMITH_LIMIT` for what `decrypt` would not read either
 */
export const inspectHeader = (message: Uint8Array, limits: MessageLimits): UnverifiedHeader => {
  const reader = readerOf(messageBytes(message));
  const { suite, messageId, materialBytes, frameLength } = readHeader(reader, limits, ALL);
  const { context, encryptedDataKeys } = parseHeaderMaterials(materialBytes);
  return {
    suite,
    messageId: messageId.toString('hex'),
    encryptionContext: context,
    encryptedDataKeys: shownKeys(encryptedDataKeys),
    frameLength,
    headerBytes: reader.at,
  };
};
