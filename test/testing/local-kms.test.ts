import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { KMS } from '@aws-sdk/client-kms';
import { allow, ownedBy, role } from './support/policies';
import { headersOf, send, sign } from './support/raw';
import { SHOP } from './support/template';
import { TRANSPORTS, destroyClients, sdkClient } from './support/transports';
import type { KmsPort } from '../../src/runtime';
import { startLocalKms } from '../../src/testing';
import type { LocalKms, LocalPrincipal } from '../../src/testing';

const OWNER = role('Owner');
const DENIED = { name: 'AccessDeniedException' };
const DAY = 24 * 60 * 60 * 1000;
const running: LocalKms[] = [];

async function start(options: Parameters<typeof startLocalKms>[0]): Promise<LocalKms> {
  const local = await startLocalKms(options);
  running.push(local);
  return local;
}

afterEach(async () => {
  destroyClients();
  await Promise.all(running.splice(0).map((local) => local.stop()));
});

describe('what it is started from', () => {
  test('nothing: it answers, and nobody may come in', async () => {
    const local = await start({});
    expect(local.keyArns).toEqual([]);
    expect((await send({ endpoint: local.endpoint, headers: headersOf('ListKeys'), body: '{}' })).status).toBe(400);
  });

  test('a template: keys, aliases and roles under all their names', async () => {
    const local = await start({ template: SHOP });
    const [arn] = local.keyArns;
    for (const name of ['Key', 'Stack.Key', 'Shop/Key', 'Shop/Key/Resource', 'alias/shop', arn, arn.split('/')[1]]) expect(local.keyArn(name)).toBe(arn);
    await expect(local.port('Shop/Deployer/Role').call('GetKeyPolicy', { KeyId: arn })).resolves.toHaveProperty('Policy');
  });

  test('the file of a template', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'local-kms-'));
    const file = join(directory, 'Shop.template.json');
    writeFileSync(file, JSON.stringify(SHOP));
    expect((await start({ template: file })).keyArns).toHaveLength(2);
    writeFileSync(file, 'Resources: {}');
    await expect(startLocalKms({ template: file })).rejects.toThrow(`${file} is not a CloudFormation template in JSON`);
    await expect(startLocalKms({ assembly: directory })).rejects.toThrow('is no cloud assembly');
    rmSync(directory, { recursive: true });
  });

  test('an assembly of two stacks in two Regions, with the role that deploys them', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'local-kms-'));
    const deployer = 'arn:aws:iam::${AWS::AccountId}:role/cdk-exec';
    const stack = (name: string, region: string) => {
      const Resources = { Key: { Type: 'AWS::KMS::Key', Properties: { KeyPolicy: ownedBy('arn:aws:iam::111122223333:role/cdk-exec') } } };
      writeFileSync(join(directory, `${name}.template.json`), JSON.stringify({ Resources }));
      const properties = { templateFile: `${name}.template.json`, cloudFormationExecutionRoleArn: deployer };
      return { type: 'aws:cloudformation:stack', environment: `aws://111122223333/${region}`, properties };
    };
    const artifacts = { Here: stack('Here', 'eu-west-1'), There: stack('There', 'us-west-2') };
    writeFileSync(join(directory, 'manifest.json'), JSON.stringify({ version: '54.0.0', artifacts }));
    const local = await start({ assembly: directory });
    expect(local.region).toBe('eu-west-1');
    await sdkClient(local, 'deployer').describeKey({ KeyId: local.keyArn('Here.Key') });
    await sdkClient(local, 'deployer', { region: 'us-west-2' }).describeKey({ KeyId: local.keyArn('There.Key') });
    expect(() => local.keyArn('Key')).toThrow(/'Key' could be .*eu-west-1.*us-west-2.*: use the ARN/);
    rmSync(directory, { recursive: true });
  });

  test('keys without a policy are left to IAM, as CreateKey does', async () => {
    const local = await start({
      keys: [{ aliases: ['alias/plain'] }],
      principals: [role('Nobody'), {
        arn: OWNER, policies: [{ Version: '2012-10-17', Statement: { Effect: 'Allow', Action: 'kms:Encrypt', Resource: '*' } }],
      }],
    });
    const input = { KeyId: 'alias/plain', Plaintext: Buffer.from('x') };
    await expect(local.port('Owner').encrypt(input)).resolves.toHaveProperty('CiphertextBlob');
    await expect(local.port('Nobody').encrypt(input)).rejects.toMatchObject(DENIED);
  });

  test('parameters of the template', async () => {
    const template = {
      Parameters: { Partner: { Type: 'String' } },
      Resources: { Key: { Type: 'AWS::KMS::Key', Properties: { KeyPolicy: ownedBy(OWNER, allow('Partner', { AWS: { Ref: 'Partner' } }, ['kms:Encrypt'])) } } },
    };
    const partner = role('Partner');
    const local = await start({ template, parameters: { Partner: partner }, principals: [partner] });
    await expect(local.port('Partner').encrypt({ KeyId: local.keyArn('Key'), Plaintext: Buffer.from('x') })).resolves.toHaveProperty('CiphertextBlob');
  });

  test('a key and its replica: each opens what the other has sealed, under a policy of its own', async () => {
    const keyId = `mrk-${'0123456789abcdef'.repeat(2)}`;
    const related = { keyId, multiRegion: true, aliases: ['alias/data'] };
    const local = await start({
      keys: [
        { ...related, region: 'eu-west-1', policy: ownedBy(OWNER) },
        { ...related, region: 'us-west-2', multiRegionKeyType: 'REPLICA', policy: ownedBy(role('Other'), allow('Reads', { AWS: OWNER }, ['kms:Decrypt'])) },
      ],
      principals: [OWNER],
    });
    const [here, there] = [local.port('Owner', { region: 'eu-west-1' }), local.port('Owner', { region: 'us-west-2' })];
    const { CiphertextBlob } = await here.encrypt({ KeyId: 'alias/data', Plaintext: Buffer.from('x') });
    await expect(there.call('Decrypt', { CiphertextBlob })).resolves.toMatchObject({ KeyId: local.keyArns[1] });
    await expect(there.encrypt({ KeyId: 'alias/data', Plaintext: Buffer.from('x') })).rejects.toMatchObject(DENIED);
    expect(() => local.keyArn(keyId)).toThrow('use the ARN');
  });

  test('a deployer described by hand is as described', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'local-kms-'));
    const exec = role('cdk-exec');
    const byIam = { Type: 'AWS::KMS::Key', Properties: { KeyPolicy: ownedBy('arn:aws:iam::111122223333:root') } };
    writeFileSync(join(directory, 'S.template.json'), JSON.stringify({ Resources: { Key: byIam } }));
    const properties = { templateFile: 'S.template.json', cloudFormationExecutionRoleArn: exec };
    const artifacts = { S: { type: 'aws:cloudformation:stack', environment: 'aws://111122223333/us-east-1', properties } };
    writeFileSync(join(directory, 'manifest.json'), JSON.stringify({ version: '54.0.0', artifacts }));
    const callerOf = async (principals: LocalPrincipal[]) => {
      const local = await start({ assembly: directory, principals });
      const outcome = await local.port('deployer').call('GetKeyPolicy', { KeyId: local.keyArn('Key') }).then(() => 'allowed', ({ name }) => name);
      return [local.requests.last!.principal.split('/')[1], outcome];
    };
    expect(await callerOf([])).toEqual(['cdk-exec', 'allowed']);
    expect(await callerOf([{ arn: exec }])).toEqual(['cdk-exec', 'AccessDeniedException']);
    expect(await callerOf([{ arn: role('Pipeline'), name: 'deployer' }])).toEqual(['Pipeline', 'AccessDeniedException']);
    rmSync(directory, { recursive: true });
  });

  test.each<[string, object, string]>([
    ['a key of no spec', { keys: [{ spec: 'RSA_1024' }] }, 'KMS has no key spec \'RSA_1024\''],
    ['a principal that is none', { principals: ['Owner'] }, '\'principals\' takes ARNs of roles and users'],
    ['a template that is none', { template: [] }, 'template'],
    ['a directory that is not there', { assembly: '/nowhere/cdk.out' }, 'there is no directory'],
  ])('not from %s', async (_, options, message) => {
    await expect(startLocalKms(options)).rejects.toThrow(message);
  });
});

