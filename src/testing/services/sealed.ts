import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** Content under a data key, as a service keeps it: the local services encrypt for real, so that a wrong key shows. */
export interface Sealed {
  readonly nonce: Uint8Array;
  readonly ciphertext: Uint8Array;
  readonly tag: Uint8Array;
}

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;

/** Encrypts, and wipes the data key as services do. */
export function seal(dataKey: Uint8Array, content: Uint8Array): Sealed {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, dataKey, nonce);
  const ciphertext = Buffer.concat([cipher.update(content), cipher.final()]);
  dataKey.fill(0);
  return { nonce, ciphertext, tag: cipher.getAuthTag() };
}

/** Decrypts, and wipes the data key. */
export function open(dataKey: Uint8Array, { nonce, ciphertext, tag }: Sealed): Uint8Array {
  const decipher = createDecipheriv(CIPHER, dataKey, nonce).setAuthTag(tag);
  const content = Buffer.concat([decipher.update(ciphertext), decipher.final()]);
  dataKey.fill(0);
  return content;
}

export function bytesOf(content: string | Uint8Array): Uint8Array {
  return typeof content === 'string' ? Buffer.from(content, 'utf8') : content;
}
