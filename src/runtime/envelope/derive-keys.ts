import { uint16 } from './bytes';
import { COMMITMENT_BYTES } from './suites';
import type { AlgorithmSuite } from './suites';
import { expand, extract } from '../hkdf';

/** Of one message: what it is encrypted under, and for suites that commit, what its header says about its data key. */
export type DerivedKeys = readonly [encryptionKey: Buffer, commitment: Buffer | undefined];

/** What the second key is derived for; the first is derived for the suite. As bytes: node:crypto is slow with text. */
const COMMITMENT_INFO = /* @__PURE__ */ Buffer.from('COMMITKEY');
const DERIVE_KEY = /* @__PURE__ */ Buffer.from('DERIVEKEY');
const NO_SALT = /* @__PURE__ */ Buffer.alloc(0);

/** By suite that commits: the same for all of its messages. */
const infos: Record<number, Buffer> = {};

/**
 * The message's own keys from its data key: HKDF with the message id as salt in suites that commit and as info in the
 * others, so that one data key may serve many messages.
 * aws-encryption-sdk-specification, framework/transitive-requirements.md.
 */
export function deriveKeys({ id, kdfHash, commitsKey, dataKeyBytes }: AlgorithmSuite, dataKey: Uint8Array, messageId: Buffer): DerivedKeys {
  if (!kdfHash) return [Buffer.from(dataKey), undefined];
  const prk = extract(kdfHash, commitsKey ? messageId : NO_SALT, dataKey);
  const info = commitsKey ? infos[id] ??= Buffer.concat([uint16(id), DERIVE_KEY]) : Buffer.concat([uint16(id), messageId]);
  const encryptionKey = expand(kdfHash, prk, dataKeyBytes, info);
  const commitment = commitsKey ? expand(kdfHash, prk, COMMITMENT_BYTES, COMMITMENT_INFO) : undefined;
  prk.fill(0);
  return [encryptionKey, commitment];
}
