import { App, Duration, Lazy, Stack } from 'aws-cdk-lib';
import {
  AccountPrincipal, AccountRootPrincipal, AnyPrincipal, CanonicalUserPrincipal, CompositePrincipal, Effect, FederatedPrincipal, Group, ManagedPolicy,
  OrganizationPrincipal, Policy, PolicyStatement, Role, ServicePrincipal, StarPrincipal, User,
} from 'aws-cdk-lib/aws-iam';
import type { Grant, IGrantable, IPrincipal, IRole } from 'aws-cdk-lib/aws-iam';
import { ViaServicePrincipal } from 'aws-cdk-lib/aws-kms';
import type { CfnKey } from 'aws-cdk-lib/aws-kms';
import { Function } from 'aws-cdk-lib/aws-lambda';
import { AccountAccess, ClientEncryptionKey, SigningAlgorithm, SigningKey, SymmetricDataKey } from '../../src';
import type { IKmsService } from '../../src';
import { Deployed, HERE, OTHER_ACCOUNT, roleIn } from '../support/deployed';

const stack = (): Stack => new Stack(new App(), 'Keys', { env: HERE });

describe('keys that cannot be', () => {
  test.each<[string, (scope: Stack) => unknown, string]>([
    ['rotating too often', (scope) => new SymmetricDataKey(scope, 'Key', { rotationPeriod: Duration.days(89) }), 'Keys/Key: rotationPeriod is 89 days: KMS takes whole days from 90 to 2560'],
    ['rotating too seldom', (scope) => new SymmetricDataKey(scope, 'Key', { rotationPeriod: Duration.days(2561) }), 'Keys/Key: rotationPeriod is 2561 days: KMS takes whole days from 90 to 2560'],
    ['rotating at noon', (scope) => new SymmetricDataKey(scope, 'Key', { rotationPeriod: Duration.hours(2412) }), 'Keys/Key: rotationPeriod is 100.5 days: KMS takes whole days from 90 to 2560'],
    ['rotating and not', (scope) => new SymmetricDataKey(scope, 'Key', { rotationPeriod: Duration.days(90), noRotationBecause: 'x' }), 'Keys/Key: rotationPeriod and noRotationBecause contradict each other: give one of them'],
    ['not rotating for no reason', (scope) => new SymmetricDataKey(scope, 'Key', { noRotationBecause: ' ' }), 'Keys/Key: noRotationBecause gives no reason'],
    ['deleted too soon', (scope) => new SigningKey(scope, 'Key', { pendingWindow: Duration.days(6) }), 'Keys/Key: pendingWindow is 6 days: KMS takes whole days from 7 to 30'],
    ['deleted too late', (scope) => new SigningKey(scope, 'Key', { pendingWindow: Duration.days(31) }), 'Keys/Key: pendingWindow is 31 days: KMS takes whole days from 7 to 30'],
    ['named like AWS\'s', (scope) => new SymmetricDataKey(scope, 'Key', { alias: 'alias/aws/s3' }), "Keys/Key: alias 'alias/aws/s3' begins with 'aws/', which AWS keeps for its own keys: choose another name"],
    ['named with a blank', (scope) => new SymmetricDataKey(scope, 'Key').addAlias('my key'), "Keys/Key: alias 'my key' is no name KMS takes: use up to 250 letters, digits, '/', '_' and '-'"],
    ['named nothing', (scope) => new SymmetricDataKey(scope, 'Key', { alias: '' }), "Keys/Key: alias '' is no name KMS takes: use up to 250 letters, digits, '/', '_' and '-'"],
    ['named the same twice', (scope) => new SymmetricDataKey(scope, 'Key', { alias: 'one' }).addAlias('alias/one'), "Keys/Key: the key has alias 'alias/one' already"],
    ['described at length', (scope) => new SymmetricDataKey(scope, 'Key', { description: 'x'.repeat(8193) }), 'Keys/Key: description has 8193 characters: KMS takes 8192'],
    ['for no service', (scope) => new SymmetricDataKey(scope, 'Key').forService(undefined as unknown as IKmsService), "'Keys/Key'.forService(…) was given no service: give it KmsService.S3 or another one"],
    ['signing with what KMS has not', (scope) => new SigningKey(scope, 'Key', { algorithm: 'HS256' as SigningAlgorithm }), "Keys/Key: 'HS256' is no signing algorithm of KMS: choose one of ES256, ES384, "],
    ['RSA of odd length', (scope) => new SigningKey(scope, 'Key', { algorithm: SigningAlgorithm.RS256, rsaBits: 1024 }), 'Keys/Key: rsaBits is 1024: KMS has RSA keys of 2048, 3072, 4096 bits'],
    ['RSA bits of a curve', (scope) => new SigningKey(scope, 'Key', { rsaBits: 2048 }), 'Keys/Key: rsaBits is for RS and PS algorithms, and ES256 has one key spec only (ECC_NIST_P256): leave it out'],
    ['RSA of odd length', (scope) => new ClientEncryptionKey(scope, 'Key', { rsaBits: 8192 }), 'Keys/Key: rsaBits is 8192: KMS has RSA keys of 2048, 3072, 4096 bits'],
    ['context of an AWS service', (scope) => new SymmetricDataKey(scope, 'Key', { contextKeys: ['aws:s3:arn'] }), "Keys/Key: encryption context key 'aws:s3:arn' belongs to an AWS service: use a name without 'aws:'"],
    ['context of the Encryption SDK', (scope) => new SymmetricDataKey(scope, 'Key', { encryptionContext: { 'aws-crypto-x': '1' } }), "Keys/Key: encryption context key 'aws-crypto-x' is kept for the AWS Encryption SDK: use a name without 'aws-crypto-'"],
    ['context twice', (scope) => new SymmetricDataKey(scope, 'Key', { encryptionContext: { Tenant: '1' }, contextKeys: ['tenant'] }), "Keys/Key: encryption context key 'tenant' is there twice (conditions compare it without case): name it once, in encryptionContext or in contextKeys"],
    ['context without a key', (scope) => new SymmetricDataKey(scope, 'Key', { contextKeys: [''] }), 'Keys/Key: an encryption context key is empty'],
    ['context without a value', (scope) => new SymmetricDataKey(scope, 'Key', { encryptionContext: { tenant: '' } }), "Keys/Key: the encryption context pair 'tenant' has no value: put the key in contextKeys if callers give it"],
    ['context beyond Latin-1', (scope) => new SymmetricDataKey(scope, 'Key', { encryptionContext: { city: 'Łódź' } }), "Keys/Key: 'Łódź' of the encryption context has the character 'Ł', which no key policy takes: use Latin-1"],
    ['context under a key to come', (scope) => new SymmetricDataKey(scope, 'Key', { contextKeys: [Lazy.string({ produce: () => 'x' })] }), 'Keys/Key: an encryption context key is not known before deployment: write it out'],
    ['context of another variable', (scope) => new SymmetricDataKey(scope, 'Key', { encryptionContext: { tenant: '${aws:userid}' } }), "Keys/Key: '${aws:userid}' of encryption context pair 'tenant' holds a policy variable that no caller can send: ${aws:PrincipalTag/…} is the one that can be used"],
  ])('%s', (_, define, message) => expect(() => define(stack())).toThrow(message));

  test('settings that only deployment knows are let through', () => {
    const later = Lazy.number({ produce: () => 100 });
    expect(() => new SymmetricDataKey(stack(), 'Key', { rotationPeriod: Duration.days(later), alias: Lazy.string({ produce: () => 'alias/later' }) })).not.toThrow();
  });

  test('rotation that is switched off behind the construct\'s back', () => {
    const scope = stack();
    (new SymmetricDataKey(scope, 'Key').node.defaultChild as CfnKey).enableKeyRotation = false;
    expect(() => (scope.node.root as App).synth()).toThrow('[Keys/Key] rotation was switched off on the CloudFormation resource: say why with noRotationBecause, which switches it off too');
  });

  test('rotation that is switched off with a reason, which is shown', () => {
    const scope = stack();
    new SymmetricDataKey(scope, 'Key', { noRotationBecause: 'the archive cannot follow' });
    const { messages } = (scope.node.root as App).synth().getStackByName('Keys');
    expect(messages.map(({ entry }) => entry.data)).toEqual(['does not rotate: the archive cannot follow [ack: cdk-keysmith:no-rotation]']);
  });
});

