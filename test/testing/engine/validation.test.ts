import { BOB, TestKms, bytes, only } from './kms';
import { KmsException, OPERATION_NAMES, blobMembersOf } from '../../../src/testing/engine';

const kms = new TestKms();
const KeyId = kms.key();
const LONG = Buffer.alloc(4097);

describe('the constraints of an input', () => {
  const at = (member: string, constraint: string, value = '') => `Value ${value && `${value} `}at '${member}' failed to satisfy constraint: ${constraint}`;
  const one = (...rest: Parameters<typeof at>) => `ValidationException: 1 validation error detected: ${at(...rest)}`;
  const NOT_NULL = 'Member must not be null';

  test.each<[string, string, Record<string, unknown>, string]>([
    ['a required member', 'Encrypt', { KeyId }, one('plaintext', NOT_NULL, 'null')],
    ['two at once', 'Encrypt', {}, `ValidationException: 2 validation errors detected: ${at('keyId', NOT_NULL, 'null')}; ${at('plaintext', NOT_NULL, 'null')}`],
    ['too long a plaintext, not repeated', 'Encrypt', { KeyId, Plaintext: LONG }, one('plaintext', 'Member must have length less than or equal to 4096')],
    ['an empty plaintext', 'Encrypt', { KeyId, Plaintext: bytes('') }, one('plaintext', 'Member must have length greater than or equal to 1')],
    ['too long a ciphertext', 'Decrypt', { CiphertextBlob: Buffer.alloc(6145) }, one('ciphertextBlob', 'Member must have length less than or equal to 6144')],
    ['an empty key id', 'DescribeKey', { KeyId: '' }, one('keyId', 'Member must have length greater than or equal to 1', "''")],
    ['an algorithm that is none', 'GenerateMac', { KeyId, Message: bytes('x'), MacAlgorithm: 'INVALID' },
      one('macAlgorithm', 'Member must satisfy enum value set: [HMAC_SHA_384, HMAC_SHA_256, HMAC_SHA_224, HMAC_SHA_512]', "'INVALID'")],
    ['a limit of none', 'ListKeys', { Limit: 0 }, one('limit', 'Member must have value greater than or equal to 1', "'0'")],
    ['eleven grant tokens', 'Encrypt', { KeyId, Plaintext: bytes('x'), GrantTokens: Array(11).fill('t') },
      one('grantTokens', 'Member must have length less than or equal to 10', `'[${Array(11).fill('t').join(', ')}]'`)],
    ['nothing in a map', 'Encrypt', { KeyId, Plaintext: bytes('x'), EncryptionContext: { tenant: null } }, one('encryptionContext.tenant.member', NOT_NULL, 'null')],
    ['nothing at all in a map', 'Encrypt', { KeyId, Plaintext: bytes('x'), EncryptionContext: { tenant: undefined } }, one('encryptionContext.tenant.member', NOT_NULL, 'null')],
    ['nothing in a list', 'CreateGrant', { KeyId, GranteePrincipal: BOB, Operations: [null] }, one('operations.1.member', NOT_NULL, 'null')],
  ])('%s', async (_, operation, input, refusal) => {
    expect(await kms.refusal(operation, input)).toBe(refusal);
  });

  test.each<[string, string, Record<string, unknown>]>([
    ['a number for a string', 'DescribeKey', { KeyId: 7 }],
    ['a string for bytes', 'Encrypt', { KeyId, Plaintext: 'x' }],
    ['a list for a map', 'Encrypt', { KeyId, Plaintext: bytes('x'), EncryptionContext: ['a'] }],
    ['a number in a map', 'Encrypt', { KeyId, Plaintext: bytes('x'), EncryptionContext: { a: 1 } }],
    ['a string for a boolean', 'Encrypt', { KeyId, Plaintext: bytes('x'), DryRun: 'true' }],
    ['a fraction for an integer', 'ListKeys', { Limit: 1.5 }],
    ['a string for a structure', 'CreateGrant', { KeyId, GranteePrincipal: BOB, Operations: ['Decrypt'], Constraints: 'none' }],
  ])('%s is no input at all', async (_, operation, input) => {
    expect(await kms.refusal(operation, input)).toMatch(/^SerializationException/);
  });

  test('members that KMS does not know are ignored', async () => {
    expect(await kms.call('DescribeKey', { KeyId, Nonsense: true })).toHaveProperty('KeyMetadata');
  });
});

test.each(['DeriveNothing', 'constructor', '__proto__', 'encrypt'])('%s is no operation', async (operation) => {
  expect(await kms.refusal(operation)).toBe('UnknownOperationException');
});

test('the names of the operations and of their bytes are told to those who serve them', () => {
  expect(OPERATION_NAMES).toEqual(expect.arrayContaining(['Encrypt', 'Sign', 'CreateGrant', 'GenerateRandom']));
  expect(blobMembersOf('Verify')).toEqual(['Message', 'Signature']);
  expect(blobMembersOf('ListKeys')).toEqual([]);
  expect(blobMembersOf('nothing')).toEqual([]);
});

