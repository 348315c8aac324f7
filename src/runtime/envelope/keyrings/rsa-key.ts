import { KeyObject, createPrivateKey, createPublicKey } from 'node:crypto';
import { invalid } from '../../errors';
import type { PublicKey } from '../../public-key';
import { asBuffer } from '../bytes';

/** The private half of an RSA key pair: PEM text, PKCS #8 in DER, or a key object. */
export type RsaPrivateKeyInput = string | Uint8Array | KeyObject;

/** The public half: PEM text, SubjectPublicKeyInfo in DER, a key object, or what `fetchPublicKey` returns. */
export type RsaPublicKeyInput = string | Uint8Array | KeyObject | Pick<PublicKey, 'spki'>;

/** Bits that the smallest accepted modulus has (aws-kms-rsa-keyring.md, "Initialization"). */
const MIN_MODULUS_BITS = 2048;

/** @throws `ERR_KEYSMITH_INPUT` for anything but an RSA public key of 2048 bits or more */
export function rsaPublicKey(input: RsaPublicKeyInput): KeyObject {
  return checked('publicKey', 'public', () => {
    if (input instanceof KeyObject) return input;
    if (typeof input === 'string') {
      // node:crypto would take the public half out of a private key, which a writer should not have.
      if (!/^\s*-----BEGIN (RSA )?PUBLIC KEY-----/.test(input)) throw new Error('the PEM text is not of a public key');
      return createPublicKey(input);
    }
    return createPublicKey({ key: asBuffer(input instanceof Uint8Array ? input : input.spki), format: 'der', type: 'spki' });
  });
}

/** @throws `ERR_KEYSMITH_INPUT` for anything but an RSA private key of 2048 bits or more */
export function rsaPrivateKey(input: RsaPrivateKeyInput): KeyObject {
  return checked('privateKey', 'private', () => {
    if (input instanceof KeyObject) return input;
    return typeof input === 'string' ? createPrivateKey(input) : createPrivateKey({ key: asBuffer(input), format: 'der', type: 'pkcs8' });
  });
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
