import { BOB, NO_POLICY, TestKms, bytes } from './kms';

/** KMS Developer Guide, "Key states of AWS KMS keys": what each operation answers in each state. */
const OK = 'succeeds';
const DISABLED = 'DisabledException: KEY is disabled.';
const DELETING = 'KMSInvalidStateException: KEY is pending deletion.';
const NOT_DELETING = 'KMSInvalidStateException: KEY is not pending deletion.';
const IMPORTING = 'KMSInvalidStateException: KEY is pending import.';
const EXTERNAL = 'UnsupportedOperationException: KEY origin is EXTERNAL which is not valid for this operation.';

const use = [DISABLED, DELETING, IMPORTING];
const always = [OK, OK, OK];

// operation, input beside KeyId, then: disabled, pending deletion, pending import
const TABLE: [string, Record<string, unknown>, string[]][] = [
  ['Encrypt', { Plaintext: bytes('x') }, use],
  ['GenerateDataKey', { KeySpec: 'AES_256' }, use],
  ['GenerateDataKeyWithoutPlaintext', { KeySpec: 'AES_256' }, use],
  ['GenerateDataKeyPair', { KeyPairSpec: 'ECC_NIST_P256' }, use],
  ['GenerateDataKeyPairWithoutPlaintext', { KeyPairSpec: 'ECC_NIST_P256' }, use],
  ['CreateGrant', { GranteePrincipal: BOB, Operations: ['Decrypt'] }, use],
  ['RotateKeyOnDemand', {}, use],
  ['EnableKeyRotation', {}, [DISABLED, DELETING, EXTERNAL]],
  ['DisableKeyRotation', {}, [DISABLED, DELETING, EXTERNAL]],
  ['GetKeyRotationStatus', {}, [OK, OK, OK]],
  ['EnableKey', {}, [OK, DELETING, IMPORTING]],
  ['DisableKey', {}, [OK, DELETING, IMPORTING]],
  ['ScheduleKeyDeletion', {}, [OK, DELETING, OK]],
  ['CancelKeyDeletion', {}, [NOT_DELETING, OK, NOT_DELETING]],
  ['UpdateKeyDescription', { Description: 'new' }, [OK, DELETING, OK]],
  ['TagResource', { Tags: [{ TagKey: 'a', TagValue: 'b' }] }, [OK, DELETING, OK]],
  ['UntagResource', { TagKeys: ['a'] }, [OK, DELETING, OK]],
  ['DescribeKey', {}, always],
  ['GetKeyPolicy', {}, always],
  ['PutKeyPolicy', { Policy: JSON.stringify(NO_POLICY) }, always],
  ['ListKeyPolicies', {}, always],
  ['ListGrants', {}, always],
  ['ListResourceTags', {}, always],
  ['ListKeyRotations', {}, always],
];

type State = 'disabled' | 'pending deletion' | 'pending import';

async function keyIn(state: State, kms: TestKms): Promise<string> {
  const KeyId = kms.key({ enabled: state !== 'disabled', ...(state === 'pending import' && { origin: 'EXTERNAL' }) });
  if (state === 'pending deletion') await kms.call('ScheduleKeyDeletion', { KeyId });
  return KeyId;
}

const outcome = async (kms: TestKms, operation: string, KeyId: string, input: Record<string, unknown>) =>
  kms.call(operation, { KeyId, ...input }).then(() => OK, (error) => `${error.name}: ${error.message}`.replace(KeyId, 'KEY'));

describe.each(TABLE)('%s', (operation, input, [disabled, deleting, importing]) => {
  test.each<[State, string]>([['disabled', disabled], ['pending deletion', deleting], ['pending import', importing]])('of a key that is %s: %s', async (state, expected) => {
    const kms = new TestKms();
    expect(await outcome(kms, operation, await keyIn(state, kms), input)).toBe(expected);
  });
});

