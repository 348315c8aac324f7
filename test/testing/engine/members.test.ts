import {
  CustomerMasterKeySpec, DataKeyPairSpec, DataKeySpec, DryRunModifierType, EncryptionAlgorithmSpec, GrantOperation, IncludeKeyMaterial,
  KeyAgreementAlgorithmSpec, KeyEncryptionMechanism, KeySpec, KeyUsageType, MacAlgorithmSpec, MessageType, OriginType, SigningAlgorithmSpec,
} from '@aws-sdk/client-kms';
import { TestKms } from './kms';
import { OPERATION_NAMES, inputShapeOf } from '../../../src/testing/engine';

/**
 * Every member of every operation, with the lengths, patterns and values that KMS's service model gives it.
 * Source: the KMS service model (kms-2014-11-01), input shapes; the values of enumerations from the SDK that is made from it.
 */

/** A kind of member: how long it is, in characters, bytes or as a number, a text that its pattern refuses, and one that all takes. */
interface Kind {
  readonly min?: number;
  readonly max?: number;
  readonly bytes?: true;
  readonly number?: true;
  readonly pattern?: string;
  readonly refused?: readonly string[];
  /** Right in everything; padded with its last character to reach a length. */
  readonly right?: string;
  readonly values?: object;
}

const KINDS = {
  KeyId: { min: 1, max: 2048 },
  AliasName: { min: 1, max: 256, pattern: '^[a-zA-Z0-9:/_-]+$', refused: ['alias/a.b', 'alias/ä', 'alias/a\n'] },
  Principal: { min: 1, max: 256, pattern: '^[\\w+=,.@:/-]+$', refused: ['arn:aws:iam::111122223333:role/*', 'a b', 'ä'] },
  ServicePrincipal: {
    min: 1,
    max: 128,
    pattern: '^([A-Za-z0-9\\-]+)\\.([A-Za-z0-9\\-]+)(\\.[A-Za-z0-9\\-]+)+$',
    refused: ['logs', 'logs.com', '.logs.amazonaws.com', 'arn:aws:iam::1:role/a'],
    right: 'logs.amazonaws.com',
  },
  GrantToken: { min: 1, max: 8192 },
  GrantId: { min: 1, max: 128 },
  GrantName: { min: 1, max: 256, pattern: '^[a-zA-Z0-9:/_-]+$', refused: ['a b', 'a.b'] },
  SourceArn: {
    min: 20,
    max: 512,
    pattern: '^arn:aws[a-z0-9-]*:[a-z0-9-]+:[a-z0-9-]*:[0-9]{12}:.+$',
    refused: ['arn:aws:s3:::a-bucket-with-a-name', 'arn:other:sns:us-east-1:111122223333:t'],
    right: 'arn:aws:sns:us-east-1:111122223333:t',
  },
  Policy: { min: 1, max: 131_072, pattern: '[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+', refused: ['{"Sid":"\u0100"}', '{\u0000}'] },
  PolicyName: { min: 1, max: 128, pattern: '[\\w]+', refused: ['de-fault', 'default '] },
  Description: { max: 8192 },
  CustomKeyStoreId: { min: 1, max: 64 },
  XksKeyId: { min: 1, max: 128, pattern: '^[a-zA-Z0-9-_.]+$', refused: ['a b', 'a/b'] },
  Marker: { min: 1, max: 1024, pattern: '[\\u0020-\\u00FF]*', refused: ['\u0100', 'a\n'] },
  Limit: { min: 1, max: 1000, number: true },
  NumberOfBytes: { min: 1, max: 1024, number: true },
  RotationPeriod: { min: 90, max: 2560, number: true },
  // The model has 1 to 365; "between 7 and 30, inclusive" (KMS API Reference, ScheduleKeyDeletion) is what it takes.
  PendingWindow: { min: 7, max: 30, number: true },
  Ciphertext: { min: 1, max: 6144, bytes: true },
  Plaintext: { min: 1, max: 4096, bytes: true },
  PublicKey: { min: 1, max: 8192, bytes: true },
  Attestation: { min: 1, max: 262_144, bytes: true },
  TagKey: { min: 1, max: 128 },
  TagValue: { max: 256 },
  CustomerMasterKeySpec: { values: CustomerMasterKeySpec },
  DataKeyPairSpec: { values: DataKeyPairSpec },
  DataKeySpec: { values: DataKeySpec },
  DryRunModifier: { values: DryRunModifierType },
  EncryptionAlgorithm: { values: EncryptionAlgorithmSpec },
  GrantOperation: { values: GrantOperation },
  IncludeKeyMaterial: { values: IncludeKeyMaterial },
  KeyAgreementAlgorithm: { values: KeyAgreementAlgorithmSpec },
  KeyEncryption: { values: KeyEncryptionMechanism },
  KeySpec: { values: KeySpec },
  KeyUsage: { values: KeyUsageType },
  MacAlgorithm: { values: MacAlgorithmSpec },
  MessageType: { values: MessageType },
  Origin: { values: OriginType },
  SigningAlgorithm: { values: SigningAlgorithmSpec },
  Flag: {},
  Context: {},
} as const satisfies Record<string, Kind>;

