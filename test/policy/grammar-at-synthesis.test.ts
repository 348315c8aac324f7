import { App, Stack } from 'aws-cdk-lib';
import { ArnPrincipal, Effect, PolicyStatement, ServicePrincipal, type Conditions, type IPrincipal } from 'aws-cdk-lib/aws-iam';
import { DOORS, enter, type Door } from './support/doors';
import { AccountAccess, SymmetricDataKey } from '../../src';
import { policyFindings } from '../../src/spec/policy-grammar';
import { Deployed, HERE } from '../support/deployed';

/** What KMS refuses with MalformedPolicyDocumentException, synthesis refuses, whichever way it comes into a policy. */

const { ADMINISTRATION_ONLY, DELEGATE_TO_IAM } = AccountAccess;
const iam = (resource: string) => `arn:aws:iam::${HERE.account}:${resource}`;
const SOME_DOORS = Object.entries(DOORS).filter(([name]) => [
  'grants.decrypt', 'grants.sign', 'grantDecrypt', 'grant', 'addToResourcePolicy', 'grantDecrypt of the view for S3', 'policyOwners', 'administrators', 'auditors', 'deployer', 'otherDeployers',
].includes(name));

function refusal(door: Door, principal: IPrincipal, access = ADMINISTRATION_ONLY): string | undefined {
  const app = new App();
  const stack = new Stack(app, 'Keys', { env: HERE });
  try {
    enter(door, stack, access, principal);
    app.synth();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

describe('an ARN that is no principal is refused', () => {
  const ARNS: Readonly<Record<string, string>> = {
    'a group': iam('group/devs'),
    'all roles': iam('role/*'),
    'a role without a name': iam('role/'),
    'an instance profile': iam('instance-profile/web'),
    'a managed policy': iam('policy/readers'),
    'an identity provider': iam('saml-provider/corp'),
    'a function': `arn:aws:lambda:${HERE.region}:${HERE.account}:function:app`,
    'a bucket': 'arn:aws:s3:::documents',
    'an account of 11 digits': '11112222333',
    'an ARN with an account of 9 digits': 'arn:aws:iam::111122223:role/app',
    'an ARN with a Region': `arn:aws:iam:${HERE.region}:${HERE.account}:role/app`,
    'an ARN without a partition': `arn::iam::${HERE.account}:role/app`,
    'an ARN with a colon missing': `arn:aws:iam:${HERE.account}:role/app`,
    'a session without a name': `arn:aws:sts::${HERE.account}:assumed-role/app`,
    'a name': 'app',
  };

  test.each(SOME_DOORS)('by %s', (_, door) => {
    const faults = Object.entries(ARNS).flatMap(([name, arn]) => {
      const message = refusal(door, new ArnPrincipal(arn));
      if (message === undefined) return [`${name} was let in`];
      return message.includes('Keys/Key') && !/Token|Resolution|\[object/.test(message) ? [] : [`${name}: ${message}`];
    });
    expect(faults).toEqual([]);
  });

  test('in words that name the key, the ARN and the way out', () => {
    const message = refusal(DOORS['grants.decrypt'], new ArnPrincipal(ARNS['a function']));
    expect(message).toMatch(/is nobody whom 'Keys\/Key' could let in: '.*:function:app' is of the service 'lambda': principals are of iam or sts, a function or instance calls as its role/);
  });

  test('and the statement, where it was given as one', () => {
    const message = refusal(DOORS.addToResourcePolicy, new ArnPrincipal(ARNS['an instance profile']));
    expect(message).toMatch(/\[Keys\/Key\] statement 'Custom', Principal: '.*:instance-profile\/web' is no principal: of iam root, user\/Name or role\/Name is one/);
  });
});

describe('an ARN of a principal is none of them', () => {
  test.each([
    iam('role/app'), iam('role/service-role/app'), iam('user/a+b=c,d.e@f-g_h'), `arn:aws:sts::${HERE.account}:assumed-role/app/session`, `arn:aws:sts::${HERE.account}:federated-user/ada`,
    'AROADBQP57FF2AEXAMPLE', 'arn:aws-cn:iam::111122223333:role/app',
  ])('%s', (arn) => {
    const doors = SOME_DOORS.filter(([name]) => !['deployer', 'otherDeployers'].includes(name));
    expect(doors.flatMap(([, door]) => refusal(door, new ArnPrincipal(arn)) ?? []).map((message) => message.slice(0, 200))).toEqual([]);
  });
});

describe('conditions that KMS does not take are refused', () => {
  const BAD: Readonly<Record<string, readonly [Conditions, RegExp]>> = {
    'an unknown operator': [{ StringMatches: { 'aws:PrincipalTag/x': 'a' } }, /Condition: 'StringMatches' is no condition operator/],
    'an operator in other letters': [{ stringLike: { 'aws:PrincipalTag/x': 'a' } }, /'stringLike' is no condition operator: write StringLike/],
    'all values of a context pair, of which there may be none': [{ 'ForAllValues:StringEquals': { 'kms:EncryptionContext:tenant': 'a' } }, /ForAllValues/],
    'no values': [{ StringEquals: { 'aws:PrincipalTag/x': [] } }, /aws:PrincipalTag\/x/],
  };
  const role = (conditions: Conditions) => new ArnPrincipal(iam('role/app')).withConditions(conditions);

  describe.each(Object.entries(BAD))('%s', (_, [conditions, message]) => {
    test.each(SOME_DOORS.filter(([name]) => name !== 'grants.sign'))('by %s', (_door, door) => {
      const found = refusal(door, role(conditions));
      expect(found).toMatch(/\[?Keys\/Key/);
      expect(found).toMatch(message);
      expect(found).not.toMatch(/Token|Resolution|\[object/);
    });
  });

  test.each<[string, Conditions]>([
    ['a known operator', { StringEquals: { 'aws:PrincipalTag/x': 'a' } }],
    ['a known operator, if there is a value', { StringEqualsIfExists: { 'aws:PrincipalTag/x': 'a' } }],
    ['all values of a list', { 'ForAllValues:StringEquals': { 'aws:PrincipalOrgPaths': ['o-a/*'] } }],
    ['a key that nobody knows', { StringEquals: { 'aws:NewKey': 'a' } }],
  ])('and %s is not', (_, conditions) => {
    expect(refusal(DOORS['grants.decrypt'], role(conditions)) ?? '').not.toMatch(/is no condition operator|MalformedPolicy/);
  });
});

describe('statements that KMS does not take are refused', () => {
  const synth = (statement: PolicyStatement, accountAccess = ADMINISTRATION_ONLY) => {
    const app = new App();
    const key = new SymmetricDataKey(new Stack(app, 'Keys', { env: HERE }), 'Key', { accountAccess });
    key.addToResourcePolicy(statement);
    return { app, key };
  };
  const allow = { principals: [new ArnPrincipal(iam('role/app'))], actions: ['kms:Decrypt'], resources: ['*'] };

  test.each<[string, PolicyStatement, RegExp]>([
    ['a character that no policy takes', new PolicyStatement({ ...allow, conditions: { StringEquals: { 'aws:PrincipalTag/x': '→' } } }), /→|character/],
    ['nobody', new PolicyStatement({ actions: ['kms:Decrypt'], resources: ['*'] }), /no principal or no action/],
    ['a service by a pattern', new PolicyStatement({ ...allow, principals: [new ServicePrincipal('*.amazonaws.com', { conditions: { StringEquals: { 'aws:SourceAccount': HERE.account } } })] }), /wildcard/],
    ['a Deny to a group', new PolicyStatement({ ...allow, effect: Effect.DENY, principals: [new ArnPrincipal(iam('group/devs'))] }), /is a user group, which no policy can name/],
  ])('%s', (_, statement, message) => {
    expect(() => synth(statement).app.synth()).toThrow(message);
    expect(() => synth(statement).app.synth()).toThrow(/\[Keys\/Key\] statement 'Custom'/);
    expect(() => synth(statement, DELEGATE_TO_IAM).app.synth()).toThrow(message);
  });

  test('statement ids are kept apart, so that none is there twice', () => {
    const { app, key } = synth(new PolicyStatement({ ...allow, sid: 'Administer' }));
    key.addToResourcePolicy(new PolicyStatement({ ...allow, sid: 'Administer' }));
    const { Statement } = new Deployed(app).keyOf(key).policy;
    const sids = [Statement].flat().map(({ Sid }) => Sid);
    expect([new Set(sids).size, sids.slice(-2)]).toEqual([sids.length, ['Administer2', 'Administer3']]);
  });
});

test('what stands is taken, whatever kind of key and access', () => {
  const app = new App();
  const stack = new Stack(app, 'Keys', { env: HERE });
  const keys = Object.values(AccountAccess).map((accountAccess, i) => {
    const key = new SymmetricDataKey(stack, `Key${i}`, { accountAccess, encryptionContext: { Project: 'Orders' }, contextKeys: ['tenant'], policyOwners: [new ArnPrincipal(iam('role/owner'))] });
    key.grants.decrypt(new ArnPrincipal(iam('role/app')));
    return key;
  });
  const deployed = new Deployed(app);
  expect(keys.flatMap((key) => policyFindings(deployed.keyOf(key).policy, 'key policy', { resolved: true }))).toEqual([]);
});
