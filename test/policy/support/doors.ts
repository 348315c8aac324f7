import { Aws, CfnParameter, Fn, Lazy, Stack } from 'aws-cdk-lib';
import {
  AccountPrincipal, AccountRootPrincipal, AnyPrincipal, ArnPrincipal, CompositePrincipal, OrganizationPrincipal, PolicyStatement, StarPrincipal,
  type Conditions, type IPrincipal,
} from 'aws-cdk-lib/aws-iam';
import { KeyGrants } from 'aws-cdk-lib/aws-kms';
import { KmsService, SigningKey, SymmetricDataKey, type AccountAccess, type SymmetricDataKeyProps } from '../../../src';
import { HERE, OTHER_ACCOUNT, roleIn } from '../../support/deployed';

const SERVICES = { S3: KmsService.S3, DYNAMODB: KmsService.DYNAMODB, LAMBDA: KmsService.LAMBDA, SECRETS_MANAGER: KmsService.SECRETS_MANAGER };
const ROOT = `arn:aws:iam::${HERE.account}:root`;
const ORGANIZATION = { StringEquals: { 'aws:PrincipalOrgID': 'o-abcdefghij' } };

/** A way for a principal to come into the policy of a key: what is called on the key, or what the key is made with. */
export interface Door {
  readonly key?: (key: SymmetricDataKey, principal: IPrincipal) => unknown;
  readonly signer?: (key: SigningKey, principal: IPrincipal) => unknown;
  readonly props?: (principal: IPrincipal) => SymmetricDataKeyProps;
}
export type Doors = Readonly<Record<string, Door>>;
export type Form = (stack: Stack) => IPrincipal;
export type Forms = Readonly<Record<string, Form>>;

/** Makes a key, `Key`, and goes in by the door. */
export function enter(door: Door, stack: Stack, accountAccess: AccountAccess, principal: IPrincipal): void {
  if (door.signer) door.signer(new SigningKey(stack, 'Key', { accountAccess }), principal);
  else door.key?.(new SymmetricDataKey(stack, 'Key', { accountAccess, ...door.props?.(principal) }), principal);
}

export const statementFor = (principal: IPrincipal, ...actions: string[]) => new PolicyStatement({ principals: [principal], actions, resources: ['*'] });
const byKey = (key: Door['key']): Door => ({ key });
const bySigner = (signer: Door['signer']): Door => ({ signer });
const byProps = (props: Door['props']): Door => ({ props, key: () => {} });

