import { DataKeyCache, KmsKeyring, MultiKeyring, createEnvelopeCipher, resilientKms } from '../../../../src/runtime';
import type { EnvelopeCipher, KmsKeyringOptions } from '../../../../src/runtime';
import { startLocalKms } from '../../../../src/testing';
import { FakeKms, kmsException } from '../fake-kms';

/** Multi-Region keys that stand in for one another while KMS is out of order in the Region of one. */

const ACCOUNT = '111122223333';
const MRK = `arn:aws:kms:eu-west-1:${ACCOUNT}:key/mrk-1234abcd12ab34cd56ef1234567890ab`;
const REPLICA = MRK.replace('eu-west-1', 'eu-central-1');
const THIRD = MRK.replace('eu-west-1', 'us-east-1');
const UNRELATED = `arn:aws:kms:eu-central-1:${ACCOUNT}:key/mrk-aaaaaaaa12ab34cd56ef1234567890ab`;
const SINGLE = `arn:aws:kms:eu-west-1:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
const SECRET = Buffer.from('4111 1111 1111 1111');
const OUT = kmsException('KMSInternalException', 500);
const UNAVAILABLE = { code: 'ERR_KEYSMITH_KMS_UNAVAILABLE' };

/** KMS in three Regions, with clients of their own. */
function world() {
  const dublin = new FakeKms();
  const [frankfurt, virginia] = [new FakeKms({ sharing: dublin }), new FakeKms({ sharing: dublin })];
  const regions: Record<string, FakeKms> = { 'eu-west-1': dublin, 'eu-central-1': frankfurt, 'us-east-1': virginia };
  const clients: string[] = [];
  const kms: KmsKeyringOptions['kms'] = (region) => {
    clients.push(region);
    return regions[region].port;
  };
  const cipherOf = (keyArn: string, ...additionalKeyArns: string[]): EnvelopeCipher => (
    createEnvelopeCipher({ keyring: new KmsKeyring({ kms, keyArn, additionalKeyArns }) })
  );
  /** What each Region was asked since. */
  const calls = () => Object.entries(regions).flatMap(([region, fake]) => (
    fake.calls.splice(0).map(({ operation, keyId }) => `${region} ${operation} ${keyId.split(':')[3]}`)
  ));
  return { dublin, frankfurt, virginia, clients, kms, cipherOf, calls };
}

function arnsIn(cipher: EnvelopeCipher, message: Uint8Array): string[] {
  return cipher.inspect(message).encryptedDataKeys.map(({ providerInfo }) => providerInfo);
}

describe('a message that names the primary alone', () => {
  test('opens through the related key while the Region of the primary is out, by its own ARN and client', async () => {
    const { dublin, cipherOf, calls } = world();
    const message = await cipherOf(MRK).encrypt(SECRET);
    const cipher = cipherOf(MRK, REPLICA);
    calls();
    dublin.failAll(OUT);
    expect((await cipher.decrypt(message)).plaintext).toEqual(SECRET);
    expect(calls()).toEqual(['eu-west-1 Decrypt eu-west-1', 'eu-central-1 Decrypt eu-central-1']);
  });

  test('costs one call when nothing is out', async () => {
    const { cipherOf, calls, clients } = world();
    const message = await cipherOf(MRK).encrypt(SECRET);
    clients.splice(0);
    calls();
    await cipherOf(MRK, REPLICA).decrypt(message);
    expect(calls()).toEqual(['eu-west-1 Decrypt eu-west-1']);
    expect(clients).toEqual(['eu-west-1']);
  });

  test.each([
    ['a connection that breaks', Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })],
    ['a client that gives up', Object.assign(new Error('too long'), { name: 'TimeoutError' })],
    ['a fault of KMS', kmsException('DependencyTimeoutException', 503)],
  ])('goes on after %s', async (_, fault) => {
    const { dublin, cipherOf } = world();
    const message = await cipherOf(MRK).encrypt(SECRET);
    dublin.failAll(fault);
    expect((await cipherOf(MRK, REPLICA).decrypt(message)).plaintext).toEqual(SECRET);
  });

  test.each([
    ['AccessDeniedException', 'ERR_KEYSMITH_ACCESS_DENIED'], ['DisabledException', 'ERR_KEYSMITH_KEY_UNAVAILABLE'],
    ['InvalidCiphertextException', 'ERR_KEYSMITH_NOT_AUTHENTIC'], ['ThrottlingException', 'ERR_KEYSMITH_KMS_UNAVAILABLE'],
    ['LimitExceededException', 'ERR_KEYSMITH_KMS_UNAVAILABLE'], ['ValidationException', 'ERR_KEYSMITH_INPUT'],
  ])('never follows %s, of which the related key is no part', async (name, code) => {
    const { dublin, frankfurt, cipherOf } = world();
    const message = await cipherOf(MRK).encrypt(SECRET);
    const cipher = cipherOf(MRK, REPLICA);
    dublin.failAll(kmsException(name));
    await expect(cipher.decrypt(message)).rejects.toMatchObject({ code });
    await expect(cipher.encrypt(SECRET)).rejects.toMatchObject({ code });
    expect(frankfurt.count()).toBe(0);
  });

  test.each([
    ['an unrelated multi-Region key', MRK, UNRELATED],
    ['a key of that id in another account', MRK, REPLICA.replace(ACCOUNT, '999999999999')],
    ['a key of that id in another partition', MRK, REPLICA.replace('arn:aws:', 'arn:aws-cn:')],
    ['a single-Region key, whatever its id', SINGLE, SINGLE.replace('eu-west-1', 'eu-central-1')],
  ])('asks nobody else where the other key is %s', async (_, keyArn, other) => {
    const { dublin, frankfurt, cipherOf } = world();
    const message = await cipherOf(keyArn).encrypt(SECRET);
    const cipher = cipherOf(keyArn, other);
    dublin.failAll(OUT);
    await expect(cipher.decrypt(message)).rejects.toMatchObject(UNAVAILABLE);
    await expect(cipher.encrypt(SECRET)).rejects.toMatchObject(UNAVAILABLE);
    expect(frankfurt.count()).toBe(0);
  });

  test('asks each Region once when all are out, and says that KMS did not answer', async () => {
    const { dublin, frankfurt, virginia, cipherOf, calls } = world();
    const cipher = cipherOf(MRK, REPLICA, THIRD);
    const message = await cipher.encrypt(SECRET);
    calls();
    for (const fake of [dublin, frankfurt, virginia]) fake.failAll(OUT);
    await expect(cipher.decrypt(message)).rejects.toMatchObject({ ...UNAVAILABLE, cause: expect.any(AggregateError) });
    expect(calls()).toEqual(['eu-west-1 Decrypt eu-west-1', 'eu-central-1 Decrypt eu-central-1', 'us-east-1 Decrypt us-east-1']);
  });

  test('goes on to the next related key where one refuses the caller, and tells the refusal of a reader, the outage of a writer, when none is left', async () => {
    const { dublin, frankfurt, virginia, cipherOf } = world();
    const message = await cipherOf(MRK).encrypt(SECRET);
    const cipher = cipherOf(MRK, REPLICA, THIRD);
    dublin.failAll(OUT);
    frankfurt.failAll(kmsException('AccessDeniedException'));
    expect((await cipher.decrypt(message)).plaintext).toEqual(SECRET);
    expect(arnsIn(cipher, await cipher.encrypt(SECRET))).toEqual([THIRD]);
    virginia.failAll(kmsException('NotFoundException'));
    await expect(cipher.decrypt(message)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_ACCESS_DENIED', cause: expect.any(AggregateError) });
    await expect(cipher.encrypt(SECRET)).rejects.toMatchObject(UNAVAILABLE);
  });

  describe.each([['names the primary alone', [MRK]], ['names both', [MRK, REPLICA]]] as const)('cached, and a message that %s', (_, [named, ...too]) => {
    const cached = async (...keys: [string, ...string[]]) => {
      const { dublin, frankfurt, kms, cipherOf } = world();
      let now = 0;
      const cache = new DataKeyCache({ maxAgeMs: 1000, outageGraceMs: 10_000, now: () => now });
      const cipher = createEnvelopeCipher({ keyring: new KmsKeyring({ kms, keyArn: keys[0], additionalKeyArns: keys.slice(1) }), cache });
      const message = await cipherOf(named, ...too.length ? keys.slice(1) : []).encrypt(SECRET);
      await cipher.decrypt(message);
      now = 2000;
      return { dublin, frankfurt, cache, open: () => cipher.decrypt(message) };
    };

    test.each([
      ['DisabledException', OUT, 'ERR_KEYSMITH_KEY_UNAVAILABLE'], ['AccessDeniedException', OUT, 'ERR_KEYSMITH_ACCESS_DENIED'],
      ['NotFoundException', OUT, 'ERR_KEYSMITH_KEY_UNAVAILABLE'],
    ])('has no time of grace where one Region is out and the related key answers %s', async (name, fault, code) => {
      const { dublin, frankfurt, cache, open } = await cached(MRK, REPLICA);
      dublin.failAll(fault);
      frankfurt.failAll(kmsException(name));
      await expect(open()).rejects.toMatchObject({ code });
      expect(cache.metrics()).toMatchObject({ graceHits: 0, purged: 1, entries: 0 });
    });

    test('has it where all are out, and where the key that refuses is not related', async () => {
      for (const [other, fault] of [[REPLICA, OUT], [UNRELATED, kmsException('AccessDeniedException')]] as const) {
        const { dublin, frankfurt, cache, open } = await cached(MRK, other);
        dublin.failAll(OUT);
        frankfurt.failAll(fault);
        expect((await open()).plaintext).toEqual(SECRET);
        expect(cache.metrics()).toMatchObject({ graceHits: 1, purged: 0 });
      }
    });
  });

  test('is asked of the stand-in for each of its encrypted data keys, whichever is good', async () => {
    const { dublin, kms, calls } = world();
    const keyring = new KmsKeyring({ kms, keyArn: MRK, additionalKeyArns: [REPLICA] });
    const suite = { dataKeyBytes: 32 } as never;
    const context = {};
    const { plaintext, encryptedDataKeys: [good] } = await new KmsKeyring({ kms, keyArn: MRK }).generateDataKey({ suite, context });
    const bad = { ...good, ciphertext: Buffer.from(good.ciphertext).reverse() };
    calls();
    dublin.failAll(OUT);
    for (const [encryptedDataKeys, asked] of [[[bad, good], 2], [[good, bad], 1]] as const) {
      expect(Buffer.from(await keyring.decryptDataKey({ suite, context, encryptedDataKeys: [...encryptedDataKeys] })).equals(plaintext)).toBe(true);
      expect(calls()).toEqual([...Array<string>(2).fill('eu-west-1 Decrypt eu-west-1'), ...Array<string>(asked).fill('eu-central-1 Decrypt eu-central-1')]);
    }
  });

  test('does not take an answer in which the stand-in names another key', async () => {
    const { dublin, frankfurt, cipherOf } = world();
    const message = await cipherOf(MRK).encrypt(SECRET);
    dublin.failAll(OUT);
    const plaintext = Buffer.alloc(32, 7);
    frankfurt.failAll(() => ({ KeyId: MRK, Plaintext: plaintext }));
    await expect(cipherOf(MRK, REPLICA).decrypt(message)).rejects.toMatchObject(UNAVAILABLE);
    expect(plaintext.equals(Buffer.alloc(32))).toBe(true);
  });
});

describe('a new message', () => {
  test('is wrapped for all while all answer', async () => {
    const { cipherOf, calls } = world();
    const cipher = cipherOf(MRK, REPLICA);
    expect(arnsIn(cipher, await cipher.encrypt(SECRET))).toEqual([MRK, REPLICA]);
    expect(calls()).toEqual(['eu-west-1 GenerateDataKey eu-west-1', 'eu-central-1 Encrypt eu-central-1']);
  });

  test('is made by the related key while the Region of the generator is out, and opens with the generator afterwards', async () => {
    const { dublin, cipherOf, calls } = world();
    const cipher = cipherOf(MRK, REPLICA);
    dublin.failAll(OUT);
    const message = await cipher.encrypt(SECRET);
    expect(calls()).toEqual(['eu-west-1 GenerateDataKey eu-west-1', 'eu-central-1 GenerateDataKey eu-central-1']);
    expect(arnsIn(cipher, message)).toEqual([REPLICA]);
    dublin.failAll();
    expect((await cipherOf(MRK).decrypt(message)).plaintext).toEqual(SECRET);
  });

  test('is made by the generator alone while the Region of the related key is out', async () => {
    const { frankfurt, cipherOf } = world();
    const cipher = cipherOf(MRK, REPLICA);
    frankfurt.failAll(OUT);
    const message = await cipher.encrypt(SECRET);
    expect(arnsIn(cipher, message)).toEqual([MRK]);
    frankfurt.failAll();
    expect((await cipherOf(REPLICA).decrypt(message)).plaintext).toEqual(SECRET);
  });

  test('fails where an unrelated key cannot wrap: its readers could not open it', async () => {
    const { dublin, frankfurt, cipherOf } = world();
    frankfurt.failAll(OUT);
    await expect(cipherOf(MRK, UNRELATED).encrypt(SECRET)).rejects.toMatchObject(UNAVAILABLE);
    await expect(cipherOf(SINGLE, MRK, REPLICA, UNRELATED).encrypt(SECRET)).rejects.toMatchObject(UNAVAILABLE);
    for (const key of dublin.handedOut) expect(key.some(Boolean)).toBe(false);
  });

  test('fails where the related key refuses the caller, which no outage excuses', async () => {
    const { frankfurt, cipherOf } = world();
    frankfurt.failAll(kmsException('AccessDeniedException'));
    await expect(cipherOf(MRK, REPLICA).encrypt(SECRET)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_ACCESS_DENIED' });
  });

  test('of a multi-keyring is wrapped by whichever of the related keys answers, and by none when none does', async () => {
    const { dublin, frankfurt, kms, cipherOf } = world();
    const child = new KmsKeyring({ kms, keyArn: MRK, additionalKeyArns: [REPLICA] });
    const keyring = new MultiKeyring({ generator: new KmsKeyring({ kms, keyArn: THIRD }), children: [child] });
    const cipher = createEnvelopeCipher({ keyring });
    dublin.failAll(OUT);
    const message = await cipher.encrypt(SECRET);
    expect(arnsIn(cipher, message)).toEqual([THIRD, REPLICA]);
    expect((await cipherOf(REPLICA).decrypt(message)).plaintext).toEqual(SECRET);
    frankfurt.failAll(OUT);
    await expect(cipher.encrypt(SECRET)).rejects.toMatchObject(UNAVAILABLE);
  });
});

test('a cache keeps what the stand-in opened, and nothing is asked again', async () => {
  const { dublin, kms, cipherOf, calls } = world();
  const message = await cipherOf(MRK).encrypt(SECRET);
  const cipher = createEnvelopeCipher({ keyring: new KmsKeyring({ kms, keyArn: MRK, additionalKeyArns: [REPLICA] }), cache: new DataKeyCache() });
  dublin.failAll(OUT);
  await cipher.decrypt(message);
  calls();
  await cipher.decrypt(message);
  expect(calls()).toEqual([]);
});

test('over resilientKms throttling is not followed either, however long it lasts', async () => {
  const { dublin, frankfurt, kms, cipherOf } = world();
  const message = await cipherOf(MRK).encrypt(SECRET);
  const resilient = resilientKms({ kms, budgetMs: 150, backoffMs: 1, maxBackoffMs: 5 });
  const keyring = new KmsKeyring({ kms: resilient, keyArn: MRK, additionalKeyArns: [REPLICA] });
  dublin.failAll(kmsException('ThrottlingException'));
  await expect(createEnvelopeCipher({ keyring }).decrypt(message)).rejects.toMatchObject(UNAVAILABLE);
  expect(frankfurt.count()).toBe(0);
});

test('over resilientKms the stand-in has its turn when the budget of the first is spent, or its breaker is open', async () => {
  const { dublin, frankfurt, kms, cipherOf } = world();
  const message = await cipherOf(MRK).encrypt(SECRET);
  const resilient = resilientKms({ kms, budgetMs: 200, backoffMs: 1, breakerFailures: 1 });
  const cipher = createEnvelopeCipher({ keyring: new KmsKeyring({ kms: resilient, keyArn: MRK, additionalKeyArns: [REPLICA] }) });
  dublin.failAll(OUT);
  for (let turn = 0; turn < 2; turn++) expect((await cipher.decrypt(message)).plaintext).toEqual(SECRET);
  expect(frankfurt.count('Decrypt')).toBe(2);
  expect(dublin.count('Decrypt')).toBe(1);
});

test('keys of two Regions take a client for each: one alone is told by KMS that the other key is not there', async () => {
  const local = await startLocalKms({
    keys: [{ region: 'eu-west-1' }, { region: 'eu-central-1' }],
    principals: [{ arn: `arn:aws:iam::${ACCOUNT}:role/App`, managedPolicies: ['AdministratorAccess'] }],
  });
  try {
    const [keyArn, other] = local.keyArns;
    const clientOf = (region: string) => local.port('App', { region });
    const encrypt = (kms: KmsKeyringOptions['kms']) => (
      createEnvelopeCipher({ keyring: new KmsKeyring({ kms, keyArn, additionalKeyArns: [other] }) }).encrypt(SECRET)
    );
    await expect(encrypt(clientOf('eu-west-1'))).rejects.toMatchObject({
      code: 'ERR_KEYSMITH_KEY_UNAVAILABLE', message: expect.stringContaining('NotFoundException: Invalid arn eu-central-1'),
    });
    for (const kms of [clientOf, resilientKms({ kms: clientOf })]) await expect(encrypt(kms)).resolves.toBeDefined();
  } finally {
    await local.stop();
  }
});
