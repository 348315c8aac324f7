import { createHmac } from 'node:crypto';

/**
 * HKDF-SHA-256 (RFC 5869) for keys of 32 bytes, which one block gives. node:crypto's own takes no more than 1024 bytes
 * of info, and a table name, a context and a record key can have more.
 */

export const DERIVED_BYTES = 32;

/** The number of the first and only block. */
const FIRST_BLOCK = /* @__PURE__ */ Buffer.from([1]);

/** HKDF-Extract. The result belongs to whoever asked. */
export function extract(salt: Uint8Array, secret: Uint8Array): Buffer {
  return createHmac('sha256', salt).update(secret).digest();
}

/** HKDF-Expand to 32 bytes, with the info in pieces. */
export function expand(prk: Buffer, ...info: readonly Uint8Array[]): Buffer {
  const hmac = createHmac('sha256', prk);
  for (const piece of info) hmac.update(piece);
  return hmac.update(FIRST_BLOCK).digest();
}
