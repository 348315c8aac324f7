import { App, Aws, CfnParameter, Fn, Lazy, Stack } from 'aws-cdk-lib';
import { AccountPrincipal, AnyPrincipal, ArnPrincipal } from 'aws-cdk-lib/aws-iam';
import type { IPrincipal } from 'aws-cdk-lib/aws-iam';
import { SymmetricDataKey } from '../../src';
import { bindsCaller, bindsPrincipal, bindsSource } from '../../src/policy/bindings';
import type { Conditions } from '../../src/policy/permission';
import { HERE } from '../support/deployed';

/** Resolved, as statements from outside are. */
const resolved = (value: string) => new Stack().resolve(value) as string;
const IF = (yes: unknown, no: unknown) => ({ 'Fn::If': ['Small', yes, no] }) as unknown as string;

describe('what binds callers', () => {
  const arn = (value: string, operator = 'ArnLike') => ({ [operator]: { 'aws:PrincipalArn': value } });
  test.each<[string, Conditions, boolean]>([
    ['an organization', { StringEquals: { 'aws:PrincipalOrgID': 'o-1234567890' } }, true],
    ['any organization', { StringLike: { 'aws:PrincipalOrgID': '*' } }, false],
    ['any organization, in more words', { StringLike: { 'aws:PrincipalOrgID': 'o-*' } }, false],
    ['a part of an organization', { 'ForAnyValue:StringLike': { 'aws:PrincipalOrgPaths': 'o-1234567890/r-ab12/*' } }, true],
    ['a part of any organization', { 'ForAnyValue:StringLike': { 'aws:PrincipalOrgPaths': 'o-*/r-ab12/*' } }, false],
    ['accounts by their first digit', { StringLike: { 'aws:PrincipalAccount': '1*' } }, false],
    ['the account of the stack', { StringEquals: { 'aws:PrincipalAccount': Aws.ACCOUNT_ID } }, true],
    ['roles of an account', arn('arn:aws:iam::111122223333:role/*'), true],
    ['roles of an account, in any partition', arn('arn:*:iam::111122223333:role/*'), true],
    ['roles of any account', arn('arn:aws:iam::*:role/*'), false],
    ['a role name in any account', arn('arn:aws:iam::*:role/readers', 'ArnEquals'), false],
    ['a role name in any account, as text', arn('*:role/readers', 'StringLike'), false],
    ['an account that a path can hold', arn('arn:*:iam::111122223333:role/*', 'StringLike'), false],
    ['the caller\'s own account', arn('arn:aws:iam::${aws:PrincipalAccount}:role/*'), false],
    ['roles of the stack\'s account', arn(`arn:${Aws.PARTITION}:iam::${Aws.ACCOUNT_ID}:role/*`), true],
    ['roles of the stack\'s account, resolved', { ArnLike: { 'aws:PrincipalArn': new Stack().resolve(`arn:${Aws.PARTITION}:iam::${Aws.ACCOUNT_ID}:role/*`) } }, true],
    ['roles of any account, resolved', { ArnLike: { 'aws:PrincipalArn': new Stack().resolve(`arn:${Aws.PARTITION}:iam::*:role/*`) } }, false],
    ['a role to come', arn(Lazy.string({ produce: () => 'arn:aws:iam::111122223333:role/r' })), true],
    ['one role, or roles of any account', { ArnLike: { 'aws:PrincipalArn': ['arn:aws:iam::111122223333:role/r', 'arn:aws:iam::*:role/*'] } }, false],
    ['the account of the key', { StringEquals: { 'aws:PrincipalAccount': '${aws:ResourceAccount}' } }, true],
    ['the organization of the key', { StringEquals: { 'aws:PrincipalOrgID': '${aws:ResourceOrgID}' } }, true],
    ['the caller\'s own organization', { StringEquals: { 'aws:PrincipalOrgID': '${aws:PrincipalOrgID}' } }, false],
    ['roles of an account, by what they call themselves', arn('arn:aws:iam::111122223333:role/${aws:PrincipalTag/team}'), true],
    ['roles of any account or of one, as deployment decides', arn(IF('arn:aws:iam::*:role/r', 'arn:aws:iam::111122223333:role/r')), false],
    ['roles of one account or another, as deployment decides', arn(IF('arn:aws:iam::444455556666:role/r', 'arn:aws:iam::111122223333:role/r')), true],
    ['a role, or no condition at all', arn(IF('arn:aws:iam::111122223333:role/r', { Ref: 'AWS::NoValue' })), false],
    ['one role, unless nobody says', arn('arn:aws:iam::111122223333:role/r', 'ArnLikeIfExists'), false],
  ])('%s: %j is %s', (_, conditions, binds) => expect(bindsCaller(conditions)).toBe(binds));
});

