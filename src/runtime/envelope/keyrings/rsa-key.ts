import { KeyObject, createPrivateKey, createPublicKey } from 'node:crypto';
import { asBuffer } from '../bytes';
import { badInput } from '../failures';

/** An RSA key as users hold it: PEM text, DER bytes (SubjectPublicKeyInfo, as KMS GetPublicKey answers; PKCS #8 for a private key), or a key object. */
export type RsaKeyInput = string | Uint8Array | KeyObject;

/** Bits that the smallest accepted modulus has (aws-kms-rsa-keyring.md, "Initialization"). */
const MIN_MODULUS_BITS = 2048;

/** @throws `ERR_KEYSMITH_INPUT` for anything but an RSA public key of 2048 bits or more */
export function rsaPublicKey(input: RsaKeyInput): KeyObject {
  return checked('publicKey', 'public', () => {
    if (input instanceof KeyObject) return input;
    return typeof input === 'string' ? createPublicKey(input) : createPublicKey({ key: asBuffer(input), format: 'der', type: 'spki' });
  });
}

/** @throws `ERR_KEYSMITH_INPUT` for anything but an RSA private key of 2048 bits or more */
export function rsaPrivateKey(input: RsaKeyInput): KeyObject {
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
    throw badInput(`'${option}' is not a ${type} key in PEM or DER`, cause);
  }
  if (key.type !== type || key.asymmetricKeyType !== 'rsa') throw badInput(`'${option}' takes an RSA ${type} key, got ${key.asymmetricKeyType ?? ''} ${key.type}`);
  const bits = key.asymmetricKeyDetails!.modulusLength!;
  if (bits < MIN_MODULUS_BITS) throw badInput(`'${option}' has ${bits} bits: an RSA key takes at least ${MIN_MODULUS_BITS}`);
  return key;
}
