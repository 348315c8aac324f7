import { createHmac } from 'node:crypto';
import { uint16 } from './bytes';
import { COMMITMENT_BYTES } from './suites';
import type { AlgorithmSuite } from './suites';

/** Of one message: what it is encrypted under, and for suites that commit, what its header says about its data key. */
export type DerivedKeys = readonly [encryptionKey: Buffer, commitment: Buffer | undefined];

/** What the second key is derived for; the first is derived for the suite. As bytes: node:crypto is slow with text. */
const COMMITMENT_INFO = /* @__PURE__ */ Buffer.from('COMMITKEY\x01');
const DERIVE_KEY = /* @__PURE__ */ Buffer.from('DERIVEKEY');

/** Number of the one block that HKDF-Expand makes: every key of the format is at most as long as its hash. */
const FIRST_BLOCK = 1;

/**
 * The message's own keys from its data key: HKDF (RFC 5869), with the message id as salt in suites that commit and as
 * info in the others, so that one data key may serve many messages. By HMAC: hkdfSync takes twice the time.
 * aws-encryption-sdk-specification, framework/transitive-requirements.md.
 */
export function deriveKeys({ id, kdfHash, commitsKey, dataKeyBytes }: AlgorithmSuite, dataKey: Uint8Array, messageId: Buffer): DerivedKeys {
  if (!kdfHash) return [Buffer.from(dataKey), undefined];
  // No salt stands for a salt of zeros (RFC 5869 section 2.2).
  const prk = createHmac(kdfHash, commitsKey ? messageId : '').update(dataKey).digest();
  const info = commitsKey ? infos[id] ??= infoFor(id, DERIVE_KEY) : infoFor(id, messageId);
  const encryptionKey = expand(kdfHash, prk, info, dataKeyBytes);
  const commitment = commitsKey ? expand(kdfHash, prk, COMMITMENT_INFO, COMMITMENT_BYTES) : undefined;
  prk.fill(0);
  return [encryptionKey, commitment];
}

/** By suite: the same for all messages where the message id is the salt. */
const infos: Record<number, Buffer> = {};

function infoFor(suiteId: number, label: Buffer): Buffer {
  return Buffer.concat([uint16(suiteId), label, Buffer.of(FIRST_BLOCK)]);
}

/** HKDF-Expand to at most the length of the hash. `info` ends with the number of the one block. */
export function expand(hash: string, prk: Buffer, info: Buffer, length: number): Buffer {
  return createHmac(hash, prk).update(info).digest().subarray(0, length);
}
