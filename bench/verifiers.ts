import { execFileSync, spawnSync } from 'node:child_process';
import { createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createHttpSigner, createHttpVerifier, createJwtSigner, createJwtVerifier, createSigner, fetchJwks, fetchPublicKey, publicKeyToPem,
} from 'cdk-keysmith/runtime';
import type { HttpRequestParts, JoseAlgorithm, PublicJwk, PublishedJwkSet } from 'cdk-keysmith/runtime';
import { startLocalKms } from 'cdk-keysmith/testing';
import type * as Jose from 'jose' with { 'resolution-mode': 'import' };
import { print } from './measure';

/**
 * Who verifies what: a token of every algorithm, made with a key of a local KMS, by the libraries that people have, from the key set or the PEM of the key; the
 * detached signature of a file, by openssl; a signed request, by two libraries of RFC 9421; and what jose and those two make, here. Each changed by a bit,
 * too, which nobody may take. Ends with 1 where an answer is not what it was the last time that somebody looked (EXPECTED).
 * `npx tsx --tsconfig bench/tsconfig.json bench/verifiers.ts [--json]`. PyJWT is asked where python3 has it.
 */

const ISSUER = 'https://tokens.example';
const AUDIENCE = 'orders';
const SPECS = {
  'ES256': 'ECC_NIST_P256',
  'ES384': 'ECC_NIST_P384',
  'ES512': 'ECC_NIST_P521',
  'ES256K': 'ECC_SECG_P256K1',
  'RS256': 'RSA_2048',
  'RS384': 'RSA_2048',
  'RS512': 'RSA_2048',
  'PS256': 'RSA_2048',
  'PS384': 'RSA_2048',
  'PS512': 'RSA_2048',
  'EdDSA': 'ECC_NIST_EDWARDS25519',
  'ML-DSA-44': 'ML_DSA_44',
  'ML-DSA-65': 'ML_DSA_65',
  'ML-DSA-87': 'ML_DSA_87',
} as const satisfies Record<JoseAlgorithm, string>;
const ALGORITHMS = Object.keys(SPECS) as JoseAlgorithm[];

/** RFC 9421 has names for these, which libraries go by; others are for those who agree on them. */
const HTTP: Partial<Record<JoseAlgorithm, readonly [name: string, hash: string | null, options: object]>> = {
  ES256: ['ecdsa-p256-sha256', 'sha256', { dsaEncoding: 'ieee-p1363' }],
  ES384: ['ecdsa-p384-sha384', 'sha384', { dsaEncoding: 'ieee-p1363' }],
  RS256: ['rsa-v1_5-sha256', 'sha256', {}],
  PS512: ['rsa-pss-sha512', 'sha512', { padding: 6, saltLength: 64 }],
  EdDSA: ['ed25519', null, {}],
};

/** What is signed with one key, as it comes to whoever verifies. */
interface Signed {
  readonly algorithm: JoseAlgorithm;
  readonly token: string;
  readonly jwks: PublishedJwkSet;
  readonly pem: string;
  /** DER. */
  readonly fileSignature: Uint8Array;
  readonly request: HttpRequestParts & { readonly headers: Record<string, string> };
}

const FILE = Buffer.from('release 1.2.3');
const REQUEST = { method: 'POST', url: 'https://api.example/bills?year=2026', headers: { 'content-type': 'application/json' }, body: Buffer.from('{}') };
const COVERED = ['@method', '@target-uri', 'content-type', 'content-digest'];
const load = createRequire(__filename);
/** Libraries without types, or with types that want a newer Node. */
const [fastJwt, jsonwebtoken, awsJwtVerify, httpMessageSignatures, httpMessageSig] = [
  'fast-jwt', 'jsonwebtoken', 'aws-jwt-verify', 'http-message-signatures', 'http-message-sig',
].map((name): any => load(name));

type Answer = 'verified' | 'unknown';

/** Throws where it does not verify. */
type Verify = (signed: Signed) => unknown;

/** What `openssl dgst` is told; nothing of algorithms that hash by themselves. */
function digestWords(algorithm: JoseAlgorithm): readonly string[] | undefined {
  const [, scheme, bits] = /^([REP]S)(\d+)K?$/.exec(algorithm) ?? [];
  const padding = scheme === 'PS' ? ['-sigopt', 'rsa_padding_mode:pss', '-sigopt', 'rsa_pss_saltlen:digest'] : [];
  return bits ? [`-sha${bits}`, ...padding] : undefined;
}

