import { App, Aws, CfnParameter, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import {
  AccountPrincipal, AccountRootPrincipal, AnyPrincipal, ArnPrincipal, CompositePrincipal, Effect, FederatedPrincipal, Group, ManagedPolicy,
  OrganizationPrincipal, PolicyStatement, PrincipalWithConditions, Role, SamlPrincipal, SamlProvider, ServicePrincipal, User,
} from 'aws-cdk-lib/aws-iam';
import type { CfnRole, IPrincipal } from 'aws-cdk-lib/aws-iam';
import { Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import { AccountAccess, ClientEncryptionKey, KmsService, SigningKey, SymmetricDataKey } from '../../src';
import type { KeysmithKey } from '../../src';
import { startLocalKms } from '../../src/testing';
import type { Call } from '../support/deployed';
import { Deployed, HERE, OTHER_ACCOUNT, roleIn } from '../support/deployed';

/** Who may use a key in an emergency, and how they are asked for MFA. */

const MFA = { Bool: { 'aws:MultiFactorAuthPresent': 'true' } };
const withMfa = () => new AccountRootPrincipal().withConditions(MFA);
const stackIn = (app: App, id = 'Orders') => new Stack(app, id, { env: HERE });
const emergencyRole = (scope: Stack, id = 'Emergency', more: object = {}) => roleIn(scope, id, { assumedBy: withMfa(), ...more });

const AES = { parameters: { EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' } };
const OAEP = { parameters: { EncryptionAlgorithm: 'RSAES_OAEP_SHA_256' } };
const ES256 = { parameters: { SigningAlgorithm: 'ECDSA_SHA_256', MessageType: 'DIGEST' } };
/** What AWS sends of a session's MFA: nothing with AssumeRole or an access key, either value with GetSessionToken. */
const mfa = (present: string) => ({ conditionKeys: { 'aws:MultiFactorAuthPresent': present } });
const ALL = [
  'kms:Encrypt', 'kms:Decrypt', 'kms:GenerateDataKey', 'kms:ReEncryptFrom', 'kms:ReEncryptTo', 'kms:Sign', 'kms:Verify', 'kms:DescribeKey',
  'kms:GetPublicKey', 'kms:CreateGrant', 'kms:PutKeyPolicy', 'kms:GetKeyPolicy', 'kms:DisableKey', 'kms:ScheduleKeyDeletion',
];

/** One key of each kind with a role and a user for emergencies, beside a role without. */
function scene(accountAccess = AccountAccess.ADMINISTRATION_ONLY) {
  const app = new App();
  const stack = stackIn(app);
  const [role, user, other] = [emergencyRole(stack), new User(stack, 'Ada'), emergencyRole(stack, 'Other')];
  const props = { accountAccess, breakGlass: [role, user] };
  const data = new SymmetricDataKey(stack, 'Data', { ...props, encryptionContext: { Project: 'Orders' } });
  const signing = new SigningKey(stack, 'Signing', props);
  const sealing = new ClientEncryptionKey(stack, 'Sealing', props);
  return { deployed: new Deployed(app), role, user, other, data, signing, sealing };
}

const world = scene();
const allowedTo = (who: 'role' | 'user' | 'other', key: KeysmithKey, call: Call) => (
  ALL.filter((action) => world.deployed.decide(world[who], action, key, call).allowed)
);

describe('in an emergency', () => {
  test.each<[string, 'data' | 'signing' | 'sealing', Call, string[]]>([
    ['a data key is read, and described', 'data', AES, ['kms:Decrypt', 'kms:DescribeKey']],
    ['a signing key signs and verifies', 'signing', ES256, ['kms:Sign', 'kms:Verify', 'kms:DescribeKey', 'kms:GetPublicKey']],
    ['what clients encrypted is read', 'sealing', OAEP, ['kms:Decrypt', 'kms:DescribeKey', 'kms:GetPublicKey']],
  ])('%s, and nothing else', (_, key, call, actions) => {
    expect(allowedTo('role', world[key], call)).toEqual(actions);
    expect(allowedTo('user', world[key], { ...call, ...mfa('true') })).toEqual(actions);
    expect(allowedTo('other', world[key], call)).toEqual([]);
  });

  test.each<[string, Call]>([
    ['directly, under the contract', { context: { Project: 'Orders' } }],
    ['directly, without a context, as before there was a contract', {}],
    ['directly, under another context', { context: { Project: 'Invoices', more: 'x' } }],
    ['through S3', { via: 's3', context: { 'aws:s3:arn': 'arn:aws:s3:::orders/1' } }],
    ['through DynamoDB', { via: 'dynamodb', context: { 'aws:dynamodb:tableName': 'orders' } }],
  ])('data is read %s', (_, call) => {
    expect(world.deployed.outcome(world.role, 'kms:Decrypt', world.data, { ...AES, ...call })).toBe('Allowed');
  });

  test('the key\'s one algorithm stays the one', () => {
    const outcome = (key: 'signing' | 'sealing', action: string, parameters: Record<string, string>) => world.deployed.outcome(world.role, action, world[key], { parameters });
    expect(outcome('signing', 'kms:Sign', { SigningAlgorithm: 'ECDSA_SHA_256', MessageType: 'RAW' })).toBe('ImplicitlyDenied');
    expect(outcome('sealing', 'kms:Decrypt', { EncryptionAlgorithm: 'RSAES_OAEP_SHA_1' })).toBe('ImplicitlyDenied');
  });

  test.each<[string, 'role' | 'user', Call, string]>([
    ['a role is asked for MFA when it is assumed, and not again: its credentials tell of none', 'role', {}, 'Allowed'],
    ['a role through a service, which passes on what the credentials tell', 'role', { via: 's3' }, 'Allowed'],
    ['a user with MFA is let in', 'user', mfa('true'), 'Allowed'],
    ['a user who signed in without is not', 'user', mfa('false'), 'ImplicitlyDenied'],
    ['a user with an access key is not', 'user', {}, 'ImplicitlyDenied'],
  ])('%s', (_, who, call, outcome) => {
    expect(world.deployed.outcome(world[who], 'kms:Decrypt', world.data, { ...AES, ...call })).toBe(outcome);
  });

  test('the statement that decides is called BreakGlass…', () => {
    const by = (who: 'role' | 'user', call: Call) => (
      world.deployed.decide(world[who], 'kms:Decrypt', world.data, { ...AES, ...call }).decidedBy.map(({ statement }) => statement)
    );
    expect([by('role', {}), by('user', mfa('true'))]).toEqual([['BreakGlassDecrypt'], ['BreakGlassDecrypt2']]);
  });

  test('somebody who also reads every day keeps what was granted', () => {
    const app = new App();
    const stack = stackIn(app);
    const role = emergencyRole(stack);
    const key = new SymmetricDataKey(stack, 'Data', { breakGlass: [role], encryptionContext: { Project: 'Orders' } });
    key.grants.encrypt(role);
    expect(new Deployed(app).outcome(role, 'kms:Encrypt', key, { ...AES, context: { Project: 'Orders' } })).toBe('Allowed');
  });
});

describe('where the account delegates to IAM', () => {
  const delegating = scene(AccountAccess.DELEGATE_TO_IAM);

  test.each<[string, Call, string]>([
    ['under the contract, directly', { context: { Project: 'Orders' } }, 'Allowed'],
    ['through a service', { via: 's3', context: { 'aws:s3:arn': 'arn:aws:s3:::orders/1' } }, 'Allowed'],
    ['outside of the contract, directly: it binds everybody', {}, 'ExplicitlyDenied'],
  ])('data is read %s', (_, call, outcome) => {
    expect(delegating.deployed.outcome(delegating.role, 'kms:Decrypt', delegating.data, { ...AES, ...call })).toBe(outcome);
  });
});

test('a role of another account and one of another stack are told as all grantees are', () => {
  const app = new App();
  const [home, away, elsewhere] = [stackIn(app), stackIn(app, 'Away'), new Stack(app, 'Elsewhere', { env: OTHER_ACCOUNT })];
  const near = emergencyRole(away, 'Near');
  const far = emergencyRole(elsewhere, 'Far', { roleName: 'far', assumedBy: new AccountPrincipal(OTHER_ACCOUNT.account).withConditions(MFA) });
  const key = new SymmetricDataKey(home, 'Data', { alias: 'orders', breakGlass: [near, far] });
  const deployed = new Deployed(app);
  expect([near, far].map((role) => deployed.outcome(role, 'kms:Decrypt', key, AES))).toEqual(['Allowed', 'Allowed']);
});

describe('nobody stands for others: breakGlass takes no', () => {
  test.each<[string, (stack: Stack) => IPrincipal, RegExp]>([
    ['account', () => new AccountRootPrincipal(), /is a whole account: name a role or a user/],
    ['account by its number', () => new AccountPrincipal('444455556666'), /is a whole account/],
    ['account of the stack', () => new AccountPrincipal(Aws.ACCOUNT_ID), /is a whole account/],
    ['account with a condition', () => new AccountRootPrincipal().withConditions({ ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::111122223333:role/x' } }), /is a whole account/],
    ['root user', () => new ArnPrincipal('arn:aws:iam::111122223333:root'), /is a whole account/],
    ['everybody', () => new AnyPrincipal(), /is everybody/],
    ['organization', () => new OrganizationPrincipal('o-1234567890'), /is everybody/],
    ['service', () => new ServicePrincipal('lambda.amazonaws.com'), /is a service/],
    ['pattern', () => new ArnPrincipal('arn:aws:iam::111122223333:role/*'), /is a pattern/],
    ['group', (stack) => new Group(stack, 'Group').grantPrincipal, /is a group/],
    ['policy', (stack) => new ManagedPolicy(stack, 'Policy').grantPrincipal, /is a policy/],
    ['identity provider', () => new FederatedPrincipal('accounts.example.com'), /never calls KMS itself: grant to the role it assumes/],
    ['session', () => new ArnPrincipal('arn:aws:sts::111122223333:assumed-role/Emergency/ada'), /nothing tells whether it is a role or a user/],
    ['ARN that only deployment knows', (stack) => new ArnPrincipal(new CfnParameter(stack, 'Arn').valueAsString), /nothing tells whether it is a role or a user/],
    ['role and user in one', (stack) => new CompositePrincipal(emergencyRole(stack), new User(stack, 'Ada')), /is several principals of different kinds: name them one by one/],
    ['role under a condition that never holds', (stack) => new PrincipalWithConditions(emergencyRole(stack), MFA), /comes with a condition on MFA, which never holds for the credentials of a role/],
  ])('%s', (_, who, message) => {
    const stack = stackIn(new App());
    const principal = who(stack);
    const make = () => new SymmetricDataKey(stack, 'Data', { breakGlass: [principal] });
    expect(make).toThrow(message);
  });

  test('with the key and the prop in the message', () => {
    expect(() => new SigningKey(stackIn(new App()), 'Signing', { breakGlass: [new ServicePrincipal('lambda.amazonaws.com')] }))
      .toThrow(/^breakGlass of 'Orders\/Signing': ServicePrincipal\(lambda\.amazonaws\.com\) is a service: name a role or a user, whose every use of the key can be told from others'$/);
  });
});

describe('a role of the app', () => {
  const WITHOUT = /breakGlass of 'Orders\/Data': 'Orders\/Emergency' can be assumed without MFA: let its trust policy ask for it/;
  const synthesized = (define: (stack: Stack) => IPrincipal, change: (role: CfnRole) => void = () => undefined) => () => {
    const app = new App();
    const stack = stackIn(app);
    const role = define(stack);
    new SymmetricDataKey(stack, 'Data', { breakGlass: [role] });
    change((role as Role).node.defaultChild as CfnRole);
    app.synth();
  };
  const assumedBy = (principal: IPrincipal) => synthesized((stack) => roleIn(stack, 'Emergency', { assumedBy: principal }));

  test.each<[string, IPrincipal]>([
    ['without a condition', new AccountRootPrincipal()],
    ['by a named role', new ArnPrincipal('arn:aws:iam::111122223333:role/Ops')],
    ['with MFA said to be absent', new AccountRootPrincipal().withConditions({ Bool: { 'aws:MultiFactorAuthPresent': 'false' } })],
    ['with MFA if there is any, which access keys pass', new AccountRootPrincipal().withConditions({ BoolIfExists: { 'aws:MultiFactorAuthPresent': 'true' } })],
    ['with a key that tells of MFA, whatever it says', new AccountRootPrincipal().withConditions({ Null: { 'aws:MultiFactorAuthPresent': 'false' } })],
    ['by two, one of them without MFA', new CompositePrincipal(withMfa(), new AccountPrincipal('444455556666'))],
  ])('that can be assumed %s is refused', (_, principal) => {
    expect(assumedBy(principal)).toThrow(WITHOUT);
  });

  test('that can be assumed by a service is refused, also beside people with MFA', () => {
    expect(assumedBy(new CompositePrincipal(withMfa(), new ServicePrincipal('lambda.amazonaws.com')))).toThrow(/'Orders\/Emergency' can be assumed by a service, which has no MFA/);
  });

  test.each<[string, IPrincipal]>([
    ['with MFA', withMfa()],
    ['with MFA of the last hour', new AccountRootPrincipal().withConditions({ NumericLessThan: { 'aws:MultiFactorAuthAge': '3600' } })],
    ['with MFA, by two', new CompositePrincipal(withMfa(), new AccountPrincipal('444455556666').withConditions(MFA))],
  ])('that is assumed %s is taken', (_, principal) => {
    expect(assumedBy(principal)).not.toThrow();
  });

  test('that an identity provider lets people into is taken, with a warning: AWS cannot tell what it asked for', () => {
    const app = new App();
    const stack = stackIn(app);
    const provider = SamlProvider.fromSamlProviderArn(stack, 'Idp', 'arn:aws:iam::111122223333:saml-provider/idp');
    new SymmetricDataKey(stack, 'Data', { breakGlass: [roleIn(stack, 'Emergency', { assumedBy: new SamlPrincipal(provider, {}) })] });
    const messages = app.synth().getStackByName('Orders').messages.map(({ entry }) => String(entry.data));
    expect(messages).toEqual([expect.stringMatching(/^breakGlass: an identity provider lets people assume 'Orders\/Emergency', and AWS cannot tell whether they had MFA/)]);
  });

  test.each<[string, boolean]>([
    ['sts:*', true], ['*', true], ['sts:AssumeRole', true], ['STS:assumerole', true], ['sts:Assume*', true], ['sts:*Role', true],
    ['sts:TagSession', false], ['sts:SetSource*', false], ['sts:AssumeRoleWith*', false],
  ])('is refused for a second statement without MFA that takes in AssumeRole: %s is %s', (action, refused) => {
    const define = synthesized((stack) => {
      const role = emergencyRole(stack);
      role.assumeRolePolicy!.addStatements(new PolicyStatement({ actions: [action], principals: [new AccountPrincipal('444455556666')] }));
      return role;
    });
    if (refused) expect(define).toThrow(WITHOUT);
    else expect(define).not.toThrow();
  });

  test('is looked at as it will be deployed', () => {
    const wider = new PolicyStatement({ effect: Effect.ALLOW, actions: ['sts:*'], principals: [new AccountPrincipal('444455556666')] });
    expect(synthesized((stack) => {
      const role = emergencyRole(stack);
      role.assumeRolePolicy!.addStatements(wider);
      return role;
    })).toThrow(WITHOUT);
    expect(synthesized(emergencyRole, (role) => role.addPropertyDeletionOverride('AssumeRolePolicyDocument.Statement.0.Condition'))).toThrow(WITHOUT);
    expect(synthesized((stack) => roleIn(stack, 'Emergency'), (role) => role.addPropertyOverride('AssumeRolePolicyDocument.Statement.0.Condition', MFA))).not.toThrow();
  });

  test.each<[string, (stack: Stack) => IPrincipal]>([
    ['imported', (stack) => Role.fromRoleName(stack, 'Emergency', 'Emergency')],
    ['named by its ARN', () => new ArnPrincipal(`arn:${Aws.PARTITION}:iam::${Aws.ACCOUNT_ID}:role/Emergency`)],
  ])('is one; of one that is %s nobody here knows, and a warning says so', (_, who) => {
    const stack = stackIn(new App());
    new SymmetricDataKey(stack, 'Data', { breakGlass: [who(stack)] });
    Annotations.fromStack(stack).hasWarning('/Orders/Data/Resource', Match.stringLikeRegexp('breakGlass: .* is not a role of this app, so that nobody here sees whether it is assumed with MFA'));
  });

  test.each<[string, (stack: Stack) => IPrincipal]>([
    ['a role of the app', emergencyRole],
    ['a user, whom the key policy asks', () => new ArnPrincipal('arn:aws:iam::111122223333:user/ada')],
  ])('%s needs no warning', (_, who) => {
    const stack = stackIn(new App());
    new SymmetricDataKey(stack, 'Data', { breakGlass: [who(stack)] });
    Annotations.fromStack(stack).hasNoWarning('*', Match.anyValue());
  });
});

test('on the local KMS the role opens what others wrote, through their service and directly, and writes nothing', async () => {
  const app = new App();
  const stack = stackIn(app);
  const [writer, role] = [roleIn(stack, 'Writer'), emergencyRole(stack)];
  const key = new SymmetricDataKey(stack, 'Data', { alias: 'orders', breakGlass: [role], encryptionContext: { Project: 'Orders' } });
  key.grants.encrypt(writer);
  const bucket = new Bucket(stack, 'Documents', { bucketName: 'orders-documents', encryption: BucketEncryption.KMS, encryptionKey: key.forService(KmsService.S3) });
  bucket.grantWrite(writer);
  const local = await startLocalKms({ assembly: app.synth().directory });
  try {
    const object = { resource: 'arn:aws:s3:::orders-documents/1.pdf' };
    const EncryptionContext = { Project: 'Orders' };
    await local.via('s3', 'Orders/Writer', object).putObject('an order');
    const { CiphertextBlob } = await local.port('Orders/Writer').call('Encrypt', { KeyId: 'alias/orders', Plaintext: Buffer.from('x'), EncryptionContext });
    const emergency = local.port('Orders/Emergency');
    expect(Buffer.from(await local.via('s3', 'Orders/Emergency', object).getObject()).toString()).toBe('an order');
    await expect(emergency.call('Decrypt', { CiphertextBlob, EncryptionContext })).resolves.toHaveProperty('Plaintext');
    await expect(local.via('s3', 'Orders/Emergency', object).putObject('forged')).rejects.toMatchObject({ name: 'AccessDeniedException' });
    await expect(emergency.call('Encrypt', { KeyId: 'alias/orders', Plaintext: Buffer.from('x'), EncryptionContext })).rejects.toMatchObject({ name: 'AccessDeniedException' });
    expect(local.openQuestions).toEqual([]);
  } finally {
    await local.stop();
  }
});
