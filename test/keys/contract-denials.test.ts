import { App, Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { AccountAccess, KmsService, SymmetricDataKey } from '../../src';
import type { SymmetricDataKeyProps } from '../../src';
import { decide } from '../../src/authz';
import type { KeyFacts } from '../../src/authz';
import { functionIn } from '../services/support/resources';
import { Deployed, HERE, almightyRoleIn } from '../support/deployed';

/** Where IAM policies let in, the contract of the encryption context is kept by Deny statements: for every use, every pair and every key of it. */

/** The actions on a symmetric key that take an encryption context (KMS Developer Guide, "kms:EncryptionContext:context-key"), grants aside. */
const USES = [
  'kms:Encrypt', 'kms:Decrypt', 'kms:ReEncryptFrom', 'kms:ReEncryptTo', 'kms:GenerateDataKey', 'kms:GenerateDataKeyWithoutPlaintext', 'kms:GenerateDataKeyPair',
  'kms:GenerateDataKeyPairWithoutPlaintext',
];

/** A role that IAM allows everything, and a key that lets IAM decide. */
function home(props: SymmetricDataKeyProps, more: (stack: Stack, key: SymmetricDataKey) => void = () => {}) {
  const app = new App();
  const stack = new Stack(app, 'Keys', { env: HERE });
  const key = new SymmetricDataKey(stack, 'Key', { ...props, accountAccess: AccountAccess.DELEGATE_TO_IAM });
  const almighty = almightyRoleIn(stack, 'Almighty');
  more(stack, key);
  return { deployed: new Deployed(app), key, almighty };
}

const CONTRACT = { encryptionContext: { Project: 'Orders', Stage: 'prod' }, contextKeys: ['tenant', 'batch'] };
const KEPT = { Project: 'Orders', Stage: 'prod', tenant: 't1', batch: 'b1' };
const without = (name: keyof typeof KEPT) => Object.fromEntries(Object.entries(KEPT).filter(([other]) => other !== name));

const BROKEN: readonly (readonly [string, Record<string, string> | undefined])[] = [
  ['no context', undefined],
  ['none of it', { more: 'x' }],
  ...(Object.keys(KEPT) as (keyof typeof KEPT)[]).map((name) => [`no ${name}`, without(name)] as const),
  ['another Project', { ...KEPT, Project: 'Invoices' }],
  ['another Stage', { ...KEPT, Stage: 'test' }],
  ['one pair more', { ...KEPT, more: 'x' }],
  ['a key in other case', { ...without('tenant'), Tenant: 't1' }],
  ['a service’s context', { 'aws:s3:arn': 'arn:aws:s3:::invoices/1.pdf' }],
];

describe('a direct call of somebody whom IAM lets in', () => {
  const { deployed, key, almighty } = home(CONTRACT);
  const outcomes = (call: object) => USES.map((action) => [action, deployed.outcome(almighty, action, key, call)]);
  const all = (outcome: string) => USES.map((action) => [action, outcome]);

  test.each(BROKEN)('with %s is denied, whatever it does', (_, context) => expect(outcomes({ context })).toEqual(all('ExplicitlyDenied')));

  test.each([['the contract', KEPT], ['the contract and what signed messages add', { ...KEPT, 'aws-crypto-public-key': 'A' }]])('with %s is allowed, whatever it does', (_, context) => {
    expect(outcomes({ context })).toEqual(all('Allowed'));
  });

  test('is allowed through a service, which has a context of its own', () => {
    expect(outcomes({ via: 'dynamodb', context: { 'aws:dynamodb:tableName': 'orders' } })).toEqual(all('Allowed'));
  });

  test('and a service that calls for itself, which has one too', () => {
    const logs = `arn:aws:logs:${HERE.region}:${HERE.account}:log-group:orders`;
    const made = home(CONTRACT, (_, logged) => logged.addToResourcePolicy(new PolicyStatement({
      principals: [new ServicePrincipal('logs.eu-west-1.amazonaws.com')], actions: USES, resources: ['*'], conditions: { ArnEquals: { 'kms:EncryptionContext:aws:logs:arn': logs } },
    })));
    expect(USES.map((action) => [action, made.deployed.outcome('logs.eu-west-1.amazonaws.com', action, made.key, { context: { 'aws:logs:arn': logs } })])).toEqual(all('Allowed'));
  });
});

describe('with a function under the key', () => {
  const { deployed, key, almighty } = home(CONTRACT, (stack, each) => {
    functionIn(stack, 'Function', { environment: { A: 'b' }, environmentEncryption: each.forService(KmsService.LAMBDA) });
  });

  test.each(BROKEN)('a direct call with %s is denied as before', (_, context) => {
    expect(USES.filter((action) => deployed.outcome(almighty, action, key, { context }) !== 'ExplicitlyDenied')).toEqual([]);
  });

  const context = { 'aws:lambda:FunctionArn': 'arn:aws:lambda:eu-west-1:111122223333:function:f' };
  test('a direct call with a function in its context is denied, unless it is the one that Lambda makes in the name of the function’s role', () => {
    const others = USES.filter((action) => action !== 'kms:Decrypt');
    expect(others.filter((action) => deployed.outcome(almighty, action, key, { context }) !== 'ExplicitlyDenied')).toEqual([]);
  });

  test('and that one is denied to every other role', () => expect(deployed.outcome(almighty, 'kms:Decrypt', key, { context })).toBe('ExplicitlyDenied'));
});

describe('a contract with a tag of the caller', () => {
  const VARIABLE = '${aws:PrincipalTag/tenant}';
  const { deployed, key, almighty } = home({ encryptionContext: { tenant: VARIABLE } });

  test.each<[string, string, { context?: Record<string, string>; tags?: Record<string, string> }]>([
    ['its own tenant', 'Allowed', { context: { tenant: 'blue' }, tags: { tenant: 'blue' } }],
    ['another tenant', 'ExplicitlyDenied', { context: { tenant: 'green' }, tags: { tenant: 'blue' } }],
    ['no tenant', 'ExplicitlyDenied', { tags: { tenant: 'blue' } }],
    ['a tenant, without a tag', 'ExplicitlyDenied', { context: { tenant: 'blue' } }],
    ['nothing, without a tag', 'ExplicitlyDenied', {}],
    ['the text of the variable, without a tag', 'ExplicitlyDenied', { context: { tenant: VARIABLE } }],
  ])('%s: %s', (_, outcome, call) => {
    expect(USES.map((action) => [action, deployed.outcome(almighty, action, key, call)])).toEqual(USES.map((action) => [action, outcome]));
  });

  // AWS's page leaves open how a comparison with a variable that has no value comes out, so nothing may depend on it.
  test('denies callers without the tag by a statement that compares nothing', () => {
    const facts = deployed.keyOf(key);
    const rest = [facts.policy.Statement].flat().filter((statement) => !JSON.stringify(statement).includes(VARIABLE));
    const bare: KeyFacts = { ...facts, policy: { ...facts.policy, Statement: rest } };
    const outcome = (tags?: Record<string, string>) => decide(
      { identities: deployed.deployment.identities.map((identity) => ({ ...identity, tags })) },
      { principal: deployed.arnOf(almighty), action: 'kms:Decrypt', key: bare, encryptionContext: { tenant: 'blue' } },
    ).outcome;
    expect([outcome(), outcome({ tenant: 'blue' })]).toEqual(['ExplicitlyDenied', 'Allowed']);
  });
});
