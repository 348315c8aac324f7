import { readDer, readRaw } from './ecdsa-signature';
import { failure, invalid } from './errors';
import { binaryOf } from './input';
import { keyObjectOf, readPublicKey } from './public-key';
import type { PublicKeyInput } from './public-key';
import { combined, inverseOf, ORDER } from './secp256k1';
import { formatOf } from './signature';
import type { SignatureFormat } from './signature';
import { knownOptions } from './whole-numbers';
import { CURVES } from '../spec/curves';

/** What a recovery id is worked out from. */
export interface RecoveryIdOptions {
  /** The public key of the signature, on secp256k1. */
  readonly publicKey: PublicKeyInput;
  /** The 32 bytes that were signed: SHA-256 of the message for `sign`, what `signDigest` was given for Ethereum's Keccak-256. */
  readonly digest: Uint8Array;
  /** How the signature is written. @default 'der' */
  readonly format?: SignatureFormat;
}

const SPEC = 'ECC_SECG_P256K1';

/**
 * Which of the points that a signature on secp256k1 may have been made with is the one of this key, as Ethereum and Bitcoin want it beside r and s,
 * so that the public key need not be sent along: bit 0 is set when its y is odd, and bit 1 when its x is over the order, as nobody will ever see.
 * Ethereum's `v` is 27 more, or 35 and twice the chain id more (EIP-155). Those chains take low values of s only: sign with `lowS`.
 * SEC 1 section 4.1.6.
 *
 * @throws `ERR_KEYSMITH_NOT_AUTHENTIC` when the signature is not the key's over the digest, `ERR_KEYSMITH_FORMAT` for what is no signature,
 *   `ERR_KEYSMITH_INPUT` for a key on another curve or a digest of another length
 */
export function ecdsaRecoveryId(signature: Uint8Array, options: RecoveryIdOptions): 0 | 1 | 2 | 3 {
  const { publicKey, digest, format } = knownOptions(options, ['publicKey', 'digest', 'format']);
  const key = readPublicKey(publicKey);
  if (key.keySpec !== SPEC) throw invalid(`the public key is of spec ${key.keySpec}: recovery ids are of signatures by ${SPEC}`);
  const hash = binaryOf(digest, "'digest'");
  if (hash.length !== 32) throw invalid(`'digest' has ${hash.length} bytes: ES256K signs 32`);
  const bytes = binaryOf(signature, 'the signature');
  const raw = formatOf(format) === 'der' ? readDer(bytes, CURVES[SPEC]!) : readRaw(bytes, CURVES[SPEC]!);
  if (!raw) throw failure('FORMAT', `the input of ${bytes.length} bytes is not an ES256K signature in the format ${formatOf(format)}`);
  const [r, s] = [numberOf(raw.subarray(0, 32)), numberOf(raw.subarray(32))];
  const { x, y } = keyObjectOf(key).export({ format: 'jwk' });
  const inverse = inverseOf(s, ORDER);
  // What verification compares the x of: u1 G + u2 Q is the point that the signature was made with (SEC 1 section 4.1.4).
  const point = combined(numberOf(hash) * inverse % ORDER, r * inverse % ORDER, [coordinateOf(x!), coordinateOf(y!)]);
  if (!point || point[0] % ORDER !== r) throw failure('NOT_AUTHENTIC', 'the signature is not valid for this digest and key: it has no recovery id');
  return Number(point[1] % 2n + (point[0] < ORDER ? 0n : 2n)) as 0 | 1 | 2 | 3;
}

function coordinateOf(base64url: string): bigint {
  return numberOf(Buffer.from(base64url, 'base64url'));
}

function numberOf(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
}
