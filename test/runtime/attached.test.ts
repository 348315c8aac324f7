import { App, Stack } from 'aws-cdk-lib';
import { Code, Function, Runtime } from 'aws-cdk-lib/aws-lambda';
import { ClientEncryptionDuty, ClientEncryptionKey, DataKeyDuty, SigningDuty, SigningKey, SymmetricDataKey } from '../../src/keys';
import { createJwtSigner, createJwtVerifier, createRecordCipher, encryptForPublicKey, fetchJwks, fromEnvironment } from '../../src/runtime';
import type { AttachedKey, Environment } from '../../src/runtime';
import { SigningAlgorithm } from '../../src/spec/signing';
import { startLocalKms } from '../../src/testing';
import type { LocalKms } from '../../src/testing';

/** What a construct writes, the run time reads: the variables of a synthesized template, on the keys of that template. */

const MESSAGE = Buffer.from('an invoice');

let local: LocalKms;
const environmentOf = (path: string): Environment => {
  const fn = local.deployments.flatMap((deployment) => deployment.resources('AWS::Lambda::Function')).find((resource) => resource.path === `Shop/${path}/Resource`)!;
  return (fn.properties.Environment as { Variables: Environment }).Variables;
};
/** The key as the function finds it under its own role. */
const inFunction = <Kind extends AttachedKey['kind']>(fn: string, name: string, kind: Kind): Extract<AttachedKey, { kind: Kind }> => {
  const key = fromEnvironment(name, { kms: local.port(`Shop/${fn}/ServiceRole`), env: environmentOf(fn) });
  expect(key.kind).toBe(kind);
  return key as Extract<AttachedKey, { kind: Kind }>;
};

beforeAll(async () => {
  const app = new App();
  const stack = new Stack(app, 'Shop', { env: { account: '111122223333', region: 'eu-central-1' } });
  const [writer, reader] = ['Writer', 'Reader'].map((id) => (
    new Function(stack, id, { runtime: Runtime.NODEJS_20_X, handler: 'index.handler', code: Code.fromInline('exports.handler = () => {};') })
  ));

  const data = new SymmetricDataKey(stack, 'Data', { encryptionContext: { project: 'SnowyPII' }, contextKeys: ['tenant'] });
  data.attachTo(writer, { name: 'DATA', duties: [DataKeyDuty.ENCRYPT, DataKeyDuty.GENERATE_DATA_KEYS] });
  data.attachTo(reader, { name: 'DATA', duties: [DataKeyDuty.DECRYPT, DataKeyDuty.DESCRIBE] });

  const plain = new SymmetricDataKey(stack, 'Plain');
  plain.attachTo(writer, { name: 'PLAIN', duties: [DataKeyDuty.ENCRYPT, DataKeyDuty.DECRYPT] });

  for (const [name, algorithm] of [['ES256', SigningAlgorithm.ES256], ['EDDSA', SigningAlgorithm.EDDSA]] as const) {
    const signing = new SigningKey(stack, `Signing${name}`, { algorithm });
    signing.attachTo(writer, { name: name, duties: [SigningDuty.SIGN, SigningDuty.READ_PUBLIC_KEY] });
    signing.attachTo(reader, { name: name, duties: [SigningDuty.VERIFY] });
  }
  const tokens = new SigningKey(stack, 'Tokens');
  tokens.attachTo(writer, { name: 'TOKENS', duties: [SigningDuty.ISSUE_TOKENS] });
  tokens.attachTo(reader, { name: 'TOKENS', duties: [SigningDuty.READ_PUBLIC_KEY] });
  new SigningKey(stack, 'Other').attachTo(writer, { name: 'SIGN_ALONE', duties: [SigningDuty.SIGN] });

  const client = new ClientEncryptionKey(stack, 'Client', {});
  client.attachTo(reader, { name: 'CLIENT', duties: [ClientEncryptionDuty.DECRYPT, ClientEncryptionDuty.DESCRIBE] });

  local = await startLocalKms({ assembly: app.synth().directory });
});
afterAll(() => local.stop());

const DENIED = { code: 'ERR_KEYSMITH_ACCESS_DENIED' };
const tenant = { encryptionContext: { tenant: 'a' } };