type KindName = keyof typeof KINDS;
type Row = Readonly<Record<string, KindName>>;

/** Members that operations share. `*` marks those that must be there, a number in brackets how many a list takes, a dot a member of a structure. */
const KEY: Row = { '*KeyId': 'KeyId' };
const DRY: Row = { 'GrantTokens[10]': 'GrantToken', 'DryRun': 'Flag' };
const RECIPIENT: Row = { 'Recipient.KeyEncryptionAlgorithm': 'KeyEncryption', 'Recipient.AttestationDocument': 'Attestation' };
const PAGE: Row = { Limit: 'Limit', Marker: 'Marker' };
const TAGS = { key: 'TagKey', value: 'TagValue' } as const;
const DATA_KEY: Row = { ...KEY, EncryptionContext: 'Context', NumberOfBytes: 'NumberOfBytes', KeySpec: 'DataKeySpec', ...DRY };
const KEY_PAIR: Row = { ...KEY, 'EncryptionContext': 'Context', '*KeyPairSpec': 'DataKeyPairSpec', ...DRY };
const SIGNING: Row = { ...KEY, '*Message': 'Plaintext', 'MessageType': 'MessageType', '*SigningAlgorithm': 'SigningAlgorithm', ...DRY };
const MAC: Row = { ...KEY, '*Message': 'Plaintext', '*MacAlgorithm': 'MacAlgorithm', ...DRY };

