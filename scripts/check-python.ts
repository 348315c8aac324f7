/**
 * Messages go both ways between this run time and the AWS Encryption SDK for Python, under a raw AES key and under a key of the local KMS:
 * suites, sizes around frames, and contexts whose order by code units is not that by UTF-8 bytes. Needs a Python with the SDK:
 *
 *   python3 -m venv sdk && sdk/bin/pip install 'aws-encryption-sdk[MPL]==4.0.7'
 *   PYTHON=sdk/bin/python npm run test:python [-- --write-vectors]
 *
 * Without one it says so and ends with 0; the suite then still reads messages that Python wrote, `vectors/python-sdk.json`, which
 * `--write-vectors` makes anew.
 */
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createEnvelopeCipher, KmsKeyring, RawAesKeyring, REQUIRE_ENCRYPT_ALLOW_DECRYPT } from 'cdk-keysmith/runtime';
import type { EnvelopeCipher, Keyring, WritableSuiteId } from 'cdk-keysmith/runtime';
import { startLocalKms } from 'cdk-keysmith/testing';
import type { LocalKms } from 'cdk-keysmith/testing';

type Context = Record<string, string>;

/** One message: what is to be written, by either side. */
interface Case {
  readonly kms: boolean;
  readonly suite: number;
  readonly frameLength: number;
  readonly context: Context;
  readonly plaintext: Buffer;
}

interface Answers {
  readonly version: string;
  readonly opened: ReadonlyArray<{ readonly plaintext?: string; readonly context?: Context; readonly error?: string }>;
  readonly written: ReadonlyArray<{ readonly message?: string; readonly error?: string }>;
}

const PYTHON = process.env.PYTHON ?? 'python3';
const PROGRAM = join(__dirname, 'python-sdk.py');
const VECTORS = join(__dirname, '..', 'test', 'runtime', 'envelope', 'vectors', 'python-sdk.json');
const INSTALL = "pip install 'aws-encryption-sdk[MPL]==4.0.7', and name that Python in PYTHON";
const PUBLIC_KEY = 'aws-crypto-public-key';

const COMMITTING = [0x0478, 0x0578];
/** Suites of version 1, which are read here and not written. */
const OLD = [0x0014, 0x0046, 0x0078, 0x0114, 0x0146, 0x0178, 0x0214, 0x0346, 0x0378];
const SHAPES: ReadonlyArray<readonly [frameLength: number, size: number]> = [
  [1024, 0], [1024, 1], [1024, 1023], [1024, 1024], [1024, 1025], [1024, 9000], [4096, 4096], [4096, 40_000], [65_536, 65_536], [65_536, 70_000],
];
const CONTEXTS: readonly Context[] = [
  {},
  { tenant: 'acme' },
  { a: '' },
  { Project: 'Orders', customer: 'c-17' },
  { schlüssel: 'größe', 鍵: '値' },
  { '\u{10000}': 'astral', '\uffee': 'basic plane', 'z': 'last letter' },
  { '\u{1f511}': '\u{1f512}', '\uff21': 'full width', '\u00e9': 'composed', 'e\u0301': 'not composed' },
];
const RAW = { keyNamespace: 'tests', keyName: 'schlüssel', wrappingKey: randomBytes(32) };

/** The version of the SDK; undefined where there is none. */
function sdkVersion(): string | undefined {
  const words = ['-c', 'import aws_encryption_sdk, aws_cryptographic_material_providers; print(aws_encryption_sdk.__version__)'];
  const { status, stdout } = spawnSync(PYTHON, words, { encoding: 'utf8', timeout: 60_000 });
  return status === 0 ? stdout.trim() : undefined;
}

function cases(suites: readonly number[], kms: boolean, shapes = SHAPES, contexts = CONTEXTS): Case[] {
  return suites.flatMap((suite) => contexts.flatMap((context) => shapes.map(([frameLength, size]) => ({
    kms, suite, frameLength, context, plaintext: randomBytes(size),
  }))));
}

/** What the SDK makes of it. The local KMS runs in this process, so that waiting must not block it. */
async function ask(local: LocalKms, open: ReadonlyArray<{ kms: boolean; message: string }>, write: readonly Case[]): Promise<Answers> {
  const { keyNamespace: namespace, keyName: name, wrappingKey } = RAW;
  const key = { namespace, name, bytes: wrappingKey.toString('base64') };
  const toWrite = write.map((one) => ({ ...one, plaintext: one.plaintext.toString('base64') }));
  const child = spawn(PYTHON, [PROGRAM], { env: { ...process.env, ...local.environment('Sdk') }, stdio: ['pipe', 'pipe', 'inherit'], timeout: 300_000 });
  child.stdin.end(JSON.stringify({ key, kmsKey: local.keyArn('alias/exchange'), open, write: toWrite }));
  const chunks: Buffer[] = [];
  for await (const chunk of child.stdout) chunks.push(chunk as Buffer);
  if (child.exitCode === null) await new Promise((done) => child.once('exit', done));
  if (child.exitCode !== 0) throw new Error(`${PYTHON} ${PROGRAM} ended with ${child.exitCode ?? child.signalCode}`);
  return JSON.parse(Buffer.concat(chunks).toString()) as Answers;
}

