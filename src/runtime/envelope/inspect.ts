import { messageBytes } from './foreign';
import { readWholeHeader } from './header';
import { parseHeaderMaterials } from './header-materials';
import type { MessageLimits } from './limits';
import type { AlgorithmSuite } from './suites';
import type { EncryptionContext } from '../kms-port';

/** What a header says. Nothing of it is authentic: anybody could have written it. */
export interface UnverifiedHeader {
  readonly messageVersion: 1 | 2;
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
  /** Plaintext bytes of a regular frame; absent when the body is not framed. */
  readonly frameLength?: number;
  readonly headerBytes: number;
}

/**
 * Reads the header of a message without any key, for logs, routing and support. The rest of the message need not be there.
 *
 * @throws `ERR_KEYSMITH_FORMAT`, `ERR_KEYSMITH_NOT_AUTHENTIC` or `ERR_KEYSMITH_LIMIT` for what `decrypt` would not read either
 */
export function inspectHeader(message: Uint8Array, limits: MessageLimits): UnverifiedHeader {
  const header = readWholeHeader(messageBytes(message), limits);
  const { context, encryptedDataKeys } = parseHeaderMaterials(header.materialBytes);
  return {
    messageVersion: header.suite.messageVersion,
    suite: header.suite,
    messageId: header.messageId.toString('hex'),
    encryptionContext: context,
    encryptedDataKeys: encryptedDataKeys.map(({ providerId, providerInfo, ciphertext }) => ({
      providerId, providerInfo: Buffer.from(providerInfo).toString('utf8'), ciphertextBytes: ciphertext.length,
    })),
    ...header.framed ? { frameLength: header.frameLength } : {},
    headerBytes: header.length,
  };
}