const MEMBERS: Readonly<Record<string, Row>> = {
  CreateKey: {
    'Policy': 'Policy',
    'Description': 'Description',
    'KeyUsage': 'KeyUsage',
    'CustomerMasterKeySpec': 'CustomerMasterKeySpec',
    'KeySpec': 'KeySpec',
    'Origin': 'Origin',
    'CustomKeyStoreId': 'CustomKeyStoreId',
    'BypassPolicyLockoutSafetyCheck': 'Flag',
    'Tags[].*TagKey': TAGS.key,
    'Tags[].*TagValue': TAGS.value,
    'MultiRegion': 'Flag',
    'XksKeyId': 'XksKeyId',
  },
  DescribeKey: { ...KEY, 'GrantTokens[10]': 'GrantToken' },
  ListKeys: PAGE,
  UpdateKeyDescription: { ...KEY, '*Description': 'Description' },
  Encrypt: { ...KEY, '*Plaintext': 'Plaintext', 'EncryptionContext': 'Context', ...DRY, 'EncryptionAlgorithm': 'EncryptionAlgorithm' },
  Decrypt: {
    'CiphertextBlob': 'Ciphertext', 'EncryptionContext': 'Context', 'KeyId': 'KeyId', 'EncryptionAlgorithm': 'EncryptionAlgorithm', ...RECIPIENT, ...DRY, 'DryRunModifiers[]': 'DryRunModifier',
  },
  ReEncrypt: {
    'CiphertextBlob': 'Ciphertext',
    'SourceEncryptionContext': 'Context',
    'SourceKeyId': 'KeyId',
    '*DestinationKeyId': 'KeyId',
    'DestinationEncryptionContext': 'Context',
    'SourceEncryptionAlgorithm': 'EncryptionAlgorithm',
    'DestinationEncryptionAlgorithm': 'EncryptionAlgorithm',
    ...DRY,
    'DryRunModifiers[]': 'DryRunModifier',
  },
  GenerateDataKey: { ...DATA_KEY, ...RECIPIENT },
  GenerateDataKeyWithoutPlaintext: DATA_KEY,
  GenerateDataKeyPair: { ...KEY_PAIR, ...RECIPIENT },
  GenerateDataKeyPairWithoutPlaintext: KEY_PAIR,
  GenerateRandom: { NumberOfBytes: 'NumberOfBytes', CustomKeyStoreId: 'CustomKeyStoreId', ...RECIPIENT },
  Sign: SIGNING,
  Verify: { ...SIGNING, '*Signature': 'Ciphertext' },
  GetPublicKey: { ...KEY, 'GrantTokens[10]': 'GrantToken' },
  GenerateMac: MAC,
  VerifyMac: { ...MAC, '*Mac': 'Ciphertext' },
  DeriveSharedSecret: { ...KEY, '*KeyAgreementAlgorithm': 'KeyAgreementAlgorithm', '*PublicKey': 'PublicKey', ...DRY, ...RECIPIENT },
  CreateAlias: { '*AliasName': 'AliasName', '*TargetKeyId': 'KeyId' },
  UpdateAlias: { '*AliasName': 'AliasName', '*TargetKeyId': 'KeyId' },
  DeleteAlias: { '*AliasName': 'AliasName' },
  ListAliases: { KeyId: 'KeyId', ...PAGE },
  EnableKey: KEY,
  DisableKey: KEY,
  ScheduleKeyDeletion: { ...KEY, PendingWindowInDays: 'PendingWindow' },
  CancelKeyDeletion: KEY,
  EnableKeyRotation: { ...KEY, RotationPeriodInDays: 'RotationPeriod' },
  DisableKeyRotation: KEY,
  GetKeyRotationStatus: KEY,
  RotateKeyOnDemand: KEY,
  ListKeyRotations: { ...KEY, IncludeKeyMaterial: 'IncludeKeyMaterial', ...PAGE },
  PutKeyPolicy: { ...KEY, 'PolicyName': 'PolicyName', '*Policy': 'Policy', 'BypassPolicyLockoutSafetyCheck': 'Flag' },
  GetKeyPolicy: { ...KEY, PolicyName: 'PolicyName' },
  ListKeyPolicies: { ...KEY, ...PAGE },
  TagResource: { ...KEY, '*Tags[].*TagKey': TAGS.key, '*Tags[].*TagValue': TAGS.value },
  UntagResource: { ...KEY, '*TagKeys[]': 'TagKey' },
  ListResourceTags: { ...KEY, ...PAGE },
  CreateGrant: {
    ...KEY,
    'GranteePrincipal': 'Principal',
    'RetiringPrincipal': 'Principal',
    '*Operations[]': 'GrantOperation',
    'Constraints.EncryptionContextSubset': 'Context',
    'Constraints.EncryptionContextEquals': 'Context',
    'Constraints.SourceArn': 'SourceArn',
    'Name': 'GrantName',
    'GranteeServicePrincipal': 'ServicePrincipal',
    'RetiringServicePrincipal': 'ServicePrincipal',
    ...DRY,
  },
  RevokeGrant: { ...KEY, '*GrantId': 'GrantId', 'DryRun': 'Flag' },
  RetireGrant: { GrantToken: 'GrantToken', KeyId: 'KeyId', GrantId: 'GrantId', DryRun: 'Flag' },
  ListGrants: { ...KEY, GrantId: 'GrantId', GranteePrincipal: 'Principal', GranteeServicePrincipal: 'ServicePrincipal', ...PAGE },
  ListRetirableGrants: { RetiringPrincipal: 'Principal', RetiringServicePrincipal: 'ServicePrincipal', ...PAGE },
};

const kms = new TestKms();

/** What the answer says of one member: nothing, if nothing is wrong with it. Other members are missing, and said to be. */
async function saidOf(operation: string, path: string, value: unknown): Promise<string[]> {
  const message: string = await kms.call(operation, inputWith(path, value)).then(() => '', (error: Error) => (error.name === 'ValidationException' ? error.message : ''));
  const at = path.replace(/\*|\[\d*\]$/g, '').replace('[]', '.1.member').split('.').map((name) => name[0].toLowerCase() + name.slice(1)).join('.');
  return message.replace(/^\d+ validation errors? detected: /, '').split(/; (?=Value )/).filter((part) => part.includes(` at '${at}' `))
    .map((part) => part.slice(part.indexOf('constraint: ') + 'constraint: '.length));
}