const nameOf = ({ kms, suite, frameLength, context, plaintext }: Case): string => (
  `suite 0x${suite.toString(16).padStart(4, '0')}, ${plaintext.length} bytes in frames of ${frameLength}, context ${JSON.stringify(context)}, ${kms ? 'KMS' : 'raw AES'} key`
);

function isSame(plaintext: Buffer, context: Context, { plaintext: expected, context: wanted }: Case): boolean {
  const pairs = Object.entries(context).filter(([name]) => name !== PUBLIC_KEY);
  return plaintext.equals(expected) && pairs.length === Object.keys(wanted).length && pairs.every(([name, value]) => wanted[name] === value);
}

/** Messages by Python with the data keys that are in them, for the suite. */
async function writeVectors(written: ReadonlyArray<readonly [Case, Buffer]>, version: string): Promise<void> {
  const vectors = [];
  for (const [one, message] of written) {
    let dataKey = '';
    const inner = new RawAesKeyring(RAW);
    const decryptDataKey: Keyring['decryptDataKey'] = async (request) => {
      const bytes = await inner.decryptDataKey(request);
      dataKey = Buffer.from(bytes).toString('hex');
      return bytes;
    };
    await createEnvelopeCipher({ keyring: { decryptDataKey } as Keyring, commitmentPolicy: REQUIRE_ENCRYPT_ALLOW_DECRYPT }).decrypt(message);
    const { plaintext, context } = one;
    const name = `${nameOf(one)}, written by aws-encryption-sdk ${version} for Python`;
    vectors.push({ name, message: message.toString('hex'), dataKey, plaintext: plaintext.toString('hex'), encryptionContext: context });
  }
  writeFileSync(VECTORS, `${JSON.stringify({ type: 'messages with plaintext data keys', vectors }, undefined, 2)}\n`);
  console.log(`wrote ${vectors.length} messages to ${VECTORS}`);
}

async function exchange(local: LocalKms): Promise<void> {
  const keyrings = { raw: new RawAesKeyring(RAW), kms: new KmsKeyring({ kms: local.port('Here'), keyArn: local.keyArn('alias/exchange') }) };
  const cipherFor = ({ kms, suite }: Case): EnvelopeCipher => createEnvelopeCipher({
    keyring: kms ? keyrings.kms : keyrings.raw,
    ...(COMMITTING.includes(suite) ? { suite: suite as WritableSuiteId } : { commitmentPolicy: REQUIRE_ENCRYPT_ALLOW_DECRYPT }),
  });
  const both = [...cases(COMMITTING, false), ...cases(COMMITTING, true, [[4096, 5000]])];
  const old = cases(OLD, false, [[1024, 3000]], CONTEXTS.slice(-2));
  const small = process.argv.includes('--write-vectors') ? cases([...COMMITTING, ...OLD], false, [[128, 300]], CONTEXTS.slice(-1)) : [];

  const mine = await Promise.all(both.map(async (one) => {
    const message = await cipherFor(one).encrypt(one.plaintext, { encryptionContext: one.context, frameLength: one.frameLength });
    return { kms: one.kms, message: message.toString('base64') };
  }));
  const theirs = [...both, ...old, ...small];
  const { opened, written, version } = await ask(local, mine, theirs);

  const problems: string[] = [];
  for (const [index, one] of both.entries()) {
    const { error, plaintext = '', context = {} } = opened[index];
    if (error !== undefined) problems.push(`Python does not open ${nameOf(one)}: ${error}`);
    else if (!isSame(Buffer.from(plaintext, 'base64'), context, one)) problems.push(`Python opens something else: ${nameOf(one)}`);
  }
  for (const [index, one] of theirs.entries()) {
    const { error, message = '' } = written[index];
    if (error !== undefined) {
      problems.push(`Python does not write ${nameOf(one)}: ${error}`);
    } else {
      const result = await cipherFor(one).decrypt(Buffer.from(message, 'base64'), { encryptionContext: one.context }).catch((failure: Error) => failure);
      if (result instanceof Error) problems.push(`does not open here: ${nameOf(one)}: ${result.message}`);
      else if (!isSame(result.plaintext, result.encryptionContext, one)) problems.push(`opens to something else here: ${nameOf(one)}`);
    }
  }
  if (problems.length) throw new Error(problems.join('\n'));
  const count = (list: readonly Case[], kms: boolean) => list.filter((one) => one.kms === kms).length;
  console.log(`ok  aws-encryption-sdk ${version} for Python: ${count(both, false)} messages each way under a raw AES key, ${count(both, true)} under a KMS key`);
  console.log(`ok  and ${old.length} of its messages of version 1, which are only read here`);
  if (small.length) await writeVectors(small.map((one, index) => [one, Buffer.from(written[both.length + old.length + index].message!, 'base64')]), version);
}

async function main(): Promise<void> {
  if (sdkVersion() === undefined) {
    console.log(`skipped  messages to and from the AWS Encryption SDK for Python: ${PYTHON} does not have it. ${INSTALL}`);
    return;
  }
  const principals = ['Here', 'Sdk'].map((name) => ({ arn: `arn:aws:iam::111122223333:role/${name}`, managedPolicies: ['AdministratorAccess'] }));
  const local = await startLocalKms({ keys: [{ aliases: ['alias/exchange'] }], principals });
  try {
    await exchange(local);
  } finally {
    await local.stop();
  }
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
