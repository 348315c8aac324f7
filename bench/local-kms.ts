import { connect } from 'node:net';
import { measureRounds, medians, print, round, timesAsLong } from './measure';
import { startLocalKms } from '../src/testing';
import type { LocalKms } from '../src/testing';

/**
 * What a call to the local KMS costs with one key and with 10,000, in process: it should be the same. And what it keeps of requests that it refused.
 * `npx tsx --expose-gc bench/local-kms.ts [--cpu] [--json]`
 */

const SIZES = [1, 10_000];
const APP = 'arn:aws:iam::111122223333:role/App';
const Plaintext = Buffer.from('4111 1111 1111 1111');

async function start(size: number): Promise<LocalKms> {
  const keys = Array.from({ length: size }, (_, index) => ({ aliases: [`alias/key-${index}`], rotation: index % 2 === 0 }));
  return startLocalKms({ keys, principals: [{ arn: APP, managedPolicies: ['AdministratorAccess'] }] });
}

/** Calls of one kind each, on the key in the middle. */
async function callsOf(local: LocalKms): Promise<Record<string, () => Promise<unknown>>> {
  const port = local.port('App');
  const alias = `alias/key-${Math.floor(local.keyArns.length / 2)}`;
  const KeyId = local.keyArn(alias);
  const { CiphertextBlob } = await port.call('Encrypt', { KeyId, Plaintext });
  const { GrantToken } = await port.call('CreateGrant', { KeyId, GranteePrincipal: APP, Operations: ['Decrypt'] });
  return {
    'Encrypt by key ARN': () => port.call('Encrypt', { KeyId, Plaintext }),
    'Encrypt by alias': () => port.call('Encrypt', { KeyId: alias, Plaintext }),
    'Decrypt without a key id': () => port.call('Decrypt', { CiphertextBlob }),
    'Decrypt with a grant token': () => port.call('Decrypt', { CiphertextBlob, GrantTokens: [GrantToken] }),
    'DescribeKey': () => port.call('DescribeKey', { KeyId }),
    'ListAliases of one key': () => port.call('ListAliases', { KeyId }),
    'ListKeys, one page': () => port.call('ListKeys', {}),
    'keyArn by alias': async () => local.keyArn(alias),
  };
}

async function calls(): Promise<void> {
  const started: Record<string, number> = {};
  const bySize = new Map<number, Record<string, () => Promise<unknown>>>();
  const running: LocalKms[] = [];
  for (const size of SIZES) {
    const before = performance.now();
    const local = await start(size);
    started[`${size} keys, ms to start`] = round(performance.now() - before, 0);
    running.push(local);
    bySize.set(size, await callsOf(local));
  }
  const [few, many] = SIZES;
  const rows = [];
  for (const name of Object.keys(bySize.get(few)!)) {
    const rounds = await measureRounds(SIZES.map((size) => ({ name: String(size), run: bySize.get(size)![name] })), { rounds: 9 });
    const times = medians(rounds);
    const longer = round(timesAsLong(rounds, String(many), String(few)));
    rows.push({ 'call': name, [`µs, ${few} key`]: round(times[few], 1), [`µs, ${many} keys`]: round(times[many], 1), 'times as long': longer });
  }
  print('One call to the local KMS, in process', rows, started);
  await Promise.all(running.map((local) => local.stop()));
}

const MIB = 1024 * 1024;
const BAD = 300;

const heapMiB = (): number => {
  (globalThis as { gc?: () => void }).gc?.();
  return process.memoryUsage().heapUsed / MIB;
};

/** Requests with a text of a mebibyte where it does not belong. */
async function badRequests(): Promise<void> {
  const requests: Record<string, [string, (long: string) => Record<string, unknown>]> = {
    'a key id of 1 MiB': ['DescribeKey', (KeyId) => ({ KeyId })],
    'a tag key of 1 MiB': ['CreateKey', (TagKey) => ({ Tags: [{ TagKey, TagValue: '' }] })],
    'a context of 1 MiB': ['Encrypt', (tenant) => ({ KeyId: 'alias/key-0', Plaintext, EncryptionContext: { tenant } })],
  };
  const rows = [];
  for (const [name, [operation, inputWith]] of Object.entries(requests)) {
    const local = await start(1);
    const port = local.port('App');
    const before = heapMiB();
    // Each text is another one, as each request over HTTP brings its own.
    for (let turn = 0; turn < BAD; turn++) await port.call(operation, inputWith(Buffer.alloc(MIB - 1024, 'x').fill(`${turn} `, 0, 8).toString())).catch(() => undefined);
    rows.push({ 'requests': `${BAD} with ${name}`, 'MiB kept': round(heapMiB() - before, 1), 'in the log': local.requests.length });
    await local.stop();
  }
  print('What the request log keeps', rows);
}

/** How long a connection stays that sends half of a request, and nothing more. */
async function partialBody(): Promise<void> {
  const local = await start(1);
  const before = performance.now();
  const closed = await new Promise<string>((resolve) => {
    const socket = connect(Number(new URL(local.endpoint).port), '127.0.0.1');
    const given = setTimeout(() => {
      socket.destroy();
      resolve('open after 30 s');
    }, 30_000);
    socket.resume().on('error', () => undefined).on('close', () => {
      clearTimeout(given);
      resolve(`closed after ${round((performance.now() - before) / 1000, 1)} s`);
    }).write('POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\n{"KeyId":');
  });
  print('A connection that sends half a request', [{ connection: closed }]);
  await local.stop();
}

async function main(): Promise<void> {
  await calls();
  await badRequests();
  await partialBody();
}

void main();
