import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { allow, ownedBy, role } from './support/policies';
import { startLocalKms } from '../../src/testing';
import type { LocalKms } from '../../src/testing';

/** Policies that KMS or IAM refuses, wherever they come from. */

const OWNER = role('Owner');
const grouped = ownedBy(OWNER, allow('Devs', { AWS: 'arn:aws:iam::111122223333:group/devs' }, ['kms:Decrypt']));
const keyOf = (KeyPolicy: unknown) => ({ Resources: { Key: { Type: 'AWS::KMS::Key', Properties: { KeyPolicy }, Metadata: { 'aws:cdk:path': 'Shop/Key/Resource' } } } });
const running: LocalKms[] = [];

async function start(options: Parameters<typeof startLocalKms>[0]): Promise<LocalKms> {
  const local = await startLocalKms(options);
  running.push(local);
  return local;
}

afterEach(async () => void await Promise.all(running.splice(0).map((local) => local.stop())));

describe('the local KMS does not start', () => {
  test.each<[string, object, string]>([
    ['with a key that has such a policy', { keys: [{ aliases: ['alias/first'] }, { aliases: ['alias/orders'], policy: grouped }] },
      "key 'alias/orders' has a policy that KMS refuses. Statement 'Devs', Principal: 'arn:aws:iam::111122223333:group/devs' is a user group"],
    ['with a key that has no name either', { keys: [{ policy: grouped }] }, "key 'keys[0]' has a policy that KMS refuses"],
    ['from a template with such a policy', { template: keyOf(grouped) }, "key 'Shop/Key' has a policy that KMS refuses. Statement 'Devs'"],
    ['from a template with a policy as text in which a member stands twice', { template: keyOf(JSON.stringify(ownedBy(OWNER)).replace('{', '{"Version":"2012-10-17",')) },
      "key 'Shop/Key' has a policy that KMS refuses. Version of the policy: it stands there twice"],
    ['from a template with a policy of 12,000 levels', { template: keyOf(`{"Statement":${'['.repeat(12_000)}${']'.repeat(12_000)}}`) },
      "key 'Shop/Key' has a policy that KMS refuses. Statement '#1'"],
    ['from a template with a policy that is no JSON', { template: keyOf('allow everybody') }, "key 'Shop/Key' has a policy that KMS refuses. Statement of the policy: there is none"],
  ])('%s', async (_, options, message) => {
    await expect(startLocalKms(options)).rejects.toThrow(message);
  });

  test('from a template file in which a member stands twice', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'local-kms-'));
    const file = join(directory, 'Shop.template.json');
    writeFileSync(file, JSON.stringify(keyOf(ownedBy(OWNER))).replace('"Statement":', '"Statement":[],"Statement":'));
    await expect(startLocalKms({ template: file })).rejects.toThrow(`${file} has the member Resources.Key.Properties.KeyPolicy.Statement twice: leave one out`);
    rmSync(directory, { recursive: true });
  });

  test.each<[string, unknown]>([
    ['that is not known', { 'Fn::ImportValue': 'Policy' }],
    ['whose only statement is not known', { Version: '2012-10-17', Statement: [{ 'Fn::ImportValue': 'Statement' }] }],
    ['whose principal, action and condition are not known', ownedBy(OWNER, { Effect: 'Allow', Principal: { 'Fn::ImportValue': 'P' }, Action: { 'Fn::ImportValue': 'A' }, Resource: '*', Condition: { 'Fn::ImportValue': 'C' } })],
  ])('but it does from a template with a policy %s', async (_, policy) => {
    expect((await start({ template: keyOf(policy) })).keyArns).toHaveLength(1);
  });
});

