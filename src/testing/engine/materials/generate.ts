import type { KeyObject } from 'node:crypto';
import { createPrivateKey, generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import type { KeySpecName } from '../../../spec/key-specs';
import { KEY_SPECS } from '../../../spec/key-specs';

const generate = promisify(generateKeyPair) as unknown as (type: string, options: object) => Promise<{ privateKey: KeyObject }>;

/** A fresh RSA or elliptic-curve private key; generated outside of the event loop, since RSA takes its time. */
export async function generatePrivateKey(spec: KeySpecName): Promise<KeyObject> {
  const { family, modulusBits, curve } = KEY_SPECS[spec];
  if (family === 'rsa') return (await generate('rsa', { modulusLength: modulusBits, publicExponent: 65537 })).privateKey;
  if (isEdwards(spec)) return (await generate('ed25519', {})).privateKey;
  return (await generate('ec', { namedCurve: curve!.openssl })).privateKey;
}

/**
 * A private key from its PKCS #8 DER.
 *
 * @throws Error if it is not a key of this spec
 */
export function readPrivateKey(spec: KeySpecName, pkcs8: Uint8Array): KeyObject {
  const key = createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' });
  const { modulusLength, namedCurve } = key.asymmetricKeyDetails ?? {};
  const { modulusBits, curve } = KEY_SPECS[spec];
  const fits = modulusBits !== undefined ? modulusLength === modulusBits : (namedCurve ?? key.asymmetricKeyType) === curve?.openssl;
  if (!fits) throw new Error(`the material is not a key of spec ${spec}: it is ${key.asymmetricKeyType} ${modulusLength ?? namedCurve ?? ''}`.trimEnd());
  return key;
}

export function isEdwards(spec: KeySpecName): boolean {
  return KEY_SPECS[spec].curve?.openssl === 'ed25519';
}
