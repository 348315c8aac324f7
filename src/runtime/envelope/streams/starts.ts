import type { OpenStart } from './open-engine';
import type { SealStart } from './seal-engine';
import type { DecryptionMaterials } from '../data-keys';
import { deriveMessageKeys, wipeMessageKeys } from '../derive';
import { headerLength, writeHeader } from '../header';
import type { HeaderContent, MessageHeader } from '../header';
import type { EncryptionMaterials } from '../materials';
import { openHeader } from '../message';
import { newMessageId } from '../message-id';
import { FooterSigner, FooterVerifier } from '../signature';

/** What a stream keeps of a data key that is only lent: keys of its own message. */

/** The header and keys of a new message of unknown length. */
export function startSealing({ suite, materialBytes, dataKey, signingKey }: EncryptionMaterials, frameLength: number): SealStart {
  const content: HeaderContent = { suite, messageId: newMessageId(), materialBytes, frameLength };
  const keys = deriveMessageKeys(suite, dataKey, content.messageId);
  const header = Buffer.allocUnsafe(headerLength(content));
  writeHeader(content, keys, header);
  const signer = signingKey && new FooterSigner(suite.signature!, signingKey.privateKey);
  return { header, frameLength, signer, key: { suite, encryptionKey: keys.encryptionKey, messageId: content.messageId } };
}

/**
 * The keys of a message whose header is authentic.
 *
 * @throws `ERR_KEYSMITH_NOT_AUTHENTIC` when it is not; else what `accept` throws, which sees the header as authentic
 */
export function startOpening(header: MessageHeader, { dataKey, verificationKey }: DecryptionMaterials, accept: () => void): OpenStart {
  const { suite, framed, frameLength, authenticated, iv, tag } = header;
  const keys = openHeader(header, dataKey);
  try {
    accept();
  } catch (error) {
    wipeMessageKeys(keys);
    throw error;
  }
  const verifier = verificationKey && new FooterVerifier(suite.signature!, verificationKey);
  verifier?.update(authenticated);
  if (suite.messageVersion === 1) verifier?.update(iv);
  verifier?.update(tag);
  return { framed, frameLength, verifier, key: { suite, encryptionKey: keys.encryptionKey, messageId: Buffer.from(header.messageId) } };
}
