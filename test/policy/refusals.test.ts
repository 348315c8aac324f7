import { App, Aws, Stack } from 'aws-cdk-lib';
import { AccountPrincipal, ArnPrincipal } from 'aws-cdk-lib/aws-iam';
import type { IPrincipal } from 'aws-cdk-lib/aws-iam';
import { SymmetricDataKey } from '../../src';
import { bindsCaller, bindsSource, whatIsWrongWith } from '../../src/policy/refusals';
import type { StatementJson } from '../../src/policy/statements';
import { HERE } from '../support/deployed';

const OWNER = 'arn:aws:iam::111122223333:role/owner';
const ANY_ACCOUNT = 'lets in every AWS account';
const GRANTS_GIVE_ALL = 'allows kms:CreateGrant, and with it kms:CreateGrant, which gives everything away';
const NO_WILDCARDS = 'KMS takes no wildcards in the ARN of a principal';

/** A statement as addToResourcePolicy is given it. */
function statement(rest: Partial<StatementJson>): StatementJson {
  return { Sid: 'Custom', Effect: 'Allow', Principal: { AWS: OWNER }, Action: 'kms:Decrypt', Resource: '*', ...rest };
}

const problems = (rest: Partial<StatementJson>): string[] => whatIsWrongWith(statement(rest), new Stack(new App(), 'Keys'));

describe('statements that cannot stand in a policy', () => {
  test.each<[string, Partial<StatementJson>, string]>([
    ['grants for AWS services, or not', { Action: 'kms:CreateGrant', Condition: { Bool: { 'kms:GrantIsForAWSResource': ['true', 'false'] } } }, GRANTS_GIVE_ALL],
    ['grants for anything but AWS services', { Action: 'kms:CreateGrant', Condition: { Bool: { 'kms:GrantIsForAWSResource': 'false' } } }, GRANTS_GIVE_ALL],
    ['grants for AWS services, if somebody says so', { Action: 'kms:CreateGrant', Condition: { BoolIfExists: { 'kms:GrantIsForAWSResource': 'true' } } }, GRANTS_GIVE_ALL],
    ['anybody of any account', { Principal: { AWS: '*' }, Condition: { StringLike: { 'kms:CallerAccount': '*' } } }, ANY_ACCOUNT],
    ['anybody under any ARN', { Principal: '*', Condition: { ArnLike: { 'aws:PrincipalArn': 'arn:*:*:*:*:*' } } }, ANY_ACCOUNT],
    ['roles by a pattern', { Principal: { AWS: [OWNER, 'arn:aws:iam::111122223333:role/*'] } }, NO_WILDCARDS],
  ])('%s', (_, rest, problem) => expect(problems(rest)).toEqual([expect.stringContaining(problem)]));
});

describe('statements that can', () => {
  test.each<[string, Partial<StatementJson>]>([
    ['grants for AWS services', { Action: 'kms:CreateGrant', Condition: { Bool: { 'kms:GrantIsForAWSResource': 'true' } } }],
    ['anybody of one account', { Principal: { AWS: '*' }, Condition: { StringEquals: { 'kms:CallerAccount': '111122223333' } } }],
    ['roles of one path', { Principal: '*', Condition: { ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::111122223333:role/readers/*' } } }],
    ['a denial of use to everybody', { Effect: 'Deny', Principal: '*', Action: 'kms:Decrypt' }],
    ['a denial to all but some', { Effect: 'Deny', Principal: '*', Action: 'kms:*', Condition: { ArnNotEquals: { 'aws:PrincipalArn': OWNER } } }],
  ])('%s', (_, rest) => expect(problems(rest)).toEqual([]));
});

describe('what binds nobody', () => {
  test('any source', () => expect(bindsSource({ ArnLike: { 'aws:SourceArn': '*' } })).toBe(false));
  test('any organization', () => expect(bindsCaller({ StringLike: { 'aws:PrincipalOrgID': '*' } })).toBe(false));
});

describe('an account as a grantee is not narrowed by what all of its principals have in common', () => {
  const account = new AccountPrincipal(HERE.account);
  const grantTo = (principal: IPrincipal) => () => new SymmetricDataKey(new Stack(new App(), 'Keys', { env: HERE }), 'Key').grants.decrypt(principal);

  test.each<[string, IPrincipal]>([
    ['its account number', account.withConditions({ StringEquals: { 'aws:PrincipalAccount': HERE.account } })],
    ['its account number, as KMS knows it', account.withConditions({ StringEquals: { 'kms:CallerAccount': HERE.account } })],
    ['its organization', account.withConditions({ StringEquals: { 'aws:PrincipalOrgID': 'o-1234567890' } })],
    ['any ARN', account.withConditions({ ArnLike: { 'aws:PrincipalArn': '*' } })],
    ['no condition, and a number for a name', new ArnPrincipal(Aws.ACCOUNT_ID)],
  ])('%s', (_, principal) => expect(grantTo(principal)).toThrow('is the whole account: IAM policies would decide who is granted Decrypt'));

  test.each<[string, IPrincipal]>([
    ['roles by a path', account.withConditions({ ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::111122223333:role/readers/*' } })],
    ['whoever carries a tag', account.withConditions({ StringEquals: { 'aws:PrincipalTag/team': 'billing' } })],
  ])('%s may be granted', (_, principal) => expect(grantTo(principal)).not.toThrow());
});