describe.each(TRANSPORTS)('accounts and Regions, by %s', (_, transport) => {
  const PARTNER = role('Partner', '444455556666');
  const Partner = (condition?: object) => allow('Partner', { AWS: 'arn:aws:iam::444455556666:root' }, ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncryptFrom'], condition);
  const iam = { Version: '2012-10-17', Statement: { Effect: 'Allow' as const, Action: 'kms:*', Resource: '*' } };
  const input = { Plaintext: Buffer.from('x') };
  let local: LocalKms;
  let [here, theirs, elsewhere]: string[] = [];

  beforeEach(async () => {
    local = await start({
      region: 'eu-west-1',
      keys: [
        { aliases: ['alias/same'], policy: ownedBy(OWNER, Partner()) },
        { aliases: ['alias/same'], account: '444455556666', policy: ownedBy(PARTNER) },
        { aliases: ['alias/same'], region: 'us-west-2', policy: ownedBy(OWNER) },
      ],
      principals: [OWNER, { arn: PARTNER, policies: [iam] }, role('Unarmed', '444455556666')],
    });
    [here, theirs, elsewhere] = local.keyArns;
  });

  test('an alias is the caller\'s own, in the Region it calls', async () => {
    const keyOf = async (principal: string, region?: string) => (await transport(local, principal, { region })('Encrypt', { KeyId: 'alias/same', ...input })).KeyId;
    expect([await keyOf('Owner'), await keyOf('Partner'), await keyOf('Owner', 'us-west-2')]).toEqual([here, theirs, elsewhere]);
  });

  test('a key of another account is used by its ARN, if both accounts allow it', async () => {
    const { CiphertextBlob, KeyId } = await transport(local, 'Partner')('Encrypt', { KeyId: here, ...input });
    expect(KeyId).toBe(here);
    await expect(transport(local, 'Partner')('Decrypt', { CiphertextBlob })).resolves.toMatchObject({ KeyId: here });
    await expect(transport(local, 'Unarmed')('Decrypt', { CiphertextBlob })).rejects.toMatchObject(DENIED);
    await expect(transport(local, 'Owner')('Encrypt', { KeyId: theirs, ...input })).rejects.toMatchObject(DENIED);
  });

  test('a ciphertext moves from one account\'s key to another\'s', async () => {
    const { CiphertextBlob } = await transport(local, 'Owner')('Encrypt', { KeyId: 'alias/same', ...input });
    const moved = await transport(local, 'Partner')('ReEncrypt', { CiphertextBlob, DestinationKeyId: 'alias/same' });
    expect(moved).toMatchObject({ SourceKeyId: here, KeyId: theirs });
  });

  test('a key of another Region is not there', async () => {
    await expect(transport(local, 'Owner')('Encrypt', { KeyId: elsewhere, ...input })).rejects.toMatchObject({ name: 'NotFoundException' });
  });
});

describe('the clock', () => {
  test('moves rotation and deletion; signatures follow it', async () => {
    let now = new Date('2026-11-22T12:00:00Z');
    const local = await start({
      keys: [{ aliases: ['alias/data'], policy: ownedBy(OWNER), rotation: true, rotationPeriodInDays: 90 }], principals: [OWNER], clock: () => now,
    });
    const KeyId = local.keyArn('alias/data');
    const before = await sdkClient(local, 'Owner').encrypt({ KeyId, Plaintext: Buffer.from('x') });
    now = new Date(now.getTime() + 100 * DAY);
    const client = sdkClient(local, 'Owner');
    const { Rotations } = await client.listKeyRotations({ KeyId });
    expect(Rotations).toEqual([expect.objectContaining({ RotationType: 'AUTOMATIC' })]);
    await expect(client.decrypt({ CiphertextBlob: before.CiphertextBlob })).resolves.toHaveProperty('Plaintext');
    await client.scheduleKeyDeletion({ KeyId, PendingWindowInDays: 7 });
    now = new Date(now.getTime() + 8 * DAY);
    await expect(sdkClient(local, 'Owner').describeKey({ KeyId })).rejects.toMatchObject({ name: 'NotFoundException' });
  });

  test('is there for conditions', async () => {
    let now = new Date('2026-11-22T12:00:00Z');
    const until2027 = allow('UntilNewYear', { AWS: role('Temp') }, ['kms:Encrypt'], { DateLessThan: { 'aws:CurrentTime': '2027-01-01T00:00:00Z' } });
    const local = await start({ keys: [{ aliases: ['alias/data'], policy: ownedBy(OWNER, until2027) }], principals: [role('Temp')], clock: () => now });
    const encrypt = () => local.port('Temp').encrypt({ KeyId: 'alias/data', Plaintext: Buffer.from('x') });
    await expect(encrypt()).resolves.toHaveProperty('KeyId');
    now = new Date('2027-01-02T00:00:00Z');
    await expect(encrypt()).rejects.toMatchObject(DENIED);
  });
});

describe('sessions', () => {
  const fromOffice = allow('FromTheOffice', { AWS: role('Clerk') }, ['kms:Encrypt'], { IpAddress: { 'aws:SourceIp': '192.0.2.0/24' } });
  const nightly = allow('Nightly', { AWS: 'arn:aws:sts::111122223333:assumed-role/Clerk/nightly' }, ['kms:Decrypt']);
  const input = { KeyId: 'alias/data', Plaintext: Buffer.from('x') };

  test.each(TRANSPORTS)('have a name and a network of their own, by %s', async (_, transport) => {
    const local = await start({ keys: [{ aliases: ['alias/data'], policy: ownedBy(OWNER, fromOffice, nightly) }], principals: [OWNER, role('Clerk')] });
    const office = { conditionKeys: { 'aws:SourceIp': '192.0.2.17' } };
    const { CiphertextBlob } = await transport(local, 'Clerk', office)('Encrypt', input);
    await expect(transport(local, 'Clerk')('Encrypt', input)).rejects.toMatchObject(DENIED);
    await expect(transport(local, 'Clerk', { conditionKeys: { 'aws:SourceIp': '198.51.100.1' } })('Encrypt', input)).rejects.toMatchObject(DENIED);
    await expect(transport(local, 'Clerk', { sessionName: 'nightly' })('Decrypt', { CiphertextBlob })).resolves.toHaveProperty('Plaintext');
    await expect(transport(local, 'Clerk', office)('Decrypt', { CiphertextBlob })).rejects.toMatchObject(DENIED);
  });

  test.each(TRANSPORTS)('call over loopback unless they say otherwise, and through a service without an address, by %s', async (_, transport) => {
    const fromHere = allow('FromHere', { AWS: role('Clerk') }, ['kms:Encrypt'], { IpAddress: { 'aws:SourceIp': '127.0.0.0/8' } });
    const local = await start({ keys: [{ aliases: ['alias/data'], policy: ownedBy(OWNER, fromHere) }], principals: [OWNER, role('Clerk')] });
    await expect(transport(local, 'Clerk')('Encrypt', input)).resolves.toHaveProperty('CiphertextBlob');
    await expect(local.via('ssm', 'Clerk').call('Encrypt', input)).rejects.toMatchObject(DENIED);
  });

  test('are handed to a program in its environment', async () => {
    const local = await start({ region: 'eu-west-1', keys: [{ aliases: ['alias/data'], policy: ownedBy(OWNER) }], principals: [OWNER] });
    const program = 'const { KMS } = require("@aws-sdk/client-kms"); const kms = new KMS({});'
      + 'kms.describeKey({ KeyId: "alias/data" }).then(({ KeyMetadata }) => console.log(KeyMetadata.Arn)).finally(() => kms.destroy());';
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', program], { env: { PATH: process.env.PATH, ...local.environment('Owner') } });
    expect(stdout.trim()).toBe(local.keyArn('alias/data'));
    expect(local.environment('Owner', { region: 'us-west-2' })).toMatchObject({ AWS_REGION: 'us-west-2', AWS_DEFAULT_REGION: 'us-west-2' });
    expect(local.requests.last).toMatchObject({ region: 'eu-west-1', principal: 'arn:aws:sts::111122223333:assumed-role/Owner/local' });
  });

  test('keep their credentials', async () => {
    const local = await start({ principals: [OWNER, 'arn:aws:iam::111122223333:user/alice'] });
    expect(local.credentials('Owner')).toEqual(local.credentials(OWNER));
    expect(local.credentials('Owner', { sessionName: 'other' })).not.toEqual(local.credentials('Owner'));
    expect(local.credentials('Owner', { conditionKeys: { 'aws:SourceIp': '192.0.2.1' } })).not.toEqual(local.credentials('Owner'));
    expect(local.credentials('Owner')).toMatchObject({ accessKeyId: expect.stringMatching(/^ASIA[A-Z2-7]{16}$/), sessionToken: expect.any(String) });
    expect(local.credentials('alice')).toEqual({ accessKeyId: expect.stringMatching(/^AKIA[A-Z2-7]{16}$/), secretAccessKey: expect.stringMatching(/^.{40}$/) });
  });
});

describe('the endpoint', () => {
  test('is on loopback and nowhere else', async () => {
    const local = await start({});
    expect(local.endpoint).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const outside = Object.values(networkInterfaces()).flat().find((address) => address!.family === 'IPv4' && !address!.internal);
    const elsewhere = local.endpoint.replace('127.0.0.1', outside?.address ?? '127.0.0.2');
    await expect(send({ endpoint: elsewhere })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('is where it was asked for, unless somebody is there already', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as AddressInfo;
    await expect(startLocalKms({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await new Promise((resolve) => taken.close(resolve));
    expect((await start({ port })).endpoint).toBe(`http://127.0.0.1:${port}`);
  });

  test('stops at once, though clients keep their connections, and only once', async () => {
    const local = await startLocalKms({ keys: [{ aliases: ['alias/data'] }], principals: [OWNER] });
    const request = sign({ endpoint: local.endpoint, headers: headersOf('ListKeys'), body: '{}' }, { credentials: local.credentials('Owner') });
    await sdkClient(local, 'Owner').describeKey({ KeyId: 'alias/data' }).catch(() => undefined);
    await Promise.all([local.stop(), local.stop()]);
    await local.stop();
    await expect(send(request)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('is what a client of the SDK is configured for', async () => {
    const local = await start({ region: 'eu-central-1', keys: [{ aliases: ['alias/data'], policy: ownedBy(OWNER) }], principals: [OWNER] });
    const client = new KMS(local.clientConfig('Owner'));
    const fits: KmsPort[] = [client, local.port('Owner')];
    for (const port of fits) {
      const { CiphertextBlob } = await port.encrypt({ KeyId: 'alias/data', Plaintext: Buffer.from('x'), EncryptionContext: { a: 'b' } });
      const { Plaintext } = await port.decrypt({ KeyId: 'alias/data', CiphertextBlob: CiphertextBlob!, EncryptionContext: { a: 'b' } });
      expect(Buffer.from(Plaintext!).toString()).toBe('x');
    }
    client.destroy();
  });
});

test('two of them know nothing of each other', async () => {
  const [one, two] = [await start({ keys: [{ aliases: ['alias/data'], policy: ownedBy(OWNER) }], principals: [OWNER] }), await start({ principals: [OWNER] })];
  await expect(one.port('Owner').encrypt({ KeyId: 'alias/data', Plaintext: Buffer.from('x') })).resolves.toHaveProperty('KeyId');
  await expect(two.port('Owner').encrypt({ KeyId: 'alias/data', Plaintext: Buffer.from('x') })).rejects.toMatchObject({ name: 'NotFoundException' });
});
