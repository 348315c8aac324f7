import { createHmac, randomBytes } from 'node:crypto';
import type { MacAlgorithmName } from '../../../spec/key-specs';

const HASH: Readonly<Record<MacAlgorithmName, string>> = {
  HMAC_SHA_224: 'sha224', HMAC_SHA_256: 'sha256', HMAC_SHA_384: 'sha384', HMAC_SHA_512: 'sha512',
};

/** The secret of an HMAC key (RFC 2104). */
export class HmacMaterial {
  private readonly secret: Buffer;

  /** @param secret random and as long as the hash if absent */
  constructor(bits: number, secret: Uint8Array = randomBytes(bits / 8)) {
    this.secret = Buffer.from(secret);
  }

  public mac(algorithm: MacAlgorithmName, message: Uint8Array): Buffer {
    return createHmac(HASH[algorithm], this.secret).update(message).digest();
  }
}