/** Doors that let somebody use the key. */
export const USES: Doors = {
  'grants.encrypt': byKey((key, principal) => key.grants.encrypt(principal)),
  'grants.decrypt': byKey((key, principal) => key.grants.decrypt(principal)),
  'grants.generateDataKeys': byKey((key, principal) => key.grants.generateDataKeys(principal)),
  'grants.generateDataKeyPairs': byKey((key, principal) => key.grants.generateDataKeyPairs(principal)),
  'grants.reEncryptTo': byKey((key, principal) => key.grants.reEncryptTo(principal)),
  'grants.reEncryptFrom': byKey((key, principal) => key.grants.reEncryptFrom(principal)),
  'grants.decrypt of a key with a contract': { props: () => ({ encryptionContext: { Project: 'Orders' } }), key: (key, principal) => key.grants.decrypt(principal) },
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
export const ROLES: Doors = {
  'policyOwners': byProps((principal) => ({ policyOwners: [principal] })),
  'administrators': byProps((principal) => ({ administrators: [principal] })),
  'auditors': byProps((principal) => ({ auditors: [principal] })),
  'deployer': byProps((deployer) => ({ deployer })),
  'addToResourcePolicy to own the policy': byKey((key, principal) => key.addToResourcePolicy(statementFor(principal, 'kms:PutKeyPolicy'))),
};
const OTHER_DEPLOYERS: Door = byProps((principal) => ({ otherDeployers: [principal] }));
const VIEW_POLICIES = Object.fromEntries(Object.entries(SERVICES).map(([name, service]): [string, Door] =>
  [`addToResourcePolicy of the view for ${name}`, byKey((key, principal) => key.forService(service).addToResourcePolicy(statementFor(principal, 'kms:Decrypt')))]));
export const DOORS: Doors = { ...USES, ...ROLES, ...VIEW_POLICIES, otherDeployers: OTHER_DEPLOYERS };

export const anybody = (conditions: Conditions): Form => () => new AnyPrincipal().withConditions(conditions);
const accountWith = (conditions: Conditions): Form => () => new AccountRootPrincipal().withConditions(conditions);
const parameter = (stack: Stack) => new CfnParameter(stack, 'Account').valueAsString;

/** The whole account of the key, in every form that somebody could give it. */
export const FORMS: Forms = {
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
  'anybody by the roles of their own account': anybody({ StringEquals: { 'aws:PrincipalAccount': HERE.account }, ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::${aws:PrincipalAccount}:role/*' } }),
  'the account by two tags that each may choose': accountWith({ StringEquals: { 'aws:PrincipalTag/team': '${aws:PrincipalTag/group}' } }),
  'the account by a tag with what its caller lacks': accountWith({ StringLike: { 'aws:PrincipalTag/team': "${AWS:username, '*'}" } }),
  'the ARN of the root, as Fn::Sub with a map': () => new ArnPrincipal(Fn.sub('arn:aws:iam::${Account}:root', { Account: Aws.ACCOUNT_ID })),
  'the ARN of the root, as Fn::Sub with a number': () => new ArnPrincipal(Fn.sub('arn:aws:iam::${Account}:root', { Account: HERE.account })),
  'a role, or the root': () => new ArnPrincipal(Fn.conditionIf('Small', ROOT, `arn:aws:iam::${HERE.account}:role/r`).toString()),
  'a role, or the account in the ARN of a root': () => new ArnPrincipal(`arn:aws:iam::${Fn.conditionIf('Small', OTHER_ACCOUNT.account, HERE.account).toString()}:root`),
  'the account by the pattern of all roles, as Fn::Sub with a map': () => new AccountRootPrincipal()
    .withConditions({ ArnLike: { 'aws:PrincipalArn': Fn.sub('arn:aws:iam::${Account}:role/*', { Account: Aws.ACCOUNT_ID }) } }),
  'a role beside the account': (stack) => new CompositePrincipal(roleIn(stack, 'Role'), new AccountRootPrincipal()),
  'another account beside this one': () => new CompositePrincipal(new AccountPrincipal(OTHER_ACCOUNT.account), new AccountPrincipal(HERE.account)),
  'a role beside the account, with MFA': (stack) => new CompositePrincipal(roleIn(stack, 'Role'), new AccountRootPrincipal())
    .withConditions({ Bool: { 'aws:MultiFactorAuthPresent': 'true' } }),
};
/** Accounts that are the key's own, or may be, where its stack does not say which one it has. */
export const MAYBE_OWN: Forms = {
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
export const BY_ORGANIZATION: Forms = {
  'an organization': () => new OrganizationPrincipal('o-abcdefghij'),
  'a part of an organization': anybody({ 'ForAnyValue:StringLike': { 'aws:PrincipalOrgPaths': 'o-abcdefghij/r-ab12/*' } }),
};

/** Who is told from others of the account, or is in none that could be the key's. */
export const NEAR_MISSES: Forms = {
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
  'roles by path and a tag': accountWith({ ArnLike: { 'aws:PrincipalArn': `arn:aws:iam::${HERE.account}:role/readers/\${aws:PrincipalTag/team}` } }),
  'roles by path, as Fn::Sub with a map': () => new AccountRootPrincipal()
    .withConditions({ ArnLike: { 'aws:PrincipalArn': Fn.sub('arn:aws:iam::${Account}:role/${Path}/*', { Account: Aws.ACCOUNT_ID, Path: 'readers' }) } }),
  'one role or another': () => new ArnPrincipal(Fn.conditionIf('Small', `arn:aws:iam::${HERE.account}:role/r`, `arn:aws:iam::${HERE.account}:role/s`).toString()),
  'another account, as Fn::Sub with a map': () => new ArnPrincipal(Fn.sub('arn:aws:iam::${Account}:root', { Account: OTHER_ACCOUNT.account })),
  'the account by a role that comes later': (stack) => new AccountRootPrincipal().withConditions({ ArnEquals: { 'aws:PrincipalArn': roleIn(stack, 'Role').roleArn } }),
  'the account by unique id': accountWith({ StringLike: { 'aws:userid': 'AROAEXAMPLE123456789A:*' } }),
  'the account by the unique id of a role': (stack) => new AccountRootPrincipal().withConditions({ StringLike: { 'aws:userid': `${roleIn(stack, 'Role').roleId}:*` } }),
  'a role beside another account': (stack) => new CompositePrincipal(roleIn(stack, 'Role'), new AccountPrincipal(OTHER_ACCOUNT.account)),
  'a role': (stack) => roleIn(stack, 'Role'),
};
