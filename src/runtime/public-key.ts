import { createPublicKey, KeyObject } from 'node:crypto';
import { invalid } from './errors';
import { binaryOf } from './input';
import { readJwk } from './jwk';
import type { PublicJwk } from './jwk';
import { readMlDsaSpki } from './ml-dsa-spki';
import type { OwnedBytes } from './owned-bytes';
import { readPem } from './pem';
import { KEY_SPECS } from '../spec/key-specs';
import type { KeySpecFacts, KeySpecName } from '../spec/key-specs';

/**
 * A public key in any form people have it in: SubjectPublicKeyInfo (DER, as KMS returns it), its PEM, as text or bytes and with its line ends
 * escaped or not, a JWK, a `KeyObject`, or what `fetchPublicKey` and `readPublicKey` return.
 */
export type PublicKeyInput = Uint8Array | string | PublicJwk | KeyObject | Pick<PublicKey, 'spki'>;

/** A public key that has been read and checked. */
export interface PublicKey {
  /** The key spec of KMS that such a key has. */
  readonly keySpec: KeySpecName;
  /** SubjectPublicKeyInfo in DER (RFC 5280 section 4.1.2.7). */
  readonly spki: OwnedBytes;
}

/**
 * Reads a public key of one of KMS's asymmetric key specs.
 *
 * @throws `ERR_KEYSMITH_INPUT` for private and secret keys, several keys, certificates, other curves and sizes, RSA exponents but
 *   65537, and encodings that are not canonical
 */
export function readPublicKey(input: PublicKeyInput): PublicKey {
  if (typeof input === 'string' || input instanceof Uint8Array) return readSpki(spkiOf(input));
  if (input instanceof KeyObject) return readKeyObject(input);
  if (typeof input === 'object' && input !== null && 'kty' in input) return readSpki(readJwk(input));
  if (typeof input === 'object' && input !== null && 'spki' in input) return readSpki(binaryOf(input.spki, "'spki' of the public key"));
  throw invalid('the public key is none of SubjectPublicKeyInfo in DER, PEM, JWK and KeyObject');
}

/** The key for node:crypto. Not for ML-DSA, which not every Node knows. */
export function keyObjectOf(key: PublicKey): KeyObject {
  return createPublicKey({ key: Buffer.from(key.spki), format: 'der', type: 'spki' });
}

/** SubjectPublicKeyInfo in DER: what GetPublicKey of KMS returns. */
export function publicKeyToDer(input: PublicKeyInput): OwnedBytes {
  return Uint8Array.from(readPublicKey(input).spki);
}

/** SubjectPublicKeyInfo in PEM (RFC 7468 section 13): what openssl reads. */
export function publicKeyToPem(input: PublicKeyInput): string {
  const base64 = Buffer.from(readPublicKey(input).spki).toString('base64');
  return ['-----BEGIN PUBLIC KEY-----', ...base64.match(/.{1,64}/g) ?? [], '-----END PUBLIC KEY-----', ''].join('\n');
}

function readKeyObject(key: KeyObject): PublicKey {
  if (key.type !== 'public') throw invalid(`the key object holds a ${key.type} key: give the public key`);
  return readSpki(key.export({ format: 'der', type: 'spki' }));
}

/** SubjectPublicKeyInfo in DER, or in PEM. */
function spkiOf(given: string | Uint8Array): Uint8Array {
  const pem = readPem(given, 'the public key');
  if (pem && pem.label !== 'PUBLIC KEY') throw invalid(`the PEM block is labelled ${pem.label}: give the one labelled PUBLIC KEY`);
  return pem?.der ?? binaryOf(given, 'the public key');
}

function readSpki(given: Uint8Array): PublicKey {
  const spki = Uint8Array.from(given);
  const mlDsa = readMlDsaSpki(spki);
  if (mlDsa) return { keySpec: mlDsa.keySpec, spki };
  const key = importSpki(spki);
  // OpenSSL overlooks what follows the key and what DER forbids: one key would have many encodings, and thumbprints.
  if (!key.export({ format: 'der', type: 'spki' }).equals(spki)) throw invalid('the public key is not in canonical DER, or bytes follow it');
  return { keySpec: keySpecOf(key), spki };
}

function importSpki(spki: Uint8Array): KeyObject {
  try {
    return createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  } catch (cause) {
    throw invalid('the public key is not SubjectPublicKeyInfo of a key that KMS makes', cause);
  }
}

const RSA_EXPONENT = 65537n;

function keySpecOf(key: KeyObject): KeySpecName {
  const { namedCurve, modulusLength, publicExponent } = key.asymmetricKeyDetails ?? {};
  const type = key.asymmetricKeyType;
  if (type === 'rsa' && publicExponent !== RSA_EXPONENT) throw invalid(`the RSA public exponent is ${publicExponent}: keys of KMS have ${RSA_EXPONENT}`);
  const matches = ({ family, modulusBits, curve }: KeySpecFacts): boolean =>
    type === 'rsa' ? family === 'rsa' && modulusBits === modulusLength : curve?.openssl === (type === 'ec' ? namedCurve : type);
  const found = (Object.keys(KEY_SPECS) as KeySpecName[]).find((spec) => matches(KEY_SPECS[spec]));
  if (found) return found;
  const seen = type === 'rsa' ? `an RSA key of ${modulusLength} bits` : `a key of type ${type}${namedCurve ? ` on ${namedCurve}` : ''}`;
  throw invalid(`the public key is ${seen}: KMS has no such key spec`);
}
