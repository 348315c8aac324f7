import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createJwsVerifier } from 'cdk-keysmith/runtime';
import type { PublicJwk } from 'cdk-keysmith/runtime';
import { print } from './measure';

/**
 * The vectors for JWS of Wycheproof (C2SP/wycheproof, folder testvectors_v1): which are answered otherwise than there, and why. Those of MACs are left out,
 * which no key of this library makes. Ends with status 1 where a difference has no reason.
 * `npx tsx bench/token-vectors.ts DIRECTORY [--json]`
 */

interface Group {
  readonly comment: string;
  readonly public?: PublicJwk;
  readonly tests: ReadonlyArray<{ readonly tcId: number; readonly comment: string; readonly jws: string | object; readonly result: 'valid' | 'invalid' }>;
}

/** Why an answer differs, by what the key says. */
const REASONS: ReadonlyArray<readonly [alg: unknown, why: string]> = [
  ['PS256', 'the key says that it is for PS256, and the token is of PS384: one key, one algorithm'],
  ['ES521', 'the key says that it is for ES521, which is no algorithm (RFC 7518 has ES512)'],
];

async function answerTo(keys: PublicJwk, jws: string | object): Promise<'valid' | 'invalid'> {
  try {
    await createJwsVerifier({ keys }).verify(typeof jws === 'string' ? jws : JSON.stringify(jws));
    return 'valid';
  } catch (error) {
    // What has no code is a fault of the verifier, not of the vector.
    if (!(error as { code?: string }).code?.startsWith('ERR_KEYSMITH_')) throw error;
    return 'invalid';
  }
}

async function main(): Promise<void> {
  const [directory] = process.argv.slice(2).filter((word) => !word.startsWith('-'));
  if (!directory) throw new Error('name the directory that holds json_web_signature_test.json');
  const { testGroups } = JSON.parse(readFileSync(join(directory, 'json_web_signature_test.json'), 'utf8')) as { testGroups: Group[] };
  let [agreed, leftOut] = [0, 0];
  const differences = [];
  for (const { comment: group, public: key, tests } of testGroups) {
    if (!key) {leftOut += tests.length;} else {
      for (const { tcId, comment, jws, result } of tests) {
        const answer = await answerTo(key, jws);
        if (answer === result) agreed++;
        else differences.push({ tcId, group, vector: comment, there: result, here: answer, why: REASONS.find(([alg]) => alg === key.alg)?.[1] ?? 'no reason' });
      }
    }
  }
  print('JWS vectors of Wycheproof', [{ agreed, 'differ, with a reason': differences.length, 'of MACs, left out': leftOut }]);
  print('Where the answers differ', differences);
  if (differences.some(({ why }) => why === 'no reason')) process.exitCode = 1;
}

void main();
