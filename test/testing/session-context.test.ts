import { allow, ownedBy, role } from './support/policies';
import { TRANSPORTS, destroyClients } from './support/transports';
import type { PolicyStatement } from '../../src/authz';
import { startLocalKms } from '../../src/testing';
import type { LocalKms, SessionOptions } from '../../src/testing';

/** What a request carries of the session that makes it: what the local KMS knows of it, and what nobody tells. */

const USER = 'arn:aws:iam::111122223333:user/alice';
const input = { KeyId: 'alias/data', Plaintext: Buffer.from('x') };
const everyone = allow('Use', { AWS: [role('App'), USER] }, ['kms:Encrypt']);
const deny = (conditions: object) => ({ ...allow('No', '*', ['kms:Encrypt'], conditions), Effect: 'Deny' });
const running: LocalKms[] = [];

async function start(statements: object[], clock?: () => Date): Promise<LocalKms> {
  const local = await startLocalKms({ keys: [{ aliases: ['alias/data'], policy: ownedBy(role('Owner'), ...statements) }], principals: [role('App'), USER], ...(clock && { clock }) });
  running.push(local);
  return local;
}

afterEach(async () => {
  destroyClients();
  await Promise.all(running.splice(0).map((local) => local.stop()));
});

describe.each(TRANSPORTS)('by %s', (_, transport) => {
  const encrypts = (local: LocalKms, who: string, session?: SessionOptions): Promise<boolean> => transport(local, who, session)('Encrypt', input)
    .then(() => true, (error: Error) => {
      if (error.name !== 'AccessDeniedException') throw error;
      return false;
    });

  test('whether a role has come in with MFA nobody tells: a Deny acts, unless the session says so', async () => {
    const local = await start([everyone, deny({ Bool: { 'aws:MultiFactorAuthPresent': 'false' } })]);
    expect(await encrypts(local, 'App')).toBe(false);
    expect(await encrypts(local, 'App', { sessionName: 'mfa', conditionKeys: { 'aws:MultiFactorAuthPresent': 'true' } })).toBe(true);
    expect(await encrypts(local, 'alice')).toBe(true);
  });

  test('the credentials of a role have a time, those of a user have none', async () => {
    const local = await start([allow('Temporary', { AWS: [role('App'), USER] }, ['kms:Encrypt'], { Null: { 'aws:TokenIssueTime': 'false' } })]);
    expect(await encrypts(local, 'App')).toBe(true);
    expect(await encrypts(local, 'alice')).toBe(false);
  });

  test('sessions from before a time can be revoked', async () => {
    let now = new Date('2026-06-30T11:00:00Z');
    const local = await start([everyone, deny({ DateLessThan: { 'aws:TokenIssueTime': '2026-06-30T12:00:00Z' } })], () => now);
    expect(await encrypts(local, 'App', { sessionName: 'old' })).toBe(false);
    now = new Date('2026-06-30T12:30:00Z');
    expect(await encrypts(local, 'App', { sessionName: 'old' })).toBe(false);
    expect(await encrypts(local, 'App', { sessionName: 'new' })).toBe(true);
    expect(await encrypts(local, 'alice')).toBe(true);
  });

  test('through a VPC endpoint there is no address', async () => {
    const local = await start([allow('Inside', { AWS: role('App') }, ['kms:Encrypt'], { Null: { 'aws:SourceIp': 'true' }, StringEquals: { 'aws:SourceVpce': 'vpce-1' } })]);
    expect(await encrypts(local, 'App')).toBe(false);
    expect(await encrypts(local, 'App', { conditionKeys: { 'aws:SourceVpce': 'vpce-1' } })).toBe(true);
  });

  test('the unique id of a role nobody knows: a Deny by it acts', async () => {
    const local = await start([everyone, deny({ StringNotLike: { 'aws:userid': 'AROADBQP57FF2AEXAMPLE:*' } })]);
    expect(await encrypts(local, 'App')).toBe(false);
    expect(await encrypts(local, 'App', { conditionKeys: { 'aws:userid': 'AROADBQP57FF2AEXAMPLE:local' } })).toBe(true);
  });
});

test('over HTTP the client says what it is', async () => {
  const local = await start([allow('Sdk', { AWS: role('App') }, ['kms:Encrypt'], { StringLike: { 'aws:UserAgent': 'aws-sdk-js/*' } })]);
  const [[, overHttp]] = TRANSPORTS.filter(([name]) => name !== 'in process');
  await expect(overHttp(local, 'App')('Encrypt', input)).resolves.toHaveProperty('KeyId');
  await expect(local.port('App').encrypt(input)).rejects.toMatchObject({ name: 'AccessDeniedException' });
});

test('what IAM says of another service knows the time and the Region', async () => {
  const policy = (Condition: object) => ({ Version: '2012-10-17', Statement: { Effect: 'Allow', Action: 's3:GetObject', Resource: '*', Condition } as PolicyStatement });
  const policies = [policy({ DateLessThan: { 'aws:CurrentTime': '2027-01-01T00:00:00Z' }, StringEquals: { 'aws:RequestedRegion': 'eu-west-1' } })];
  const local = await startLocalKms({ region: 'eu-west-1', principals: [{ arn: role('App'), policies }], clock: () => new Date('2026-06-30T12:00:00Z') });
  running.push(local);
  expect(local.iamDecision('App', 's3:GetObject', 'arn:aws:s3:::invoices/1').allowed).toBe(true);
  expect(local.iamDecision('App', 's3:GetObject', 'arn:aws:s3:us-west-2:111122223333:accesspoint/x').allowed).toBe(false);
});
