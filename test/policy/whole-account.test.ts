import { App, Aws, CfnParameter, Fn, Lazy, Stack, type Environment } from 'aws-cdk-lib';
import {
  AccountPrincipal, AccountRootPrincipal, AnyPrincipal, ArnPrincipal, CompositePrincipal, OrganizationPrincipal, PolicyStatement, StarPrincipal, type Conditions, type IPrincipal,
} from 'aws-cdk-lib/aws-iam';
import { KeyGrants } from 'aws-cdk-lib/aws-kms';
import { AccountAccess, KmsService, SigningKey, SymmetricDataKey, type SymmetricDataKeyProps } from '../../src';
import { Deployed, HERE, OTHER_ACCOUNT, roleIn } from '../support/deployed';

const { ADMINISTRATION_ONLY, DELEGATE_TO_IAM, NONE } = AccountAccess;
const SERVICES = { S3: KmsService.S3, DYNAMODB: KmsService.DYNAMODB, LAMBDA: KmsService.LAMBDA, SECRETS_MANAGER: KmsService.SECRETS_MANAGER };
const ROOT = `arn:aws:iam::${HERE.account}:root`;
/** What no test here looks at. */
const QUICK = { treeMetadata: false, analyticsReporting: false };
const ORGANIZATION = { StringEquals: { 'aws:PrincipalOrgID': 'o-abcdefghij' } };

/** A way for a principal to come into a key policy. Whatever it does, the key is `Keys/Key`. */
type Door = (stack: Stack, accountAccess: AccountAccess, principal: IPrincipal) => void;
type Form = (stack: Stack) => IPrincipal;

const statementFor = (principal: IPrincipal, ...actions: string[]) => new PolicyStatement({ principals: [principal], actions, resources: ['*'] });
const keyIn = (stack: Stack, accountAccess: AccountAccess, props: SymmetricDataKeyProps = {}) => new SymmetricDataKey(stack, 'Key', { accountAccess, ...props });
const byKey = (enter: (key: SymmetricDataKey, principal: IPrincipal) => unknown): Door => (stack, access, principal) => void enter(keyIn(stack, access), principal);
const bySigner = (enter: (key: SigningKey, principal: IPrincipal) => unknown): Door =>
  (stack, accountAccess, principal) => void enter(new SigningKey(stack, 'Key', { accountAccess }), principal);
const byProps = (props: (principal: IPrincipal) => SymmetricDataKeyProps): Door => (stack, access, principal) => void keyIn(stack, access, props(principal));

/** Doors that let somebody use the key. */
const USES: Readonly<Record<string, Door>> = {
  'grants.encrypt': byKey((key, principal) => key.grants.encrypt(principal)),
  'grants.decrypt': byKey((key, principal) => key.grants.decrypt(principal)),
  'grants.generateDataKeys': byKey((key, principal) => key.grants.generateDataKeys(principal)),
  'grants.generateDataKeyPairs': byKey((key, principal) => key.grants.generateDataKeyPairs(principal)),
  'grants.reEncryptTo': byKey((key, principal) => key.grants.reEncryptTo(principal)),
  'grants.reEncryptFrom': byKey((key, principal) => key.grants.reEncryptFrom(principal)),
  'grants.decrypt of a key with a contract': (stack, access, principal) => void keyIn(stack, access, { encryptionContext: { Project: 'Orders' } }).grants.decrypt(principal),
  'grants.sign': bySigner((key, principal) => key.grants.sign(principal)),
  'grants.verify': bySigner((key, principal) => key.grants.verify(principal)),
  'grants.readPublicKey': bySigner((key, principal) => key.grants.readPublicKey(principal)),
  'grantEncrypt': byKey((key, principal) => key.grantEncrypt(principal)),
  'grantDecrypt': byKey((key, principal) => key.grantDecrypt(principal)),
  'grantEncryptDecrypt': byKey((key, principal) => key.grantEncryptDecrypt(principal)),
  'grantDecrypt of a key that is overruled for a resource': byKey((key, principal) => {
    key.overruleRefusal(roleIn(Stack.of(key), 'Overruled'), 'a test');
    return key.grantDecrypt(principal);
  }),
  'grantSign': bySigner((key, principal) => key.grantSign(principal)),
  'grantVerify': bySigner((key, principal) => key.grantVerify(principal)),
  'grant': byKey((key, principal) => key.grant(principal, 'kms:Decrypt', 'kms:DescribeKey')),
  'grantDecrypt of an alias': byKey((key, principal) => key.addAlias('orders').grantDecrypt(principal)),
  'addToResourcePolicy': byKey((key, principal) => key.addToResourcePolicy(statementFor(principal, 'kms:Decrypt'))),
  'addToResourcePolicy by a pattern': byKey((key, principal) => key.addToResourcePolicy(statementFor(principal, 'kms:Describe*', 'kms:*crypt'))),
  'addToResourcePolicy for grants to services': byKey((key, principal) => key.addToResourcePolicy(new PolicyStatement({
    principals: [principal], actions: ['kms:CreateGrant'], resources: ['*'], conditions: { Bool: { 'kms:GrantIsForAWSResource': 'true' } },
  }))),
  'KeyGrants of CDK': byKey((key, principal) => KeyGrants.fromKey(key).decrypt(principal)),
  ...Object.fromEntries(Object.entries(SERVICES).flatMap(([name, service]): [string, Door][] => [
    [`grantEncrypt of the view for ${name}`, byKey((key, principal) => key.forService(service).grantEncrypt(principal))],
    [`grantDecrypt of the view for ${name}`, byKey((key, principal) => key.forService(service).grantDecrypt(principal))],
    [`grantEncryptDecrypt of the view for ${name}`, byKey((key, principal) => key.forService(service).grantEncryptDecrypt(principal))],
    [`grant of the view for ${name}`, byKey((key, principal) => key.forService(service).grant(principal, 'kms:Decrypt'))],
  ])),
};

