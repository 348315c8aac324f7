import { App, Aws, CfnParameter, CliCredentialsStackSynthesizer, Stack, type IStackSynthesizer } from 'aws-cdk-lib';
import { AccountPrincipal, AnyPrincipal, ArnPrincipal, Effect, PolicyStatement, Role, ServicePrincipal, type IPrincipal } from 'aws-cdk-lib/aws-iam';
import { AccountAccess, SymmetricDataKey } from '../../src';
import { lockOut, type ResolvedStatement } from '../../src/policy/lock-out';
import type { Conditions } from '../../src/policy/permission';
import { Deployed, executionRole, HERE, OTHER_ACCOUNT, roleIn, type Call } from '../support/deployed';

/** KMS refuses a policy that whoever puts it could not put again. A Deny that may hold for the deployer does that, however it is said. */

const DEPLOYER = executionRole();
const ADMIN = `arn:aws:iam::${HERE.account}:role/Admin`;
const NAME = DEPLOYER.split('/')[1];
const [PARTITION, ACCOUNT, REGION] = ['AWS::Partition', 'AWS::AccountId', 'AWS::Region'].map((name) => ({ Ref: name }));
const joined = (parts: unknown[]) => ({ 'Fn::Join': ['', parts] });
const KEEPER = { arn: DEPLOYER, account: HERE.account };
const everybody = (denial: ResolvedStatement): ResolvedStatement => ({ Principal: '*', Action: 'kms:*', ...denial });
const when = (Condition: Conditions): ResolvedStatement => everybody({ Condition });

