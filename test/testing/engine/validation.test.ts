import { BOB, TestKms, bytes, only } from './kms';
import { KmsException, OPERATION_NAMES, inputShapeOf } from '../../../src/testing/engine';

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
    ['null in a map', 'Encrypt', { KeyId, Plaintext: bytes('x'), EncryptionContext: { tenant: null, stage: 'b' } },
      one('encryptionContext', `Map value must satisfy constraint: [${NOT_NULL}]`, "'{tenant=null, stage=b}'")],
    ['nothing at all in a map', 'Encrypt', { KeyId, Plaintext: bytes('x'), EncryptionContext: { tenant: undefined } },
      one('encryptionContext', `Map value must satisfy constraint: [${NOT_NULL}]`, "'{tenant=undefined}'")],
    ['null in a map of a structure', 'CreateGrant', { KeyId, GranteePrincipal: BOB, Operations: ['Decrypt'], Constraints: { EncryptionContextSubset: { tenant: null } } },
      one('constraints.encryptionContextSubset', `Map value must satisfy constraint: [${NOT_NULL}]`, "'{tenant=null}'")],
    ['null in a list', 'UntagResource', { KeyId, TagKeys: ['team', null] }, one('tagKeys',
      `Member must satisfy constraint: [Member must have length less than or equal to 128, Member must have length greater than or equal to 1, ${NOT_NULL}]`, "'[team, null]'")],
    ['null in a list of structures', 'TagResource', { KeyId, Tags: [{ TagKey: 'team', TagValue: 'a' }, null] }, one('tags.2.member', NOT_NULL, 'null')],
    ['a member of a structure in a list left out', 'TagResource', { KeyId, Tags: [{ TagKey: 'team' }] }, one('tags.1.member.tagValue', NOT_NULL, 'null')],
    ['an element of a list that is too long', 'Decrypt', { CiphertextBlob: bytes('x'), GrantTokens: ['', 'b'] }, one('grantTokens',
      'Member must satisfy constraint: [Member must have length less than or equal to 8192, Member must have length greater than or equal to 1]', "'[, b]'")],
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
    ['a number in a list', 'UntagResource', { KeyId, TagKeys: [1] }],
    ['a list in a list, however deep', 'Encrypt', { KeyId, Plaintext: bytes('x'), GrantTokens: JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`) }],
    ['a number in a structure of a list', 'TagResource', { KeyId, Tags: [{ TagKey: 'team', TagValue: 1 }] }],
    ['a Map, which would pass for an empty context', 'Encrypt', { KeyId, Plaintext: bytes('x'), EncryptionContext: new Map([['tenant', 'a']]) }],
    ['a string for the bytes of a structure', 'Decrypt', { CiphertextBlob: bytes('x'), Recipient: { AttestationDocument: 'x' } }],
    ['a string for a structure', 'CreateGrant', { KeyId, GranteePrincipal: BOB, Operations: ['Decrypt'], Constraints: 'none' }],
  ])('%s is no input at all', async (_, operation, input) => {
    expect(await kms.refusal(operation, input)).toMatch(/^SerializationException/);
  });

  test.each([null, undefined, 'text', 7, ['KeyId']])('%p is no input at all', async (input) => {
    await expect(kms.engine.call('ListKeys', input as never, { principal: BOB })).rejects.toMatchObject({ name: 'SerializationException', statusCode: 400 });
  });

  test('a member that is null is as if it were not there, for conditions too', async () => {
    await kms.call('CreateKey', { Origin: null, KeySpec: null, Tags: null, Policy: null, MultiRegion: null });
    expect(kms.asked.at(-1)?.conditionKeys).toMatchObject({ 'kms:KeyOrigin': 'AWS_KMS', 'kms:KeySpec': 'SYMMETRIC_DEFAULT', 'kms:MultiRegion': 'false' });
  });

  test('members that KMS does not know are ignored', async () => {
    expect(await kms.call('DescribeKey', { KeyId, Nonsense: true })).toHaveProperty('KeyMetadata');
  });
});

test.each(['DeriveNothing', 'constructor', '__proto__', 'encrypt'])('%s is no operation', async (operation) => {
  expect(await kms.refusal(operation)).toBe('UnknownOperationException');
});

test('the operations and the types of their members are told to those who serve them', () => {
  expect(OPERATION_NAMES).toEqual(expect.arrayContaining(['Encrypt', 'Sign', 'CreateGrant', 'GenerateRandom']));
  expect(inputShapeOf('Verify')).toMatchObject({ KeyId: { type: 'string' }, Signature: { type: 'blob' } });
  expect(inputShapeOf('nothing')).toEqual({});
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