describe.each<[string, Record<string, unknown>, object]>([
  ['Sign', { Message: bytes('x'), SigningAlgorithm: 'ECDSA_SHA_256' }, { spec: 'ECC_NIST_P256', usage: 'SIGN_VERIFY' }],
  ['Verify', { Message: bytes('x'), Signature: bytes('x'), SigningAlgorithm: 'ECDSA_SHA_256' }, { spec: 'ECC_NIST_P256', usage: 'SIGN_VERIFY' }],
  ['GenerateMac', { Message: bytes('x'), MacAlgorithm: 'HMAC_SHA_256' }, { spec: 'HMAC_256' }],
])('%s', (operation, input, definition) => {
  test('of a key that is disabled or pending deletion is refused', async () => {
    const kms = new TestKms();
    const KeyId = kms.key({ ...definition, enabled: false });
    expect(await outcome(kms, operation, KeyId, input)).toBe(DISABLED);
    await kms.call('ScheduleKeyDeletion', { KeyId });
    expect(await outcome(kms, operation, KeyId, input)).toBe(DELETING);
  });
});

test('Decrypt of a disabled key is refused with and without KeyId, and works again once it is enabled', async () => {
  const kms = new TestKms();
  const KeyId = kms.key();
  const { CiphertextBlob } = await kms.call('Encrypt', { KeyId, Plaintext: bytes('hello') });
  await kms.call('DisableKey', { KeyId });
  expect(await kms.refusal('Decrypt', { CiphertextBlob })).toBe(`DisabledException: ${KeyId} is disabled.`);
  expect(await kms.refusal('Decrypt', { KeyId, CiphertextBlob })).toBe(`DisabledException: ${KeyId} is disabled.`);
  await kms.call('EnableKey', { KeyId });
  expect((await kms.call('Decrypt', { CiphertextBlob })).Plaintext).toEqual(bytes('hello'));
});

describe('deletion', () => {
  test('waits as many days as asked, and then takes the key, its aliases and its grants', async () => {
    const kms = new TestKms();
    const KeyId = kms.key();
    kms.engine.addAlias('alias/doomed', KeyId);
    const { CiphertextBlob } = await kms.call('Encrypt', { KeyId, Plaintext: bytes('x') });
    const { GrantToken } = await kms.call('CreateGrant', { KeyId, GranteePrincipal: BOB, Operations: ['Decrypt'] });
    expect(await kms.call('ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 7 })).toEqual({
      KeyId, KeyState: 'PendingDeletion', PendingWindowInDays: 7, DeletionDate: new Date('2026-01-08T00:00:00Z'),
    });
    kms.pass(6.9);
    expect((await kms.call('DescribeKey', { KeyId: 'alias/doomed' })).KeyMetadata).toMatchObject({ KeyState: 'PendingDeletion', Enabled: false });
    kms.pass(0.1);
    expect(await kms.refusal('DescribeKey', { KeyId })).toBe(`NotFoundException: Key '${KeyId}' does not exist`);
    expect(await kms.refusal('DescribeKey', { KeyId: 'alias/doomed' })).toMatch(/^NotFoundException: Alias .* is not found\.$/);
    expect(await kms.refusal('Decrypt', { CiphertextBlob })).toMatch(/^AccessDeniedException/);
    expect(await kms.refusal('RetireGrant', { GrantToken })).toBe('InvalidGrantTokenException');
  });

  test('that is cancelled leaves the key disabled', async () => {
    const kms = new TestKms();
    const KeyId = kms.key();
    await kms.call('ScheduleKeyDeletion', { KeyId });
    expect(await kms.call('CancelKeyDeletion', { KeyId })).toEqual({ KeyId });
    expect((await kms.call('DescribeKey', { KeyId })).KeyMetadata).toMatchObject({ KeyState: 'Disabled' });
    kms.pass(40);
    await kms.call('EnableKey', { KeyId });
    expect((await kms.call('DescribeKey', { KeyId })).KeyMetadata).toMatchObject({ KeyState: 'Enabled', Enabled: true });
  });

  test.each([
    [6, 'greater than or equal to 7'],
    [31, 'less than or equal to 30'],
  ])('after %d days is refused', async (PendingWindowInDays, limit) => {
    const kms = new TestKms();
    expect(await kms.refusal('ScheduleKeyDeletion', { KeyId: kms.key(), PendingWindowInDays })).toBe(
      `ValidationException: 1 validation error detected: Value '${PendingWindowInDays}' at 'pendingWindowInDays' failed to satisfy constraint: Member must have value ${limit}`,
    );
  });
});