/** Doors that let somebody look after the key. */
const ROLES: Readonly<Record<string, Door>> = {
  'policyOwners': byProps((principal) => ({ policyOwners: [principal] })),
  'administrators': byProps((principal) => ({ administrators: [principal] })),
  'auditors': byProps((principal) => ({ auditors: [principal] })),
  'deployer': byProps((deployer) => ({ deployer })),
  'addToResourcePolicy to own the policy': byKey((key, principal) => key.addToResourcePolicy(statementFor(principal, 'kms:PutKeyPolicy'))),
};
const OTHER_DEPLOYERS: Door = byProps((principal) => ({ otherDeployers: [principal] }));
const VIEW_POLICIES = Object.fromEntries(Object.entries(SERVICES).map(([name, service]): [string, Door] =>
  [`addToResourcePolicy of the view for ${name}`, byKey((key, principal) => key.forService(service).addToResourcePolicy(statementFor(principal, 'kms:Decrypt')))]));
const DOORS = { ...USES, ...ROLES, ...VIEW_POLICIES, otherDeployers: OTHER_DEPLOYERS };

const anybody = (conditions: Conditions): Form => () => new AnyPrincipal().withConditions(conditions);
const accountWith = (conditions: Conditions): Form => () => new AccountRootPrincipal().withConditions(conditions);
const parameter = (stack: Stack) => new CfnParameter(stack, 'Account').valueAsString;