test.each([
  ['NotFoundException', 400],
  ['DisabledException', 400],
  ['KMSInvalidStateException', 400],
  ['DryRunOperationException', 400],
  ['AccessDeniedException', 400],
  ['InvalidCiphertextException', 400],
  ['KMSInternalException', 500],
  ['DependencyTimeoutException', 503],
])('%s has the documented status %d', (name, status) => {
  expect(new KmsException(name).statusCode).toBe(status);
});

describe('DryRun', () => {
  const signing = kms.key({ spec: 'ECC_NIST_P256', usage: 'SIGN_VERIFY' });
  const mac = kms.key({ spec: 'HMAC_256' });
  const Message = bytes('x');
  const WOULD = 'DryRunOperationException: The request would have succeeded, but the DryRun option is set.';

  const inputs: Record<string, () => Promise<Record<string, unknown>>> = {
    Encrypt: async () => ({ KeyId, Plaintext: Message }),
    Decrypt: async () => ({ CiphertextBlob: (await kms.call('Encrypt', { KeyId, Plaintext: Message })).CiphertextBlob }),
    ReEncrypt: async () => ({ CiphertextBlob: (await kms.call('Encrypt', { KeyId, Plaintext: Message })).CiphertextBlob, DestinationKeyId: KeyId }),
    GenerateDataKey: async () => ({ KeyId, KeySpec: 'AES_256' }),
    GenerateDataKeyWithoutPlaintext: async () => ({ KeyId, KeySpec: 'AES_256' }),
    GenerateDataKeyPair: async () => ({ KeyId, KeyPairSpec: 'RSA_2048' }),
    GenerateDataKeyPairWithoutPlaintext: async () => ({ KeyId, KeyPairSpec: 'RSA_2048' }),
    Sign: async () => ({ KeyId: signing, Message, SigningAlgorithm: 'ECDSA_SHA_256' }),
    Verify: async () => {
      const input = { KeyId: signing, Message, SigningAlgorithm: 'ECDSA_SHA_256' };
      return { ...input, Signature: (await kms.call('Sign', input)).Signature };
    },
    GenerateMac: async () => ({ KeyId: mac, Message, MacAlgorithm: 'HMAC_SHA_256' }),
    VerifyMac: async () => {
      const input = { KeyId: mac, Message, MacAlgorithm: 'HMAC_SHA_256' };
      return { ...input, Mac: (await kms.call('GenerateMac', input)).Mac };
    },
    CreateGrant: async () => ({ KeyId, GranteePrincipal: BOB, Operations: ['Decrypt'] }),
    RevokeGrant: async () => ({ KeyId, GrantId: (await kms.call('CreateGrant', { KeyId, GranteePrincipal: BOB, Operations: ['Decrypt'] })).GrantId }),
    RetireGrant: async () => ({ GrantToken: (await kms.call('CreateGrant', { KeyId, GranteePrincipal: BOB, Operations: ['Decrypt'] })).GrantToken }),
  };

  test.each(Object.keys(inputs))('%s would succeed, and changes nothing', async (operation) => {
    const input = await inputs[operation]();
    const grants = async () => (await kms.call('ListGrants', { KeyId })).Grants;
    const before = await grants();
    expect(await kms.refusal(operation, { ...input, DryRun: true })).toBe(WOULD);
    expect(await grants()).toEqual(before);
    await expect(kms.call(operation, { ...input, DryRun: false })).resolves.toBeDefined();
  });

  test('that would fail says why instead', async () => {
    expect(await kms.refusal('Decrypt', { KeyId, CiphertextBlob: bytes('nonsense'), DryRun: true })).toBe('InvalidCiphertextException');
    expect(await kms.refusal('Encrypt', { KeyId: signing, Plaintext: Message, DryRun: true })).toMatch(/^InvalidKeyUsageException/);
    const guarded = new TestKms(only());
    expect(await guarded.refusal('Encrypt', { KeyId: guarded.key(), Plaintext: Message, DryRun: true })).toMatch(/^AccessDeniedException/);
  });

  test('can leave the ciphertext aside, but only as a dry run', async () => {
    const DryRunModifiers = ['IGNORE_CIPHERTEXT'];
    expect(await kms.refusal('Decrypt', { KeyId, DryRun: true, DryRunModifiers })).toBe(WOULD);
    expect(await kms.refusal('ReEncrypt', { SourceKeyId: KeyId, DestinationKeyId: KeyId, DryRun: true, DryRunModifiers })).toBe(WOULD);
    expect(await kms.refusal('Decrypt', { KeyId, DryRunModifiers })).toMatch(/^ValidationException/);
  });
});