describe('what binds services', () => {
  const source = (value: string) => ({ ArnLike: { 'aws:SourceArn': value } });
  const context = (key: string, value: string) => ({ StringEquals: { [`kms:EncryptionContext:${key}`]: value } });
  test.each<[string, Conditions, boolean]>([
    ['any source', source('*'), false],
    ['any bucket', source('arn:aws:s3:::*'), false],
    ['a bucket', source('arn:aws:s3:::invoices'), true],
    ['any topic', source('arn:aws:sns:*:*:*'), false],
    ['tables of all accounts', source('arn:aws:dynamodb:*:*:table/*'), false],
    ['distributions of all accounts', source('arn:aws:cloudfront::*:distribution/*'), false],
    ['distributions of an account', source('arn:aws:cloudfront::111122223333:distribution/*'), true],
    ['topics of all accounts by their names', source('arn:aws:sns:*:*:orders*'), false],
    ['buckets by the beginning of their names', source('arn:aws:s3:::invoices-*'), false],
    ['objects of a bucket', source('arn:aws:s3:::invoices/*'), true],
    ['log groups of all accounts, as a context', { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': 'arn:aws:logs:*:*:*' } }, false],
    ['log groups of an account, as a context', { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': 'arn:aws:logs:*:111122223333:*' } }, true],
    ['a table by its name, as a context', context('aws:dynamodb:tableName', 'orders'), false],
    ['a table by the name that CloudFormation makes up', context('aws:dynamodb:tableName', resolved(Fn.ref('Table'))), false],
    ['a table by the account it is in', context('aws:dynamodb:subscriberId', '111122223333'), true],
    ['a table by the account of the stack', context('aws:dynamodb:subscriberId', resolved(Aws.ACCOUNT_ID)), true],
    ['a cluster by its name', context('aws:ecs:clusterName', 'prod'), false],
    ['a cluster by name and account', { StringEquals: { ...context('aws:ecs:clusterName', 'prod').StringEquals, ...context('aws:ecs:clusterAccount', '111122223333').StringEquals } }, true],
    ['a secret that comes later', context('SecretARN', resolved(Fn.ref('Secret'))), true],
    ['a bucket, as a context', context('aws:s3:arn', 'arn:aws:s3:::invoices'), true],
    ['a bucket by a name that has a beginning in common', { StringLike: context('aws:s3:arn', 'arn:aws:s3:::inv*').StringEquals }, false],
    ['topics of all accounts, as Fn::Sub with a map', source(resolved(Fn.sub('arn:aws:sns:*:*:${Name}', { Name: 'orders' }))), false],
    ['topics of an account, as Fn::Sub with a map', source(resolved(Fn.sub('arn:aws:sns:*:${Account}:${Name}', { Account: Aws.ACCOUNT_ID, Name: 'orders' }))), true],
    ['topics of the account that the caller says', source('arn:aws:sns:*:${aws:SourceAccount}:orders'), false],
    ['topics of the account that the caller says, through Fn::Sub', source(resolved(Fn.sub('arn:aws:sns:*:${!aws:SourceAccount}:orders'))), false],
    ['topics of the account of the key', { StringEquals: { 'aws:SourceAccount': '${aws:ResourceAccount}' } }, true],
    ['topics of an account that is a parameter', { StringEquals: { 'aws:SourceAccount': resolved(new CfnParameter(new Stack(), 'Account').valueAsString) } }, true],
    ['topics of an account', source('arn:aws:sns:*:111122223333:*'), true],
    ['accounts by their first digit', { StringLike: { 'aws:SourceAccount': '1*' } }, false],
    ['an encryption context that is nobody\'s', context('tenant', 'a'), false],
    ['any encryption context', { StringLike: { 'kms:EncryptionContext:tenant': '*' } }, false],
  ])('%s: %j is %s', (_, conditions, binds) => expect(bindsSource(conditions)).toBe(binds));
});

describe('what tells principals of an account apart', () => {
  const arn = (value: string, operator = 'ArnLike') => ({ [operator]: { 'aws:PrincipalArn': value } });
  const id = (value: string, operator = 'StringLike') => ({ [operator]: { 'aws:userid': value } });
  test.each<[string, Conditions, boolean]>([
    ['a role', arn('arn:aws:iam::111122223333:role/r'), true],
    ['roles by path', arn('arn:aws:iam::111122223333:role/readers/*'), true],
    ['roles by name, as text', arn('*:role/readers-*', 'StringLike'), true],
    ['all roles', arn('arn:aws:iam::111122223333:role/*'), false],
    ['all roles of the stack\'s account', arn(`arn:${Aws.PARTITION}:iam::${Aws.ACCOUNT_ID}:role/*`), false],
    ['all roles, with a letter of all', arn('arn:aws:iam::111122223333:*o*'), false],
    ['all roles, by one character at least', arn('arn:aws:iam::111122223333:role/?*'), false],
    ['all roles, as text', arn('*:role/*', 'StringLike'), false],
    ['all users', arn('arn:aws:iam::111122223333:user/*'), false],
    ['all sessions', arn('arn:aws:sts::111122223333:assumed-role/*'), false],
    ['all federated users', arn('arn:aws:sts::111122223333:federated-user/*'), false],
    ['sessions of one role', arn('arn:aws:sts::111122223333:assumed-role/r/*'), true],
    ['a role to come', arn(Lazy.string({ produce: () => 'arn:aws:iam::111122223333:role/r' })), true],
    ['a role to come, by a pattern of its name', arn(`arn:aws:iam::111122223333:role/${Lazy.string({ produce: () => 'r' })}-*`), true],
    ['all roles, literally', arn('arn:aws:iam::111122223333:role/*', 'StringEquals'), true],
    ['one role, or all users', { ArnLike: { 'aws:PrincipalArn': ['arn:aws:iam::111122223333:role/r', 'arn:aws:iam::111122223333:user/*'] } }, false],
    ['its own ARN', arn('${aws:PrincipalArn}', 'StringEquals'), false],
    ['a unique id', id('AROAEXAMPLEID:*'), true],
    ['a unique id of a role to come', id(`${Lazy.string({ produce: () => 'AROA' })}:*`), true],
    ['a unique id, without its session', id('AROAEXAMPLE123456789A*'), true],
    ['the beginning of all unique ids of roles', id('AROA*'), false],
    ['a session\'s name, which its caller chooses', id('*:nightly'), false],
    ['a session\'s name behind any id', id('AROA*:nightly'), false],
    ['a unique id and session', id('AROAEXAMPLEID:nightly', 'StringEquals'), true],
    ['a tag', { StringEquals: { 'aws:PrincipalTag/team': 'billing' } }, true],
    ['a tag by its beginning', { StringLike: { 'aws:PrincipalTag/team': 'b*' } }, true],
    ['any tag', { StringLike: { 'aws:PrincipalTag/team': '*' } }, false],
    ['the tag that it has', { StringEquals: { 'aws:PrincipalTag/team': '${aws:PrincipalTag/team}' } }, false],
    ['the tag that it has, in other letters', { StringEquals: { 'aws:PrincipalTag/Team': '${aws:principaltag/team, \'none\'}' } }, false],
    ['the tag of the key', { StringEquals: { 'aws:PrincipalTag/team': '${aws:ResourceTag/team}' } }, true],
    ['a tag, unless there is none', { StringEqualsIfExists: { 'aws:PrincipalTag/team': 'billing' } }, false],
    ['the account', { StringEquals: { 'aws:PrincipalAccount': '111122223333' } }, false],
    ['the organization', { StringEquals: { 'aws:PrincipalOrgID': 'o-1234567890' } }, false],
  ])('%s: %j is %s', (_, conditions, binds) => expect(bindsPrincipal(conditions)).toBe(binds));
});

describe('a principal by a pattern of its ARN', () => {
  const grantTo = (principal: IPrincipal) => () => new SymmetricDataKey(new Stack(new App(), 'Keys', { env: HERE }), 'Key').grants.decrypt(principal);

  test('is refused, as KMS takes none', () => {
    expect(grantTo(new ArnPrincipal('arn:aws:iam::111122223333:role/*'))).toThrow('arn:aws:iam::111122223333:role/* is a pattern, and KMS takes no wildcards in the ARN of a principal: name the role, or grant to its account by the pattern');
  });

  test('may be said of any ARN only with an account in it', () => {
    expect(grantTo(new AnyPrincipal().withConditions({ ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/*' } }))).toThrow('every AWS account would be granted');
    expect(grantTo(new AnyPrincipal().withConditions({ ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::444455556666:role/*' } }))).not.toThrow();
  });
});

describe('an account as a grantee is not narrowed by what all of its principals have in common', () => {
  const account = new AccountPrincipal(HERE.account);
  const grantTo = (principal: IPrincipal) => () => new SymmetricDataKey(new Stack(new App(), 'Keys', { env: HERE }), 'Key').grants.decrypt(principal);

  test.each<[string, IPrincipal]>([
    ['its account number', account.withConditions({ StringEquals: { 'aws:PrincipalAccount': HERE.account } })],
    ['its account number, as KMS knows it', account.withConditions({ StringEquals: { 'kms:CallerAccount': HERE.account } })],
    ['its organization', account.withConditions({ StringEquals: { 'aws:PrincipalOrgID': 'o-1234567890' } })],
    ['any of its roles', account.withConditions({ ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::111122223333:role/*' } })],
    ['any ARN', account.withConditions({ ArnLike: { 'aws:PrincipalArn': '*' } })],
    ['no condition, and a number for a name', new ArnPrincipal(Aws.ACCOUNT_ID)],
  ])('%s', (_, principal) => expect(grantTo(principal)).toThrow('IAM policies of the whole account would decide who may'));

  test.each<[string, IPrincipal]>([
    ['roles by a path', account.withConditions({ ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::111122223333:role/readers/*' } })],
    ['whoever carries a tag', account.withConditions({ StringEquals: { 'aws:PrincipalTag/team': 'billing' } })],
  ])('%s may be granted', (_, principal) => expect(grantTo(principal)).not.toThrow());
});
