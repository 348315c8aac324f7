import { createCipheriv, hkdfSync, randomBytes } from 'node:crypto';
import type { EncryptedDataKey, Keyring } from '../../../src/runtime';

/**
 * Messages made by hand from the specification, to be wrong in one place and right in all others: version 2, suite 0x0478.
 * aws-encryption-sdk-specification, data-format/message-header.md, message-body.md and message-body-aad.md.
 */
export interface Forgery {
  readonly dataKey: Uint8Array;
  /** The data key that the header commits to. @default - `dataKey` */
  readonly commitTo?: Uint8Array;
  readonly context?: readonly (readonly [string, string])[];
  readonly encryptedDataKeys?: readonly EncryptedDataKey[];
  readonly frameLength: number;
  /** Plaintexts of the regular frames, then of the final one. */
  readonly frames: readonly Uint8Array[];
}

const SUITE = Buffer.from('0478', 'hex');

/** An encrypted data key that a `keyringOf` takes. */
export const ANY_KEY: EncryptedDataKey = { providerId: 'tests', providerInfo: Buffer.from('any'), ciphertext: Buffer.from('any') };

/** A keyring of one data key, whatever a message says, that counts how often it is asked. */
export function keyringOf(dataKey: Uint8Array): Keyring & { readonly asked: number } {
  let asked = 0;
  return {
    get asked() { return asked; },
    generateDataKey: async () => ({ plaintext: Buffer.from(dataKey), encryptedDataKeys: [ANY_KEY] }),
    wrapDataKey: async () => [ANY_KEY],
    decryptDataKey: async () => {
      asked += 1;
      return Buffer.from(dataKey);
    },
  };
}

export function forge(forgery: Forgery): Buffer {
  const { dataKey, commitTo = dataKey, context = [], encryptedDataKeys = [ANY_KEY], frameLength, frames } = forgery;
  const messageId = randomBytes(32);
  const key = derive(dataKey, messageId, 'DERIVEKEY');
  const header = Buffer.concat([
    Buffer.of(2), SUITE, messageId, contextOf(context), uint(2, encryptedDataKeys.length), ...encryptedDataKeys.map(edkOf),
    Buffer.of(2), uint(4, frameLength), derive(commitTo, messageId, 'COMMITKEY'),
  ]);
  const last = frames.length - 1;
  return Buffer.concat([header, seal(key, 0, header, Buffer.alloc(0)), ...frames.flatMap((plaintext, index) => {
    const sequence = index + 1;
    const isFinal = index === last;
    const words = Buffer.from(`AWSKMSEncryptionClient ${isFinal ? 'Final Frame' : 'Frame'}`);
    const aad = Buffer.concat([messageId, words, uint(4, sequence), uint(8, plaintext.length)]);
    const head = [uint(4, sequence), uint(12, sequence)];
    return [...isFinal ? [uint(4, 0xffffffff), ...head, uint(4, plaintext.length)] : head, seal(key, sequence, aad, plaintext)];
  })]);
}

function derive(dataKey: Uint8Array, messageId: Buffer, label: 'DERIVEKEY' | 'COMMITKEY'): Buffer {
  const info = label === 'DERIVEKEY' ? Buffer.concat([SUITE, Buffer.from(label)]) : Buffer.from(label);
  return Buffer.from(hkdfSync('sha512', dataKey, messageId, info, 32));
}

/** Ciphertext and tag under the IV that counts as `sequence` does. */
function seal(key: Buffer, sequence: number, aad: Buffer, plaintext: Uint8Array): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, uint(12, sequence)).setAAD(aad);
  return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

function contextOf(pairs: readonly (readonly [string, string])[]): Buffer {
  if (pairs.length === 0) return uint(2, 0);
  return field(Buffer.concat([uint(2, pairs.length), ...pairs.flat().map((text) => field(Buffer.from(text)))]));
}

function edkOf({ providerId, providerInfo, ciphertext }: EncryptedDataKey): Buffer {
  return Buffer.concat([Buffer.from(providerId), providerInfo, ciphertext].map(field));
}

function field(bytes: Uint8Array): Buffer {
  return Buffer.concat([uint(2, bytes.length), bytes]);
}

function uint(width: number, value: number): Buffer {
  return Buffer.from(value.toString(16).padStart(2 * width, '0'), 'hex');
}