describe('CreateKey and PutKeyPolicy', () => {
  const INVALID = /^MalformedPolicyDocumentException: Policy contains a statement with one or more invalid principals\. /;
  const root = { Sid: 'Account', Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::111122223333:root' }, Action: 'kms:*', Resource: '*' };

  async function answers(...statements: object[]): Promise<string[]> {
    const local = await start({
      keys: [{ aliases: ['alias/orders'] }],
      principals: [{ arn: role('App'), managedPolicies: ['AdministratorAccess'] }, role('path/Billing')],
    });
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [root, ...statements] });
    const outcome = (call: Promise<unknown>) => call.then(() => 'accepted', (error: Error) => `${error.name}: ${error.message}`);
    const [app, KeyId] = [local.port('App'), local.keyArns[0]];
    return [await outcome(app.call('CreateKey', { Policy })), await outcome(app.call('PutKeyPolicy', { KeyId, Policy }))];
  }

  test.each([
    ['a group', 'arn:aws:iam::111122223333:group/developers'],
    ['a pattern', role('*')],
    ['a role that is not there', role('DoesNotExist')],
    ['a user that is not there', 'arn:aws:iam::111122223333:user/nobody'],
    ['a role under another path', role('Billing')],
    ['a session of a role that is not there', 'arn:aws:sts::111122223333:assumed-role/DoesNotExist/s1'],
  ])('refuse %s in KMS\'s words', async (_, principal) => {
    for (const answer of await answers(allow('Use', { AWS: principal }, ['kms:Decrypt']))) expect(answer).toMatch(INVALID);
  });

  test.each([
    ['a role that is there', role('path/Billing')],
    ['a session of a role that is there', 'arn:aws:sts::111122223333:assumed-role/Billing/s1'],
    ['a role of an account of which nobody is described', role('Partner', '444455556666')],
    ['a service-linked role, which the service makes', role('aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling')],
  ])('take %s', async (_, principal) => {
    expect(await answers(allow('Use', { AWS: principal }, ['kms:Decrypt']))).toEqual(['accepted', 'accepted']);
  });

  test.each<[string, string, string]>([
    ['a role that is described', role('path/Billing'), 'accepted'],
    ['a role that is not there', role('DoesNotExist'), 'InvalidArnException'],
    ['a role under another path', role('Billing'), 'InvalidArnException'],
    ['a role of an account of which nobody is described', role('Partner', '444455556666'), 'accepted'],
    ['a group of such an account', 'arn:aws:iam::444455556666:group/devs', 'InvalidArnException'],
  ])('and so does CreateGrant with %s', async (_, principal, answer) => {
    const local = await start({ keys: [{}], principals: [{ arn: role('App'), managedPolicies: ['AdministratorAccess'] }, role('path/Billing')] });
    const grant = { KeyId: local.keyArns[0], GranteePrincipal: role('App'), Operations: ['Decrypt'] };
    for (const member of ['GranteePrincipal', 'RetiringPrincipal']) {
      const outcome = local.port('App').call('CreateGrant', { ...grant, [member]: principal }).then(() => 'accepted', (error: Error) => error.name);
      expect({ member, outcome: await outcome }).toEqual({ member, outcome: answer });
    }
  });

  test.each<[string, object, string]>([
    ['Conditions', { ...allow('Use', '*', ['kms:Decrypt']), Conditions: {} }, "Syntax errors in policy. (statement 'Use', Conditions: there is no such element: write Condition)"],
    ['ForAllValues on one pair', allow('Use', '*', ['kms:Decrypt'], { 'ForAllValues:StringEquals': { 'kms:EncryptionContext:a': 'b' } }), 'OverlyPermissiveCondition: '],
    ['a Sid that is there already', { ...root }, 'Statement IDs (SID) in a single policy must be unique.'],
  ])('refuse %s', async (_, statement, message) => {
    for (const answer of await answers(statement)) expect(answer).toContain(`MalformedPolicyDocumentException: ${message}`);
  });

  test('refuse a text in which a member stands twice, and one of 12,000 levels', async () => {
    const local = await start({ keys: [{ aliases: ['alias/orders'] }], principals: [{ arn: role('App'), managedPolicies: ['AdministratorAccess'] }] });
    const put = (Policy: string) => local.port('App').call('PutKeyPolicy', { KeyId: local.keyArns[0], Policy });
    const twice = JSON.stringify({ Version: '2012-10-17', Statement: [root] }).replace('"Effect":"Allow"', '"Effect":"Deny","Effect":"Allow"');
    await expect(put(twice)).rejects.toThrow('Syntax errors in policy. (Statement[0].Effect of the policy: it stands there twice: name it once)');
    await expect(put(`{"Statement":${'['.repeat(12_000)}${']'.repeat(12_000)}}`)).rejects.toMatchObject({ name: 'MalformedPolicyDocumentException' });
  });
});

describe('open questions', () => {
  test('are principals of a key policy that nobody describes', async () => {
    const named = [role('Missing'), role('Foreign', '444455556666'), role('aws-service-role/x.amazonaws.com/SLR')];
    const { Key } = keyOf({ Version: '2012-10-17', Statement: [allow('Role', { AWS: role('Role') }, ['kms:*']), allow('Others', { AWS: named }, ['kms:Decrypt'])] }).Resources;
    const template = { Resources: { Role: { Type: 'AWS::IAM::Role', Properties: { RoleName: 'Role' } }, Key } };
    expect((await start({ template })).openQuestions).toEqual([
      `the key policy of Shop/Key names ${role('Missing')}, which no template here makes: KMS refuses the policy unless it exists. Describe it with the option 'principals'`,
    ]);
    expect((await start({ template, principals: [role('Missing')] })).openQuestions).toEqual([]);
  });

  test('are identity policies that IAM refuses', async () => {
    const policies = [{ name: 'Wrong', document: { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: 'kms*', Resource: '*' } as const } }];
    expect((await start({ principals: [{ arn: role('App'), policies }] })).openQuestions).toEqual([
      `${role('App')} has the policy 'Wrong', which IAM refuses, so that it allows nothing: statement '#1', Action: 'kms*' is no action: `
      + 'it is <service>:<action> with a service written out, such as kms:Decrypt or kms:*',
    ]);
  });
});
