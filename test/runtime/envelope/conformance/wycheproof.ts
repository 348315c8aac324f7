import { createDecipheriv, createPublicKey } from 'node:crypto';
import { Skip, Tally } from './report';
import type { FileReport, Outcome } from './report';
import { RawRsaKeyring } from '../../../../src/runtime/envelope';
import type { RsaPadding } from '../../../../src/runtime/envelope';
import { verifying } from '../../../../src/runtime/envelope/signature';
import { COMMITTING_SUITES } from '../../../../src/runtime/envelope/suites';
import { VERSION_1 } from '../../../../src/runtime/envelope/version-1';
import { expand, extract, infoOf } from '../../../../src/runtime/hkdf';

/** Vectors of project Wycheproof (C2SP/wycheproof, testvectors_v1) for what envelopes are made of. */

interface Vector { readonly tcId: number; readonly result: 'valid' | 'invalid' | 'acceptable'; readonly [field: string]: unknown }
interface Group { readonly tests: Vector[]; readonly [field: string]: unknown }
interface VectorFile { readonly algorithm: string; readonly testGroups: Group[] }

type Check = (group: Group, vector: Vector) => Promise<boolean> | boolean;

const bytes = (value: unknown) => Buffer.from(value as string, 'hex');

/** Every vector of a Wycheproof file, by its algorithm. */
export async function wycheproof(file: string, content: VectorFile): Promise<FileReport> {
  const tally = new Tally();
  const check = checkFor(content.algorithm);
  for (const group of content.testGroups) {
    for (const vector of group.tests) await tally.try(`${vector.tcId}`, async () => judge(vector, await check(group, vector)));
  }
  return tally.report(file);
}

export function isWycheproof(content: unknown): content is VectorFile {
  return typeof content === 'object' && content !== null && 'algorithm' in content && 'testGroups' in content;
}

function judge({ result }: Vector, accepted: boolean): Outcome {
  if (result === 'acceptable') return undefined;
  return accepted === (result === 'valid') ? undefined : `${result}, but it was ${accepted ? 'accepted' : 'refused'}`;
}

function checkFor(algorithm: string): Check {
  switch (algorithm) {
    case 'AES-GCM': return aesGcm;
    case 'ECDSA': return ecdsa;
    case 'RSAES-OAEP': return rsaOaep;
    case 'HKDF-SHA-256': return hkdf('sha256', 32);
    case 'HKDF-SHA-384': return hkdf('sha384', 48);
    case 'HKDF-SHA-512': return hkdf('sha512', 64);
    default: return () => { throw new Skip(`envelopes use no ${algorithm}`); };
  }
}

/** As frames are opened. */
function aesGcm(group: Group, vector: Vector): boolean {
  if (group.ivSize !== 96 || group.tagSize !== 128) throw new Skip('envelopes have IVs of 96 bits and tags of 128');
  const decipher = createDecipheriv(`aes-${group.keySize as number}-gcm` as 'aes-256-gcm', bytes(vector.key), bytes(vector.iv));
  decipher.setAAD(bytes(vector.aad)).setAuthTag(bytes(vector.tag));
  const plaintext = decipher.update(bytes(vector.ct));
  try {
    decipher.final();
  } catch {
    return false;
  }
  return plaintext.equals(bytes(vector.msg));
}

/** As footers are verified. */
function ecdsa(group: Group, vector: Vector): boolean {
  const { curve } = group.publicKey as { curve: string };
  const hash = { secp256r1: 'SHA-256', secp384r1: 'SHA-384' }[curve];
  if (!hash || group.type !== 'EcdsaVerify' || group.sha !== hash) throw new Skip('envelopes have P-256 with SHA-256 and P-384 with SHA-384, in DER');
  const key = createPublicKey({ key: bytes(group.publicKeyDer), format: 'der', type: 'spki' });
  const suite = hash === 'SHA-256' ? VERSION_1.suites[0x0214]! : COMMITTING_SUITES[0x0578];
  return verifying(suite)!.update(bytes(vector.msg)).verify(key, bytes(vector.sig));
}

/** As a raw RSA keyring opens data keys; a suite is made up for the length of each. */
async function rsaOaep(group: Group, vector: Vector): Promise<boolean> {
  const hash = (group.sha as string).replace('-', '');
  const padding = `OAEP_${hash}_MGF1` as RsaPadding;
  if (group.sha !== group.mgfSha || !['SHA1', 'SHA256', 'SHA384', 'SHA512'].includes(hash)) throw new Skip('raw RSA keyrings have one hash for OAEP and MGF1');
  if (vector.label !== '') throw new Skip('data keys have no OAEP label');
  const { privateKeyPkcs8 } = group as unknown as { privateKeyPkcs8: string };
  const keyring = new RawRsaKeyring({ keyNamespace: 'vectors', keyName: 'key', privateKey: bytes(privateKeyPkcs8), padding });
  const expected = bytes(vector.msg);
  const suite = { ...COMMITTING_SUITES[0x0478], dataKeyBytes: expected.length };
  const encryptedDataKeys = [{ providerId: 'vectors', providerInfo: Buffer.from('key'), ciphertext: bytes(vector.ct) }];
  const opened = await keyring.decryptDataKey({ suite, context: {}, encryptedDataKeys }).catch(() => undefined);
  return opened !== undefined && expected.equals(opened);
}

/** As message keys are derived: one block. */
function hkdf(hash: string, hashBytes: number): Check {
  return (_, vector) => {
    const size = vector.size as number;
    if (size > hashBytes) throw new Skip('message keys are no longer than their hash');
    return expand(hash, extract(hash, bytes(vector.salt), bytes(vector.ikm)), size, infoOf(bytes(vector.info))).equals(bytes(vector.okm));
  };
}