describe('a Deny locks the deployer out', () => {
  const MAYBE = 'to whoever may turn out to be the deployer, once what only deployment knows is filled in: nobody could ever change the policy again';
  const [NAMELESS, EVERYBODY, ITSELF, PERHAPS] = ['denies kms:PutKeyPolicy by NotPrincipal, which takes in every session that it does not name', 'to everybody, the deployer included: nobody could ever change the policy again',
    'to the deployer: nobody could ever change the policy again', 'under conditions that may hold for the deployer (arn:aws:iam::111122223333:role/cdk-hnb659fds-cfn-exec-role-111122223333-eu-west-1): KMS would refuse the policy'];

  test.each<[string, ResolvedStatement, string]>([
    ['to everybody', everybody({}), EVERYBODY],
    ['to everybody, in AWS\'s other words', { Principal: { AWS: ['*'] }, Action: '*' }, EVERYBODY],
    ['to the account', { Principal: { AWS: `arn:aws:iam::${HERE.account}:root` }, Action: 'kms:Put*' }, EVERYBODY],
    ['to the account by its number', { Principal: { AWS: [ADMIN, HERE.account] }, Action: 'kms:putkeypolicy' }, EVERYBODY],
    ['of all but something', { Principal: '*', NotAction: ['kms:Decrypt', 'kms:Get*'] }, EVERYBODY],
    ['to itself', { Principal: { AWS: DEPLOYER }, Action: 'kms:*Policy' }, ITSELF],
    ['to itself among others', { Principal: { AWS: [ADMIN, DEPLOYER] }, Action: 'kms:*' }, ITSELF],
    ['to its session', { Principal: { AWS: `arn:aws:sts::${HERE.account}:assumed-role/cdk-hnb659fds-cfn-exec-role-111122223333-eu-west-1/AWSCloudFormation` }, Action: 'kms:*' }, ITSELF],
    ['to itself, with a token for the partition', { Principal: { AWS: joined(['arn:', PARTITION, `:iam::${HERE.account}:role/${NAME}`]) }, Action: 'kms:*' }, ITSELF],
    ['to itself, with tokens for all that is one', { Principal: { AWS: joined(['arn:', PARTITION, ':iam::', ACCOUNT, ':role/cdk-hnb659fds-cfn-exec-role-', ACCOUNT, '-', REGION]) }, Action: 'kms:*' }, MAYBE],
    ['to itself, as Fn::Sub with a map', { Principal: { AWS: { 'Fn::Sub': ['arn:aws:iam::${A}:role/${N}', { A: ACCOUNT, N: NAME }] } }, Action: 'kms:*' }, MAYBE],
    ['to itself, or somebody else', { Principal: { AWS: { 'Fn::If': ['Strict', DEPLOYER, ADMIN] } }, Action: 'kms:*' }, MAYBE],
    ['to a role whose name is a parameter', { Principal: { AWS: joined([`arn:aws:iam::${HERE.account}:role/`, { Ref: 'Name' }]) }, Action: 'kms:*' }, MAYBE],
    ['to whomever a parameter names', { Principal: { AWS: { Ref: 'Role' } }, Action: 'kms:*' }, MAYBE],
    ['to whomever another app exports', { Principal: { AWS: { 'Fn::ImportValue': 'BlockedRole' } }, Action: 'kms:*' }, MAYBE],
    ['to its session, with a token for the account', { Principal: { AWS: joined(['arn:aws:sts::', ACCOUNT, `:assumed-role/${NAME}/AWSCloudFormation`]) }, Action: 'kms:*' }, ITSELF],
    ['to the account, as Fn::Sub with a map', { Principal: { AWS: { 'Fn::Sub': ['arn:aws:iam::${A}:root', { A: ACCOUNT }] } }, Action: 'kms:*' }, EVERYBODY],
    ['to another, or everybody', { Principal: { AWS: { 'Fn::If': ['Strict', '*', ADMIN] } }, Action: 'kms:*' }, EVERYBODY],
    ['to roles of the caller\'s account', when({ ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::${aws:PrincipalAccount}:role/*' } }), PERHAPS],
    ['to all but itself or another', when({ ArnNotEquals: { 'aws:PrincipalArn': { 'Fn::If': ['Strict', ADMIN, DEPLOYER] } as unknown as string } }), PERHAPS],
    ['to another or itself', when({ ArnEquals: { 'aws:PrincipalArn': { 'Fn::If': ['Strict', ADMIN, DEPLOYER] } as unknown as string } }), PERHAPS],
    ['to all but another', { NotPrincipal: { AWS: ADMIN }, Action: 'kms:*' }, NAMELESS],
    ['to all but itself, as its sessions are not named', { NotPrincipal: { AWS: DEPLOYER }, Action: 'kms:*' }, NAMELESS],
    ['to all but another, of all but something', { NotPrincipal: { AWS: ADMIN }, NotAction: 'kms:Decrypt' }, NAMELESS],
    ['to all but an administrator', when({ ArnNotEquals: { 'aws:PrincipalArn': ADMIN } }), PERHAPS],
    ['to all but some, as text', when({ StringNotLike: { 'aws:PrincipalArn': ['*:role/Admin', '*:user/*'] } }), PERHAPS],
    ['to all but a pattern that is none to its operator', when({ StringNotEquals: { 'aws:PrincipalArn': `arn:aws:iam::${HERE.account}:role/*` } }), PERHAPS],
    ['to all but the deployer of another Region', when({ ArnNotLike: { 'aws:PrincipalArn': executionRole({ ...HERE, region: 'eu-central-1' }) } }), PERHAPS],
    ['to all but the deployer\'s namesake elsewhere', when({ ArnNotLike: { 'aws:PrincipalArn': executionRole(OTHER_ACCOUNT) } }), PERHAPS],
    ['to all roles', when({ ArnLike: { 'aws:PrincipalArn': `arn:aws:iam::${HERE.account}:role/*` } }), PERHAPS],
    ['to all roles of bootstrapping', when({ StringLike: { 'aws:PrincipalArn': '*:role/cdk-*' } }), PERHAPS],
    ['to one of two, of whom it is one', when({ ArnEquals: { 'aws:PrincipalArn': [ADMIN, DEPLOYER] } }), PERHAPS],
    ['to all but another account', when({ StringNotEquals: { 'aws:PrincipalAccount': OTHER_ACCOUNT.account } }), PERHAPS],
    ['to this account', when({ StringEquals: { 'kms:CallerAccount': HERE.account } }), PERHAPS],
    ['to this account among others', when({ StringEquals: { 'aws:PrincipalAccount': [OTHER_ACCOUNT.account, HERE.account] } }), PERHAPS],
    ['to its organization', when({ StringEquals: { 'aws:PrincipalOrgID': 'o-abcdefghij' } }), PERHAPS],
    ['without MFA', when({ BoolIfExists: { 'aws:MultiFactorAuthPresent': 'false' } }), PERHAPS],
    ['outside of a network', when({ NotIpAddress: { 'aws:SourceIp': '10.0.0.0/8' } }), PERHAPS],
    ['outside of an endpoint, which the deployer does not come by', when({ StringNotEquals: { 'aws:SourceVpce': 'vpce-1' } }), PERHAPS],
    ['without a tag that it may not have', when({ StringNotEquals: { 'aws:PrincipalTag/role': 'admin' } }), PERHAPS],
    ['from some day on', when({ DateGreaterThan: { 'aws:CurrentTime': '2027-01-01T00:00:00Z' } }), PERHAPS],
    ['not through a service', when({ Null: { 'kms:ViaService': 'true' } }), PERHAPS],
    ['through any service but one, and through none', when({ StringNotEquals: { 'kms:ViaService': 's3.eu-west-1.amazonaws.com' } }), PERHAPS],
    ['through a service, or through none', when({ StringEqualsIfExists: { 'kms:ViaService': 's3.eu-west-1.amazonaws.com' } }), PERHAPS],
    ['outside of a context, which the request does not have', when({ StringNotEquals: { 'kms:EncryptionContext:Project': 'Orders' } }), PERHAPS],
    ['without a context', when({ Null: { 'kms:EncryptionContext:Project': 'true' } }), PERHAPS],
    ['for all of no keys of a context', when({ 'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': ['Project'] } }), PERHAPS],
    ['over TLS', when({ Bool: { 'aws:SecureTransport': 'true' } }), PERHAPS],
    ['to whoever is no service', when({ Bool: { 'aws:PrincipalIsAWSService': 'false' } }), PERHAPS],
    ['under two conditions, both of which may hold', when({ ArnNotEquals: { 'aws:PrincipalArn': ADMIN }, Bool: { 'aws:SecureTransport': 'true' } }), PERHAPS],
  ])('%s', (_, denial, why) => expect(lockOut(denial, KEEPER)).toContain(why));
});

describe('a Deny leaves the deployer in', () => {
  test.each<[string, ResolvedStatement]>([
    ['that is of something else', { Principal: '*', Action: ['kms:Decrypt', 'kms:ScheduleKeyDeletion'] }],
    ['that is of a pattern without it', { Principal: '*', Action: 'kms:Get*' }],
    ['that is of all but changing the policy', { Principal: '*', NotAction: 'kms:Put*' }],
    ['that is of all but KMS', { Principal: '*', NotAction: '*' }],
    ['to another', { Principal: { AWS: ADMIN }, Action: 'kms:*' }],
    ['to another account', { Principal: { AWS: `arn:aws:iam::${OTHER_ACCOUNT.account}:root` }, Action: 'kms:*' }],
    ['to its namesake elsewhere', { Principal: { AWS: executionRole(OTHER_ACCOUNT) }, Action: 'kms:*' }],
    ['to a session of another', { Principal: { AWS: `arn:aws:sts::${HERE.account}:assumed-role/Admin/ada` }, Action: 'kms:*' }],
    ['to another, with a token for the partition', { Principal: { AWS: joined(['arn:', PARTITION, `:iam::${HERE.account}:role/Admin`]) }, Action: 'kms:*' }],
    ['to a user whose name is a parameter', { Principal: { AWS: joined([`arn:aws:iam::${HERE.account}:user/`, { Ref: 'Name' }]) }, Action: 'kms:*' }],
    ['to roles that begin in another way', { Principal: { AWS: joined([`arn:aws:iam::${HERE.account}:role/app-`, { Ref: 'Name' }]) }, Action: 'kms:*' }],
    ['to another or a third', { Principal: { AWS: { 'Fn::If': ['Strict', ADMIN, executionRole(OTHER_ACCOUNT)] } }, Action: 'kms:*' }],
    ['to a role that the template makes', { Principal: { AWS: { 'Fn::GetAtt': ['Role', 'Arn'] } }, Action: 'kms:*' }],
    ['to a role that another stack of the app makes', { Principal: { AWS: { 'Fn::ImportValue': 'Roles:ExportsOutputFnGetAttRole1ABCC5F0Arn2F3B5E0A' } }, Action: 'kms:*' }],
    ['to all but roles of bootstrapping, one way or another', when({ ArnNotLike: { 'aws:PrincipalArn': { 'Fn::If': ['Strict', DEPLOYER, 'arn:*:iam::*:role/cdk-*'] } as unknown as string } })],
    ['to a service', { Principal: { Service: 'events.amazonaws.com' }, Action: 'kms:*' }],
    ['to all but an administrator and the deployer', when({ ArnNotEquals: { 'aws:PrincipalArn': [ADMIN, DEPLOYER] } })],
    ['to all but roles of bootstrapping', when({ ArnNotLike: { 'aws:PrincipalArn': `arn:aws:iam::${HERE.account}:role/cdk-*` } })],
    ['to all but roles of bootstrapping, as a pattern to ArnNotEquals', when({ ArnNotEquals: { 'aws:PrincipalArn': 'arn:*:iam::*:role/cdk-*' } })],
    ['to all but roles of bootstrapping, as text', when({ StringNotLike: { 'aws:PrincipalArn': '*cfn-exec-role*' } })],
    ['to all but the deployer, as text', when({ StringNotEquals: { 'aws:PrincipalArn': DEPLOYER } })],
    ['to one other role', when({ ArnEquals: { 'aws:PrincipalArn': ADMIN } })],
    ['to all users', when({ ArnLike: { 'aws:PrincipalArn': `arn:aws:iam::${HERE.account}:user/*` } })],
    ['to all but this account', when({ StringNotEquals: { 'aws:PrincipalAccount': HERE.account } })],
    ['to all but this account and another', when({ StringNotEquals: { 'kms:CallerAccount': [OTHER_ACCOUNT.account, HERE.account] } })],
    ['to all but the account of the stack', when({ StringNotEquals: { 'kms:CallerAccount': { Ref: 'AWS::AccountId' } as unknown as string } })],
    ['to other accounts', when({ StringEquals: { 'aws:PrincipalAccount': [OTHER_ACCOUNT.account, '777788889999'] } })],
    ['to all but its organization', when({ StringNotEquals: { 'aws:PrincipalOrgID': 'o-abcdefghij' } })],
    ['through a service', when({ StringEquals: { 'kms:ViaService': 's3.eu-west-1.amazonaws.com' } })],
    ['through any service', when({ Null: { 'kms:ViaService': 'false' } })],
    ['under a context, which the request does not have', when({ StringEquals: { 'kms:EncryptionContext:Project': 'Orders' } })],
    ['for grants of others than services', when({ Bool: { 'kms:GrantIsForAWSResource': 'false' } })],
    ['for a source', when({ ArnLike: { 'aws:SourceArn': 'arn:aws:s3:::documents' } })],
    ['without TLS', when({ Bool: { 'aws:SecureTransport': 'false' } })],
    ['to services', when({ Bool: { 'aws:PrincipalIsAWSService': 'true' } })],
    ['under two conditions, one of which does not hold', when({ StringNotEquals: { 'aws:PrincipalTag/role': 'admin' }, Bool: { 'aws:SecureTransport': 'false' } })],
  ])('%s', (_, denial) => expect(lockOut(denial, KEEPER)).toBeUndefined());
});

describe('at synthesis', () => {
  type Statement = (key: SymmetricDataKey, stack: Stack) => PolicyStatement;
  const synth = (statement: Statement, env: object = HERE, synthesizer?: IStackSynthesizer) => {
    const app = new App();
    const stack = new Stack(app, 'Keys', { env, synthesizer });
    const key = new SymmetricDataKey(stack, 'Key', { accountAccess: synthesizer && AccountAccess.DELEGATE_TO_IAM });
    key.addToResourcePolicy(statement(key, stack));
    return { app, key };
  };
  const denies = (conditions: Conditions, principals = [new AnyPrincipal()]) => new PolicyStatement({ effect: Effect.DENY, actions: ['kms:*'], resources: ['*'], principals, conditions });
  const placeholders = `arn:${Aws.PARTITION}:iam::${Aws.ACCOUNT_ID}:role/cdk-hnb659fds-cfn-exec-role-${Aws.ACCOUNT_ID}-${Aws.REGION}`;

  test.each<[string, Statement, object]>([
    ['leaves out another', () => denies({ ArnNotEquals: { 'aws:PrincipalArn': ADMIN } }), HERE],
    ['leaves out another, in a stack that does not know its account', () => denies({ ArnNotEquals: { 'aws:PrincipalArn': ADMIN } }), {}],
    ['leaves out the deployer of one account, in a stack that does not know its own', () => denies({ ArnNotEquals: { 'aws:PrincipalArn': DEPLOYER } }), {}],
    ['leaves out a role that deployment knows', (_, stack) => denies({ ArnNotEquals: { 'aws:PrincipalArn': new CfnParameter(stack, 'Role').valueAsString } }), HERE],
    ['names the deployer', (key) => denies({}, [key.deployer! as AnyPrincipal]), HERE],
    ['names the deployer in a partition', () => denies({}, [new ArnPrincipal(DEPLOYER) as AnyPrincipal]), HERE],
    ['names the deployer by its name', (_, stack) => denies({}, [Role.fromRoleName(stack, 'Deployer', DEPLOYER.split('/')[1]) as unknown as AnyPrincipal]), HERE],
    ['names the deployer by its ARN, imported', (_, stack) => denies({}, [Role.fromRoleArn(stack, 'Deployer', DEPLOYER) as unknown as AnyPrincipal]), HERE],
    ['names the deployer of an account, in a stack that does not know its own', () => denies({}, [new ArnPrincipal(DEPLOYER) as AnyPrincipal]), {}],
    ['names the account that may be its own', () => denies({}, [new ArnPrincipal(`arn:aws:iam::${HERE.account}:root`) as AnyPrincipal]), {}],
  ])('a Deny that %s is refused', (_, statement, env) => {
    expect(() => synth(statement, env).app.synth()).toThrow(/\[Keys\/Key\] statement 'Custom' given to addToResourcePolicy denies kms:PutKeyPolicy(?!.*(Token|<own account>|<token>))/s);
  });

  test.each<[string, (key: SymmetricDataKey) => PolicyStatement, object, string]>([
    ['leaves out the deployer', () => denies({ ArnNotEquals: { 'aws:PrincipalArn': [ADMIN, DEPLOYER] } }), HERE, DEPLOYER],
    ['leaves out the deployer, with placeholders', () => denies({ ArnNotEquals: { 'aws:PrincipalArn': [ADMIN, placeholders] } }), HERE, DEPLOYER],
    ['leaves out the deployer as the key tells it', (key) => denies({ ArnNotEquals: { 'aws:PrincipalArn': (key.deployer as ArnPrincipal).arn } }), HERE, DEPLOYER],
  ])('a Deny that %s stands, and the deployer can put the policy again', (_, statement, env, deployer) => {
    const { app, key } = synth(statement, env);
    const deployed = new Deployed(app);
    expect([deployer, ADMIN.replace('Admin', 'Other')].map((who) => deployed.outcome(who, 'kms:PutKeyPolicy', key))).toEqual(['Allowed', 'ExplicitlyDenied']);
  });

  test.each<[string, object]>([['', HERE], [', in a stack that does not know its account', {}]])('a Deny that names another role stands%s', (__, env) => {
    expect(() => synth((_, stack) => denies({}, [new ArnPrincipal(ADMIN), roleIn(stack, 'Role')] as unknown as AnyPrincipal[]), env).app.synth()).not.toThrow();
  });

  test('a Deny that names a role of another stack stands', () => {
    expect(() => synth(({ node }) => denies({}, [roleIn(new Stack(node.root as App, 'Roles', { env: HERE }), 'Role')] as unknown as AnyPrincipal[])).app.synth()).not.toThrow();
  });

  test('a stack that does not know its account tells its deployer by the placeholders of both', () => {
    expect(() => synth(() => denies({ ArnNotLike: { 'aws:PrincipalArn': placeholders } }), {}).app.synth()).not.toThrow();
  });

  test('nobody knows whom a Deny leaves out where nobody knows who deploys, but that everybody is denied', () => {
    const unknown = (conditions: Conditions) => () => synth(() => denies(conditions), HERE, new CliCredentialsStackSynthesizer()).app.synth();
    expect(unknown({ ArnNotEquals: { 'aws:PrincipalArn': ADMIN } })).not.toThrow();
    expect(unknown({})).toThrow('denies kms:PutKeyPolicy to everybody, the deployer included');
    expect(unknown({ Null: { 'kms:ViaService': 'true' } })).toThrow('under conditions that may hold for the deployer (whoever deploys the stack)');
  });
});

describe('a deployer is somebody as whom CloudFormation can put the policy', () => {
  const role = () => new ArnPrincipal(DEPLOYER);
  const define = (deployer: IPrincipal, accountAccess?: AccountAccess) => {
    const app = new App();
    const stack = new Stack(app, 'Keys', { env: HERE });
    return { app, key: new SymmetricDataKey(stack, 'Key', { deployer, accountAccess }) };
  };

  test.each<[string, Conditions, string]>([
    ['with MFA', { Bool: { 'aws:MultiFactorAuthPresent': 'true' } }, 'Bool aws:MultiFactorAuthPresent'],
    ['with MFA of some age', { NumericLessThan: { 'aws:MultiFactorAuthAge': '3600' } }, 'NumericLessThan aws:MultiFactorAuthAge'],
    ['with any MFA', { Null: { 'aws:MultiFactorAuthAge': 'false' } }, 'Null aws:MultiFactorAuthAge'],
    ['from a network', { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } }, 'IpAddress aws:SourceIp'],
    ['through an endpoint', { StringEquals: { 'aws:SourceVpce': 'vpce-1' } }, 'StringEquals aws:SourceVpce'],
    ['from a VPC', { StringLike: { 'aws:sourcevpc': 'vpc-*' } }, 'StringLike aws:sourcevpc'],
    ['through a service', { StringEquals: { 'kms:ViaService': 's3.eu-west-1.amazonaws.com' } }, 'StringEquals kms:ViaService'],
    ['for a source', { StringEquals: { 'aws:SourceAccount': HERE.account } }, 'StringEquals aws:SourceAccount'],
    ['of a service', { Bool: { 'aws:ViaAWSService': 'true' } }, 'Bool aws:ViaAWSService'],
    ['under a context', { StringEquals: { 'kms:EncryptionContext:Project': 'Orders' } }, 'StringEquals kms:EncryptionContext:Project'],
    ['of another account', { StringEquals: { 'aws:PrincipalAccount': OTHER_ACCOUNT.account } }, 'StringEquals aws:PrincipalAccount'],
    ['who is somebody else', { ArnEquals: { 'aws:PrincipalArn': ADMIN } }, 'ArnEquals aws:PrincipalArn'],
  ])('%s: %j never holds', (_, conditions, never) => expect(() => define(role().withConditions(conditions)))
    .toThrow(`comes with a condition (${never}) that never holds when CloudFormation changes the policy of 'Keys/Key': the deployer is the role of the key's account`));

  test.each<[string, Conditions, Call]>([
    ['by a tag', { StringEquals: { 'aws:PrincipalTag/team': 'platform' } }, { conditionKeys: { 'aws:PrincipalTag/team': 'platform' } }],
    ['of an organization', { StringEquals: { 'aws:PrincipalOrgID': 'o-abcdefghij' } }, { conditionKeys: { 'aws:PrincipalOrgID': 'o-abcdefghij' } }],
    ['for CloudFormation', { 'ForAnyValue:StringEquals': { 'aws:CalledVia': 'cloudformation.amazonaws.com' } }, { conditionKeys: { 'aws:CalledVia': 'cloudformation.amazonaws.com' } }],
    ['outside of a network', { NotIpAddress: { 'aws:SourceIp': '10.0.0.0/8' } }, { conditionKeys: { 'aws:SourceIp': '203.0.113.7' } }],
    ['through no service', { Null: { 'kms:ViaService': 'true' } }, {}],
  ])('%s: %j stands, and it can put the policy', (_, conditions, call) => {
    const { app, key } = define(role().withConditions(conditions));
    const deployed = new Deployed(app);
    expect([DEPLOYER, ADMIN].map((who) => deployed.outcome(who, 'kms:PutKeyPolicy', key, call))).toEqual(['Allowed', 'ImplicitlyDenied']);
  });

  test.each<[string, IPrincipal, string]>([
    ['a service', new ServicePrincipal('cloudformation.amazonaws.com', { conditions: { StringEquals: { 'aws:SourceAccount': HERE.account } } }), 'is a service, which never changes the policy'],
    ['a session', new ArnPrincipal(`arn:aws:sts::${HERE.account}:assumed-role/Deployer/nightly`), 'is one session of a role, and no other session of it could change the policy'],
    ['whoever fulfils conditions', new AnyPrincipal().withConditions({ ArnEquals: { 'aws:PrincipalArn': DEPLOYER } }), 'is whoever fulfils conditions'],
  ])('and not %s', (_, deployer, why) => expect(() => define(deployer)).toThrow(why));

  test.each<[string, IPrincipal]>([
    ['a user', new ArnPrincipal(`arn:aws:iam::${HERE.account}:user/ada`)],
    ['roles by a pattern of their names', new AccountPrincipal(HERE.account).withConditions({ ArnLike: { 'aws:PrincipalArn': `arn:aws:iam::${HERE.account}:role/cdk-*` } })],
    ['a role with MFA, if anything says whether there was', role().withConditions({ BoolIfExists: { 'aws:MultiFactorAuthPresent': 'true' } })],
  ])('but %s', (_, deployer) => expect(() => define(deployer).app.synth()).not.toThrow());

  test.each([AccountAccess.ADMINISTRATION_ONLY, AccountAccess.NONE, AccountAccess.DELEGATE_TO_IAM])('no service owns the policy beside it, under %s', (accountAccess) => {
    const owner = new ServicePrincipal('lambda.amazonaws.com', { conditions: { StringEquals: { 'aws:SourceAccount': HERE.account } } });
    const stack = new Stack(new App(), 'Keys', { env: HERE });
    expect(() => new SymmetricDataKey(stack, 'Key', { accountAccess, policyOwners: [new ArnPrincipal(ADMIN), owner] }))
      .toThrow("among policyOwners of 'Keys/Key' is a service, which changes no key policy for itself: name a role or a user");
  });
});
