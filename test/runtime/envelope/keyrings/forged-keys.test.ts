import { generateKeyPairSync, randomBytes } from 'node:crypto';
import type { EncryptedDataKey, EnvelopeCipher, Keyring, KmsClients } from '../../../../src/runtime/envelope';
import {
  KmsDiscoveryKeyring, KmsKeyring, KmsRsaKeyring, MultiKeyring, RawAesKeyring, RawRsaKeyring, createEnvelopeCipher,
} from '../../../../src/runtime/envelope';
import { knownRegions } from '../../../../src/runtime/envelope/keyrings/known-regions';
import { craft } from '../craft';
import { FakeKms } from '../fake-kms';
import { codeOf } from '../outcomes';

/** Messages that name keys and Regions of their author's choice. */

const KEY = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const MRK = KEY.replace('1234abcd', 'mrk-1234abcd');
const SECRET = Buffer.from('4111 1111 1111 1111');
const FILTER = { partition: 'aws', accounts: ['111122223333'] };
const inRegion = (region: string, arn = KEY) => arn.replace('eu-west-1', region);
const ownRegion = process.env.AWS_REGION;
afterEach(() => {
  if (ownRegion === undefined) delete process.env.AWS_REGION;
  else process.env.AWS_REGION = ownRegion;
});

/** A message whose encrypted data keys name these keys, and open under none. */
const forged = (arns: readonly string[], providerId = 'aws-kms'): Buffer => craft({
  suiteId: 0x0478,
  dataKey: randomBytes(32),
  encryptedDataKeys: arns.map((arn): EncryptedDataKey => ({ providerId, providerInfo: Buffer.from(arn), ciphertext: randomBytes(60) })),
});

/** A discovery keyring that tells which Regions have a client, and which keys were called. */
function discovering(options: object = {}): { cipher: EnvelopeCipher; clients: string[]; called: () => string[] } {
  const kms = new FakeKms();
  const clients: string[] = [];
  const perRegion: KmsClients = (region) => {
    clients.push(region);
    return kms.port;
  };
  const keyring = new KmsDiscoveryKeyring({ kms: perRegion, ...FILTER, ...options });
  return { cipher: createEnvelopeCipher({ keyring }), clients, called: () => kms.calls.map(({ keyId }) => keyId) };
}

test('the filter of a discovery keyring is what it was when it was made, whatever becomes of the lists', async () => {
  const foreign = KEY.replace('111122223333', '444455556666');
  const lists = { accounts: ['111122223333'], regions: ['eu-west-1'] };
  const { cipher, clients, called } = discovering(lists);
  lists.accounts.push('444455556666');
  lists.regions.unshift('us-east-1');
  expect(await codeOf(cipher, forged([foreign, inRegion('us-east-1')]))).toBe('ERR_KEYSMITH_NO_KEY');
  expect(clients).toEqual([]);
  // A related key is asked for in the first Region of those that were given.
  expect(await codeOf(cipher, forged([inRegion('ap-south-1', MRK)]))).toBe('ERR_KEYSMITH_NOT_AUTHENTIC');
  expect(called()).toEqual([MRK]);
  lists.accounts.length = 0;
  expect(await codeOf(cipher, forged([KEY]))).toBe('ERR_KEYSMITH_NOT_AUTHENTIC');
});

describe('a discovery keyring without Regions', () => {
  test.each(['x1y1', 'eu-west-9', 'us-evil-1', 'eu-west-1-', 'cn-north-1', 'us-gov-west-1'])('makes no client for %s, which is none of its partition', async (region) => {
    const { cipher, clients } = discovering();
    expect(await codeOf(cipher, forged([inRegion(region)]))).toBe('ERR_KEYSMITH_NO_KEY');
    expect(clients).toEqual([]);
  });

  test('makes a bounded number of clients, whatever comes', async () => {
    const { cipher, clients, called } = discovering();
    for (let turn = 0; turn < 20; turn++) await codeOf(cipher, forged(Array.from({ length: 20 }, (_, index) => inRegion(`x${turn}y${index}`))));
    expect(clients).toEqual([]);
    const all = knownRegions('aws')!;
    for (let start = 0; start < all.length; start += 20) await codeOf(cipher, forged(all.slice(start, start + 20).map((region) => inRegion(region))));
    for (let start = 0; start < all.length; start += 20) await codeOf(cipher, forged(all.slice(start, start + 20).map((region) => inRegion(region))));
    expect(clients.sort()).toEqual([...all].sort());
    expect(called()).toHaveLength(2 * all.length);
  });

  test('asks the own Region first, and those that are named in their order', async () => {
    const message = forged(['us-east-1', 'sa-east-1', 'eu-west-1'].map((region) => inRegion(region)));
    for (const [own, options, order] of [
      ['eu-west-1', {}, ['eu-west-1', 'sa-east-1', 'us-east-1']],
      ['us-east-1', {}, ['us-east-1', 'eu-west-1', 'sa-east-1']],
      ['eu-west-1', { regions: ['sa-east-1', 'us-east-1', 'eu-west-1'] }, ['sa-east-1', 'us-east-1', 'eu-west-1']],
    ] as const) {
      process.env.AWS_REGION = own;
      const { cipher, called } = discovering(options);
      await codeOf(cipher, message);
      expect(called()).toEqual(order.map((region) => inRegion(region)));
    }
  });

  test('calls nobody for a multi-Region key of a Region that is not known', async () => {
    const { cipher, called } = discovering({});
    expect(await codeOf(cipher, forged([inRegion('mars-north-1', MRK)]))).toBe('ERR_KEYSMITH_NO_KEY');
    expect(called()).toEqual([]);
  });

  test('refuses a partition whose Regions it does not know, and takes one whose Regions are named', () => {
    const kms = new FakeKms().port;
    for (const partition of ['aws-mars', 'toString']) {
      expect(() => new KmsDiscoveryKeyring({ kms, ...FILTER, partition })).toThrow(/not known here: name those that may be called in 'regions'/);
      expect(() => new KmsDiscoveryKeyring({ kms, ...FILTER, partition, regions: ['mars-north-1'] })).not.toThrow();
    }
  });
});