test('a data key keeps the contract of its construct', async () => {
  const [writer, reader] = [inFunction('Writer', 'DATA', 'data key'), inFunction('Reader', 'DATA', 'data key')];
  const small = await writer.encrypt(MESSAGE, tenant);
  const large = await writer.envelope.encrypt(MESSAGE, tenant);
  expect(Buffer.from(await reader.decrypt(small, tenant))).toEqual(MESSAGE);
  expect((await reader.envelope.decrypt(large, tenant)).plaintext).toEqual(MESSAGE);
  await expect(writer.decrypt(small, tenant)).rejects.toMatchObject(DENIED);
  await expect(reader.encrypt(MESSAGE, tenant)).rejects.toMatchObject(DENIED);
  for (const options of [{}, { encryptionContext: { tenant: 'a', other: 'b' } }]) {
    await expect(writer.encrypt(MESSAGE, options)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_CONTEXT' });
  }
});

test('a data key encrypts fields of records under the same contract', async () => {
  const [writer, reader] = [inFunction('Writer', 'DATA', 'data key'), inFunction('Reader', 'DATA', 'data key')];
  const customers = { table: 'customers', recordKey: 'id', fields: ['email'] };
  const stored = await createRecordCipher({ ...writer, ...customers }).encrypt({ id: '17', email: 'ada@example.com' }, tenant);
  const opens = createRecordCipher({ ...reader, ...customers });
  expect(await opens.decrypt(stored, tenant)).toEqual({ id: '17', email: 'ada@example.com' });
  await expect(createRecordCipher({ ...writer, ...customers }).decrypt(stored, tenant)).rejects.toMatchObject(DENIED);
  await expect(opens.decrypt(stored)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_CONTEXT' });
});

test('a data key without a contract takes any context, and binds it', async () => {
  const key = inFunction('Writer', 'PLAIN', 'data key');
  const ciphertext = await key.encrypt(MESSAGE, { encryptionContext: { invoice: '7' } });
  expect(Buffer.from(await key.decrypt(ciphertext, { encryptionContext: { invoice: '7' } }))).toEqual(MESSAGE);
  await expect(key.decrypt(ciphertext)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_NOT_AUTHENTIC' });
});

test.each(['ES256', 'EDDSA'])('a signing key of %s signs with the one message type that its policy allows', async (name) => {
  const [signer, verifier] = [inFunction('Writer', name, 'signing key'), inFunction('Reader', name, 'signing key')];
  const signature = await signer.sign(MESSAGE);
  expect(await verifier.verify(MESSAGE, signature)).toBe(true);
  expect(await verifier.verify(MESSAGE.subarray(1), signature)).toBe(false);
  expect((await signer.publicKey()).keySpec).toBe(signer.keySpec);
  await expect(signer.verify(MESSAGE, signature)).rejects.toMatchObject(DENIED);
  await expect(verifier.sign(MESSAGE)).rejects.toMatchObject(DENIED);
});

test('a client encryption key opens what was encrypted for its public key', async () => {
  const key = inFunction('Reader', 'CLIENT', 'client encryption key');
  expect(Buffer.from(await key.decrypt(encryptForPublicKey((await key.publicKey()).spki, MESSAGE)))).toEqual(MESSAGE);
});

test('a key that is not attached to the function is said to be so, with those that are', () => {
  expect(() => inFunction('Writer', 'CLIENT', 'client encryption key')).toThrow(/KEYSMITH_CLIENT is not set: .* attached are DATA, EDDSA, ES256, PLAIN, SIGN_ALONE, TOKENS$/);
});

test('a function asks for the state of its key where that is among its duties', async () => {
  const [writer, reader] = [inFunction('Writer', 'DATA', 'data key'), inFunction('Reader', 'DATA', 'data key')];
  expect(await reader.keyState()).toMatchObject({ keyArn: reader.keyArn, state: 'Enabled', usable: true, keySpec: 'SYMMETRIC_DEFAULT' });
  await expect(writer.keyState()).rejects.toMatchObject(DENIED);
  const client = inFunction('Reader', 'CLIENT', 'client encryption key');
  expect((await client.keyState({ publicKey: true })).publicKey).toEqual((await client.publicKey()).spki);
});

test('a function with the duty for it issues tokens; one that may read the public key publishes it, and verifies them', async () => {
  const [writer, reader] = [inFunction('Writer', 'TOKENS', 'signing key'), inFunction('Reader', 'TOKENS', 'signing key')];
  const issue = async (key: typeof writer) => createJwtSigner({ ...key, issuer: 'https://shop.example', lifetimeSeconds: 60 }).sign({ sub: 'c-17' });
  const verifier = createJwtVerifier({ keys: await fetchJwks([reader]), issuer: 'https://shop.example', audience: false });
  expect((await verifier.verify(await issue(writer))).claims).toMatchObject({ sub: 'c-17' });
  await expect(issue(reader)).rejects.toMatchObject(DENIED);
  await expect(writer.verify(MESSAGE, await writer.sign(MESSAGE))).rejects.toMatchObject(DENIED);
  await expect(issue(inFunction('Writer', 'SIGN_ALONE', 'signing key'))).rejects.toMatchObject({ ...DENIED, message: expect.stringContaining('ISSUE_TOKENS') });
});
