import { NO_BYTES, uint16 } from './bytes';
import { COMMITMENT_BYTES } from './suites';
import type { AlgorithmSuite } from './suites';
import { expand, extract } from '../hkdf';

/** Of one message: what it is encrypted under, and for suites that commit, what its header says about its data key. */
export type DerivedKeys = readonly [encryptionKey: Buffer, commitment?: Buffer];

/** What the second key is derived for; the first is derived for the suite. As bytes: node:crypto is slow with text. */
const COMMITMENT_INFO = /* @__PURE__ */ Buffer.from('COMMITKEY');
const DERIVE_KEY = /* @__PURE__ */ Buffer.from('DERIVEKEY');

/**
 * The message's own keys from its data key: HKDF with the message id as salt in suites that commit and as info in the
 * others, so that one data key may serve many messages.
 * aws-encryption-sdk-specification, framework/transitive-requirements.md.
 */
export function deriveKeys({ id, kdfHash, commitsKey, dataKeyBytes }: AlgorithmSuite, dataKey: Uint8Array, messageId: Buffer): DerivedKeys {
  if (!kdfHash) return [Buffer.from(dataKey)];
  const prk = extract(kdfHash, commitsKey ? messageId : NO_BYTES, dataKey);
  const encryptionKey = expand(kdfHash, prk, dataKeyBytes, uint16(id), commitsKey ? DERIVE_KEY : messageId);
  const commitment = commitsKey ? expand(kdfHash, prk, COMMITMENT_BYTES, COMMITMENT_INFO) : undefined;
  prk.fill(0);
  return [encryptionKey, commitment];
}