describe('of one message', () => {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const kms = new FakeKms();
  const keyrings: Array<[string, Keyring, Buffer]> = [
    ['a KMS keyring', new KmsKeyring({ kms: kms.port, keyArn: KEY }), forged(Array(20).fill(KEY) as string[])],
    ['a KMS keyring, under related keys', new KmsKeyring({ kms: kms.port, keyArn: MRK }), forged(Array.from({ length: 20 }, (_, index) => inRegion(`x-${index}`, MRK)))],
    ['a discovery keyring', new KmsDiscoveryKeyring({ kms: kms.port, ...FILTER }), forged(Array(20).fill(KEY) as string[])],
    [
      'a discovery keyring, under related keys', new KmsDiscoveryKeyring({ kms: kms.port, ...FILTER, regions: ['eu-west-1'] }),
      forged(Array.from({ length: 20 }, (_, index) => inRegion(`x-${index}`, MRK))),
    ],
    ['a KMS RSA keyring', new KmsRsaKeyring({ kms: kms.port, publicKey, keyArn: KEY }), forged(Array(20).fill(KEY) as string[], 'aws-kms-rsa')],
  ];

  test.each(keyrings)('%s tries three encrypted data keys for one key', async (_, keyring, message) => {
    const before = kms.count();
    expect(await codeOf(createEnvelopeCipher({ keyring }), message)).toBe('ERR_KEYSMITH_NOT_AUTHENTIC');
    expect(kms.count() - before).toBe(3);
  });

  test('those of other keys are tried nevertheless', async () => {
    const other = new KmsKeyring({ kms: kms.port, keyArn: `${KEY}2` });
    const cipher = createEnvelopeCipher({ keyring: other });
    const request = { suite: cipher.inspect(await cipher.encrypt(SECRET)).suite, context: {} };
    const { encryptedDataKeys: own } = await other.generateDataKey(request);
    const useless = Array.from({ length: 5 }, () => ({ providerId: 'aws-kms', providerInfo: Buffer.from(KEY), ciphertext: randomBytes(60) }));
    const both = new KmsKeyring({ kms: kms.port, keyArn: KEY, additionalKeyArns: [`${KEY}2`] });
    const key = await both.decryptDataKey({ ...request, encryptedDataKeys: [...useless, ...own] });
    expect(key).toHaveLength(32);
  });
});

test('a wrapping key is bytes, not text', () => {
  for (const wrappingKey of ['0123456789abcdef', '0123456789abcdef0123456789abcdef', [...randomBytes(16)], undefined]) {
    expect(() => new RawAesKeyring({ keyNamespace: 'tests', keyName: 'key', wrappingKey: wrappingKey as never })).toThrow(
      expect.objectContaining({ code: 'ERR_KEYSMITH_INPUT', message: expect.stringMatching(/'wrappingKey' is (of type \w+|not given): give a Uint8Array/) }),
    );
  }
});

const kmsPort = new FakeKms().port;
test.each<[string, (more: object) => unknown]>([
  ['KmsKeyring', (more) => new KmsKeyring({ kms: kmsPort, keyArn: KEY, ...more })],
  ['KmsDiscoveryKeyring', (more) => new KmsDiscoveryKeyring({ kms: kmsPort, ...FILTER, ...more })],
  ['KmsRsaKeyring', (more) => new KmsRsaKeyring({ kms: kmsPort, keyArn: KEY, ...more })],
  ['RawAesKeyring', (more) => new RawAesKeyring({ keyNamespace: 'tests', keyName: 'key', wrappingKey: randomBytes(16), ...more })],
  ['RawRsaKeyring', (more) => new RawRsaKeyring({ keyNamespace: 'tests', keyName: 'key', privateKey: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey, ...more })],
  ['MultiKeyring', (more) => new MultiKeyring({ children: [new KmsKeyring({ kms: kmsPort, keyArn: KEY })], ...more })],
])('%s refuses options that it does not know', (_, make) => {
  expect(() => make({})).not.toThrow();
  expect(() => make({ region: 'eu-west-1' })).toThrow(expect.objectContaining({ code: 'ERR_KEYSMITH_INPUT', message: expect.stringContaining("'region' is no option: [") }));
});
