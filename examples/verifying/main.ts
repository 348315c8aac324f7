/**
 * Runs the programs of this folder, which know nothing of this library, on a signed response and on ones that somebody has changed: those whose language is
 * here. With `--all` Go and Java too, whose compilers take a while.
 *
 *   npx tsx --tsconfig examples/tsconfig.json examples/verifying/main.ts [--all]
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createHttpSigner, fetchPublicKey, publicKeyToPem } from 'cdk-keysmith/runtime';
import type { HttpSignerOptions } from 'cdk-keysmith/runtime';
import { startLocalKms } from 'cdk-keysmith/testing';
import { temporaryFolder } from '../invoices/temporary-folder';

const URL_ASKED = 'https://billing.example/bills/17?of=2026';
const BODY = '{"bill":"17","due":"120.00 EUR"}';

/** A program, and how to find out whether what it runs on is here. */
interface Program {
  readonly file: string;
  readonly probe: readonly string[];
  readonly run: readonly string[];
  readonly isSlow?: boolean;
}

const PROGRAMS: readonly Program[] = [
  { file: 'verify.py', probe: ['python3', '-c', 'import cryptography'], run: ['python3'] },
  { file: 'verify.go', probe: ['go', 'version'], run: ['go', 'run'], isSlow: true },
  { file: 'Verify.java', probe: ['java', '--version'], run: ['java'], isSlow: true },
];

type Parts = { readonly status: number; readonly url: string; readonly headers: Record<string, string>; readonly body: string };

/** What somebody does to a response on its way. */
const CHANGES: Record<string, (parts: Parts) => Parts> = {
  'as it is': (parts) => parts,
  'another body': (parts) => ({ ...parts, body: parts.body.replace('120', '1') }),
  'another status': (parts) => ({ ...parts, status: 201 }),
  'another URL': (parts) => ({ ...parts, url: 'https://billing.example/bills/18' }),
  'another type': (parts) => ({ ...parts, headers: { ...parts.headers, 'content-type': 'text/html' } }),
  'no signature': ({ headers: { signature: _, ...headers }, ...parts }) => ({ ...parts, headers }),
};

type Sign = (more?: Partial<HttpSignerOptions>) => Promise<Parts>;

/** Signed by a key of a local KMS, whose public half goes into the folder. */
async function signing<T>(folder: string, use: (sign: Sign) => Promise<T>): Promise<T> {
  const principals = [{ arn: 'arn:aws:iam::111122223333:role/App', managedPolicies: ['AdministratorAccess'] }];
  const local = await startLocalKms({ keys: [{ spec: 'ECC_NIST_P256', usage: 'SIGN_VERIFY', aliases: ['alias/billing'] }], principals });
  const key = { kms: local.port('App'), keyArn: local.keyArn('alias/billing') };
  writeFileSync(join(folder, 'key.pem'), publicKeyToPem(await fetchPublicKey(key)));
  try {
    return await use(async (more = {}) => {
      const parts = { status: 200, headers: { 'content-type': 'application/json' }, body: Buffer.from(BODY) };
      const signer = createHttpSigner({ ...key, algorithm: 'ES256', tag: 'billing-api', ...more });
      const signed = await signer.signResponse(parts, { method: 'GET', url: URL_ASKED, headers: {} });
      return { status: 200, url: URL_ASKED, headers: { ...parts.headers, ...signed }, body: BODY };
    });
  } finally {
    await local.stop();
  }
}

/** The response as it was signed, and as others made it; one that is old, and one of another API. */
async function responsesOf(sign: Sign): Promise<Record<string, Parts>> {
  const parts = await sign();
  return {
    ...Object.fromEntries(Object.entries(CHANGES).map(([what, change]) => [what, change(parts)])),
    'an old one': await sign({ now: () => Date.now() - 3_600_000 }),
    'of another API': await sign({ tag: 'other-api' }),
  };
}

async function verdicts(responses: Record<string, Parts>, verdict: (parts: Parts) => string | Promise<string>): Promise<boolean> {
  let isRight = true;
  for (const [what, parts] of Object.entries(responses)) {
    const said = await verdict(parts);
    console.log(`  ${what.padEnd(16)} ${said}`);
    isRight &&= (said === 'authentic') === (what === 'as it is');
  }
  return isRight;
}

/** In Node, and as it stands in browsers. */
async function withWebCrypto({ status, url, headers, body }: Parts, pem: string): Promise<string> {
  const { verify } = await import('./verify.mjs' as string) as { verify(parts: object, pem: string, tag: string): Promise<void> };
  try {
    await verify({ method: 'GET', url, status, headers: new Headers(headers), body: Buffer.from(body) }, pem, 'billing-api');
    return 'authentic';
  } catch (error) {
    return `refused: ${(error as Error).message}`;
  }
}

async function main(): Promise<void> {
  const folder = temporaryFolder('keysmith-verifying-');
  const responses = await signing(folder, responsesOf);
  const pem = readFileSync(join(folder, 'key.pem'), 'utf8');

  console.log('verify.mjs');
  let isRight = await verdicts(responses, (each) => withWebCrypto(each, pem));
  for (const { file, probe: [command, ...words], run: [program, ...more], isSlow } of PROGRAMS) {
    if ((isSlow && !process.argv.includes('--all')) || spawnSync(command, words).status !== 0) {
      console.error(`${file} is skipped: ${isSlow ? 'without --all' : `no ${command} for it is here`}`);
      continue;
    }
    console.log(file);
    isRight &&= await verdicts(responses, ({ status, url, headers, body }) => {
      const [head, content] = ['headers', 'body'].map((name) => join(folder, name));
      writeFileSync(head, `HTTP/1.1 ${status} OK\r\n${Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`);
      writeFileSync(content, body);
      const result = spawnSync(program, [...more, join(__dirname, file), url, join(folder, 'key.pem'), head, content], { encoding: 'utf8' });
      return (result.status === 0 ? result.stdout : result.stderr).trim().split('\n')[0];
    });
  }
  if (!isRight) process.exitCode = 1;
}

void main();
