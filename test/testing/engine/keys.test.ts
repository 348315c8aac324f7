import { ACCOUNT, ALICE, BOB, ROOT, STRANGER, TestKms, bytes, keyIdOf } from './kms';
import type { World } from '../../../src/authz';
import { decide } from '../../../src/authz';
import type { KeySpecName } from '../../../src/spec/key-specs';
import { KEY_SPECS } from '../../../src/spec/key-specs';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

describe('CreateKey', () => {
  const kms = new TestKms();

  test('without parameters makes a symmetric key', async () => {
    const { KeyMetadata } = await kms.call('CreateKey', { Description: 'data', Tags: [{ TagKey: 'team', TagValue: 'billing' }] });
    expect(KeyMetadata).toEqual({
      AWSAccountId: ACCOUNT,
      KeyId: expect.stringMatching(UUID),
      Arn: `arn:aws:kms:us-east-1:${ACCOUNT}:key/${KeyMetadata.KeyId}`,
      CreationDate: kms.now,
      Enabled: true,
      Description: 'data',
      KeyUsage: 'ENCRYPT_DECRYPT',
      KeyState: 'Enabled',
      Origin: 'AWS_KMS',
      KeyManager: 'CUSTOMER',
      CustomerMasterKeySpec: 'SYMMETRIC_DEFAULT',
      KeySpec: 'SYMMETRIC_DEFAULT',
      EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'],
      MultiRegion: false,
      CurrentKeyMaterialId: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(await kms.call('DescribeKey', { KeyId: KeyMetadata.KeyId })).toEqual({ KeyMetadata });
    expect((await kms.call('ListResourceTags', { KeyId: KeyMetadata.KeyId })).Tags).toEqual([{ TagKey: 'team', TagValue: 'billing' }]);
  });

  const supported = (Object.keys(KEY_SPECS) as KeySpecName[]).filter((spec) => !['ml-kem', 'sm2'].includes(KEY_SPECS[spec].family));
  const pairs = supported.flatMap((spec) => Object.entries(KEY_SPECS[spec].usages).map(([usage, algorithms]) => [spec, usage, algorithms] as const));

  test.each(pairs)('makes a key of spec %s for %s', async (KeySpec, KeyUsage, algorithms) => {
    const { KeyMetadata } = await kms.call('CreateKey', { KeySpec, KeyUsage });
    expect(KeyMetadata).toMatchObject({ KeySpec, KeyUsage, Enabled: true });
    const member = Object.keys(KeyMetadata).filter((name) => name.endsWith('Algorithms'));
    expect(member).toHaveLength(1);
    expect(KeyMetadata[member[0]]).toEqual(algorithms);
  });

  test.each([
    ['RSA without a usage', { KeySpec: 'RSA_2048' }, 'ValidationException: You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.'],
    ['RSA for key agreement', { KeySpec: 'RSA_2048', KeyUsage: 'KEY_AGREEMENT' }, 'ValidationException: KeyUsage KEY_AGREEMENT is not compatible with KeySpec RSA_2048'],
    ['Ed25519 for encryption', { KeySpec: 'ECC_NIST_EDWARDS25519', KeyUsage: 'ENCRYPT_DECRYPT' }, 'ValidationException: KeyUsage ENCRYPT_DECRYPT is not compatible with KeySpec ECC_NIST_EDWARDS25519'],
    ['a custom key store', { Origin: 'AWS_CLOUDHSM' }, 'UnsupportedOperationException: the local KMS has no custom key stores'],
    ['SM2', { KeySpec: 'SM2', KeyUsage: 'SIGN_VERIFY' }, 'UnsupportedOperationException: the local KMS has no keys of spec SM2'],
    ['a reserved tag', { Tags: [{ TagKey: 'AWS:team', TagValue: 'x' }] }, 'TagException: Tags beginning with aws: are reserved'],
    ['one tag twice', { Tags: [{ TagKey: 'a', TagValue: 'x' }, { TagKey: 'a', TagValue: 'y' }] }, 'TagException: Duplicate tag keys'],
    ['51 tags', { Tags: Array.from({ length: 51 }, (_, i) => ({ TagKey: `t${i}`, TagValue: 'x' })) }, 'TagException: Too many tags'],
  ])('refuses %s and makes nothing', async (_, input, refusal) => {
    const before = (await kms.call('ListKeys', { Limit: 1000 })).Keys.length;
    expect(await kms.refusal('CreateKey', input)).toBe(refusal);
    expect((await kms.call('ListKeys', { Limit: 1000 })).Keys).toHaveLength(before);
  });

  test('makes a multi-Region primary key', async () => {
    const { KeyMetadata } = await kms.call('CreateKey', { MultiRegion: true });
    expect(KeyMetadata).toMatchObject({ MultiRegion: true, KeyId: expect.stringMatching(/^mrk-[0-9a-f]{32}$/), MultiRegionConfiguration: { MultiRegionKeyType: 'PRIMARY', ReplicaKeys: [] } });
  });

  test('for imported material waits for it', async () => {
    const { KeyMetadata } = await kms.call('CreateKey', { Origin: 'EXTERNAL' });
    expect(KeyMetadata).toMatchObject({ KeyState: 'PendingImport', Enabled: false, Origin: 'EXTERNAL' });
    expect(await kms.refusal('Encrypt', { KeyId: KeyMetadata.KeyId, Plaintext: bytes('x') })).toBe(`KMSInvalidStateException: ${KeyMetadata.Arn} is pending import.`);
  });

  test('makes it in the caller\'s account and Region', async () => {
    const { KeyMetadata } = await kms.call('CreateKey', {}, { principal: STRANGER, region: 'eu-west-1' });
    expect(KeyMetadata.Arn).toMatch(/^arn:aws:kms:eu-west-1:444455556666:key\//);
  });

  test('is decided by IAM alone, and with tags takes TagResource too', async () => {
    const allow = (Action: string) => [{ name: 'p', document: { Version: '2012-10-17', Statement: { Effect: 'Allow' as const, Action, Resource: '*' } } }];
    const world: World = { identities: [{ arn: ALICE, policies: [...allow('kms:CreateKey'), ...allow('kms:TagResource')] }, { arn: BOB, policies: allow('kms:CreateKey') }] };
    const guarded = new TestKms((request) => decide(world, request));
    const Tags = [{ TagKey: 'a', TagValue: 'b' }];
    expect(await guarded.call('CreateKey', { Tags })).toHaveProperty('KeyMetadata');
    expect(await guarded.call('CreateKey', {}, { principal: BOB })).toHaveProperty('KeyMetadata');
    expect(await guarded.refusal('CreateKey', { Tags }, { principal: BOB })).toContain('is not authorized to perform: kms:TagResource on');
    expect(await guarded.refusal('CreateKey', {}, { principal: STRANGER })).toBe(
      `AccessDeniedException: User: ${STRANGER} is not authorized to perform: kms:CreateKey on resource: * because no identity-based policy allows the kms:CreateKey action`,
    );
  });
});

describe('a key is found', () => {
  const kms = new TestKms();
  const KeyId = kms.key();
  kms.engine.addAlias('alias/data', KeyId);
  const missing = '00000000-0000-4000-8000-000000000000';
  const arn = (resource: string, region = 'us-east-1', account = ACCOUNT) => `arn:aws:kms:${region}:${account}:${resource}`;

  test.each([
    ['key id', keyIdOf(KeyId)],
    ['key ARN', KeyId],
    ['alias name', 'alias/data'],
    ['alias ARN', arn('alias/data')],
  ])('by %s', async (_, identifier) => {
    expect((await kms.call('DescribeKey', { KeyId: identifier })).KeyMetadata.Arn).toBe(KeyId);
  });

  test.each([
    ['an id of no key', missing, `Key '${arn(`key/${missing}`)}' does not exist`],
    ['the ARN of no key', arn(`key/${missing}`), `Key '${arn(`key/${missing}`)}' does not exist`],
    ['a multi-Region id of no key', 'mrk-d3b95762d3b95762d3b95762d3b95762', `Key '${arn('key/mrk-d3b95762d3b95762d3b95762d3b95762')}' does not exist`],
    ['something that is no id', 'fake-key-id', "Invalid keyId 'fake-key-id'"],
    ['a UUID without hyphens', '134f2428cec14b25a1ae9048164dba47', "Invalid keyId '134f2428cec14b25a1ae9048164dba47'"],
    ['an ARN of another Region', arn('key/1', 'ap-southeast-1'), 'Invalid arn ap-southeast-1'],
    ['an alias that is not there', 'alias/none', `Alias ${arn('alias/none')} is not found.`],
    ['the ARN of an alias that is not there', arn('alias/none'), `Alias ${arn('alias/none')} is not found.`],
  ])('not by %s', async (_, identifier, message) => {
    expect(await kms.refusal('DescribeKey', { KeyId: identifier })).toBe(`NotFoundException: ${message}`);
  });

  test('not in another Region by its id', async () => {
    expect(await kms.refusal('DescribeKey', { KeyId: keyIdOf(KeyId) }, { region: 'eu-west-1' }))
      .toBe(`NotFoundException: Key '${KeyId.replace('us-east-1', 'eu-west-1')}' does not exist`);
  });

  test.each(['EnableKey', 'ScheduleKeyDeletion', 'GetKeyPolicy', 'EnableKeyRotation'])('not by an alias for %s', async (operation) => {
    expect(await kms.refusal(operation, { KeyId: 'alias/data' })).toBe("NotFoundException: Invalid keyId 'alias/data'");
  });
});

test('ListKeys pages through the keys of account and Region', async () => {
  const kms = new TestKms();
  const arns = Array.from({ length: 5 }, () => kms.key());
  kms.key({ account: '444455556666' });
  kms.key({ region: 'eu-west-1' });
  const first = await kms.call('ListKeys', { Limit: 3 });
  expect(first).toMatchObject({ Truncated: true });
  const second = await kms.call('ListKeys', { Limit: 3, Marker: first.NextMarker });
  expect(second).toMatchObject({ Truncated: false });
  expect(second).not.toHaveProperty('NextMarker');
  expect([...first.Keys, ...second.Keys].map(({ KeyArn }) => KeyArn).sort()).toEqual(arns.sort());
  expect(await kms.refusal('ListKeys', { Marker: 'nonsense' })).toBe('InvalidMarkerException: Could not deserialize marker');
});

test('UpdateKeyDescription changes what DescribeKey says', async () => {
  const kms = new TestKms();
  const KeyId = kms.key({ description: 'old' });
  await kms.call('UpdateKeyDescription', { KeyId, Description: 'new' });
  expect((await kms.call('DescribeKey', { KeyId })).KeyMetadata.Description).toBe('new');
});

describe('a key that a template defines', () => {
  const kms = new TestKms();
  test.each([
    ['of an unknown spec', { spec: 'AES' }, "KMS has no key spec 'AES'"],
    ['of an impossible usage', { spec: 'ECC_NIST_EDWARDS25519', usage: 'ENCRYPT_DECRYPT' }, "a key of spec ECC_NIST_EDWARDS25519 has no usage 'ENCRYPT_DECRYPT': expected SIGN_VERIFY"],
    ['of an undecided usage', { spec: 'RSA_2048' }, 'a key of spec RSA_2048 needs a usage: ENCRYPT_DECRYPT or SIGN_VERIFY'],
    ['with material of the wrong length', { material: Buffer.alloc(31) }, 'the material of a symmetric key has 32 bytes, got 31'],
    ['that is there already', { keyId: keyIdOf(kms.key()) }, 'already exists'],
  ])('%s is refused', (_, definition, message) => {
    expect(() => kms.key(definition)).toThrow(message);
  });

  test('keeps its id, whatever its form', async () => {
    const arn = kms.key({ keyId: 'MyKeyFromTemplate' });
    expect((await kms.call('DescribeKey', { KeyId: 'MyKeyFromTemplate' })).KeyMetadata.Arn).toBe(arn);
    const { CiphertextBlob } = await kms.call('Encrypt', { KeyId: arn, Plaintext: bytes('x') });
    expect((await kms.call('Decrypt', { CiphertextBlob })).KeyId).toBe(arn);
  });

  test('with given material opens what the same material sealed elsewhere', async () => {
    const other = new TestKms();
    const definition = { keyId: 'Shared', material: Buffer.alloc(32, 9) };
    const { CiphertextBlob } = await other.call('Encrypt', { KeyId: other.key(definition), Plaintext: bytes('hello') });
    kms.key(definition);
    expect((await kms.call('Decrypt', { CiphertextBlob })).Plaintext).toEqual(bytes('hello'));
  });

  test('an alias points to keys that are there only', () => {
    expect(() => kms.engine.addAlias('alias/x', `${ROOT}/none`)).toThrow("alias 'alias/x' points to");
    expect(() => kms.engine.addAlias('x', kms.key())).toThrow("'x' is no name of an alias");
  });
});
