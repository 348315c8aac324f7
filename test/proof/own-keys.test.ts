import { DEPLOYER, ownKeys } from './support/own-keys';
import { can, deadStatements, nobodyCanBoth, nobodyExcept, requiresContext } from '../../src/proof';
import type { KeyWorld } from '../../src/proof';

/** What this library promises of its keys, proved; each claim with the request that shows that the key is of use. */

const own = ownKeys();
const [reader, writer, signer, verifier] = ['Reader', 'Writer', 'Signer', 'Verifier'].map((name) => own.roleNamed(name));
const { direct, tenants, served, shared, signing, client } = own.keys;
const CONTEXT = { Project: 'Orders', tenant: 't1' };
const s3 = (bucket: string) => ({ viaService: 's3.eu-west-1.amazonaws.com', encryptionContext: { 'aws:s3:arn': `arn:aws:s3:::${bucket}` } });
const bucketOf = (logicalIdStart: string) => {
  const bucket = own.deployment.resources('AWS::S3::Bucket').find(({ logicalId }) => logicalId.startsWith(logicalIdStart))!;
  return own.deployment.physicalId(bucket.stack, bucket.logicalId)!;
};

describe('nobody but who was granted it', () => {
  test.each<[string, KeyWorld, string[], string[], object]>([
    ['decrypts directly', direct, [reader], ['kms:Decrypt', 'kms:ReEncryptFrom'], { conditionKeys: { 'kms:EncryptionAlgorithm': 'SYMMETRIC_DEFAULT' } }],
    ['decrypts under a context', tenants, [reader], ['kms:Decrypt', 'kms:ReEncryptFrom'], { encryptionContext: CONTEXT }],
    ['decrypts through S3', served, [reader, writer], ['kms:Decrypt', 'kms:ReEncryptFrom'], s3(`${bucketOf('Bucket')}`)],
    ['signs', signing, [signer], ['kms:Sign'], { conditionKeys: { 'kms:SigningAlgorithm': 'ECDSA_SHA_256', 'kms:MessageType': 'DIGEST' } }],
    ['verifies', signing, [verifier], ['kms:Verify'], { conditionKeys: { 'kms:SigningAlgorithm': 'ECDSA_SHA_256', 'kms:MessageType': 'DIGEST' } }],
    ['decrypts what clients encrypted', client, [reader], ['kms:Decrypt'], { conditionKeys: { 'kms:EncryptionAlgorithm': 'RSAES_OAEP_SHA_256' } }],
  ])('%s', (_, at, granted, actions, request) => {
    const proof = nobodyExcept(at, granted, actions);
    expect([proof.verdict, proof.escalation.verdict, proof.because]).toEqual(['holds', 'holds', undefined]);
    expect(can(at, { principal: granted[0], action: actions[0], ...request }).verdict).toBe('holds');
    expect(nobodyExcept(at, [], actions)).toMatchObject({ verdict: 'fails', counterexample: { request: { principal: expect.stringContaining('role/') } } });
  });

  test('and services do, that the key serves', () => {
    const logs = 'logs.eu-west-1.amazonaws.com';
    expect(nobodyExcept(shared, [reader, writer], ['kms:Decrypt'])).toMatchObject({ verdict: 'fails', counterexample: { request: { principal: logs } } });
    expect(nobodyExcept(shared, [reader, writer, logs], ['kms:Decrypt']).verdict).toBe('holds');
  });
});

describe('the encryption context', () => {
  test.each<[string, KeyWorld, string[], string[] | Record<string, string>]>([
    ['of tenants has both pairs', tenants, ['kms:Decrypt', 'kms:Encrypt', 'kms:GenerateDataKey*'], ['Project', 'tenant']],
    ['of tenants has the value that was set', tenants, ['kms:Decrypt', 'kms:Encrypt', 'kms:GenerateDataKey*'], { Project: 'Orders' }],
    ['through S3 names the bucket', served, ['kms:Decrypt', 'kms:GenerateDataKey'], ['aws:s3:arn']],
  ])('%s', (_, at, actions, context) => {
    const proof = requiresContext(at, actions, context);
    expect([proof.verdict, proof.escalation.verdict, proof.because]).toEqual(['holds', 'holds', undefined]);
  });

  test.each<[string, KeyWorld, string[] | Record<string, string>]>([
    ['of a key without a contract', direct, ['tenant']],
    ['of another tenant', tenants, { tenant: 't1' }],
    ['of another bucket', served, { 'aws:s3:arn': 'arn:aws:s3:::other' }],
  ])('is not bound to the pair %s', (_, at, context) => expect(requiresContext(at, ['kms:Decrypt'], context).verdict).toBe('fails'));
});

test.each(Object.entries(own.keys))('nobody both changes the policy and uses the key: %s', (_, at) => {
  const proof = nobodyCanBoth(at, ['kms:PutKeyPolicy', 'kms:CreateGrant'], ['kms:Decrypt', 'kms:ReEncryptFrom', 'kms:Sign']);
  expect([proof.verdict, proof.because]).toEqual(['holds', undefined]);
  expect(can(at, { principal: DEPLOYER, action: 'kms:PutKeyPolicy' }).verdict).toBe('holds');
});

test.each(Object.entries(own.keys))('no statement is dead: %s', (_, at) => expect(deadStatements(at)).toEqual([]));