function inputWith(path: string, value: unknown): Record<string, unknown> {
  const [first, second] = path.replace(/\*/g, '').split('.');
  const member = second === undefined ? value : { [second]: value };
  return { [first.replace(/\[\d*\]$/, '')]: /\[\d*\]$/.test(first) ? [member] : member };
}

const sized = ({ bytes, number, right = 'a' }: Kind, size: number): unknown => {
  if (number) return size;
  return bytes ? Buffer.alloc(size) : right.slice(0, size).padEnd(size, right.at(-1));
};

const words = (kind: Kind, which: 'less' | 'greater', limit: number) => `Member must have ${kind.number ? 'value' : 'length'} ${which} than or equal to ${limit}`;

test('the table has every member of every operation, and no other', () => {
  const nameOf = (path: string) => path.replace(/[*]|\[.*|\..*/g, '');
  const namesIn = (row: Row) => [...new Set(Object.keys(row).map(nameOf))].sort();
  const listed = Object.fromEntries(Object.entries(MEMBERS).map(([operation, row]) => [operation, namesIn(row)]));
  expect(listed).toEqual(Object.fromEntries(OPERATION_NAMES.map((operation) => [operation, Object.keys(inputShapeOf(operation)).sort()])));
});

describe.each(Object.entries(MEMBERS))('%s', (operation, row) => {
  test.each(Object.entries(row))('%s is as %s', async (path, kindName) => {
    const kind: Kind = KINDS[kindName];
    const isElement = path.endsWith(']');
    const mustBeThere = isElement || path.slice(path.lastIndexOf('.') + 1).startsWith('*');
    expect(await saidOf(operation, path, null)).toEqual(mustBeThere ? [expect.stringContaining('Member must not be null')] : []);
    for (const value of Object.values(kind.values ?? {})) expect(await saidOf(operation, path, value)).toEqual([]);
    const refusals: [unknown, string][] = [
      ...(kind.values ? [['NONE', 'Member must satisfy enum value set: ['] as [unknown, string]] : []),
      ...(kind.max === undefined ? [] : [[sized(kind, kind.max + 1), words(kind, 'less', kind.max)] as [unknown, string]]),
      ...(kind.min === undefined ? [] : [[sized(kind, kind.min - 1), words(kind, 'greater', kind.min)] as [unknown, string]]),
      ...(kind.refused ?? []).map((text): [unknown, string] => [text, `Member must satisfy regular expression pattern: ${kind.pattern}`]),
    ];
    for (const [value, said] of refusals) {
      expect({ value, said: await saidOf(operation, path, value) }).toEqual({ value, said: expect.arrayContaining([expect.stringContaining(said)]) });
    }
    if (kind.max !== undefined) expect(await saidOf(operation, path, sized(kind, kind.max))).toEqual([]);
    if (kind.min !== undefined && !kind.pattern) expect(await saidOf(operation, path, sized(kind, kind.min))).toEqual([]);
  });
});

const paths = Object.entries(MEMBERS).flatMap(([operation, row]) => Object.keys(row).map((path) => [operation, path] as const));

test.each(paths.filter(([, path]) => path.startsWith('*')))('%s: %s must be there', async (operation, path) => {
  const member = `${path[1].toLowerCase()}${path.slice(2).replace(/\[.*/, '')}`;
  expect(await kms.refusal(operation, {})).toContain(`Value null at '${member}' failed to satisfy constraint: Member must not be null`);
});

test.each(paths.filter(([, path]) => /\[\d+\]/.test(path)))('%s: %s is no longer than that', async (operation, path) => {
  const [, name, most] = /^(\w+)\[(\d+)\]/.exec(path)!;
  const list = (length: number) => kms.refusal(operation, { [name]: Array(length).fill('a') });
  const tooLong = `Member must have length less than or equal to ${most}`;
  expect(await list(Number(most) + 1)).toContain(tooLong);
  expect(await list(Number(most))).not.toContain(tooLong);
});
