import { crypto } from './node-crypto';

/**
 * HKDF (RFC 5869) for keys that one block gives, which all of ours are. By HMAC: node:crypto's own takes twice the time,
 * and no more than 1024 bytes of info, where a table name, an encryption context and a record key can have more.
 */

/** The number of the first and only block. */
const FIRST_BLOCK = /* @__PURE__ */ Buffer.of(1);

/** HKDF-Extract. The result belongs to whoever asked; no salt stands for one of zeros (section 2.2). */
export const extract = (hash: string, salt: Uint8Array, secret: Uint8Array): Buffer => crypto.createHmac(hash, salt).update(secret).digest();

/** HKDF-Expand to at most the length of the hash, with the info in pieces: to join them first costs a tenth of a small message. */
export const expand = (hash: string, prk: Uint8Array, length: number, ...info: readonly Uint8Array[]): Buffer => {
  const hmac = crypto.createHmac(hash, prk);
  for (const piece of info) hmac.update(piece);
  return hmac.update(FIRST_BLOCK).digest().subarray(0, length);
};
