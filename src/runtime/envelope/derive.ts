import { createHmac } from 'node:crypto';
import { COMMIT_KEY_BYTES } from './suites';
import type { AlgorithmSuite } from './suites';

/** The keys of one message. They belong to whoever asked, and are wiped by `wipeMessageKeys`. */
export interface MessageKeys {
  readonly encryptionKey: Buffer;
  /** What the header says about the data key, for suites that commit to it. */
  readonly commitKey?: Buffer;
}

/** Labels of the two keys of a committing suite; the second stands alone, so that it ends with the number of its block. As bytes: node:crypto is slow with text. */
const DERIVE_KEY = /* @__PURE__ */ Buffer.from('DERIVEKEY');
const COMMIT_KEY = /* @__PURE__ */ Buffer.from('COMMITKEY\x01');

/**
 * The message's own keys from its data key: HKDF (RFC 5869), with the message id as salt in version 2 and as info in
 * version 1, so that one data key may serve many messages.
 * aws-encryption-sdk-specification, framework/transitive-requirements.md.
 */
export function deriveMessageKeys({ id, kdfHash, commitsKey, dataKeyBytes }: AlgorithmSuite, dataKey: Uint8Array, messageId: Buffer): MessageKeys {
  if (!kdfHash) return { encryptionKey: Buffer.from(dataKey) };
  // A suite that commits salts with the message id; the others give no salt, which stands for zeros (RFC 5869 section 2.2).
  const prk = createHmac(kdfHash, commitsKey ? messageId : '').update(dataKey).digest();
  try {
    const encryptionKey = expand(kdfHash, prk, infoOf(id, commitsKey ? DERIVE_KEY : messageId), dataKeyBytes);
    return commitsKey ? { encryptionKey, commitKey: expand(kdfHash, prk, COMMIT_KEY, COMMIT_KEY_BYTES) } : { encryptionKey };
  } finally {
    prk.fill(0);
  }
}

export function wipeMessageKeys({ encryptionKey, commitKey }: MessageKeys): void {
  encryptionKey.fill(0);
  commitKey?.fill(0);
}

/** The suite id and what follows it, with the number of the block. */
function infoOf(suiteId: number, label: Buffer): Buffer {
  const info = Buffer.allocUnsafe(2 + label.length + 1);
  info.writeUInt16BE(suiteId, 0);
  label.copy(info, 2);
  info[info.length - 1] = 1;
  return info;
}

/** One block of HKDF-Expand: every key of the format is at most as long as its hash. */
function expand(hash: string, prk: Buffer, info: Buffer, length: number): Buffer {
  const block = createHmac(hash, prk).update(info).digest();
  if (block.length === length) return block;
  block.fill(0, length);
  return block.subarray(0, length);
}
