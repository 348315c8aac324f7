import { App, Aws, Stack, type Environment } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { AccountAccess } from '../../src/policy/account-access';
import { whatIsOutsideOfContract, whatIsWrongWith, type CustomizedKey } from '../../src/policy/custom-statements';
import type { Conditions } from '../../src/policy/permission';
import type { StatementJson } from '../../src/policy/statements';
import { HERE } from '../support/deployed';

const OWNER = 'arn:aws:iam::111122223333:role/owner';
const ANY_ACCOUNT = 'lets in every AWS account';
const GRANTS_GIVE_ALL = 'allows kms:CreateGrant, which gives everything away: leave it out, use forService(…), or allow grants to AWS services only';
const WHOLE_ACCOUNT = "to the whole account: IAM policies would decide who uses 'Keys/Key'. Name the roles";
const EVERYBODY_HERE = 'to everybody in the whole account, with an IAM policy or without';
const LOCKS_OUT = 'denies kms:PutKeyPolicy to everybody, the deployer included: nobody could ever change the policy again';
const ROOT = 'arn:aws:iam::111122223333:root';
const ELSEWHERE = 'arn:aws:iam::444455556666:root';

/** A statement as addToResourcePolicy is given it. */
function statement(rest: Partial<StatementJson>): StatementJson {
  return { Sid: 'Custom', Effect: 'Allow', Principal: { AWS: OWNER }, Action: 'kms:Decrypt', Resource: '*', ...rest };
}

function keyIn(env: Environment = HERE, access = AccountAccess.ADMINISTRATION_ONLY, contract?: Conditions): CustomizedKey {
  return { construct: new Construct(new Stack(new App(), 'Keys', { env }), 'Key'), access, contract };
}

const problems = (rest: Partial<StatementJson>, key = keyIn()): string[] => whatIsWrongWith(statement(rest), key);

