import { createHmac } from 'node:crypto';
import { uint16, wipe } from './bytes';
import { COMMIT_KEY_BYTES } from './suites';
import type { AlgorithmSuite } from './suites';

/** The keys of one message. They belong to whoever asked, and are wiped by `wipeMessageKeys`. */
export interface MessageKeys {
  readonly encryptionKey: Buffer;
  /** What the header says about the data key, for suites that commit to it. */
  readonly commitKey?: Buffer;
}

/**
 * The message's own keys from its data key: HKDF (RFC 5869), with the message id as salt in version 2 and as info in
 * version 1, so that one data key may serve many messages.
 * aws-encryption-sdk-specification, framework/transitive-requirements.md.
 */
export function deriveMessageKeys(suite: AlgorithmSuite, dataKey: Uint8Array, messageId: Buffer): MessageKeys {
  const { kdfHash, commitsKey, dataKeyBytes } = suite;
  if (!kdfHash) return { encryptionKey: Buffer.from(dataKey) };
  const suiteId = uint16(suite.id);
  // A suite that commits salts with the message id; the others give no salt, which stands for zeros (RFC 5869 section 2.2).
  const prk = createHmac(kdfHash, commitsKey ? messageId : '').update(dataKey).digest();
  try {
    if (!commitsKey) return { encryptionKey: expand(kdfHash, prk, [suiteId, messageId], dataKeyBytes) };
    return {
      encryptionKey: expand(kdfHash, prk, [suiteId, 'DERIVEKEY'], dataKeyBytes),
      commitKey: expand(kdfHash, prk, ['COMMITKEY'], COMMIT_KEY_BYTES),
    };
  } finally {
    wipe(prk);
  }
}

export function wipeMessageKeys(keys: MessageKeys): void {
  wipe(keys.encryptionKey, keys.commitKey);
}

/** One block of HKDF-Expand: every key of the format is at most as long as its hash. */
function expand(hash: string, prk: Buffer, info: Array<Buffer | string>, length: number): Buffer {
  const hmac = createHmac(hash, prk);
  for (const part of info) hmac.update(part);
  const block = hmac.update('\x01').digest();
  wipe(block.subarray(length));
  return block.subarray(0, length);
}
