import { App, Stack } from 'aws-cdk-lib';
import { AccountPrincipal, ArnPrincipal, CompositePrincipal, PrincipalWithConditions, User } from 'aws-cdk-lib/aws-iam';
import type { IGrantable, IPrincipal } from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';
import { AccountAccess, KmsService, SymmetricDataKey } from '../../src';
import { decide } from '../../src/authz';
import { bucketIn } from '../services/support/resources';
import { Deployed, HERE, OTHER_ACCOUNT, roleIn } from '../support/deployed';

/** Conditions that a grantee brings along bind the grant: a role that may decrypt with MFA may not without. */

const MFA = { Bool: { 'aws:MultiFactorAuthPresent': 'true' } };
const IMPORTED = `arn:aws:iam::${HERE.account}:role/Imported`;
const THEIRS = `arn:aws:iam::${OTHER_ACCOUNT.account}:role/Theirs`;

/** Grantees, and whose ARN they are: that of a construct, or a literal one. */
const GRANTEES: readonly (readonly [string, (app: App, stack: Stack) => { readonly principal: IPrincipal; readonly who: IConstruct | string }])[] = [
  ['a role beside the key', (_, stack) => of(roleIn(stack, 'Role'))],
  ['a user beside the key', (_, stack) => of(new User(stack, 'User'))],
  ['a role of another stack', (app) => of(roleIn(new Stack(app, 'Other', { env: HERE }), 'Role'))],
  ['a role with a name, of another stack', (app) => of(roleIn(new Stack(app, 'Other', { env: HERE }), 'Role', { roleName: 'named' }))],
  ['a role by its ARN', () => ({ principal: new ArnPrincipal(IMPORTED), who: IMPORTED })],
  ['another account', () => ({ principal: new AccountPrincipal(OTHER_ACCOUNT.account), who: THEIRS })],
];

function of<T extends IConstruct & IGrantable>(construct: T) {
  return { principal: construct.grantPrincipal, who: construct };
}

type Give = (key: SymmetricDataKey, principal: IPrincipal, stack: Stack) => unknown;

/** What comes of decrypting with MFA, and without. */
function outcomes(access: AccountAccess, [, make]: (typeof GRANTEES)[number], grant: Give, request: object): string[] {
  const app = new App();
  const stack = new Stack(app, 'Keys', { env: HERE });
  const key = new SymmetricDataKey(stack, 'Key', { accountAccess: access });
  const { principal, who } = make(app, stack);
  grant(key, new PrincipalWithConditions(principal, MFA), stack);
  const deployed = new Deployed(app);
  const arn = typeof who === 'string' ? who : deployed.arnOf(who);
  const everything = { name: 'AdministratorAccess', document: { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: '*', Resource: '*' } as const } };
  const outcome = (present: string) => decide({ identities: [{ arn, policies: [everything] }] }, {
    principal: arn, action: 'kms:Decrypt', key: deployed.keyOf(key), conditionKeys: { 'aws:MultiFactorAuthPresent': present }, ...request,
  }).outcome;
  return [outcome('true'), outcome('false')];
}

describe.each([AccountAccess.ADMINISTRATION_ONLY, AccountAccess.NONE])('under %s, with MFA and not without', (access) => {
  test.each(GRANTEES)('%s decrypts', (...grantee) => {
    expect(outcomes(access, grantee, (key, principal) => key.grants.decrypt(principal), {})).toEqual(['Allowed', 'ImplicitlyDenied']);
  });

  test.each(GRANTEES)('%s decrypts what a bucket holds', (...grantee) => {
    const read: Give = (key, principal, stack) => bucketIn(stack, 'Bucket', key.forService(KmsService.S3), 'invoices').encryptionKey!.grantDecrypt(principal);
    const request = { viaService: 's3.eu-west-1.amazonaws.com', encryptionContext: { 'aws:s3:arn': 'arn:aws:s3:::invoices/1.pdf' } };
    expect(outcomes(access, grantee, read, request)).toEqual(['Allowed', 'ImplicitlyDenied']);
  });
});

test('conditions of one principal are not dropped beside another that has none', () => {
  const stack = new Stack(new App(), 'Keys', { env: HERE });
  const key = new SymmetricDataKey(stack, 'Key');
  expect(() => key.grants.decrypt(new CompositePrincipal(new PrincipalWithConditions(new ArnPrincipal(IMPORTED), MFA), new ArnPrincipal(THEIRS)))).toThrow('one by one');
});
