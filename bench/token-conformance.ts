import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createJwsVerifier, createVerifier } from 'cdk-keysmith/runtime';
import type { PublicJwk, SignatureFormat } from 'cdk-keysmith/runtime';
import { print } from './measure';

/**
 * Test vectors of Wycheproof (C2SP/wycheproof, folder testvectors_v1): signatures of ECDSA in DER and as r and s, RSA of both kinds, Ed25519 and ML-DSA, JSON Web
 * Signatures, and JSON Web Keys. Each is answered as there, or it is argued why not. Ends with 1 where a difference has no reason, with 2 where the folder cannot
 * be read.
 * `npx tsx bench/token-conformance.ts DIRECTORY [--json]`
 */

type Algorithm = Parameters<typeof createVerifier>[0] extends infer Options ? Options extends { algorithm: infer Name } ? Name : never : never;

interface Vector {
  readonly tcId: number;
  readonly comment: string;
  readonly flags?: readonly string[];
  readonly result: 'valid' | 'invalid' | 'acceptable';
}

interface SignatureVector extends Vector {
  readonly msg: string;
  readonly sig: string;
  /** A context of ML-DSA. */
  readonly ctx?: string;
}

interface SignatureGroup {
  readonly publicKeyDer?: string;
  /** The bytes of a key of ML-DSA. */
  readonly publicKey?: string | object;
  readonly tests: readonly SignatureVector[];
}

interface JwsGroup {
  readonly comment: string;
  readonly public?: PublicJwk | { readonly keys: readonly PublicJwk[] };
  readonly tests: ReadonlyArray<Vector & { readonly jws: string | object }>;
}

/** Which file is of which algorithm. Other curves, digests and salts no key of KMS has. */
const FILES: ReadonlyArray<readonly [file: string, algorithm: Algorithm, format: SignatureFormat]> = [
  ...(['der', 'jose'] as const).flatMap((format) => ([
    ['ecdsa_secp256r1_sha256', 'ES256'], ['ecdsa_secp384r1_sha384', 'ES384'], ['ecdsa_secp521r1_sha512', 'ES512'], ['ecdsa_secp256k1_sha256', 'ES256K'],
  ] as const).map(([file, algorithm]) => [`${file}${format === 'jose' ? '_p1363' : ''}_test.json`, algorithm, format] as const)),
  ...[2048, 3072, 4096].flatMap((bits) => ([256, 384, 512] as const).map((digest) => (
    [`rsa_signature_${bits}_sha${digest}_test.json`, `RS${digest}` as Algorithm, 'der'] as const
  ))),
  ...[
    ['rsa_pss_2048_sha256_mgf1_32', 'PS256'], ['rsa_pss_3072_sha256_mgf1_32', 'PS256'], ['rsa_pss_4096_sha256_mgf1_32', 'PS256'],
    ['rsa_pss_2048_sha384_mgf1_48', 'PS384'], ['rsa_pss_4096_sha384_mgf1_48', 'PS384'], ['rsa_pss_4096_sha512_mgf1_64', 'PS512'],
  ].map(([file, algorithm]) => [`${file}_test.json`, algorithm as Algorithm, 'der'] as const),
  ['ed25519_test.json', 'EdDSA', 'der'],
  ...['44', '65', '87'].map((set) => [`mldsa_${set}_verify_test.json`, `ML-DSA-${set}` as Algorithm, 'der'] as const),
];

type Row = Record<string, string | number>;

/** An answer that is not the one there: `file`, `vector`, `there`, `here`, and `why`. */
type Difference = Record<'file' | 'vector' | 'there' | 'here' | 'why', string>;

const NO_REASON = 'no reason';

/** `acceptable` is for readers to say. */
const differs = (there: Vector['result'], here: string): boolean => there !== 'acceptable' && there !== here;

/** What has no code is a fault of the verifier, not of the vector. */
async function answerOf(verify: () => Promise<boolean>): Promise<'valid' | 'invalid'> {
  try {
    return await verify() ? 'valid' : 'invalid';
  } catch (error) {
    if (!(error as { code?: string }).code?.startsWith('ERR_KEYSMITH_')) throw error;
    return 'invalid';
  }
}

/** What stands before the bytes of a key (RFC 9881). */
const ML_DSA_SPKI: Record<string, string> = {
  'ML-DSA-44': '30820532300b06096086480165030403110382052100',
  'ML-DSA-65': '308207b2300b0609608648016503040312038207a100',
  'ML-DSA-87': '30820a32300b060960864801650304031303820a2100',
};

