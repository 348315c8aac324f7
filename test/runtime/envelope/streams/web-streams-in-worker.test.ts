import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ReadableStream } from 'node:stream/web';
import { setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { build } from 'esbuild';
import { doorBuild } from '../../../../scripts/door';
import { createEnvelopeCipher, RawAesKeyring } from '../../../../src/runtime/envelope';
import { RAW_AES } from '../oracle';

/* A worker knows no TypeScript: it runs the door as it ships. */

const CHUNK = 65_536;
const IN_WORKER = `
  const { parentPort, workerData } = require('node:worker_threads');
  const { createEnvelopeCipher, RawAesKeyring, webStreams } = require(workerData.door);
  const cipher = createEnvelopeCipher({ keyring: new RawAesKeyring(workerData.key) });
  let pulled = 0;
  const own = () => new ReadableStream({
    pull: (controller) => {
      if (pulled >= 1e8) return controller.close();
      const chunk = workerData.message ? workerData.message.slice(pulled, pulled + ${CHUNK}) : new Uint8Array(${CHUNK});
      if (chunk.length === 0) return controller.close();
      pulled += chunk.length;
      controller.enqueue(chunk);
    },
  }, { highWaterMark: 0 });
  let reader;
  const tasks = {
    start: (source) => {
      const stream = workerData.message ? cipher.decryptStream() : cipher.encryptStream({ frameLength: ${CHUNK} });
      reader = (source ?? own()).pipeThrough(webStreams(stream)).getReader();
    },
    read: async () => (await reader.read()).value.length,
    pulled: () => pulled,
    readAll: async () => {
      let bytes = 0;
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return bytes;
        bytes += value.length;
      }
    },
  };
  parentPort.on('message', async ({ task, given }) => parentPort.postMessage(await tasks[task](given)));
`;

let folder: string;
let door: string;
const workers: Worker[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'keysmith-worker-'));
  door = join(folder, 'door.cjs');
  await build({ ...doorBuild('runtime'), format: 'cjs', outfile: door });
});
afterEach(async () => void await Promise.all(workers.splice(0).map((worker) => worker.terminate())));
afterAll(() => rmSync(folder, { recursive: true }));

/** Asks a worker that encrypts, or decrypts where it is given a message. */
function workerFor(message?: Uint8Array): (task: string, given?: ReadableStream) => Promise<unknown> {
  const worker = new Worker(IN_WORKER, { eval: true, workerData: { door, key: RAW_AES, message } });
  workers.push(worker);
  return async (task, given) => {
    worker.postMessage({ task, given }, given ? [given as never] : []);
    return (await once(worker, 'message'))[0];
  };
}

const both: Array<[string, () => Promise<Uint8Array | undefined>]> = [
  ['encrypting', async () => undefined],
  ['decrypting', async () => Uint8Array.from(await createEnvelopeCipher({ keyring: new RawAesKeyring(RAW_AES) }).encrypt(Buffer.alloc(2 ** 25), { frameLength: CHUNK }))],
];

test.each(both)('%s in a worker: a source there is held back while nobody reads, and while one chunk is read', async (_, message) => {
  const ask = workerFor(await message());
  await ask('start');
  await setTimeout(100);
  expect(await ask('pulled')).toBeLessThan(1e6);
  expect(await ask('read')).toBeGreaterThan(0);
  await setTimeout(100);
  expect(await ask('pulled')).toBeLessThan(1e6);
  expect(await ask('readAll')).toBeGreaterThan(2 ** 24);
});

test.each(both)('%s in a worker: a source of this thread, handed over, is held back too', async (_, make) => {
  const message = await make();
  let pulled = 0;
  const source = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      const chunk = message ? message.slice(pulled, pulled + CHUNK) : new Uint8Array(pulled < 1e8 ? CHUNK : 0);
      if (chunk.length === 0) return controller.close();
      pulled += chunk.length;
      controller.enqueue(chunk);
    },
  }, { highWaterMark: 0 });
  const ask = workerFor(message);
  await ask('start', source);
  await setTimeout(100);
  expect(pulled).toBeLessThan(1e6);
  expect(await ask('read')).toBeGreaterThan(0);
  await setTimeout(100);
  expect(pulled).toBeLessThan(1e6);
  expect(await ask('readAll')).toBeGreaterThan(2 ** 24);
});
