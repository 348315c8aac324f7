import { App, Aws, NestedStack, Stack } from 'aws-cdk-lib';
import { AccountPrincipal, AccountRootPrincipal, AnyPrincipal, ArnPrincipal, Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IPrincipal, PolicyStatementProps } from 'aws-cdk-lib/aws-iam';
import { AccountAccess, SymmetricDataKey } from '../../src';
import type { SymmetricDataKeyProps } from '../../src';
import { decide } from '../../src/authz';
import { Deployed, HERE, OTHER_ACCOUNT, executionRole, roleIn } from '../support/deployed';

/** What may stand in a policy beside the grants: near misses of what may not. */

const role = new ArnPrincipal(`arn:aws:iam::${HERE.account}:role/Partner`);
const service = new ServicePrincipal('events.amazonaws.com');
const ELSEWHERE = 'arn:aws:s3:::invoices/*';

interface Made {
  readonly stack: Stack;
  readonly key: SymmetricDataKey;
}

function keyWith(statement: (made: Made) => PolicyStatementProps, env: object = HERE) {
  const app = new App();
  const stack = new Stack(app, 'Keys', { env });
  const key = new SymmetricDataKey(stack, 'Key');
  key.addToResourcePolicy(new PolicyStatement(statement({ stack, key })));
  return { app, key };
}

const decrypt = (principal: IPrincipal, conditions?: Record<string, Record<string, unknown>>): PolicyStatementProps =>
  ({ principals: [principal], actions: ['kms:Decrypt'], resources: ['*'], conditions });

describe('a statement is refused', () => {
  test.each<[string, (made: Made) => PolicyStatementProps, string]>([
    ['about the key and something else', ({ key }) => ({ ...decrypt(role), resources: [key.keyArn, ELSEWHERE] }), 'a key policy is about its own key only'],
    ['about all but something else', () => ({ ...decrypt(role), effect: Effect.DENY, resources: undefined, notResources: [ELSEWHERE] }), `is about ${ELSEWHERE}`],
    ['denying all but an action of something else', () => ({ ...decrypt(role), effect: Effect.DENY, actions: undefined, notActions: ['kms:Decrypt', 's3:GetObject'] }), 'has s3:GetObject'],
    ['for a grant that is, or is not, for a service', () =>
      ({ ...decrypt(role, { Bool: { 'kms:GrantIsForAWSResource': ['true', 'false'] } }), actions: ['kms:CreateGrant'] }), 'allows kms:CreateGrant'],
    ['for every federated user of the account', () => decrypt(new AccountRootPrincipal(), { ArnLike: { 'aws:PrincipalArn': `arn:aws:sts::${HERE.account}:federated-user/*` } }), 'the whole account'],
    ['for every session of the account', () => decrypt(new AccountRootPrincipal(), { ArnLike: { 'aws:PrincipalArn': `arn:aws:sts::${HERE.account}:assumed-role/*` } }), 'the whole account'],
    ['for an organization path of anybody', () => decrypt(service, { 'ForAnyValue:StringLike': { 'aws:SourceOrgPaths': 'o-*/r-ab12/*' } }), "anybody's resources"],
  ])('%s', (_, statement, message) => {
    expect(() => keyWith(statement).app.synth()).toThrow(message);
  });

  test('for everybody of an account that may be the own one, which nobody knows yet', () => {
    const everybody = decrypt(new AnyPrincipal(), { ArnLike: { 'aws:PrincipalArn': `arn:aws:iam::${Aws.ACCOUNT_ID}:role/*` } });
    expect(() => keyWith(() => everybody, {}).app.synth()).toThrow('the whole account');
  });
});

describe('a statement stands', () => {
  test.each<[string, (made: Made) => PolicyStatementProps]>([
    ['about the key by its ARN and by *', ({ key }) => ({ ...decrypt(role), resources: [key.keyArn, '*'] })],
    ['denying all but some actions on keys', () => ({ ...decrypt(role), effect: Effect.DENY, actions: undefined, notActions: ['kms:Decrypt', 'kms:DescribeKey'] })],
    ['for a service that works for an organization', () => decrypt(service, { StringEquals: { 'aws:SourceOrgID': 'o-1234567890' } })],
    ['for a service that works for a part of an organization', () => decrypt(service, { 'ForAnyValue:StringLike': { 'aws:SourceOrgPaths': 'o-1234567890/r-ab12/*' } })],
    ['for one user id of the account', () => decrypt(new AccountRootPrincipal(), { StringLike: { 'aws:userid': 'AROAEXAMPLEID1234567:*' } })],
    ['for one federated user of the account', () => decrypt(new AccountRootPrincipal(), { ArnEquals: { 'aws:PrincipalArn': `arn:aws:sts::${HERE.account}:federated-user/ada` } })],
    ['for everybody of another account', () => decrypt(new AnyPrincipal(), { ArnLike: { 'aws:PrincipalArn': `arn:aws:iam::${OTHER_ACCOUNT.account}:role/*` } })],
  ])('%s', (_, statement) => expect(() => keyWith(statement).app.synth()).not.toThrow());
});

