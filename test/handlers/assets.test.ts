import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Duration, Stack } from 'aws-cdk-lib';
import { HANDLERS, handlerFiles, hashOfFiles } from '../../scripts/door';
import { JwksEndpoint, SigningApi, SigningAuthorizer, SigningKey, SigningRoute } from '../../src';
import { createVerifier } from '../../src/runtime';
import { bytesTo, request, Served } from '../signing/support/served';

const ASSETS = join(__dirname, '../../assets');
const SDK = join(__dirname, '../../node_modules/@aws-sdk');

let served: Served;
beforeAll(async () => {
  served = await Served.start((stack: Stack) => {
    const key = new SigningKey(stack, 'Key');
    const routes = [SigningRoute.payload({ path: '/payload' })];
    new SigningApi(stack, 'Api', { key, authorizer: SigningAuthorizer.iam(), routes });
    new JwksEndpoint(stack, 'Jwks', { keys: [key], cacheAge: Duration.minutes(1) });
  });
});
afterAll(() => served.local.stop());

/** Loads the built handler as Lambda does, in a process that has nothing else, and calls it. */
async function run(name: string, env: Readonly<Record<string, string | undefined>>, event: unknown, withSdk = false): Promise<any> {
  const folder = join(process.env.TMPDIR!, `asset-${name}`);
  cpSync(join(ASSETS, name), folder, { recursive: true });
  if (withSdk) {
    mkdirSync(join(folder, 'node_modules'), { recursive: true });
    symlinkSync(SDK, join(folder, 'node_modules/@aws-sdk'));
  }
  const program = `const { handler } = await import(${JSON.stringify(join(folder, 'index.mjs'))});\nconsole.log(JSON.stringify(${event === undefined ? 'typeof handler' : `await handler(${JSON.stringify(event)})`}));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], { cwd: folder, env: { PATH: process.env.PATH, NODE_NO_WARNINGS: '1', ...env } as NodeJS.ProcessEnv });
  return JSON.parse(stdout);
}

const environment = (path: string) => ({ ...served.environmentOf(path), ...served.local.environment(`${path}Role`) });

test('every handler has an asset', () => expect(HANDLERS).toEqual(['jwks', 'jwks-publisher', 'public-key', 'signing-api']));

test.each(HANDLERS)('%s: two builds have one hash, which is the one that is written down, and no path of this machine', (name) => {
  const files = handlerFiles(name);
  const hash = hashOfFiles(files);
  expect(hashOfFiles(handlerFiles(name))).toBe(hash);
  expect(readFileSync(join(ASSETS, `${name}.sha256`), 'utf8')).toBe(hash);
  expect([...files.values()].filter((content) => content.includes(join(__dirname, '../..')))).toEqual([]);
  // What is not needed for ECDSA and RSA is loaded when it is needed.
  expect(files.get('index.mjs')!.length).toBeLessThan(84_000);
  expect([...files.keys()]).toEqual(expect.arrayContaining([expect.stringMatching(/^ml-dsa-/), 'LICENSE']));
});

test('one changed byte, and a file of another name, is another hash', () => {
  const files = new Map([['index.mjs', Buffer.from('ab')], ['chunk.mjs', Buffer.from('c')]]);
  const hashes = [files, new Map([...files].reverse()), new Map([...files, ['index.mjs', Buffer.from('ax')]] as const), new Map([['index.mjs', Buffer.from('ab')], ['chunk2.mjs', Buffer.from('c')]])].map(hashOfFiles);
  expect(hashes[1]).toBe(hashes[0]);
  expect(new Set(hashes).size).toBe(3);
});

test('the signing API signs through KMS, in a process that has neither SDK nor package', async () => {
  const { statusCode, body } = await run('signing-api', environment('Shop/Api/Handler'), bytesTo('/payload', Buffer.from('release')));
  const { signature } = JSON.parse(body) as { signature: string };
  const [jwk] = JSON.parse((await run('jwks', environment('Shop/Jwks/Handler'), request('GET /.well-known/jwks.json'))).body).keys;
  expect([statusCode, await createVerifier({ publicKey: jwk, algorithm: 'ES256' }).verify(Buffer.from('release'), Buffer.from(signature, 'base64'))]).toEqual([200, true]);
});

test('the reader of public keys loads with nothing beside it', async () => expect(await run('public-key', {}, undefined)).toBe('function'));

test('the publisher loads with the SDK of Lambda beside it', async () => expect(await run('jwks-publisher', { AWS_REGION: 'eu-west-1' }, undefined, true)).toBe('function'));
