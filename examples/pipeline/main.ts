/**
 * A file service: files come in encrypted, a function transforms them, and they go on encrypted for others. On the local KMS, with the policies of
 * pipeline-stack.ts and the function as it is deployed.
 *
 *   npx tsx --tsconfig examples/tsconfig.json examples/pipeline/main.ts
 *
 * Read pipeline-stack.ts (buckets, queue, function, keys), handlers/transform.ts, and pipeline.ts, which asks KMS as S3, SQS and Lambda do.
 */
import { strict as assert } from 'node:assert';
import { Pipeline } from './pipeline';
import { NAMES, definePipeline } from './pipeline-stack';
import { temporaryFolder } from '../invoices/temporary-folder';
import { createEnvelopeCipher, KmsKeyring } from 'cdk-keysmith/runtime';
import type { EnvelopeCipher } from 'cdk-keysmith/runtime';

const FILE = '2026/november orders.csv';
const CONTENT = 'order,card\n17,4242424242424242\n18,5555555555554444\n';
const EXPECTED = 'order,card\n17,************4242\n18,************4444\n';
const DATA_KEY = { KeyId: 'alias/files/incoming', KeySpec: 'AES_256' };
const objectIn = (bucket: string, file = FILE) => `arn:aws:s3:::${bucket}/${file}`;
const say = (text: string): void => console.log(`  ${text}`);

async function main(): Promise<void> {
  const pipeline = await Pipeline.open(definePipeline(temporaryFolder('keysmith-pipeline-')).synth().directory);
  try {
    assert.deepEqual(pipeline.local.openQuestions, []);
    await flow(pipeline);
    await refusals(pipeline);
  } finally {
    await pipeline.close();
  }
}

function cipherOf({ local }: Pipeline, who: string, key: string): EnvelopeCipher {
  return createEnvelopeCipher({ keyring: new KmsKeyring({ kms: local.port(who), keyArn: local.keyArn(`alias/files/${key}`) }) });
}

async function flow(pipeline: Pipeline): Promise<void> {
  console.log('a file on its way');
  const message = await cipherOf(pipeline, 'Files/Partner', 'incoming').encrypt(Buffer.from(CONTENT), { encryptionContext: { file: FILE } });
  await pipeline.put('Files/Partner', objectIn(NAMES.inbox), message);
  say('a partner encrypts it and puts it into the inbox');

  const notice = await pipeline.notify(NAMES.inbox);
  await pipeline.receive('Files/TransformRole', notice);
  say('S3 tells the encrypted queue, and the function receives the message');

  assert.deepEqual(await pipeline.transform(FILE), []);
  say('the function decrypts, transforms, encrypts and stores it');

  const stored = await pipeline.get('Files/Recipient', objectIn(NAMES.outbox));
  const { plaintext } = await cipherOf(pipeline, 'Files/Recipient', 'outgoing').decrypt(stored, { encryptionContext: { file: FILE } });
  assert.equal(Buffer.from(plaintext).toString(), EXPECTED);
  say('a recipient reads it, with the last four digits of each card');

  await pipeline.put('Files/Partner', objectIn(NAMES.inbox, 'renamed.csv'), message);
  assert.deepEqual(await pipeline.transform('renamed.csv', FILE), ['renamed.csv']);
  say('the same content under another name fails alone: it is bound to its file');
}

/** Each of them has a right to something, and to no more. */
async function refusals(pipeline: Pipeline): Promise<void> {
  console.log('nobody else reads either side');
  const { local } = pipeline;
  const [sent, made] = await Promise.all([['Files/Partner', 'incoming'], ['Files/TransformRole', 'outgoing']].map(async ([who, key]) => {
    return cipherOf(pipeline, who, key).encrypt(Buffer.from(CONTENT), { encryptionContext: { file: FILE } });
  }));
  const encryptionContext = { file: FILE };
  const opens = async (who: string, key: string, message: Uint8Array) => cipherOf(pipeline, who, key).decrypt(message, { encryptionContext });
  const notice = await pipeline.notify(NAMES.inbox);
  const refused: Array<[what: string, attempt: () => Promise<unknown>]> = [
    ['the partner gets an object of the inbox', () => pipeline.get('Files/Partner', objectIn(NAMES.inbox))],
    ['the partner opens what it sent', () => opens('Files/Partner', 'incoming', sent)],
    ['the function gets an object of the outbox', () => pipeline.get('Files/TransformRole', objectIn(NAMES.outbox))],
    ['the function opens what it made', () => opens('Files/TransformRole', 'outgoing', made)],
    ['the recipient gets an object of the inbox', () => pipeline.get('Files/Recipient', objectIn(NAMES.inbox))],
    ['the recipient opens what a partner sent', () => opens('Files/Recipient', 'incoming', sent)],
    ['the recipient receives messages of the queue', () => pipeline.receive('Files/Recipient', notice)],
    ...['PowerUser', 'deployer'].flatMap((who): typeof refused => [
      [`${who} gets an object of the inbox`, () => pipeline.get(who, objectIn(NAMES.inbox))],
      [`${who} gets an object of the outbox`, () => pipeline.get(who, objectIn(NAMES.outbox))],
      [`${who} opens what a partner sent`, () => opens(who, 'incoming', sent)],
      [`${who} opens what the function made`, () => opens(who, 'outgoing', made)],
      [`${who} receives messages of the queue`, () => pipeline.receive(who, notice)],
    ]),
    ['another bucket sends to the queue', () => pipeline.notify('theirs')],
    ['the partner makes a data key for no file', () => local.port('Files/Partner').call('GenerateDataKey', DATA_KEY)],
  ];
  for (const [what, attempt] of refused) {
    await assert.rejects(attempt(), (error: Error & { code?: string }) => /AccessDenied|ACCESS_DENIED/.test(error.code ?? error.name), what);
  }
  say(`${refused.length} attempts, by people with all of IAM too: each refused`);
}

void main();
