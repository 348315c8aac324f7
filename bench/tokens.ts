import { createHash, generateKeyPairSync, sign, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { createVerifier as fastJwtVerifier } from 'fast-jwt';
import type * as Jose from 'jose' with { 'resolution-mode': 'import' };
import { median, print, round, timesAsLong } from './measure';
import { shipped } from './shipped';
import type { KmsPort, PublicJwk } from '../src/runtime';

/**
 * Tokens beside jose and fast-jwt, in processor time: all of them verify different tokens by the same key, in small turns one after the other. And what
 * a signature costs beside the call of KMS: with a KMS that answers at once.
 * `npx tsx bench/tokens.ts [--rounds=36] [--json]`
 */

const { createJwtSigner, createJwtVerifier } = shipped();
const ROUNDS = Number(/--rounds=(\d+)/.exec(process.argv.join(' '))?.[1] ?? 36);
const TOKENS = 250;
const ISSUER = 'https://tokens.example';
const AUDIENCE = 'orders';

interface Scheme {
  readonly algorithm: 'ES256' | 'EdDSA' | 'RS256';
  readonly hash: string | null;
  readonly keys: { publicKey: KeyObject; privateKey: KeyObject };
  /** Times of a raw verification that are allowed. */
  readonly bound: number;
}

const SCHEMES: Scheme[] = [
  { algorithm: 'ES256', hash: 'sha256', keys: generateKeyPairSync('ec', { namedCurve: 'P-256' }), bound: 1.2 },
  { algorithm: 'EdDSA', hash: null, keys: generateKeyPairSync('ed25519'), bound: 1.2 },
  { algorithm: 'RS256', hash: 'sha256', keys: generateKeyPairSync('rsa', { modulusLength: 2048 }), bound: 1.5 },
];

const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');

function tokensOf({ algorithm, hash, keys: { privateKey: key } }: Scheme): string[] {
  const now = Math.floor(Date.now() / 1000);
  return Array.from({ length: TOKENS }, (_, index) => {
    const claims = { iss: ISSUER, aud: AUDIENCE, sub: `customer-${index}`, roles: ['reader', 'buyer'], iat: now, exp: now + 3600, jti: `${index}` };
    const input = `${encode({ alg: algorithm, kid: 'k', typ: 'JWT' })}.${encode(claims)}`;
    return `${input}.${sign(hash, Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
  });
}

/** Each verifies all tokens, one after the other. */
function contendersFor(scheme: Scheme, tokens: readonly string[], jose: typeof Jose): Record<string, () => Promise<void>> {
  const { algorithm, hash, keys: { publicKey } } = scheme;
  const jwk = { ...publicKey.export({ format: 'jwk' }), alg: algorithm, kid: 'k', use: 'sig' } as unknown as PublicJwk;
  const raw = tokens.map((token) => {
    const end = token.lastIndexOf('.');
    return [Buffer.from(token.slice(0, end)), Buffer.from(token.slice(end + 1), 'base64url')] as const;
  });
  const options = { key: publicKey, dsaEncoding: 'ieee-p1363' } as const;
  const own = createJwtVerifier({ keys: { keys: [jwk] }, issuer: ISSUER, audience: AUDIENCE });
  const pem = publicKey.export({ format: 'pem', type: 'spki' }) as string;
  const fast = fastJwtVerifier({ key: pem, cache: false, allowedIss: ISSUER, allowedAud: AUDIENCE }) as (token: string) => unknown;
  const set = jose.createLocalJWKSet({ keys: [jwk] } as never);
  const each = (check: (token: string) => unknown) => async () => {
    for (const token of tokens) await check(token);
  };
  return {
    'raw crypto.verify': async () => {
      for (const [input, signature] of raw) if (!verify(hash, input, options, signature)) throw new Error('not authentic');
    },
    'keysmith': each((token) => own.verify(token)),
    'fast-jwt': each((token) => fast(token)),
    'jose': each((token) => jose.jwtVerify(token, set, { issuer: ISSUER, audience: AUDIENCE })),
  };
}

/** Microseconds of processor time for one token. */
async function costOf(run: () => Promise<void>, times: number): Promise<number> {
  const before = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / times;
}

async function verifying(): Promise<void> {
  const rows = [];
  const jose = await import('jose');
  for (const scheme of SCHEMES) {
    const contenders = contendersFor(scheme, tokensOf(scheme), jose);
    const costs: Record<string, number[]> = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
    for (let round_ = 0; round_ < ROUNDS + 3; round_++) {
      for (const [name, run] of Object.entries(contenders)) {
        const cost = await costOf(run, TOKENS);
        // The first turns compile.
        if (round_ >= 3) costs[name].push(cost);
      }
    }
    for (const [name, all] of Object.entries(costs)) {
      const times = round(timesAsLong(costs, name, 'raw crypto.verify'), 2);
      rows.push({ 'algorithm': scheme.algorithm, 'who': name, 'µs': round(median(all), 1), '÷ raw': times, 'bound': name === 'keysmith' ? scheme.bound : '' });
    }
  }
  print(`Verifying different tokens, Node ${process.versions.node}`, rows, { bounds: 'keysmith: at most 1.2 raw for ES256 and EdDSA, 1.5 for RS256' });
}

async function signing(): Promise<void> {
  const keyArn = 'arn:aws:kms:eu-west-1:111122223333:key/11111111-2222-3333-4444-555555555555';
  const [{ keys: { publicKey, privateKey } }] = SCHEMES;
  const Signature = sign('sha256', createHash('sha256').update('x').digest(), privateKey);
  const reply = { KeyId: keyArn, Signature, SigningAlgorithm: 'ECDSA_SHA_256' };
  const kms = { sign: async () => reply, getPublicKey: async () => ({}) } as unknown as KmsPort;
  const signer = createJwtSigner({ kms, keyArn, algorithm: 'ES256', publicKey, issuer: ISSUER, audience: AUDIENCE, lifetimeSeconds: 300 });
  const run = async () => {
    for (let index = 0; index < TOKENS; index++) await signer.sign({ sub: `customer-${index}`, roles: ['reader', 'buyer'] });
  };
  const costs = [];
  for (let turn = 0; turn < ROUNDS + 3; turn++) costs.push(await costOf(run, TOKENS));
  print('Signing, beside the call of KMS', [{ who: 'createJwtSigner, ES256', µs: round(median(costs.slice(3)), 1), bound: 50 }], { bounds: 'at most 50 µs' });
}

void verifying().then(signing);