test('a statement about the key by its ARN allows what it says, and nothing else', () => {
  const { app, key } = keyWith((made) => ({ ...decrypt(role), resources: [made.key.keyArn] }));
  const deployed = new Deployed(app);
  expect(['kms:Decrypt', 'kms:Encrypt'].map((action) => deployed.outcome(role.arn, action, key))).toEqual(['Allowed', 'ImplicitlyDenied']);
});

test('a statement without the contract is warned of, with the grant that has it, also where that gives more', () => {
  const app = new App();
  const key = new SymmetricDataKey(new Stack(app, 'Keys', { env: HERE }), 'Key', { contextKeys: ['tenant'] });
  key.addToResourcePolicy(new PolicyStatement({ ...decrypt(role), actions: ['kms:GenerateDataKey'] }));
  const { messages } = app.synth().getStackByName('Keys');
  expect(messages.map(({ entry }) => entry.data)).toEqual([expect.stringContaining('grants.generateDataKeys(…) would ask for it')]);
});

describe('an account by its number', () => {
  const grant = (account: string) => {
    const app = new App();
    const key = new SymmetricDataKey(new Stack(app, 'Keys', { env: HERE }), 'Key');
    key.grants.decrypt(new ArnPrincipal(account));
    return { deployed: new Deployed(app), key };
  };

  test('is another account, which may decrypt', () => {
    const { deployed, key } = grant(OTHER_ACCOUNT.account);
    const arn = `arn:aws:iam::${OTHER_ACCOUNT.account}:role/Theirs`;
    const theirs = { arn, policies: [{ name: 'kms', document: { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: 'kms:*', Resource: '*' } as const } }] };
    const outcome = (action: string) => decide({ identities: [theirs] }, { principal: arn, action, key: deployed.keyOf(key) }).outcome;
    expect([outcome('kms:Decrypt'), outcome('kms:Encrypt')]).toEqual(['Allowed', 'ImplicitlyDenied']);
  });

  test('is refused, if it is the own one', () => expect(() => grant(HERE.account)).toThrow('the whole account'));
});

describe('an own account whose number nobody knows yet', () => {
  const grant = (principal: IPrincipal) => () => {
    const app = new App();
    const key = new SymmetricDataKey(new Stack(app, 'Keys'), 'Key');
    key.grants.decrypt(principal);
    return app.synth();
  };

  test.each<[string, IPrincipal]>([
    ['as the root of the stack’s account', new AccountRootPrincipal()],
    ['as an account principal', new AccountPrincipal(Aws.ACCOUNT_ID)],
    ['as the ARN of its root', new ArnPrincipal(`arn:aws:iam::${Aws.ACCOUNT_ID}:root`)],
  ])('%s is refused', (_, principal) => expect(grant(principal)).toThrow('the whole account'));

  test('stands by a tag, which not all of it have', () => {
    expect(grant(new AccountPrincipal(Aws.ACCOUNT_ID).withConditions({ StringEquals: { 'aws:PrincipalTag/team': 'billing' } }))).not.toThrow();
  });
});

describe('who looks after a key', () => {
  function home(props: (stack: Stack) => SymmetricDataKeyProps, inner = (stack: Stack): Stack => stack) {
    const app = new App();
    const stack = new Stack(app, 'Keys', { env: HERE });
    const key = new SymmetricDataKey(inner(stack), 'Key', props(stack));
    return { deployed: new Deployed(app), key };
  }

  test('manages its aliases: each administrator, not only the first', () => {
    const { deployed } = home((stack) => ({ alias: 'orders', administrators: ['One', 'Two'].map((id) => roleIn(stack, id)) }));
    const statements = deployed.deployment.identities.map(({ policies }) => policies.flatMap(({ document }) => [document.Statement].flat()));
    expect(statements.map((own) => own.flatMap(({ Action }) => Action))).toEqual(Array(2).fill(['kms:CreateAlias', 'kms:UpdateAlias', 'kms:DeleteAlias']));
  });

  test('deploys it, from however deep in nested stacks', () => {
    const { deployed, key } = home(() => ({}), (stack) => new NestedStack(new NestedStack(stack, 'Outer'), 'Inner'));
    expect(deployed.outcome(executionRole(), 'kms:PutKeyPolicy', key)).toBe('Allowed');
  });

  test('is left to IAM where IAM decides: the deployer has what its own policies give', () => {
    const { deployed, key } = home(() => ({ accountAccess: AccountAccess.DELEGATE_TO_IAM }));
    expect(deployed.outcome(executionRole(), 'kms:PutKeyPolicy', key)).toBe('ImplicitlyDenied');
  });
});
