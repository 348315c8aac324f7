import { TestKms, bytes, keyIdOf } from './kms';

async function ciphertextOf(kms: TestKms, KeyId: string): Promise<Buffer> {
  return (await kms.call('Encrypt', { KeyId, Plaintext: bytes('hello') })).CiphertextBlob;
}

const rotationsOf = async (kms: TestKms, KeyId: string) =>
  (await kms.call('ListKeyRotations', { KeyId })).Rotations.map(({ RotationDate, RotationType }: any) => `${RotationType} ${RotationDate.toISOString().slice(0, 10)}`);

const materialOf = async (kms: TestKms, KeyId: string) => (await kms.call('DescribeKey', { KeyId })).KeyMetadata.CurrentKeyMaterialId;

test('on demand: new material encrypts, every old one still decrypts', async () => {
  const kms = new TestKms();
  const KeyId = kms.key();
  const ciphertexts: Buffer[] = [];
  const materials = new Set<string>();
  for (let rotation = 0; rotation < 3; rotation++) {
    ciphertexts.push(await ciphertextOf(kms, KeyId));
    materials.add(await materialOf(kms, KeyId));
    expect(await kms.call('RotateKeyOnDemand', { KeyId })).toEqual({ KeyId });
  }
  for (const CiphertextBlob of ciphertexts) {
    const { Plaintext, KeyMaterialId } = await kms.call('Decrypt', { CiphertextBlob });
    expect(Plaintext).toEqual(bytes('hello'));
    expect(materials).toContain(KeyMaterialId);
  }
  expect(materials.size).toBe(3);
  expect(materials).not.toContain(await materialOf(kms, KeyId));
});

test('ReEncrypt brings a ciphertext to the newest material', async () => {
  const kms = new TestKms();
  const KeyId = kms.key();
  const CiphertextBlob = await ciphertextOf(kms, KeyId);
  const SourceKeyMaterialId = await materialOf(kms, KeyId);
  await kms.call('RotateKeyOnDemand', { KeyId });
  expect(await kms.call('ReEncrypt', { CiphertextBlob, DestinationKeyId: KeyId }))
    .toMatchObject({ SourceKeyMaterialId, DestinationKeyMaterialId: await materialOf(kms, KeyId) });
});

test('on demand at most 25 times', async () => {
  const kms = new TestKms();
  const KeyId = kms.key();
  for (let rotation = 0; rotation < 25; rotation++) await kms.call('RotateKeyOnDemand', { KeyId });
  expect(await kms.refusal('RotateKeyOnDemand', { KeyId })).toBe(
    `LimitExceededException: The on-demand rotations limit has been reached for the given keyId. No more on-demand rotations can be performed for this key: ${KeyId}`,
  );
});