/** The whole account of the key, in every form that somebody could give it. */
const FORMS: Readonly<Record<string, Form>> = {
  'the account by number': () => new AccountPrincipal(HERE.account),
  'the account by pseudo parameter': () => new AccountPrincipal(Aws.ACCOUNT_ID),
  'the account of its stack': (stack) => new AccountPrincipal(stack.account),
  'the account by a late value': () => new AccountPrincipal(Lazy.string({ produce: () => HERE.account })),
  'the account by parameter': (stack) => new AccountPrincipal(parameter(stack)),
  'the account root': () => new AccountRootPrincipal(),
  'a number for an ARN': () => new ArnPrincipal(HERE.account),
  'the pseudo parameter for an ARN': () => new ArnPrincipal(Aws.ACCOUNT_ID),
  'the ARN of the root': () => new ArnPrincipal(ROOT),
  'the ARN of the root, with tokens': () => new ArnPrincipal(`arn:${Aws.PARTITION}:iam::${Aws.ACCOUNT_ID}:root`),
  'the ARN of the root, with a parameter': (stack) => new ArnPrincipal(`arn:aws:iam::${parameter(stack)}:root`),
  'the ARN of the root, joined': () => new ArnPrincipal(Fn.join(':', ['arn', Aws.PARTITION, 'iam', '', Aws.ACCOUNT_ID, 'root'])),
  'the ARN of the root, as Fn::Sub': () => new ArnPrincipal(Fn.sub('arn:${AWS::Partition}:iam::${AWS::AccountId}:root')),
  'the ARN of the root, as a late value': () => new ArnPrincipal(Lazy.string({ produce: () => ROOT })),
  'a session of the account root': () => new AccountRootPrincipal().withSessionTags(),
  'anybody by aws:PrincipalAccount': anybody({ StringEquals: { 'aws:PrincipalAccount': HERE.account } }),
  'anybody by aws:PrincipalAccount, as a pseudo parameter': anybody({ StringEquals: { 'aws:PrincipalAccount': Aws.ACCOUNT_ID } }),
  'anybody by kms:CallerAccount': anybody({ StringEquals: { 'kms:CallerAccount': HERE.account } }),
  'anybody by kms:callerAccount, in other letters': anybody({ StringLike: { 'KMS:callerAccount': HERE.account } }),
  'anybody by both': anybody({ StringEquals: { 'aws:PrincipalAccount': HERE.account, 'kms:CallerAccount': HERE.account } }),
  'anybody by this account or another': anybody({ StringEquals: { 'kms:CallerAccount': [OTHER_ACCOUNT.account, HERE.account] } }),
  'anybody by account, in short': () => new StarPrincipal().withConditions({ StringEquals: { 'aws:PrincipalAccount': HERE.account } }),
  'anybody by an ARN of *': () => new ArnPrincipal('*').withConditions({ StringEquals: { 'aws:PrincipalAccount': HERE.account } }),
  'anybody by the pattern of all roles': anybody({ ArnLike: { 'aws:PrincipalArn': `arn:aws:iam::${HERE.account}:role/*` } }),
  'anybody by the pattern of all, in other words': anybody({ StringLike: { 'aws:PrincipalArn': `arn:aws:iam::${HERE.account}:r*` } }),
  'anybody by account and organization': anybody({ StringEquals: { 'aws:PrincipalAccount': HERE.account, ...ORGANIZATION.StringEquals } }),
  'the account by organization': accountWith(ORGANIZATION),
  'the account by its number, twice': () => new AccountRootPrincipal()
    .withConditions({ StringEquals: { 'aws:PrincipalAccount': HERE.account } }).withConditions({ StringLike: { 'kms:CallerAccount': HERE.account } }),
  'the account by any tag': accountWith({ StringLike: { 'aws:PrincipalTag/team': '*' } }),
  'the account by the tag it has': accountWith({ StringEquals: { 'aws:PrincipalTag/team': '${aws:PrincipalTag/team}' } }),
  'the account by a tag, if there is one': accountWith({ StringEqualsIfExists: { 'aws:PrincipalTag/team': 'billing' } }),
  'the account by any unique id': accountWith({ StringLike: { 'aws:userid': 'AROA*' } }),
  'the account but for one role': accountWith({ ArnNotEquals: { 'aws:PrincipalArn': `arn:aws:iam::${HERE.account}:role/other` } }),
  'the account by the ending of all role names': accountWith({ StringLike: { 'aws:PrincipalArn': '*:role/*' } }),
  'a role beside the account': (stack) => new CompositePrincipal(roleIn(stack, 'Role'), new AccountRootPrincipal()),
  'another account beside this one': () => new CompositePrincipal(new AccountPrincipal(OTHER_ACCOUNT.account), new AccountPrincipal(HERE.account)),
  'a role beside the account, with MFA': (stack) => new CompositePrincipal(roleIn(stack, 'Role'), new AccountRootPrincipal())
    .withConditions({ Bool: { 'aws:MultiFactorAuthPresent': 'true' } }),
};
/** Accounts that are the key's own, or may be, where its stack does not say which one it has. */
const MAYBE_OWN: Readonly<Record<string, Form>> = {
  'an account by number': () => new AccountPrincipal(HERE.account),
  'an account by number for an ARN': () => new ArnPrincipal(HERE.account),
  'the ARN of a root': () => new ArnPrincipal(ROOT),
  'the account by pseudo parameter': () => new AccountPrincipal(Aws.ACCOUNT_ID),
  'the account root': () => new AccountRootPrincipal(),
  'an account by parameter': (stack) => new AccountPrincipal(parameter(stack)),
  'anybody by an account number': anybody({ StringEquals: { 'aws:PrincipalAccount': HERE.account } }),
  'anybody by the account': anybody({ StringEquals: { 'kms:CallerAccount': Aws.ACCOUNT_ID } }),
  'an account beside a role': (stack) => new CompositePrincipal(roleIn(stack, 'Role'), new AccountPrincipal(HERE.account)),
};
/** Who is granted uses of a key by these says that the organization decides; who owns or administers the key is a matter of this account. */
const BY_ORGANIZATION: Readonly<Record<string, Form>> = {
  'an organization': () => new OrganizationPrincipal('o-abcdefghij'),
  'a part of an organization': anybody({ 'ForAnyValue:StringLike': { 'aws:PrincipalOrgPaths': 'o-abcdefghij/r-ab12/*' } }),
};

