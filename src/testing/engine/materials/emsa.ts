/* eslint-disable no-bitwise -- masks and exclusive or are what the encoding is made of */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** Hash functions of RSA signatures, as node:crypto names them. */
export type DigestName = 'sha256' | 'sha384' | 'sha512';

/** DER of DigestInfo up to the digest (RFC 8017 section 9.2, note 1). */
const DIGEST_INFO: Readonly<Record<DigestName, Buffer>> = {
  sha256: Buffer.from('3031300d060960864801650304020105000420', 'hex'),
  sha384: Buffer.from('3041300d060960864801650304020205000430', 'hex'),
  sha512: Buffer.from('3051300d060960864801650304020305000440', 'hex'),
};

/** The DigestInfo of EMSA-PKCS1-v1_5 (RFC 8017 section 9.2), without its padding. */
export function emsaPkcs1(digest: Uint8Array, name: DigestName): Buffer {
  return Buffer.concat([DIGEST_INFO[name], digest]);
}

/** EMSA-PSS-ENCODE (RFC 8017 section 9.1.1) of a digest, with a random salt of its length and MGF1 on the same hash. */
export function emsaPss(digest: Uint8Array, name: DigestName, bits: number): Buffer {
  const salt = randomBytes(digest.length);
  const hash = saltedHash(digest, salt, name);
  const length = Math.ceil(bits / 8) - hash.length - 1;
  const block = Buffer.concat([Buffer.alloc(length - salt.length - 1), Buffer.of(1), salt]);
  const masked = xor(block, mgf1(hash, length, name));
  masked[0] &= topMask(bits);
  return Buffer.concat([masked, hash, Buffer.of(0xbc)]);
}

/** EMSA-PSS-VERIFY (RFC 8017 section 9.1.2) with a salt as long as the digest. */
export function isEmsaPss(encoded: Uint8Array, digest: Uint8Array, name: DigestName, bits: number): boolean {
  const length = Math.ceil(bits / 8) - digest.length - 1;
  const masked = Buffer.from(encoded.subarray(0, length));
  const hash = encoded.subarray(length, -1);
  if (encoded[encoded.length - 1] !== 0xbc || (masked[0] & ~topMask(bits)) !== 0) return false;
  const block = xor(masked, mgf1(hash, length, name));
  block[0] &= topMask(bits);
  const saltStart = length - digest.length;
  const padded = block.subarray(0, saltStart - 1).every((byte) => byte === 0) && block[saltStart - 1] === 1;
  return padded && timingSafeEqual(saltedHash(digest, block.subarray(saltStart), name), hash);
}

/** The bits of the first byte that lie within `bits`. */
function topMask(bits: number): number {
  return 0xff >> (8 * Math.ceil(bits / 8) - bits);
}

function saltedHash(digest: Uint8Array, salt: Uint8Array, name: DigestName): Buffer {
  return createHash(name).update(Buffer.alloc(8)).update(digest).update(salt).digest();
}

/** RFC 8017 appendix B.2.1. */
function mgf1(seed: Uint8Array, length: number, name: DigestName): Buffer {
  const blocks: Buffer[] = [];
  for (let counter = 0; blocks.reduce((sum, block) => sum + block.length, 0) < length; counter++) {
    const suffix = Buffer.alloc(4);
    suffix.writeUInt32BE(counter);
    blocks.push(createHash(name).update(seed).update(suffix).digest());
  }
  return Buffer.concat(blocks).subarray(0, length);
}

function xor(a: Uint8Array, b: Uint8Array): Buffer {
  return Buffer.from(a.map((byte, index) => byte ^ b[index]));
}