describe('what a kind of key cannot do', () => {
  type Method = 'grantDecrypt' | 'grantEncrypt' | 'grantEncryptDecrypt' | 'grantSign' | 'grantVerify' | 'grantSignVerify' | 'grantGenerateMac' | 'grantVerifyMac';
  const keys = { data: SymmetricDataKey, signer: SigningKey, sealer: ClientEncryptionKey };
  test.each<[keyof typeof keys, Method, string]>([
    ['data', 'grantSign', "'Keys/Key' is a symmetric data key and cannot sign: make a SigningKey"],
    ['data', 'grantVerify', "'Keys/Key' is a symmetric data key and cannot verify signatures: make a SigningKey"],
    ['data', 'grantSignVerify', "'Keys/Key' is a symmetric data key and cannot sign: make a SigningKey"],
    ['data', 'grantGenerateMac', "'Keys/Key' is a symmetric data key and cannot generate MACs: make a kms.Key of an HMAC key spec"],
    ['data', 'grantVerifyMac', "'Keys/Key' is a symmetric data key and cannot verify MACs"],
    ['signer', 'grantEncrypt', "'Keys/Key' is a signing key and cannot encrypt: make a SymmetricDataKey, or a ClientEncryptionKey for clients without AWS credentials"],
    ['signer', 'grantDecrypt', "'Keys/Key' is a signing key and cannot decrypt: make a SymmetricDataKey"],
    ['signer', 'grantEncryptDecrypt', "'Keys/Key' is a signing key and cannot decrypt: make a SymmetricDataKey"],
    ['sealer', 'grantSign', "'Keys/Key' is a client encryption key and cannot sign: make a SigningKey"],
  ])('%s: %s', (kind, method, message) => {
    const scope = stack();
    const key = new keys[kind](scope, 'Key');
    expect(() => key[method](roleIn(scope, 'Role'))).toThrow(message);
    expect(new Deployed(scope.node.root as App).keyOf(key).policy.Statement).toHaveLength(4);
  });

  test.each([['signer', 'a signing key'], ['sealer', 'a client encryption key']] as const)('%s: serve AWS services', (kind, name) => {
    const service: IKmsService = { serviceName: 'S3', viewOf: (key) => key };
    expect(() => new keys[kind](stack(), 'Key').forService(service)).toThrow(`'Keys/Key' is ${name}, and S3 takes symmetric keys only: make a SymmetricDataKey and hand over its forService(…)`);
  });

  test('a data key asks the service for a view each time', () => {
    const viewOf = jest.fn((asked: SymmetricDataKey) => asked);
    const service: IKmsService = { serviceName: 'S3', viewOf };
    const key = new SymmetricDataKey(stack(), 'Key');
    expect([key.forService(service), key.forService(service)]).toEqual([key, key]);
    expect(viewOf).toHaveBeenCalledTimes(2);
  });
});

