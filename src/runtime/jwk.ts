import { createHash, createPublicKey } from 'node:crypto';
import type { JsonWebKey } from 'node:crypto';
import { invalid } from './errors';
import { readMlDsaSpki, writeMlDsaSpki } from './ml-dsa-spki';
import { ML_DSA } from '../spec/ml-dsa';

/** A public key as JSON Web Key (RFC 7517). Other members, such as `x5c`, are left alone. */
export interface PublicJwk {
  readonly kty: string;
  readonly [member: string]: unknown;
}

/** The members that make the key, by `kty`, in the order of RFC 7638. Sources: RFC 7518 section 6, RFC 8037 section 2, RFC 9964. */
const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  RSA: ['e', 'kty', 'n'],
  EC: ['crv', 'kty', 'x', 'y'],
  OKP: ['crv', 'kty', 'x'],
  AKP: ['alg', 'kty', 'pub'],
};

const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];

/** The SubjectPublicKeyInfo of a JWK, in DER. @throws `ERR_KEYSMITH_INPUT` for private keys and for anything malformed */
export function readJwk(jwk: PublicJwk): Uint8Array {
  const found = PRIVATE_MEMBERS.filter((member) => Object.hasOwn(jwk, member));
  if (found.length) throw invalid(`the JWK holds private or secret members (${found.join(', ')}): give the public key`);
  const required = requiredMembers(jwk);
  return jwk.kty === 'AKP' ? readAkp(required) : readClassic(required);
}

/**
 * The thumbprint of a public JWK (RFC 7638): SHA-256 over its required members, in base64url. The customary `kid`.
 *
 * @throws `ERR_KEYSMITH_INPUT` for a JWK that lacks one of them
 */
export function jwkThumbprint(jwk: PublicJwk): string {
  return createHash('sha256').update(JSON.stringify(requiredMembers(jwk))).digest('base64url');
}

/** The required members of an ML-DSA key's JWK, from its SPKI; undefined for every other key. */
export function akpMembers(spki: Uint8Array): PublicJwk | undefined {
  const key = readMlDsaSpki(spki);
  return key && { alg: ML_DSA[key.keySpec]?.jose, kty: 'AKP', pub: Buffer.from(key.raw).toString('base64url') };
}

function requiredMembers(jwk: PublicJwk): Record<string, string> {
  const names = Object.hasOwn(MEMBERS, jwk.kty) ? MEMBERS[jwk.kty] : undefined;
  if (!names) throw invalid(`'kty' of the JWK is ${JSON.stringify(jwk.kty)}: public keys have ${Object.keys(MEMBERS).join(', ')}`);
  return Object.fromEntries(names.map((name) => {
    const value = jwk[name];
    if (typeof value !== 'string') throw invalid(`the JWK lacks '${name}', which ${jwk.kty} keys have`);
    return [name, value];
  }));
}

function readAkp({ alg, pub }: Record<string, string>): Uint8Array {
  const facts = Object.values(ML_DSA).find(({ jose }) => jose === alg);
  if (!facts) throw invalid(`'alg' of the AKP JWK is ${JSON.stringify(alg)}: ML-DSA-44, ML-DSA-65 and ML-DSA-87 are known`);
  const raw = Buffer.from(pub, 'base64url');
  if (raw.length !== facts.publicKeyBytes || raw.toString('base64url') !== pub) {
    throw invalid(`'pub' of the JWK is not ${facts.publicKeyBytes} bytes in base64url, as ${alg} has`);
  }
  return writeMlDsaSpki(facts, raw);
}

function readClassic(required: Record<string, string>): Uint8Array {
  const key = imported(required);
  // Node takes padding, other alphabets and coordinates that are too short or long: they would be one key with many thumbprints.
  const canonical = key.export({ format: 'jwk' }) as Record<string, unknown>;
  const other = Object.keys(required).filter((name) => canonical[name] !== required[name]);
  if (other.length) throw invalid(`'${other.join("', '")}' of the JWK is not in its canonical base64url form (RFC 7518 section 6)`);
  return key.export({ format: 'der', type: 'spki' });
}

function imported(required: JsonWebKey): ReturnType<typeof createPublicKey> {
  try {
    return createPublicKey({ key: required, format: 'jwk' });
  } catch (cause) {
    throw invalid('the JWK is not a key that KMS makes', cause);
  }
}