function refusal(door: Door, form: Form, access: AccountAccess, env: Environment): string | undefined {
  const app = new App(QUICK);
  const stack = new Stack(app, 'Keys', { env });
  try {
    door(stack, access, form(stack));
    app.synth();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** What is wrong with a refusal: it has to be there, and to say which key, who, and which statement. */
function fault(message: string | undefined): string | undefined {
  if (message === undefined) return 'was let in';
  if (!message.includes('Keys/Key')) return `does not name the key: ${message}`;
  if (!/account|everybody|anybody|organization|not one role|gives everything away|not bound to the service/.test(message)) return `does not say who: ${message}`;
  if (!/statement '\w+'|granted \w+ on|cannot grant|the view of|among otherDeployers/.test(message)) return `does not name the statement: ${message}`;
  return /Token|Resolution|<own account>|\[object/.test(message) ? `shows what nobody can read: ${message}` : undefined;
}

/** The faults of what a door says to each form. */
function faults(door: Door, forms: Readonly<Record<string, Form>>, access: AccountAccess, env: Environment = HERE): Record<string, string> {
  return Object.fromEntries(Object.entries(forms).flatMap(([name, form]) => {
    const found = fault(refusal(door, form, access, env));
    return found === undefined ? [] : [[name, found]];
  }));
}

/** One door of each kind, where all of them would take too long. */
const SOME_USES = Object.entries(USES).filter(([name]) => ['grants.decrypt', 'grantEncryptDecrypt', 'grant', 'addToResourcePolicy', 'grantDecrypt of the view for S3'].includes(name));
const SOME_DOORS: [string, Door][] = [...SOME_USES, ...Object.entries(ROLES)];
const SOME_FORMS = Object.fromEntries(Object.entries(FORMS).filter(([name]) => /^the account root$|^anybody by kms:CallerAccount$|^a role beside the account$/.test(name)));

describe('nobody lets in the whole account', () => {
  test.each(Object.entries(DOORS))('by %s', (_, door) => expect(faults(door, FORMS, ADMINISTRATION_ONLY)).toEqual({}));

  test.each(Object.entries(DOORS))('by %s, where IAM policies give nothing', (_, door) => expect(faults(door, SOME_FORMS, NONE)).toEqual({}));
  test.each(SOME_DOORS)('by %s in any form, where IAM policies give nothing', (_, door) => expect(faults(door, FORMS, NONE)).toEqual({}));

  test.each(Object.entries(DOORS))('by %s, in a stack that does not know its account', (_, door) => expect(faults(door, MAYBE_OWN, ADMINISTRATION_ONLY, {})).toEqual({}));

  test.each(Object.entries(ROLES))('by %s, for all accounts of an organization', (_, door) => expect(faults(door, BY_ORGANIZATION, NONE)).toEqual({}));
});

/** Who is told from others of the account, or is in none that could be the key's. */
const NEAR_MISSES: Readonly<Record<string, Form>> = {
  'another account': () => new AccountPrincipal(OTHER_ACCOUNT.account),
  'anybody of another account': anybody({ StringEquals: { 'aws:PrincipalAccount': OTHER_ACCOUNT.account } }),
  'anybody of two other accounts': anybody({ StringEquals: { 'kms:CallerAccount': [OTHER_ACCOUNT.account, '777788889999'] } }),
  'all roles of another account': anybody({ ArnLike: { 'aws:PrincipalArn': `arn:aws:iam::${OTHER_ACCOUNT.account}:role/*` } }),
  'roles by path': accountWith({ ArnLike: { 'aws:PrincipalArn': `arn:aws:iam::${HERE.account}:role/readers/*` } }),
  'roles by path, with tokens': accountWith({ ArnLike: { 'aws:PrincipalArn': `arn:${Aws.PARTITION}:iam::${Aws.ACCOUNT_ID}:role/readers/*` } }),
  'anybody by path': anybody({ StringLike: { 'aws:PrincipalArn': `arn:aws:iam::${HERE.account}:role/readers/*` } }),
  'the account by tag': accountWith({ StringEquals: { 'aws:PrincipalTag/team': 'billing' } }),
  'anybody of the account by tag': anybody({ StringEquals: { 'aws:PrincipalTag/team': 'billing', 'aws:PrincipalAccount': HERE.account } }),
  'the account by the tag of the key': accountWith({ StringEquals: { 'aws:PrincipalTag/team': '${aws:ResourceTag/team}' } }),
  'the account by a role that comes later': (stack) => new AccountRootPrincipal().withConditions({ ArnEquals: { 'aws:PrincipalArn': roleIn(stack, 'Role').roleArn } }),
  'the account by unique id': accountWith({ StringLike: { 'aws:userid': 'AROAEXAMPLE123456789A:*' } }),
  'the account by the unique id of a role': (stack) => new AccountRootPrincipal().withConditions({ StringLike: { 'aws:userid': `${roleIn(stack, 'Role').roleId}:*` } }),
  'a role beside another account': (stack) => new CompositePrincipal(roleIn(stack, 'Role'), new AccountPrincipal(OTHER_ACCOUNT.account)),
  'a role': (stack) => roleIn(stack, 'Role'),
};

/** Lets in each of the forms, one in a stack. */
function letIn(door: Door, forms: Readonly<Record<string, Form>>, access: AccountAccess): void {
  const app = new App(QUICK);
  for (const [name, form] of Object.entries(forms)) {
    const stack = new Stack(app, name.replace(/[^a-z]+/gi, '-'), { env: HERE });
    door(stack, access, form(stack));
  }
  app.synth();
}

describe('who is not the whole account is let in', () => {
  test.each(SOME_USES)('by %s', (_, door) => letIn(door, NEAR_MISSES, ADMINISTRATION_ONLY));

  test.each<[string, Door]>([...SOME_USES, ['grants.readPublicKey', bySigner((key, principal) => key.grants.readPublicKey(principal))]])(
    'by %s, for an organization', (_, door) => letIn(door, BY_ORGANIZATION, NONE));

  test.each(SOME_USES)('and so is the account by %s where IAM decides anyway', (_, door) => letIn(door, FORMS, DELEGATE_TO_IAM));
});

describe('where IAM decides who uses the key, nobody owns its policy without an IAM policy', () => {
  const everybody = Object.fromEntries(Object.entries({ ...FORMS, ...BY_ORGANIZATION }).filter(([name]) => /^(anybody|an organization|a part)/.test(name)));

  test('by policyOwners', () => expect(faults(ROLES.policyOwners, everybody, DELEGATE_TO_IAM)).toEqual({}));
  test('by addToResourcePolicy', () => expect(faults(ROLES['addToResourcePolicy to own the policy'], everybody, DELEGATE_TO_IAM)).toEqual({}));
  test('but a role does', () => letIn(ROLES.policyOwners, { role: NEAR_MISSES['a role'] }, DELEGATE_TO_IAM));
});

describe('administration by the whole account', () => {
  const door = (...actions: string[]) => byKey((key, principal) => key.addToResourcePolicy(statementFor(principal, ...actions)));
  const [root, everybody, organization] = [FORMS['the account root'], FORMS['anybody by kms:CallerAccount'], BY_ORGANIZATION['an organization']];
  test.each<[string, AccountAccess, string, Form, boolean]>([
    ['looks', ADMINISTRATION_ONLY, 'kms:Describe*', root, true],
    ['looks, without an IAM policy', ADMINISTRATION_ONLY, 'kms:DescribeKey', everybody, true],
    ['looks', NONE, 'kms:List*', root, true],
    ['has its IAM policies', ADMINISTRATION_ONLY, 'kms:ScheduleKeyDeletion', root, true],
    ['has no IAM policy', ADMINISTRATION_ONLY, 'kms:ScheduleKeyDeletion', everybody, false],
    ['has no IAM policy, and comes from anywhere in an organization', ADMINISTRATION_ONLY, 'kms:Disable*', organization, false],
    ['has its IAM policies, which are to give nothing', NONE, 'kms:ScheduleKeyDeletion', root, false],
    ['has its IAM policies, which are to give nothing, by a pattern', NONE, 'kms:Untag*', root, false],
    ['has no IAM policy', NONE, 'kms:ScheduleKeyDeletion', everybody, false],
  ])('that %s: under %s %s', (_, access, action, form, allowed) => {
    const message = refusal(door(action), form, access, HERE);
    if (allowed) expect(message).toBeUndefined();
    else expect(message).toContain(`allows ${action} to the whole account: IAM policies would decide who administers 'Keys/Key', which is what AccountAccess.ADMINISTRATION_ONLY says`);
  });
});

describe('a service that acts for its callers', () => {
  // As AWS writes it for EFS: Amazon EFS User Guide, "Using encryption keys".
  const efs = (conditions: Conditions) => byKey((key) => key.addToResourcePolicy(new PolicyStatement({
    principals: [new AnyPrincipal()], resources: ['*'], conditions, actions: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:CreateGrant', 'kms:DescribeKey'],
  })));
  const caller = { 'kms:CallerAccount': HERE.account };
  test.each<[string, Conditions, boolean]>([
    ['through one service', { StringEquals: { ...caller, 'kms:ViaService': 'elasticfilesystem.eu-west-1.amazonaws.com' } }, true],
    ['through any service', { StringEquals: caller, StringLike: { 'kms:ViaService': '*' } }, false],
    ['through no service', { StringEquals: caller }, false],
    ['through one service, for every account', { StringEquals: { 'kms:ViaService': 'elasticfilesystem.eu-west-1.amazonaws.com' } }, false],
  ])('may act for the whole account %s: %j is %s', (_, conditions, allowed) =>
    expect(refusal(efs(conditions), NEAR_MISSES['a role'], ADMINISTRATION_ONLY, HERE) === undefined).toBe(allowed));
});

describe('whoever is let in by what tells them from others', () => {
  const AES = { EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' };
  const decrypts = (form: Form) => {
    const app = new App(QUICK);
    const stack = new Stack(app, 'Keys', { env: HERE });
    const [inside, outside] = [roleIn(stack, 'Inside', { roleName: 'inside', path: '/readers/' }), roleIn(stack, 'Outside', { roleName: 'readers' })];
    for (const role of [inside, outside]) role.addToPolicy(new PolicyStatement({ actions: ['kms:*'], resources: ['*'] }));
    const key = keyIn(stack, NONE);
    key.grants.decrypt(form(stack));
    const deployed = new Deployed(app);
    const call = (team?: string) => ({ parameters: AES, tags: team === undefined ? undefined : { team } });
    return { inside: deployed.outcome(inside, 'kms:Decrypt', key, call()), outside: deployed.outcome(outside, 'kms:Decrypt', key, call()),
      tagged: deployed.outcome(outside, 'kms:Decrypt', key, call('billing')), other: deployed.outcome(outside, 'kms:Decrypt', key, call('sales')) };
  };
  const nobody = { inside: 'ImplicitlyDenied', outside: 'ImplicitlyDenied', tagged: 'ImplicitlyDenied', other: 'ImplicitlyDenied' };

  test.each([
    ['roles by path', { ...nobody, inside: 'Allowed' }],
    ['anybody by path', { ...nobody, inside: 'Allowed' }],
    ['the account by tag', { ...nobody, tagged: 'Allowed' }],
    ['anybody of the account by tag', { ...nobody, tagged: 'Allowed' }],
    ['another account', nobody],
    ['anybody of another account', nobody],
    ['a role beside another account', nobody],
  ])('%s: %j', (name, outcomes) => expect(decrypts(NEAR_MISSES[name])).toEqual(outcomes));
});