describe('whom a key policy cannot name', () => {
  const conditions = { StringEquals: { 'aws:SourceAccount': HERE.account } };
  const POLICY = /^'Keys\/Policy' is a policy, and no key policy can name a policy: grant Decrypt on 'Keys\/Key' to the roles or users it is attached to$/;
  const ROLELESS = /^'Keys\/Fn' has no role that this app knows, so that 'Keys\/Key' cannot let it in: import it with its role \(Function\.fromFunctionAttributes\(…, \{ functionArn, role \}\)\), or grant to the role itself$/;
  const functionOf = (scope: Stack, role?: IRole) => Function.fromFunctionAttributes(scope, 'Fn', { functionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:f', role });
  const untyped = (value: unknown) => value as IGrantable;
  const ways: Record<string, (key: SymmetricDataKey, grantee: IGrantable) => Grant> = {
    'grants.decrypt': (key, grantee) => key.grants.decrypt(grantee),
    'grantDecrypt': (key, grantee) => key.grantDecrypt(grantee),
    'grant': (key, grantee) => key.grant(grantee, 'kms:Decrypt'),
  };

  describe.each(Object.entries(ways))('by %s', (_, grant) => test.each<[string, (scope: Stack) => IGrantable, RegExp | undefined]>([
    ['everybody', () => new AnyPrincipal(), /every AWS account would be granted Decrypt on 'Keys\/Key': name the roles, or add a condition on aws:PrincipalOrgID/],
    ['everybody, in short', () => new StarPrincipal(), /every AWS account/],
    ['everybody in some network', () => new AnyPrincipal().withConditions({ StringEquals: { 'aws:SourceVpc': 'vpc-1' } }), /every AWS account/],
    ['an organization', () => new OrganizationPrincipal('o-abcdefghij'), undefined],
    ['the own account', () => new AccountRootPrincipal(), / was to be granted Decrypt on 'Keys\/Key': IAM policies of the whole account would decide who may\. Name the roles, or choose AccountAccess\.DELEGATE_TO_IAM/],
    ['the own account by number', () => new AccountPrincipal(HERE.account), /IAM policies of the whole account would decide/],
    ['the own account by role names', () => new AccountRootPrincipal().withConditions({ ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/team/*' } }), undefined],
    ['another account, which then decides', () => new AccountPrincipal(OTHER_ACCOUNT.account), undefined],
    ['a user', (scope) => new User(scope, 'User'), undefined],
    ['a group', (scope) => new Group(scope, 'Group'), /'Keys\/Group' is a group, and no key policy can name a group: grant Decrypt on 'Keys\/Key' to the roles or users in it/],
    ['an imported group', (scope) => Group.fromGroupName(scope, 'Group', 'group'), /is a group, and no key policy can name a group/],
    ['an identity provider', () => new FederatedPrincipal('cognito-identity.amazonaws.com', {}), /is a Federated principal, which signs in to a role and never calls KMS itself/],
    ['a canonical user', () => new CanonicalUserPrincipal('0123'), /is a CanonicalUser principal/],
    ['a managed policy', (scope) => new ManagedPolicy(scope, 'Policy'), POLICY],
    ['a managed policy by its principal', (scope) => new ManagedPolicy(scope, 'Policy').grantPrincipal, POLICY],
    ['a policy', (scope) => new Policy(scope, 'Policy'), POLICY],
    ['a policy by its principal', (scope) => new Policy(scope, 'Policy').grantPrincipal, POLICY],
    // As languages without types hand them over.
    ['an imported managed policy', (scope) => untyped(ManagedPolicy.fromManagedPolicyArn(scope, 'Policy', 'arn:aws:iam::111122223333:policy/p')), POLICY],
    ['a managed policy imported by its name', (scope) => untyped(ManagedPolicy.fromManagedPolicyName(scope, 'Policy', 'p')), POLICY],
    ['a managed policy of AWS', () => untyped(ManagedPolicy.fromAwsManagedPolicyName('ReadOnlyAccess')), /^ReadOnlyAccess is a policy, and no key policy can name a policy/],
    ['an imported policy', (scope) => untyped(Policy.fromPolicyName(scope, 'Policy', 'p')), POLICY],
    ['an ARN', () => untyped('arn:aws:iam::111122223333:role/r'), /^arn:aws:iam::111122223333:role\/r is nobody whom 'Keys\/Key' could let in: hand over a role, or a principal/],
    ['nobody', () => untyped(undefined), /^undefined is nobody whom 'Keys\/Key' could let in: hand over a role, or a principal/],
    ['several with conditions of their own', (scope) => new CompositePrincipal(roleIn(scope, 'Role'), new ServicePrincipal('events.amazonaws.com', { conditions })),
      /^CompositePrincipal\(.*\) cannot be told in one statement of 'Keys\/Key', grant to its principals one by one: .*must not have conditions/],
    ['a role', (scope) => roleIn(scope, 'Role'), undefined],
    ['a function without its role', functionOf, ROLELESS],
    ['a function without its role, by its principal', (scope) => functionOf(scope).grantPrincipal, ROLELESS],
    ['a function with its role', (scope) => functionOf(scope, Role.fromRoleArn(scope, 'Role', 'arn:aws:iam::111122223333:role/f')), undefined],
    ['a service, for anybody', () => new ServicePrincipal('events.amazonaws.com'), /would use 'Keys\/Key' for anybody's resources: add conditions/],
    ['a service, for this account', () => new ServicePrincipal('events.amazonaws.com').withConditions(conditions), undefined],
    ['a service, for this account unless it does not say', () => new ServicePrincipal('events.amazonaws.com').withConditions({ StringEqualsIfExists: { 'aws:SourceAccount': HERE.account } }), /for anybody's resources/],
  ])('%s', (__, grantee, message) => {
    const scope = stack();
    const key = new SymmetricDataKey(scope, 'Key');
    const give = () => grant(key, grantee(scope));
    if (message) expect(give).toThrow(message);
    else expect(give().success).toBe(true);
  }));

  test.each<[string, string, boolean]>([
    ['111122223333', 'its own resources', true],
    ['444455556666', 'resources of others', false],
  ])('a service acts for account %s: %s', (account, _, allowed) => {
    const scope = stack();
    const key = new SymmetricDataKey(scope, 'Key');
    key.grants.decrypt(new ServicePrincipal('events.amazonaws.com').withConditions(conditions));
    const call = { parameters: { EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' }, conditionKeys: { 'aws:SourceAccount': account } };
    expect(new Deployed(scope.node.root as App).decide('events.amazonaws.com', 'kms:Decrypt', key, call).allowed).toBe(allowed);
  });

  test('a group may be granted where IAM policies decide', () => {
    const scope = stack();
    const [key, group] = [new SymmetricDataKey(scope, 'Key', { accountAccess: AccountAccess.DELEGATE_TO_IAM }), new Group(scope, 'Group')];
    expect(key.grants.decrypt(group).principalStatements).toHaveLength(1);
  });

  test.each([['managed', ManagedPolicy], ['inline', Policy]] as const)('so may a policy (%s), which gives to the roles that have it', (_, Kind) => {
    const scope = stack();
    const [key, has, lacks] = [new SymmetricDataKey(scope, 'Key', { accountAccess: AccountAccess.DELEGATE_TO_IAM }), roleIn(scope, 'Has'), roleIn(scope, 'Lacks')];
    key.grants.decrypt(new Kind(scope, 'Policy', { roles: [has] }));
    const deployed = new Deployed(scope.node.root as App);
    const outcome = (role: Role, action: string) => deployed.outcome(role, action, key, { parameters: { EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' } });
    expect([outcome(has, 'kms:Decrypt'), outcome(has, 'kms:Encrypt'), outcome(lacks, 'kms:Decrypt')]).toEqual(['Allowed', 'ImplicitlyDenied', 'ImplicitlyDenied']);
  });

  test.each<[string, (scope: Stack) => IGrantable, RegExp]>([
    ['a policy', (scope) => new ManagedPolicy(scope, 'Policy'), /'Theirs\/Policy' is a policy, and no key policy can name a policy/],
    ['a group', (scope) => new Group(scope, 'Group'), /'Theirs\/Group' is a group, and no key policy can name a group/],
  ])('but %s of another account may not: that account decides nothing here', (_, grantee, message) => {
    const scope = stack();
    const key = new SymmetricDataKey(scope, 'Key', { accountAccess: AccountAccess.DELEGATE_TO_IAM });
    expect(() => key.grants.decrypt(grantee(new Stack(scope.node.root as App, 'Theirs', { env: OTHER_ACCOUNT })))).toThrow(message);
  });

  test('somebody without a role, named through a service, is told of the view first', () => {
    const scope = stack();
    const via = new ViaServicePrincipal('secretsmanager.eu-west-1.amazonaws.com', functionOf(scope).grantPrincipal);
    expect(() => new SymmetricDataKey(scope, 'Key').grantDecrypt(via)).toThrow("'Keys/Key' itself was to be granted through secretsmanager.eu-west-1.amazonaws.com, which calls KMS for whoever calls it: "
      + 'the key lets nobody in that way but through a view: hand over key.forService(KmsService.SECRETS_MANAGER)');
  });
});

describe('statements from elsewhere', () => {
  const allow = (principals: IPrincipal[], actions: string[], conditions?: Record<string, unknown>) => new PolicyStatement({ principals, actions, resources: ['*'], conditions });
  const owner = new AccountPrincipal(OTHER_ACCOUNT.account);
  const events = new ServicePrincipal('events.amazonaws.com');

  test.each<[string, PolicyStatement, RegExp | undefined]>([
    ['an exact one', allow([owner], ['kms:Decrypt']), undefined],
    ['everything', allow([owner], ['kms:*']), /\[Keys\/Key\] statement 'Custom' given to addToResourcePolicy allows kms:\*, and with it kms:PutKeyPolicy, which gives everything away/],
    ['a grant to anybody', allow([owner], ['kms:Decrypt', 'kms:CreateGrant']), /allows kms:CreateGrant/],
    ['a grant for an AWS resource', allow([owner], ['kms:CreateGrant'], { Bool: { 'kms:GrantIsForAWSResource': 'true' } }), undefined],
    ['a replica', allow([owner], ['kms:Replicate*'], { Bool: { 'kms:GrantIsForAWSResource': 'true' } }), /allows kms:Replicate\*, and with it kms:ReplicateKey/],
    ['everybody', allow([new AnyPrincipal()], ['kms:Decrypt']), /lets in every AWS account: name the principals/],
    ['everybody of one account', allow([new AnyPrincipal()], ['kms:Decrypt'], { StringEquals: { 'kms:CallerAccount': '444455556666' } }), undefined],
    ['a service for anybody', allow([events], ['kms:Decrypt']), /lets the service act for anybody's resources: add a condition on aws:SourceArn/],
    ['a service for one queue', allow([events], ['kms:Decrypt'], { ArnEquals: { 'aws:SourceArn': 'arn:aws:sqs:eu-west-1:111122223333:q' } }), undefined],
    ['all but one', new PolicyStatement({ notPrincipals: [owner], actions: ['kms:Decrypt'], resources: ['*'] }), /is an Allow with NotPrincipal: name the principals and the actions/],
    ['all but deleting', new PolicyStatement({ principals: [owner], notActions: ['kms:ScheduleKeyDeletion'], resources: ['*'] }), /is an Allow with NotAction/],
    ['the own account', allow([new AccountRootPrincipal()], ['kms:Decrypt']), /allows kms:Decrypt to the whole account: IAM policies would decide who uses 'Keys\/Key'/],
    ['a denial of use, which may be as wide as it likes', new PolicyStatement({ effect: Effect.DENY, principals: [new AnyPrincipal()], actions: ['kms:Decrypt'], resources: ['*'] }), undefined],
    ['a denial that nobody could take back', new PolicyStatement({ effect: Effect.DENY, principals: [new AnyPrincipal()], actions: ['kms:*'], resources: ['*'] }), /denies kms:PutKeyPolicy to everybody/],
  ])('%s', (_, statement, message) => {
    const scope = stack();
    const key = new SymmetricDataKey(scope, 'Key');
    expect(key.addToResourcePolicy(statement).statementAdded).toBe(true);
    const synth = () => (scope.node.root as App).synth();
    if (message) expect(synth).toThrow(message);
    else expect(synth).not.toThrow();
  });

  test('stand in the policy, each with a Sid of its own', () => {
    const scope = stack();
    const key = new SymmetricDataKey(scope, 'Key');
    ['kms:Decrypt', 'kms:Encrypt', 'kms:Verify', 'kms:DescribeKey'].forEach((action, n) => key.addToResourcePolicy(new PolicyStatement({
      sid: [undefined, 'Partner', 'Partner', 'Administer'][n], principals: [owner], actions: [action], resources: ['*'],
    })));
    const { Statement } = new Deployed(scope.node.root as App).keyOf(key).policy;
    expect([Statement].flat().map((statement) => statement.Sid)).toEqual([
      'AccountAdministersThroughIam', 'OwnPolicy', 'Administer', 'RecoverPolicy', 'Custom', 'Partner', 'Partner2', 'Administer2',
    ]);
  });

  test('may name the key they are added to', () => {
    const scope = stack();
    const key = new SymmetricDataKey(scope, 'Key');
    key.addToResourcePolicy(new PolicyStatement({ principals: [owner], actions: ['kms:Decrypt'], resources: [key.keyArn] }));
    const { Statement } = new Deployed(scope.node.root as App).keyOf(key).policy;
    expect([Statement].flat().map((statement) => statement.Resource)).toEqual(['*', '*', '*', '*', '*']);
  });

  test('are warned of where they let the key be used outside of its encryption context', () => {
    const scope = stack();
    const key = new SymmetricDataKey(scope, 'Key', { contextKeys: ['tenant'] });
    key.addToResourcePolicy(allow([owner], ['kms:Decrypt']));
    const { messages } = (scope.node.root as App).synth().getStackByName('Keys');
    expect(messages.map(({ level, entry }) => [level, entry.data])).toEqual([['warning', expect.stringContaining('grants.decrypt(…) would ask for it')]]);
  });
});