describe('statements that cannot stand in a policy', () => {
  test.each<[string, Partial<StatementJson>, string]>([
    ['grants for AWS services, or not', { Action: 'kms:CreateGrant', Condition: { Bool: { 'kms:GrantIsForAWSResource': ['true', 'false'] } } }, GRANTS_GIVE_ALL],
    ['grants for anything but AWS services', { Action: 'kms:CreateGrant', Condition: { Bool: { 'kms:GrantIsForAWSResource': 'false' } } }, GRANTS_GIVE_ALL],
    ['grants for AWS services, if somebody says so', { Action: 'kms:CreateGrant', Condition: { BoolIfExists: { 'kms:GrantIsForAWSResource': 'true' } } }, GRANTS_GIVE_ALL],
    ['anybody of any account', { Principal: { AWS: '*' }, Condition: { StringLike: { 'kms:CallerAccount': '*' } } }, ANY_ACCOUNT],
    ['anybody under any ARN', { Principal: '*', Condition: { ArnLike: { 'aws:PrincipalArn': 'arn:*:*:*:*:*' } } }, ANY_ACCOUNT],
    ['anybody under a role name', { Principal: '*', Condition: { ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/readers' } } }, ANY_ACCOUNT],
    ['the own account', { Principal: { AWS: ROOT } }, `allows kms:Decrypt ${WHOLE_ACCOUNT}`],
    ['the own account, written with tokens', { Principal: { AWS: `arn:${Aws.PARTITION}:iam::${Aws.ACCOUNT_ID}:root` } }, WHOLE_ACCOUNT],
    ['the own account by number', { Principal: { AWS: '111122223333' } }, WHOLE_ACCOUNT],
    ['the own account beside a role', { Principal: { AWS: [OWNER, ROOT] } }, WHOLE_ACCOUNT],
    ['the own account, by a pattern', { Principal: { AWS: ROOT }, Action: ['kms:DescribeKey', 'kms:D*'] }, `allows kms:D* ${WHOLE_ACCOUNT}`],
    ['the own account by any role', { Principal: { AWS: ROOT }, Condition: { ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::111122223333:role/*' } } }, WHOLE_ACCOUNT],
    ['anybody of the own account', { Principal: '*', Condition: { StringEquals: { 'kms:CallerAccount': '111122223333' } } }, EVERYBODY_HERE],
    ['anybody of the own account and another', { Principal: '*', Condition: { StringEquals: { 'kms:CallerAccount': ['444455556666', '111122223333'] } } }, EVERYBODY_HERE],
    ['a denial that nobody can take back', { Effect: 'Deny', Principal: '*', Action: 'kms:*' }, LOCKS_OUT],
    ['a denial to change the policy', { Effect: 'Deny', Principal: { AWS: '*' }, Action: ['kms:Decrypt', 'kms:PutKeyPolicy'] }, LOCKS_OUT],
    ['a denial to the whole account', { Effect: 'Deny', Principal: { AWS: ROOT }, Action: 'kms:Put*' }, LOCKS_OUT],
    ['a denial of all but one action', { Effect: 'Deny', Principal: '*', Action: undefined, NotAction: 'kms:Decrypt' } as Partial<StatementJson>, LOCKS_OUT],
    ['an action on something else', { Action: ['s3:GetObject', 'kms:Decrypt'] }, 'has s3:GetObject, which is no action of KMS: leave it out'],
    ['another resource', { Resource: 'arn:aws:s3:::invoices/*' as '*' }, "is about arn:aws:s3:::invoices/*: a key policy is about its own key only (resources: ['*'])"],
  ])('%s', (_, rest, problem) => expect(problems(rest)).toEqual([expect.stringContaining(problem)]));
});

describe('statements that can', () => {
  test.each<[string, Partial<StatementJson>]>([
    ['grants for AWS services', { Action: 'kms:CreateGrant', Condition: { Bool: { 'kms:GrantIsForAWSResource': 'true' } } }],
    ['anybody of one account', { Principal: { AWS: '*' }, Condition: { StringEquals: { 'kms:CallerAccount': '444455556666' } } }],
    ['anybody of the own account, by tag', { Principal: { AWS: ROOT }, Condition: { StringEquals: { 'aws:PrincipalTag/team': 'billing' } } }],
    ['the own account through a service, as AWS writes it for EFS', { Principal: { AWS: '*' }, Condition: { StringEquals: { 'kms:ViaService': 'elasticfilesystem.eu-west-1.amazonaws.com', 'kms:CallerAccount': '111122223333' } } }],
    ['an organization', { Principal: '*', Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-1234567890' } } }],
    ['another account', { Principal: { AWS: ELSEWHERE } }],
    ['looking, by the own account', { Principal: { AWS: ROOT }, Action: 'kms:Describe*' }],
    ['roles of one path', { Principal: '*', Condition: { ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::111122223333:role/readers/*' } } }],
    ['a denial of use to everybody', { Effect: 'Deny', Principal: '*', Action: 'kms:Decrypt' }],
    ['a denial to change the policy, to one role', { Effect: 'Deny', Principal: { AWS: OWNER }, Action: 'kms:PutKeyPolicy' }],
    ['a denial of all but changing the policy', { Effect: 'Deny', Principal: '*', Action: undefined, NotAction: 'kms:Put*' } as Partial<StatementJson>],
    ['a denial to all but some', { Effect: 'Deny', Principal: '*', Action: 'kms:*', Condition: { ArnNotEquals: { 'aws:PrincipalArn': OWNER } } }],
  ])('%s', (_, rest) => expect(problems(rest)).toEqual([]));
});

describe('the own account may be let in', () => {
  const whole = { Principal: { AWS: ROOT } };
  test('where IAM decides anyway', () => expect(problems(whole, keyIn(HERE, AccountAccess.DELEGATE_TO_IAM))).toEqual([]));
  test('but not where IAM gives nothing', () => expect(problems(whole, keyIn(HERE, AccountAccess.NONE))).toHaveLength(1));
  test('but not where nobody knows its number', () => expect(problems({ Principal: { AWS: `arn:aws:iam::${Aws.ACCOUNT_ID}:root` } }, keyIn({}))).toHaveLength(1));
});

describe('a named principal and the contract of the key', () => {
  const contract = { StringEquals: { 'kms:EncryptionContext:project': 'a' }, Null: { 'kms:EncryptionContext:tenant': 'false' } };
  const warning = (rest: Partial<StatementJson>, access?: AccountAccess) => whatIsOutsideOfContract(statement(rest), keyIn(HERE, access, contract));
  const within = { StringEquals: { 'kms:EncryptionContext:Project': 'a', 'kms:EncryptionContext:tenant': 'b' } };

  test.each<[string, Partial<StatementJson>, string]>([
    ['no condition', {}, "statement 'Custom' given to addToResourcePolicy allows kms:Decrypt without what the key asks of every call (kms:EncryptionContext:project, kms:EncryptionContext:tenant): grants.decrypt(…) would ask for it"],
    ['half of the contract', { Condition: { Null: { 'kms:EncryptionContext:tenant': 'false' } } }, 'grants.decrypt(…) would ask for it'],
    ['other values', { Condition: { StringEquals: { ...within.StringEquals, 'kms:EncryptionContext:project': ['a', 'b'] } } }, 'grants.decrypt(…)'],
    ['several actions', { Action: ['kms:ReEncrypt*', 'kms:DescribeKey'] }, 'grants.reEncryptTo(…) and grants.reEncryptFrom(…)'],
  ])('%s: is warned of', (_, rest, message) => expect(warning(rest)).toContain(message));

  test.each<[string, string | undefined]>([
    ['the contract, more narrowly', warning({ Condition: within })],
    ['no use of the key', warning({ Action: 'kms:DescribeKey' })],
    ['a service', warning({ Principal: { Service: 'events.amazonaws.com' } })],
    ['a service in between', warning({ Condition: { StringEquals: { 'kms:ViaService': 's3.eu-west-1.amazonaws.com' } } })],
    ['a denial', warning({ Effect: 'Deny' })],
    ['denials for everybody', warning({}, AccountAccess.DELEGATE_TO_IAM)],
  ])('%s: is not', (_, warned) => expect(warned).toBeUndefined());

  test('a key without a contract warns of nothing', () => expect(whatIsOutsideOfContract(statement({}), keyIn())).toBeUndefined());
});