describe('automatic rotation', () => {
  test('is off until it is enabled, and then says when it is due', async () => {
    const kms = new TestKms();
    const KeyId = kms.key();
    expect(await kms.call('GetKeyRotationStatus', { KeyId })).toEqual({ KeyId, KeyRotationEnabled: false });
    await kms.call('EnableKeyRotation', { KeyId, RotationPeriodInDays: 90 });
    expect(await kms.call('GetKeyRotationStatus', { KeyId })).toEqual({
      KeyId, KeyRotationEnabled: true, RotationPeriodInDays: 90, NextRotationDate: new Date('2026-04-01T00:00:00Z'),
    });
    await kms.call('DisableKeyRotation', { KeyId });
    kms.pass(1000);
    expect(await rotationsOf(kms, KeyId)).toEqual([]);
  });

  test('happens by the clock, and old ciphertexts stay readable', async () => {
    const kms = new TestKms();
    const KeyId = kms.key({ rotation: true });
    const CiphertextBlob = await ciphertextOf(kms, KeyId);
    kms.pass(364);
    expect(await rotationsOf(kms, KeyId)).toEqual([]);
    kms.pass(1);
    expect(await rotationsOf(kms, KeyId)).toEqual(['AUTOMATIC 2027-01-01']);
    kms.pass(2 * 365);
    expect(await rotationsOf(kms, KeyId)).toEqual(['AUTOMATIC 2027-01-01', 'AUTOMATIC 2028-01-01', 'AUTOMATIC 2028-12-31']);
    expect((await kms.call('Decrypt', { CiphertextBlob })).Plaintext).toEqual(bytes('hello'));
  });

  test('is not moved by rotation on demand', async () => {
    const kms = new TestKms();
    const KeyId = kms.key({ rotation: true, rotationPeriodInDays: 100 });
    kms.pass(60);
    await kms.call('RotateKeyOnDemand', { KeyId });
    kms.pass(40);
    expect(await rotationsOf(kms, KeyId)).toEqual(['ON_DEMAND 2026-03-02', 'AUTOMATIC 2026-04-11']);
  });

  test('waits while the key is disabled, and is made up for once when it is enabled', async () => {
    const kms = new TestKms();
    const KeyId = kms.key({ rotation: true, rotationPeriodInDays: 100 });
    await kms.call('DisableKey', { KeyId });
    kms.pass(350);
    expect(await rotationsOf(kms, KeyId)).toEqual([]);
    await kms.call('EnableKey', { KeyId });
    expect(await rotationsOf(kms, KeyId)).toEqual(['AUTOMATIC 2026-12-17']);
  });

  test('counts as off while the key is pending deletion', async () => {
    const kms = new TestKms();
    const KeyId = kms.key({ rotation: true });
    await kms.call('ScheduleKeyDeletion', { KeyId });
    expect((await kms.call('GetKeyRotationStatus', { KeyId })).KeyRotationEnabled).toBe(false);
    await kms.call('CancelKeyDeletion', { KeyId });
    expect((await kms.call('GetKeyRotationStatus', { KeyId })).KeyRotationEnabled).toBe(true);
  });

  test('of a multi-Region key is its primary\'s, and its replicas follow', async () => {
    const kms = new TestKms();
    const keyId = 'mrk-00000000000040008000000000000000';
    const primary = kms.key({ keyId, multiRegion: true, rotation: true });
    const replica = kms.key({ keyId, multiRegion: true, multiRegionKeyType: 'REPLICA', region: 'eu-west-1' });
    const there = { region: 'eu-west-1' };
    expect(await kms.refusal('RotateKeyOnDemand', { KeyId: replica }, there)).toBe(`UnsupportedOperationException: ${replica} is not a multi-region primary key.`);
    kms.pass(365);
    const CiphertextBlob = await ciphertextOf(kms, primary);
    expect((await kms.call('Decrypt', { CiphertextBlob }, there)).Plaintext).toEqual(bytes('hello'));
    expect((await kms.call('ListKeyRotations', { KeyId: replica }, there)).Rotations).toHaveLength(1);
  });

  test('is told with the ARN of the key, and so is a rotation on demand, whatever the caller named it by', async () => {
    const kms = new TestKms();
    const arn = kms.key();
    for (const KeyId of [arn, keyIdOf(arn)]) {
      expect((await kms.call('GetKeyRotationStatus', { KeyId })).KeyId).toBe(arn);
      expect((await kms.call('RotateKeyOnDemand', { KeyId })).KeyId).toBe(arn);
    }
  });

  test.each([
    [89, 'greater than or equal to 90'],
    [2561, 'less than or equal to 2560'],
  ])('every %d days is refused', async (RotationPeriodInDays, limit) => {
    const kms = new TestKms();
    expect(await kms.refusal('EnableKeyRotation', { KeyId: kms.key(), RotationPeriodInDays })).toBe(
      `ValidationException: 1 validation error detected: Value '${RotationPeriodInDays}' at 'rotationPeriodInDays' failed to satisfy constraint: Member must have value ${limit}`,
    );
  });

  test.each([
    ['EnableKeyRotation', 'RSA_2048', 'SIGN_VERIFY'],
    ['RotateKeyOnDemand', 'ECC_NIST_P256', 'SIGN_VERIFY'],
    ['DisableKeyRotation', 'HMAC_256', 'GENERATE_VERIFY_MAC'],
    ['ListKeyRotations', 'ML_DSA_44', 'SIGN_VERIFY'],
  ])('%s of a key of spec %s is unsupported', async (operation, spec, usage) => {
    const kms = new TestKms();
    expect(await kms.refusal(operation, { KeyId: kms.key({ spec, usage }) })).toBe('UnsupportedOperationException');
  });

  test.each([
    ['ECC_NIST_P256', 'SIGN_VERIFY'],
    ['RSA_3072', 'ENCRYPT_DECRYPT'],
    ['HMAC_256', 'GENERATE_VERIFY_MAC'],
  ])('is told to be off for a key of spec %s', async (spec, usage) => {
    const kms = new TestKms();
    const KeyId = kms.key({ spec, usage, rotation: true });
    expect(await kms.call('GetKeyRotationStatus', { KeyId })).toEqual({ KeyId, KeyRotationEnabled: false });
  });

  test.each([
    ['waits for its material', {}],
    ['has its material', { material: bytes('0123456789abcdef0123456789abcdef') }],
  ])('of imported material is told to be off, and is neither enabled nor disabled: a key that %s', async (_, more) => {
    const kms = new TestKms();
    const KeyId = kms.key({ origin: 'EXTERNAL', rotation: true, ...more });
    expect(await kms.call('GetKeyRotationStatus', { KeyId })).toEqual({ KeyId, KeyRotationEnabled: false });
    for (const operation of ['EnableKeyRotation', 'DisableKeyRotation']) {
      expect(await kms.refusal(operation, { KeyId })).toBe(`UnsupportedOperationException: ${KeyId} origin is EXTERNAL which is not valid for this operation.`);
    }
  });
});

test('ListKeyRotations can show the first material too, and which is current', async () => {
  const kms = new TestKms();
  const KeyId = kms.key();
  await kms.call('RotateKeyOnDemand', { KeyId });
  const { Rotations } = await kms.call('ListKeyRotations', { KeyId, IncludeKeyMaterial: 'ALL_KEY_MATERIAL' });
  expect(Rotations).toEqual([
    { KeyId: keyIdOf(KeyId), KeyMaterialId: expect.any(String), KeyMaterialState: 'NON_CURRENT' },
    {
      KeyId: keyIdOf(KeyId), KeyMaterialId: await materialOf(kms, KeyId), KeyMaterialState: 'CURRENT', RotationDate: kms.now, RotationType: 'ON_DEMAND',
    },
  ]);
});
