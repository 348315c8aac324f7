import { KEY, MRK, MRK_IN_US, SECRET, INTERNAL, THROTTLED, UNAVAILABLE, scene } from './scene';
import { KmsKeyring, createDirectCipher, createEnvelopeCipher } from '../../../src/runtime';
import type { KmsPort } from '../../../src/runtime';
import { kmsException } from '../envelope/fake-kms';

describe('failover', () => {
  test('asks the replica by its own ARN when the Region of the key is out of order, and answers for the key that was asked', async () => {
    const { home, replica, inTwoRegions, generate, told, outcomes } = scene();
    home.failAll(INTERNAL);
    await expect(generate(inTwoRegions(), MRK)).resolves.toMatchObject({ KeyId: MRK });
    expect(replica.calls.map(({ keyId }) => keyId)).toEqual([MRK_IN_US]);
    expect(outcomes()).toEqual(['eu-west-1 service', 'eu-west-1 service', 'us-east-1 ok']);
    expect(told('failover')).toEqual([{ kind: 'failover', operation: 'GenerateDataKey', from: 'eu-west-1', to: 'us-east-1' }]);
  });

  test('writes and reads messages of the key in its own Region, either way', async () => {
    const { clock, home, inTwoRegions } = scene();
    const cipherOver = (kms: KmsPort) => createEnvelopeCipher({ keyring: new KmsKeyring({ kms, keyArn: MRK }) });
    const [plain, resilient] = [cipherOver(home.port), cipherOver(inTwoRegions())];
    const before = await plain.encrypt(SECRET);
    home.failAll(INTERNAL);
    const during = await clock.run(resilient.encrypt(SECRET));
    expect((await clock.run(resilient.decrypt(before))).plaintext).toEqual(SECRET);
    home.failAll();
    expect((await plain.decrypt(during)).plaintext).toEqual(SECRET);
    expect(plain.inspect(during).encryptedDataKeys).toMatchObject([{ providerInfo: MRK }]);
  });

  test('goes back to the Region of the key when the replica is out of order, too', async () => {
    const { home, replica, inTwoRegions, generate, told, outcomes } = scene();
    home.failNext(INTERNAL, INTERNAL);
    replica.failNext(INTERNAL, INTERNAL);
    await generate(inTwoRegions(), MRK);
    expect(outcomes()).toEqual(['eu-west-1 service', 'eu-west-1 service', 'us-east-1 service', 'us-east-1 service', 'eu-west-1 ok']);
    expect(told('failover').map(({ to }) => to)).toEqual(['us-east-1', 'eu-west-1']);
  });

  test.each([
    'AccessDeniedException', 'DisabledException', 'KMSInvalidStateException', 'NotFoundException', 'InvalidCiphertextException',
    'LimitExceededException', 'ValidationException',
  ])('never follows %s', async (name) => {
    const { home, replica, inTwoRegions, generate } = scene();
    home.failAll(kmsException(name));
    await expect(generate(inTwoRegions(), MRK)).rejects.toMatchObject({ name });
    expect(replica.count()).toBe(0);
  });

  test('never follows throttling, which another Region has no part in', async () => {
    const { home, replica, inTwoRegions, generate } = scene();
    home.failAll(THROTTLED);
    await expect(generate(inTwoRegions(), MRK)).rejects.toMatchObject(UNAVAILABLE);
    expect(replica.count()).toBe(0);
  });

  test.each([
    ['not a multi-Region key', KEY],
    ['named by an alias, which may be of any key', 'arn:aws:kms:eu-west-1:111122223333:alias/mrk-1234abcd12ab34cd56ef1234567890ab'],
  ])('never happens for a key that is %s', async (_, keyId) => {
    const { home, replica, inTwoRegions, generate } = scene();
    home.failAll(INTERNAL);
    await expect(generate(inTwoRegions(), keyId)).rejects.toMatchObject(UNAVAILABLE);
    expect(replica.count()).toBe(0);
  });

  test('does not ask the Region of the key a second time as its own replica', async () => {
    const { home, inTwoRegions, generate, told } = scene();
    home.failAll(INTERNAL);
    const kms = inTwoRegions({ replicaRegions: ['eu-west-1'], breakerFailures: 100 });
    await expect(generate(kms, MRK)).rejects.toMatchObject(UNAVAILABLE);
    expect(told('failover')).toEqual([]);
    home.failAll();
    home.failNext(INTERNAL, INTERNAL, kmsException('AccessDeniedException'));
    await expect(generate(kms, MRK)).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });

  test.each(['AccessDeniedException', 'NotFoundException', 'DisabledException', 'LimitExceededException'])(
    'leaves out a replica that answers %s, which says nothing about the key that was asked for', async (name) => {
      const { home, replica, inTwoRegions, generate } = scene();
      home.failNext(INTERNAL, INTERNAL, INTERNAL);
      replica.failAll(kmsException(name));
      await expect(generate(inTwoRegions(), MRK)).resolves.toMatchObject({ KeyId: MRK });
      expect(replica.count()).toBe(1);

      home.failAll(INTERNAL);
      await expect(generate(inTwoRegions(), MRK)).rejects.toMatchObject({ ...UNAVAILABLE, cause: expect.any(AggregateError) });
    },
  );

  test('believes a replica that the message is not authentic: related keys share their material', async () => {
    const { home, replica, inTwoRegions, generate } = scene();
    home.failNext(INTERNAL, INTERNAL);
    replica.failAll(kmsException('InvalidCiphertextException'));
    await expect(generate(inTwoRegions(), MRK)).rejects.toMatchObject({ name: 'InvalidCiphertextException' });
    expect(home.count()).toBe(2);
  });

  test.each([
    ['the key of the other Region', { KeyId: MRK }],
    ['another key', { KeyId: MRK_IN_US.replace('1234', '9999') }],
    ['no key', { KeyId: undefined }],
  ])('does not use an answer in which the replica names %s', async (_, reply) => {
    const { home, replica, inTwoRegions, generate } = scene();
    const plaintext = Buffer.alloc(32, 7);
    home.failAll(INTERNAL);
    replica.failAll(() => ({ ...reply, Plaintext: plaintext }));
    await expect(generate(inTwoRegions(), MRK)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_KMS_RESPONSE' });
    expect(plaintext.every((byte) => byte === 0)).toBe(true);
  });

  test('leaves an answer of the own Region to whoever compares it', async () => {
    const { clock, home, inTwoRegions, generate } = scene();
    home.failAll(() => ({ KeyId: MRK_IN_US }));
    await expect(generate(inTwoRegions(), MRK)).resolves.toMatchObject({ KeyId: MRK_IN_US });
    const cipher = createDirectCipher({ kms: inTwoRegions(), keyArn: MRK });
    await expect(clock.run(cipher.encrypt('x'))).rejects.toMatchObject({ code: 'ERR_KEYSMITH_KMS_RESPONSE' });
  });

  test.each<[keyof KmsPort]>([['encrypt'], ['decrypt'], ['generateDataKey'], ['sign'], ['verify'], ['getPublicKey']])('serves %s', async (method) => {
    const { clock, inTwoRegions, told } = scene();
    const answering = async ({ KeyId }: { KeyId: string }) => (KeyId === MRK_IN_US ? { KeyId, answer: 42 } : Promise.reject(INTERNAL));
    const kms = inTwoRegions({ kms: () => ({ [method]: answering }) as unknown as KmsPort });
    const call = kms[method] as (input: object) => Promise<object>;
    await expect(clock.run(call({ KeyId: MRK }))).resolves.toEqual({ KeyId: MRK, answer: 42 });
    expect(told('failover')).toMatchObject([{ operation: method[0].toUpperCase() + method.slice(1) }]);
  });

  test('asks for the client of each Region once, and of none that is not needed', async () => {
    const { home, replica, inTwoRegions, generate } = scene();
    const asked: string[] = [];
    const kms = inTwoRegions({ kms: (region) => { asked.push(region); return region === 'eu-west-1' ? home.port : replica.port; } });
    await generate(kms, MRK);
    expect(asked).toEqual(['eu-west-1']);
    home.failAll(INTERNAL);
    await generate(kms, MRK);
    await generate(kms, MRK_IN_US);
    expect(asked).toEqual(['eu-west-1', 'us-east-1']);
  });
});
