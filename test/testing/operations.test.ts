import { createECDH, createHash, createPublicKey, verify } from 'node:crypto';
import { ownedBy, role } from './support/policies';
import type { Call } from './support/transports';
import { TRANSPORTS, destroyClients } from './support/transports';
import { startLocalKms } from '../../src/testing';
import type { LocalKms } from '../../src/testing';
import { OPERATION_NAMES } from '../../src/testing/engine';

const OWNER = role('Owner');
const DAY = 24 * 60 * 60 * 1000;
const context = { Project: 'SnowyPII' };
const plaintext = Buffer.from('a card number');

/** What the operations of one transport hand on to each other. */
interface Notes {
  readonly [name: string]: any;
}

type Check = (call: Call, notes: Notes, note: (notes: Notes) => void) => Promise<void>;

const bytes = (length: number) => expect.objectContaining({ length });
const aDate = expect.any(Date);

/** Every operation, in an order in which each finds what it needs. */
const CHECKS: readonly (readonly [string, Check])[] = [
  ['CreateKey', async (call, _, note) => {
    const { KeyMetadata } = await call('CreateKey', { Description: 'made here', Tags: [{ TagKey: 'team', TagValue: 'billing' }] });
    expect(KeyMetadata).toMatchObject({ KeyState: 'Enabled', Description: 'made here', CreationDate: aDate });
    note({ made: KeyMetadata.KeyId });
  }],
  ['DescribeKey', async (call) => {
    const { KeyMetadata } = await call('DescribeKey', { KeyId: 'alias/data' });
    expect(KeyMetadata).toMatchObject({ KeySpec: 'SYMMETRIC_DEFAULT', Enabled: true, CreationDate: aDate });
  }],
  ['ListKeys', async (call, { made }) => {
    const { Keys, Truncated } = await call('ListKeys', {});
    expect(Keys).toContainEqual(expect.objectContaining({ KeyId: made }));
    expect(Truncated).toBe(false);
  }],
  ['UpdateKeyDescription', async (call, { made }) => {
    await call('UpdateKeyDescription', { KeyId: made, Description: 'described anew' });
    expect(await call('DescribeKey', { KeyId: made })).toMatchObject({ KeyMetadata: { Description: 'described anew' } });
  }],
  ['Encrypt', async (call, _, note) => {
    const { CiphertextBlob, KeyId } = await call('Encrypt', { KeyId: 'alias/data', Plaintext: plaintext, EncryptionContext: context });
    expect(CiphertextBlob).toBeInstanceOf(Uint8Array);
    expect(KeyId).toMatch(/^arn:aws:kms:us-east-1:111122223333:key\//);
    note({ ciphertext: CiphertextBlob });
  }],
  ['Decrypt', async (call, { ciphertext }) => {
    const { Plaintext } = await call('Decrypt', { CiphertextBlob: ciphertext, EncryptionContext: context });
    expect(Buffer.from(Plaintext)).toEqual(plaintext);
    await expect(call('Decrypt', { CiphertextBlob: ciphertext })).rejects.toMatchObject({ name: 'InvalidCiphertextException' });
  }],
  ['ReEncrypt', async (call, { ciphertext }) => {
    const moved = await call('ReEncrypt', { CiphertextBlob: ciphertext, SourceEncryptionContext: context, DestinationKeyId: 'alias/data' });
    const { Plaintext } = await call('Decrypt', { CiphertextBlob: moved.CiphertextBlob });
    expect(Buffer.from(Plaintext)).toEqual(plaintext);
  }],
  ['GenerateDataKey', async (call) => {
    const { Plaintext, CiphertextBlob } = await call('GenerateDataKey', { KeyId: 'alias/data', KeySpec: 'AES_256', EncryptionContext: context });
    expect(Plaintext).toEqual(bytes(32));
    expect(Buffer.from((await call('Decrypt', { CiphertextBlob, EncryptionContext: context })).Plaintext)).toEqual(Buffer.from(Plaintext));
  }],
  ['GenerateDataKeyWithoutPlaintext', async (call) => {
    const reply = await call('GenerateDataKeyWithoutPlaintext', { KeyId: 'alias/data', NumberOfBytes: 64 });
    expect(reply).not.toHaveProperty('Plaintext');
    expect((await call('Decrypt', { CiphertextBlob: reply.CiphertextBlob })).Plaintext).toEqual(bytes(64));
  }],
  ['GenerateDataKeyPair', async (call) => {
    const pair = await call('GenerateDataKeyPair', { KeyId: 'alias/data', KeyPairSpec: 'ECC_NIST_P256' });
    expect(createPublicKey({ key: Buffer.from(pair.PublicKey), format: 'der', type: 'spki' }).asymmetricKeyType).toBe('ec');
    const { Plaintext } = await call('Decrypt', { CiphertextBlob: pair.PrivateKeyCiphertextBlob });
    expect(Buffer.from(Plaintext)).toEqual(Buffer.from(pair.PrivateKeyPlaintext));
  }],
  ['GenerateDataKeyPairWithoutPlaintext', async (call) => {
    const pair = await call('GenerateDataKeyPairWithoutPlaintext', { KeyId: 'alias/data', KeyPairSpec: 'ECC_NIST_P256' });
    expect(pair.PrivateKeyCiphertextBlob).toBeInstanceOf(Uint8Array);
    expect(pair).not.toHaveProperty('PrivateKeyPlaintext');
  }],
  ['GenerateRandom', async (call) => {
    const { Plaintext } = await call('GenerateRandom', { NumberOfBytes: 24 });
    expect(Plaintext).toEqual(bytes(24));
  }],
  ['Sign', async (call, _, note) => {
    const signed = await call('Sign', { KeyId: 'alias/sign', Message: plaintext, MessageType: 'RAW', SigningAlgorithm: 'ECDSA_SHA_256' });
    expect(signed).toMatchObject({ SigningAlgorithm: 'ECDSA_SHA_256', Signature: expect.any(Uint8Array) });
    note({ signature: signed.Signature });
  }],
  ['Verify', async (call, { signature }) => {
    const digest = createHash('sha256').update(plaintext).digest();
    const request = { KeyId: 'alias/sign', MessageType: 'DIGEST', SigningAlgorithm: 'ECDSA_SHA_256', Signature: signature };
    expect(await call('Verify', { ...request, Message: digest })).toMatchObject({ SignatureValid: true });
    await expect(call('Verify', { ...request, Message: Buffer.alloc(32) })).rejects.toMatchObject({ name: 'KMSInvalidSignatureException' });
  }],
  ['GetPublicKey', async (call, { signature }) => {
    const { PublicKey, KeyUsage, SigningAlgorithms } = await call('GetPublicKey', { KeyId: 'alias/sign' });
    expect({ KeyUsage, SigningAlgorithms }).toEqual({ KeyUsage: 'SIGN_VERIFY', SigningAlgorithms: ['ECDSA_SHA_256'] });
    const publicKey = createPublicKey({ key: Buffer.from(PublicKey), format: 'der', type: 'spki' });
    expect(verify('sha256', plaintext, publicKey, signature)).toBe(true);
  }],
  ['GenerateMac', async (call, _, note) => {
    const { Mac } = await call('GenerateMac', { KeyId: 'alias/mac', Message: plaintext, MacAlgorithm: 'HMAC_SHA_256' });
    expect(Mac).toEqual(bytes(32));
    note({ mac: Mac });
  }],
  ['VerifyMac', async (call, { mac }) => {
    const request = { KeyId: 'alias/mac', Message: plaintext, MacAlgorithm: 'HMAC_SHA_256' };
    expect(await call('VerifyMac', { ...request, Mac: mac })).toMatchObject({ MacValid: true });
    await expect(call('VerifyMac', { ...request, Mac: Buffer.alloc(32) })).rejects.toMatchObject({ name: 'KMSInvalidMacException' });
  }],
  ['DeriveSharedSecret', async (call) => {
    const { PublicKey } = await call('GetPublicKey', { KeyId: 'alias/agree' });
    const other = createECDH('prime256v1');
    other.generateKeys();
    const reply = await call('DeriveSharedSecret', { KeyId: 'alias/agree', KeyAgreementAlgorithm: 'ECDH', PublicKey: spkiOf(other.getPublicKey()) });
    const { x, y } = createPublicKey({ key: Buffer.from(PublicKey), format: 'der', type: 'spki' }).export({ format: 'jwk' });
    const point = Buffer.concat([Buffer.of(4), Buffer.from(x!, 'base64url'), Buffer.from(y!, 'base64url')]);
    expect(Buffer.from(reply.SharedSecret)).toEqual(other.computeSecret(point));
  }],
  ['CreateAlias', async (call, { made }) => {
    await call('CreateAlias', { AliasName: 'alias/made', TargetKeyId: made });
    expect(await call('DescribeKey', { KeyId: 'alias/made' })).toMatchObject({ KeyMetadata: { KeyId: made } });
  }],
  ['ListAliases', async (call, { made }) => {
    const { Aliases } = await call('ListAliases', { KeyId: made });
    expect(Aliases).toEqual([expect.objectContaining({ AliasName: 'alias/made', CreationDate: aDate, LastUpdatedDate: aDate })]);
  }],
  ['UpdateAlias', async (call, { made }) => {
    const { KeyMetadata: { KeyId } } = await call('DescribeKey', { KeyId: 'alias/data' });
    await call('UpdateAlias', { AliasName: 'alias/made', TargetKeyId: KeyId });
    expect(KeyId).not.toBe(made);
    expect(await call('DescribeKey', { KeyId: 'alias/made' })).toMatchObject({ KeyMetadata: { KeyId } });
  }],
  ['DeleteAlias', async (call) => {
    await call('DeleteAlias', { AliasName: 'alias/made' });
    await expect(call('DescribeKey', { KeyId: 'alias/made' })).rejects.toMatchObject({ name: 'NotFoundException' });
  }],
  ['EnableKeyRotation', async (call, { made }) => {
    await call('EnableKeyRotation', { KeyId: made, RotationPeriodInDays: 180 });
  }],
  ['GetKeyRotationStatus', async (call, { made }) => {
    const status = await call('GetKeyRotationStatus', { KeyId: made });
    expect(status).toMatchObject({ KeyRotationEnabled: true, RotationPeriodInDays: 180, NextRotationDate: aDate });
    expect(Math.abs(status.NextRotationDate.getTime() - Date.now() - 180 * DAY)).toBeLessThan(DAY);
  }],
  ['RotateKeyOnDemand', async (call, { made }) => {
    const { KeyId } = await call('RotateKeyOnDemand', { KeyId: made });
    expect(KeyId).toContain(made);
  }],
  ['ListKeyRotations', async (call, { made }) => {
    const { Rotations } = await call('ListKeyRotations', { KeyId: made });
    expect(Rotations).toEqual([expect.objectContaining({ RotationType: 'ON_DEMAND', RotationDate: aDate })]);
  }],
  ['DisableKeyRotation', async (call, { made }) => {
    await call('DisableKeyRotation', { KeyId: made });
    expect(await call('GetKeyRotationStatus', { KeyId: made })).toMatchObject({ KeyRotationEnabled: false });
  }],
  ['PutKeyPolicy', async (call, { made }) => {
    await call('PutKeyPolicy', { KeyId: made, Policy: JSON.stringify(ownedBy(OWNER)) });
  }],
  ['GetKeyPolicy', async (call, { made }) => {
    const { Policy, PolicyName } = await call('GetKeyPolicy', { KeyId: made });
    expect({ Policy: JSON.parse(Policy), PolicyName }).toEqual({ Policy: ownedBy(OWNER), PolicyName: 'default' });
  }],
  ['ListKeyPolicies', async (call, { made }) => {
    expect(await call('ListKeyPolicies', { KeyId: made })).toMatchObject({ PolicyNames: ['default'] });
  }],
  ['TagResource', async (call, { made }) => {
    await call('TagResource', { KeyId: made, Tags: [{ TagKey: 'stage', TagValue: 'prod' }] });
  }],
  ['ListResourceTags', async (call, { made }) => {
    const { Tags } = await call('ListResourceTags', { KeyId: made });
    expect(Tags).toEqual(expect.arrayContaining([{ TagKey: 'team', TagValue: 'billing' }, { TagKey: 'stage', TagValue: 'prod' }]));
  }],
  ['UntagResource', async (call, { made }) => {
    await call('UntagResource', { KeyId: made, TagKeys: ['team'] });
    expect(await call('ListResourceTags', { KeyId: made })).toMatchObject({ Tags: [{ TagKey: 'stage', TagValue: 'prod' }] });
  }],
  ['CreateGrant', async (call, _, note) => {
    const grant = await call('CreateGrant', { KeyId: (await data(call)).KeyId, GranteePrincipal: role('Guest'), Operations: ['Decrypt'] });
    expect(grant).toMatchObject({ GrantId: expect.any(String), GrantToken: expect.any(String) });
    note({ grantId: grant.GrantId });
  }],
  ['ListGrants', async (call, { grantId }) => {
    const { Grants } = await call('ListGrants', { KeyId: (await data(call)).KeyId });
    expect(Grants).toEqual([expect.objectContaining({ GrantId: grantId, GranteePrincipal: role('Guest'), Operations: ['Decrypt'], CreationDate: aDate })]);
  }],
  ['RevokeGrant', async (call, { grantId }) => {
    const { KeyId } = await data(call);
    await call('RevokeGrant', { KeyId, GrantId: grantId });
    expect(await call('ListGrants', { KeyId })).toMatchObject({ Grants: [] });
  }],
  ['ListRetirableGrants', async (call, _, note) => {
    const { GrantId } = await call('CreateGrant', {
      KeyId: (await data(call)).KeyId, GranteePrincipal: role('Guest'), RetiringPrincipal: OWNER, Operations: ['Decrypt'],
    });
    const { Grants } = await call('ListRetirableGrants', { RetiringPrincipal: OWNER });
    expect(Grants).toEqual([expect.objectContaining({ GrantId, CreationDate: aDate })]);
    note({ retirable: GrantId });
  }],
  ['RetireGrant', async (call, { retirable }) => {
    const { Arn } = await data(call);
    await call('RetireGrant', { KeyId: Arn, GrantId: retirable });
    expect(await call('ListGrants', { KeyId: Arn })).toMatchObject({ Grants: [] });
  }],
  ['DisableKey', async (call, { made }) => {
    await call('DisableKey', { KeyId: made });
    await expect(call('Encrypt', { KeyId: made, Plaintext: plaintext })).rejects.toMatchObject({ name: 'DisabledException' });
  }],
  ['EnableKey', async (call, { made }) => {
    await call('EnableKey', { KeyId: made });
    await expect(call('Encrypt', { KeyId: made, Plaintext: plaintext })).resolves.toHaveProperty('CiphertextBlob');
  }],
  ['ScheduleKeyDeletion', async (call, { made }) => {
    const { DeletionDate, KeyState } = await call('ScheduleKeyDeletion', { KeyId: made, PendingWindowInDays: 7 });
    expect({ DeletionDate, KeyState }).toEqual({ DeletionDate: aDate, KeyState: 'PendingDeletion' });
    await expect(call('Encrypt', { KeyId: made, Plaintext: plaintext })).rejects.toMatchObject({ name: 'KMSInvalidStateException' });
  }],
  ['CancelKeyDeletion', async (call, { made }) => {
    await call('CancelKeyDeletion', { KeyId: made });
    expect(await call('DescribeKey', { KeyId: made })).toMatchObject({ KeyMetadata: { KeyState: 'Disabled' } });
  }],
];

/** A point of P-256 as the public key that KMS takes: its SPKI in DER. */
function spkiOf(point: Buffer): Buffer {
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((coordinate) => coordinate.toString('base64url'));
  return createPublicKey({ key: { kty: 'EC', crv: 'P-256', x, y }, format: 'jwk' }).export({ format: 'der', type: 'spki' });
}

async function data(call: Call): Promise<{ KeyId: string; Arn: string }> {
  return (await call('DescribeKey', { KeyId: 'alias/data' })).KeyMetadata;
}

test('every operation of the engine is checked below', () => {
  expect(CHECKS.map(([operation]) => operation).sort()).toEqual([...OPERATION_NAMES].sort());
});

describe.each(TRANSPORTS)('by %s', (_name, transport) => {
  let local: LocalKms;
  let call: Call;
  const notes: Record<string, unknown> = {};

  beforeAll(async () => {
    local = await startLocalKms({
      keys: [
        { aliases: ['alias/data'], policy: ownedBy(OWNER) },
        { aliases: ['alias/sign'], spec: 'ECC_NIST_P256', usage: 'SIGN_VERIFY', policy: ownedBy(OWNER) },
        { aliases: ['alias/agree'], spec: 'ECC_NIST_P256', usage: 'KEY_AGREEMENT', policy: ownedBy(OWNER) },
        { aliases: ['alias/mac'], spec: 'HMAC_256', policy: ownedBy(OWNER) },
      ],
      principals: [role('Guest'), { arn: OWNER, managedPolicies: ['AdministratorAccess'] }],
    });
    call = transport(local, 'Owner');
  });

  afterAll(async () => {
    destroyClients();
    await local.stop();
  });

  test.each(CHECKS)('%s', async (operation, check) => {
    await check(call, notes, (more) => Object.assign(notes, more));
    expect([...local.requests].map((request) => request.operation)).toContain(operation);
  });
});