function openssl({ algorithm, pem, fileSignature }: Signed): void {
  const folder = mkdtempSync(join(tmpdir(), 'verifiers-'));
  try {
    for (const [name, content] of Object.entries({ 'key.pem': pem, 'file.sig': fileSignature, 'file': FILE })) writeFileSync(join(folder, name), content);
    const digest = digestWords(algorithm);
    const words = digest
      ? ['dgst', ...digest, '-verify', 'key.pem', '-signature', 'file.sig', 'file']
      : ['pkeyutl', '-verify', '-pubin', '-inkey', 'key.pem', '-rawin', '-in', 'file', '-sigfile', 'file.sig'];
    execFileSync('openssl', words, { cwd: folder, stdio: 'pipe' });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const PYJWT = `
import sys, jwt
token, pem, alg = sys.stdin.read().split("\\0")
jwt.decode(token, pem, algorithms=[alg], issuer="${ISSUER}", audience="${AUDIENCE}")
`;
const hasPyJwt = spawnSync('python3', ['-c', 'import jwt, cryptography']).status === 0;
const pyJwt: Verify = ({ token, pem, algorithm }) => (
  execFileSync('python3', ['-c', PYJWT], { input: [token, pem, algorithm].join('\0'), stdio: ['pipe', 'pipe', 'pipe'] })
);

/** The libraries, by what they are given: a token, a file with its signature, a request. */
function verifiers(jose: typeof Jose): Record<string, Verify> {
  const claims = { issuer: ISSUER, audience: AUDIENCE };
  return {
    'keysmith': ({ token, jwks }) => createJwtVerifier({ keys: jwks, ...claims }).verify(token),
    'jose': ({ token, jwks }) => jose.jwtVerify(token, jose.createLocalJWKSet(jwks as never), claims),
    'fast-jwt': ({ token, pem }) => fastJwt.createVerifier({ key: pem, cache: false, allowedIss: ISSUER, allowedAud: AUDIENCE })(token),
    'jsonwebtoken': ({ token, pem, algorithm }) => jsonwebtoken.verify(token, pem, { algorithms: [algorithm], ...claims }),
    'aws-jwt-verify': ({ token, jwks }) => {
      const verifier = awsJwtVerify.JwtVerifier.create({ ...claims, jwksUri: `${ISSUER}/.well-known/jwks.json` });
      verifier.cacheJwks(jwks);
      return verifier.verifySync(token);
    },
    ...(hasPyJwt && { PyJWT: pyJwt }),
    'openssl, a file': openssl,
  };
}

/** Of requests. */
const HTTP_VERIFIERS: Record<string, Verify> = {
  'http-message-signatures': async ({ algorithm, request, pem }) => {
    const [alg] = HTTP[algorithm]!;
    const key = { id: 'k', algs: [alg], verify: httpMessageSignatures.createVerifier(pem, alg) };
    if (!await httpMessageSignatures.httpbis.verifyMessage({ keyLookup: async () => key }, request)) throw new Error('not verified');
  },
  'http-message-sig': ({ algorithm, request: { method, url: targetUri, headers }, pem }) => {
    const [alg, hash, options] = HTTP[algorithm]!;
    const policy = { algorithms: [alg], requiredComponents: ['@method', '@target-uri'], requiredParameters: ['created', 'keyid'], maxAge: 300 };
    const key = { key: createPublicKey(pem), ...options };
    const own = { algorithm: alg, verify: (data: Uint8Array, signature: Uint8Array) => verify(hash, data, key, signature) };
    const fields = Object.entries(headers).map(([name, value]) => ({ name, value }));
    return httpMessageSig.verifySignature({ kind: 'request', method, targetUri, fields }, { policy, resolveVerifier: () => own });
  },
};

/** The same with one thing changed. */
function changed(signed: Signed): Signed {
  const [header, , signature] = signed.token.split('.');
  const claims = Buffer.from(JSON.stringify({ iss: ISSUER, aud: AUDIENCE, exp: 9e9, sub: 'c-18' })).toString('base64url');
  const fileSignature = signed.fileSignature.map((byte, at) => (at === 40 ? (byte + 1) % 256 : byte));
  return { ...signed, token: `${header}.${claims}.${signature}`, fileSignature, request: { ...signed.request, method: 'PUT' } };
}

async function signedWith(local: Awaited<ReturnType<typeof startLocalKms>>, algorithm: JoseAlgorithm): Promise<Signed> {
  const own = { kms: local.port('App'), keyArn: local.keyArn(`alias/${algorithm}`) };
  const key = { ...own, algorithm };
  const token = await createJwtSigner({ ...key, issuer: ISSUER, audience: AUDIENCE, lifetimeSeconds: 300 }).sign({ sub: 'c-17' });
  const fields = await createHttpSigner({ ...key, components: COVERED }).signRequest(REQUEST);
  return {
    algorithm,
    token,
    jwks: await fetchJwks([key]),
    pem: publicKeyToPem(await fetchPublicKey(own)),
    fileSignature: await createSigner(key).sign(FILE),
    request: { ...REQUEST, headers: { ...REQUEST.headers, ...fields } },
  };
}

async function answerOf(ask: Verify, signed: Signed): Promise<Answer> {
  try {
    await ask(signed);
  } catch {
    return 'unknown';
  }
  try {
    await ask(changed(signed));
  } catch {
    return 'verified';
  }
  throw new Error(`${signed.algorithm}: what was changed is verified, too`);
}

function keyPairFor(algorithm: JoseAlgorithm): { publicKey: KeyObject; privateKey: KeyObject } {
  if (algorithm === 'EdDSA') return generateKeyPairSync('ed25519');
  return /^[RP]S/.test(algorithm) ? generateKeyPairSync('rsa', { modulusLength: 2048 }) : generateKeyPairSync('ec', { namedCurve: `P-${algorithm.slice(2)}` });
}

/** Made by others, verified here. */
async function madeByOthers(algorithm: JoseAlgorithm, jose: typeof Jose): Promise<Record<string, string>> {
  const byJose = async (): Promise<void> => {
    const { publicKey, privateKey } = await jose.generateKeyPair(algorithm, { extractable: true });
    const token = await new jose.SignJWT({}).setProtectedHeader({ alg: algorithm, kid: 'theirs' }).setIssuer(ISSUER).setAudience(AUDIENCE)
      .setIssuedAt().setExpirationTime('5m').sign(privateKey);
    const jwk = { ...await jose.exportJWK(publicKey), alg: algorithm, kid: 'theirs' } as PublicJwk;
    await createJwtVerifier({ keys: jwk, issuer: ISSUER, audience: AUDIENCE }).verify(token);
  };
  const byHttpLibrary = async (): Promise<void> => {
    const [alg, hash, options] = HTTP[algorithm]!;
    const { publicKey, privateKey } = keyPairFor(algorithm);
    const key = { id: 'theirs', alg, sign: async (data: Buffer) => sign(hash, data, { key: privateKey, ...options }) };
    const { headers } = await httpMessageSignatures.httpbis.signMessage({ key, fields: ['@method', '@target-uri'] }, REQUEST);
    const jwk = { ...publicKey.export({ format: 'jwk' }), alg: algorithm, kid: 'theirs' } as unknown as PublicJwk;
    await createHttpVerifier({ keys: jwk, requiredComponents: ['@method', '@target-uri'] }).verifyRequest({ ...REQUEST, headers });
  };
  const said = async (run: () => Promise<void>) => run().then(() => 'verified', () => 'unknown');
  return { 'jose → here': await said(byJose), 'RFC 9421 → here': HTTP[algorithm] ? await said(byHttpLibrary) : '' };
}

const isOf = (...names: RegExp[]) => (algorithm: string) => names.some((name) => name.test(algorithm));
const hasMlDsa = Number(process.versions.node.split('.')[0]) >= 24;
/** What each knows as of its version here; jose knows ML-DSA where Node does, and openssl from 3.5 on. */
const EXPECTED: Record<string, (algorithm: string) => boolean> = {
  'keysmith': () => true,
  'jose': isOf(/^[REP]S\d+$/, /^EdDSA$/, ...(hasMlDsa ? [/^ML/] : [])),
  'fast-jwt': isOf(/^[REP]S\d+$/, /^EdDSA$/),
  'jsonwebtoken': isOf(/^[REP]S\d+$/),
  'aws-jwt-verify': isOf(/^[RE]S\d+$/, /^EdDSA$/),
  'PyJWT': isOf(/^[REP]S\d+$/, /^ES256K$/, /^EdDSA$/),
  'openssl, a file': isOf(/^[REP]S/, /^EdDSA$/),
  'http-message-signatures': (algorithm) => algorithm in HTTP,
  'http-message-sig': (algorithm) => algorithm in HTTP,
  'jose → here': isOf(/^[REP]S\d+$/, /^EdDSA$/, ...(hasMlDsa ? [/^ML/] : [])),
  'RFC 9421 → here': (algorithm) => algorithm in HTTP,
};

async function main(): Promise<void> {
  const jose = await import('jose');
  const all = verifiers(jose);
  const local = await startLocalKms({
    keys: ALGORITHMS.map((algorithm) => ({ spec: SPECS[algorithm], usage: 'SIGN_VERIFY', aliases: [`alias/${algorithm}`] })),
    principals: [{ arn: 'arn:aws:iam::111122223333:role/App', managedPolicies: ['AdministratorAccess'] }],
  });
  const rows: Array<Record<string, string>> = [];
  try {
    for (const algorithm of ALGORITHMS) {
      const signed = await signedWith(local, algorithm);
      const row: Record<string, string> = { algorithm };
      for (const [name, ask] of Object.entries(all)) row[name] = await answerOf(ask, signed);
      for (const [name, ask] of Object.entries(HTTP_VERIFIERS)) row[name] = HTTP[algorithm] ? await answerOf(ask, signed) : '';
      rows.push({ ...row, ...await madeByOthers(algorithm, jose) });
    }
  } finally {
    await local.stop();
  }
  const SIGNS: Record<string, string> = { verified: '✓', unknown: '–' };
  print('Who verifies what', rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, answer]) => [name, SIGNS[answer] ?? answer]))));
  const unexpected = rows.flatMap(({ algorithm, ...answers }) => (
    Object.entries(answers).filter(([name, answer]) => (answer === 'verified') !== EXPECTED[name](algorithm)).map(([name]) => `${name}, ${algorithm}`)
  )).filter((what) => !/^openssl.*ML/.test(what));
  if (unexpected.length) {
    console.error(`not as the last time: ${unexpected.join('; ')}`);
    process.exitCode = 1;
  }
}

void main();
