import { KeyObject, createPrivateKey, createPublicKey } from 'node:crypto';
import { invalid } from '../../errors';
import { binaryOf } from '../../input';
import { readPem } from '../../pem';
import type { PublicKey } from '../../public-key';
import { asBuffer, wipe } from '../bytes';

/** The private half of an RSA key pair: PEM as text or bytes, with its line ends escaped or not; PKCS #8 in DER, or a key object. */
export type RsaPrivateKeyInput = string | Uint8Array | KeyObject;

/** The public half: PEM as text or bytes, with its line ends escaped or not; DER, a key object, or what `fetchPublicKey` returns. */
export type RsaPublicKeyInput = string | Uint8Array | KeyObject | Pick<PublicKey, 'spki'>;

/** Bits that the smallest accepted modulus has (aws-kms-rsa-keyring.md, "Initialization"). */
const MIN_MODULUS_BITS = 2048;

/**
 * What a PEM label says of the bytes. One half is never made of the other: node:crypto would take a public key out of a private one, which a
 * writer should not have.
 */
const PUBLIC: Encodings = { 'PUBLIC KEY': 'spki', 'RSA PUBLIC KEY': 'pkcs1' };
const PRIVATE: Encodings = { 'PRIVATE KEY': 'pkcs8', 'RSA PRIVATE KEY': 'pkcs1' };

type Encodings = Readonly<Record<string, 'spki' | 'pkcs1' | 'pkcs8'>>;

/** @throws `ERR_KEYSMITH_INPUT` for anything but an RSA public key of 2048 bits or more */
export function rsaPublicKey(input: RsaPublicKeyInput): KeyObject {
  if (input instanceof KeyObject) return checked('publicKey', 'public', () => input);
  const given = typeof input === 'string' || input instanceof Uint8Array ? input : input.spki;
  const [key, type] = encoded('publicKey', given, PUBLIC, 'spki');
  const read = checked('publicKey', 'public', () => createPublicKey({ key, format: 'der', type: type as 'spki' }));
  // Of a private key under this label, node:crypto would take the public half.
  if (type === 'pkcs1' && !read.export({ format: 'der', type }).equals(key)) throw invalid("'publicKey' is labelled RSA PUBLIC KEY, and is none");
  return read;
}

/** @throws `ERR_KEYSMITH_INPUT` for anything but an RSA private key of 2048 bits or more */
export function rsaPrivateKey(input: RsaPrivateKeyInput): KeyObject {
  if (input instanceof KeyObject) return checked('privateKey', 'private', () => input);
  const [key, type, isCopy] = encoded('privateKey', input, PRIVATE, 'pkcs8');
  try {
    return checked('privateKey', 'private', () => createPrivateKey({ key, format: 'der', type: type as 'pkcs8' }));
  } finally {
    // Of bytes that the caller gave, the caller disposes.
    if (isCopy) wipe(key);
  }
}

/** The key in DER, how it is encoded there, and whether that is a copy. */
function encoded(
  option: string, given: string | Uint8Array, labels: Encodings, otherwise: string,
): readonly [der: Buffer, type: string, isCopy: boolean] {
  const pem = readPem(given, `'${option}'`);
  if (!pem) return [asBuffer(binaryOf(given, `'${option}'`)), otherwise, false];
  if (Object.hasOwn(labels, pem.label)) return [pem.der, labels[pem.label], true];
  wipe(pem.der);
  throw invalid(`the PEM block of '${option}' is labelled ${pem.label}: give one labelled ${Object.keys(labels).join(' or ')}`);
}

function checked(option: string, type: KeyObject['type'], read: () => KeyObject): KeyObject {
  let key: KeyObject;
  try {
    key = read();
  } catch (cause) {
    throw invalid(`'${option}' is not a ${type} key in PEM or DER`, cause);
  }
  if (key.type !== type || key.asymmetricKeyType !== 'rsa') throw invalid(`'${option}' takes an RSA ${type} key, got ${key.asymmetricKeyType ?? ''} ${key.type}`);
  const bits = key.asymmetricKeyDetails!.modulusLength!;
  if (bits < MIN_MODULUS_BITS) throw invalid(`'${option}' has ${bits} bits: an RSA key takes at least ${MIN_MODULUS_BITS}`);
  return key;
}