function publicKeyOf({ publicKeyDer, publicKey }: SignatureGroup, algorithm: string): Buffer {
  return publicKeyDer ? Buffer.from(publicKeyDer, 'hex') : Buffer.from(ML_DSA_SPKI[algorithm] + String(publicKey), 'hex');
}

/** Why a signature is answered otherwise: by what the vector is about. */
function whySignature({ flags = [], ctx }: SignatureVector): string {
  if (ctx) return 'KMS signs with an empty context, and has no other: what was signed with one is not verified';
  if (flags.includes('SmallPublicKey')) return 'the public exponent is 3: keys of KMS have 65537, and no other is read';
  return NO_REASON;
}

async function signatures(folder: string): Promise<{ rows: Row[]; differences: Difference[] }> {
  const rows: Row[] = [];
  const differences: Difference[] = [];
  for (const [file, algorithm, format] of FILES) {
    const path = join(folder, file);
    if (!existsSync(path)) continue;
    const { testGroups } = JSON.parse(readFileSync(path, 'utf8')) as { testGroups: SignatureGroup[] };
    let agreed = 0;
    const own: Difference[] = [];
    for (const group of testGroups) {
      for (const test of group.tests) {
        const [message, signature] = [Buffer.from(test.msg, 'hex'), Buffer.from(test.sig, 'hex')];
        const publicKey = publicKeyOf(group, algorithm);
        const here = await answerOf(async () => createVerifier({ publicKey, algorithm }).verify(message, signature, { format }));
        if (!differs(test.result, here)) agreed++;
        else own.push({ file, vector: `${test.tcId} ${test.comment}`, there: test.result, here, why: whySignature(test) });
      }
    }
    rows.push({ file, algorithm, 'form': format, agreed, 'differ, with a reason': own.filter(({ why }) => why !== NO_REASON).length });
    differences.push(...own);
  }
  return { rows, differences };
}

/** Why an answer about a JWS differs, by what its key says. */
const JWS_REASONS: ReadonlyArray<readonly [alg: unknown, why: string]> = [
  ['PS256', 'the key says that it is for PS256, and the token is of PS384: one key, one algorithm'],
  ['ES521', 'the key says that it is for ES521, which is no algorithm (RFC 7518 has ES512)'],
];

/** JSON Web Signatures, and the same for keys: there, sets and keys that must not be used. MACs are left out, which no key of this library makes. */
async function tokens(folder: string, file: string): Promise<{ rows: Row[]; differences: Difference[] }> {
  if (!existsSync(join(folder, file))) return { rows: [], differences: [] };
  const { testGroups } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as { testGroups: JwsGroup[] };
  const differences: Difference[] = [];
  let [agreed, leftOut] = [0, 0];
  for (const { comment: group, public: keys, tests } of testGroups) {
    for (const { tcId, comment, jws, result } of tests) {
      if (!keys) {
        leftOut++;
        continue;
      }
      const text = typeof jws === 'string' ? jws : JSON.stringify(jws);
      const here = await answerOf(async () => Boolean(await createJwsVerifier({ keys }).verify(text)));
      const [, why] = JWS_REASONS.find(([alg]) => alg === (keys as PublicJwk).alg) ?? [];
      if (differs(result, here)) differences.push({ file, vector: `${tcId} ${group}: ${comment}`, there: result, here, why: why ?? NO_REASON });
      else agreed++;
    }
  }
  const argued = differences.filter(({ why }) => why !== NO_REASON).length;
  return { rows: [{ file, 'algorithm': 'JOSE', agreed, 'differ, with a reason': argued, 'of MACs, left out': leftOut }], differences };
}

async function main(): Promise<void> {
  const folder = process.argv.slice(2).find((word) => !word.startsWith('-'));
  if (!folder || !statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    console.error(`${folder ? `'${folder}' is no directory` : 'no directory is named'}: npx tsx bench/token-conformance.ts DIRECTORY [--json]`);
    process.exitCode = 2;
    return;
  }
  const all = [await signatures(folder), await tokens(folder, 'json_web_signature_test.json'), await tokens(folder, 'json_web_key_test.json')];
  const rows = all.flatMap((each) => each.rows);
  const differences = all.flatMap((each) => each.differences);
  print('Test vectors of Wycheproof', rows);
  print('Where the answers differ', differences);
  if (!rows.length) console.error(`'${basename(folder)}' has none of the files, but ${readdirSync(folder).length} others: name testvectors_v1`);
  if (!rows.length || differences.some(({ why }) => why === NO_REASON)) process.exitCode = 1;
}

void main();
