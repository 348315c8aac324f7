import { companyTemplate, COMPANY_TEMPLATE, CONTEXT, DEPLOYER, KEYS, READERS, role } from './support/company';
import { burst } from './support/day';
import { watchOf } from './support/evaluate';
import { MIDNIGHT, Records } from './support/records';
import { Granted } from '../../src/cli/watch/granted';
import type { CloudTrailRecord } from '../../src/detect';
import { readTemplates } from '../../src/template';

/** What a template tells of records: which key is which, and who may do what under which context. */

const ALIAS = new Records(1).make({ event: 'UpdateAlias', caller: DEPLOYER, keyArn: KEYS.data, aliasName: 'alias/company-data', second: MIDNIGHT });
const decrypts = (calls: number, encryptionContext?: Readonly<Record<string, string>>): CloudTrailRecord[] => (
  burst({ event: 'Decrypt', caller: role(READERS[0]), keyArn: KEYS.data, ...(encryptionContext ? { encryptionContext } : {}) }, calls, MIDNIGHT + 60, 600, 2));

test.each<[what: string, records: readonly CloudTrailRecord[], calls: readonly number[]]>([
  ['a granted role under the context that it is granted', decrypts(3, CONTEXT), []],
  ['the same without a context', decrypts(2), [2]],
  ['first with, then without', [...decrypts(3, CONTEXT), ...decrypts(2).map((record) => ({ ...record, eventID: `${record.eventID} later` }))], [2]],
  ['under another value', decrypts(4, { Project: 'Snowman' }), [4]],
])('%s', (_, records, calls) => {
  const { watch } = watchOf({ template: true });
  for (const record of [ALIAS, ...records]) watch.accept(record);
  expect(watch.finish().alerts.filter(({ detector }) => detector === 'ungranted-use').map(({ count }) => count)).toEqual(calls);
});

describe('an alias tells which key it is', () => {
  const creator = 'arn:aws:iam::111122223333:role/granter';
  const { Resources } = COMPANY_TEMPLATE;
  const Signing = structuredClone(Resources.Signing) as { Properties: { KeyPolicy: { Statement: object[] } } };
  Signing.Properties.KeyPolicy.Statement.push({ Effect: 'Allow', Principal: { AWS: creator }, Action: 'kms:CreateGrant', Resource: '*' });
  const [{ account, region }] = companyTemplate().stacks;
  const granted = new Granted(readTemplates([{ stack: 'Company', account, region, template: { Resources: { ...Resources, Signing } } }]));

  test('who may make grants on one of the keys is taken for somebody who may on a key of which nothing is known, and no longer once it is', () => {
    expect(granted.isGrantCreator(creator, KEYS.data)).toBe(true);
    granted.learn(ALIAS, creator);
    expect(granted.isGrantCreator(creator, KEYS.data)).toBe(false);
  });
});

test('where a policy leaves it to IAM, whose policies the templates do not have, nobody is refused but whom they make', () => {
  const [{ account, region }] = companyTemplate().stacks;
  const trust = { Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }] };
  const Role = { Type: 'AWS::IAM::Role', Properties: { RoleName: 'made', AssumeRolePolicyDocument: trust } };
  const root = { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${account}:root` }, Action: 'kms:*', Resource: '*' };
  const Key = { Type: 'AWS::KMS::Key', Properties: { KeyPolicy: { Version: '2012-10-17', Statement: [root] } } };
  const templates = readTemplates([{ stack: 'Plain', account, region, template: { Resources: { Role, Key } } }]);
  const granted = new Granted(templates, { Key: KEYS.data });
  const [record] = decrypts(1);
  const refused = (principal: string) => granted.refusing(record, principal, KEYS.data, 'kms:Decrypt').length > 0;
  expect(['role/made', 'role/unknown'].map((name) => refused(`arn:aws:iam::${account}:${name}`))).toEqual([true, false]);
  expect(refused('arn:aws:iam::444455556666:role/unknown')).toBe(true);
});

test('a function decrypts its environment by the grant that Lambda makes for its role, and nothing else by it', () => {
  const [{ account, region }] = companyTemplate().stacks;
  const arnOf = (name: string) => `arn:aws:iam::${account}:role/${name}`;
  const trust = { Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }] };
  const Role = { Type: 'AWS::IAM::Role', Properties: { RoleName: 'made', AssumeRolePolicyDocument: trust } };
  const admin = { Effect: 'Allow', Principal: { AWS: arnOf('admin') }, Action: 'kms:Put*', Resource: '*' };
  const Key = { Type: 'AWS::KMS::Key', Properties: { KeyPolicy: { Version: '2012-10-17', Statement: [admin] } } };
  const functionWith = (key: object) => ({ Type: 'AWS::Lambda::Function', Properties: { Role: { 'Fn::GetAtt': ['Role', 'Arn'] }, ...key } });
  const refused = (key: object, action: string, name = 'made'): boolean => {
    const templates = readTemplates([{ stack: 'Plain', account, region, template: { Resources: { Role, Key, Function: functionWith(key) } } }]);
    const [record] = decrypts(1);
    return new Granted(templates, { Key: KEYS.data }).refusing(record, arnOf(name), KEYS.data, action).length > 0;
  };
  const withKey = { KmsKeyArn: { 'Fn::GetAtt': ['Key', 'Arn'] } };
  expect([refused(withKey, 'kms:Decrypt'), refused(withKey, 'kms:Encrypt'), refused(withKey, 'kms:Decrypt', 'other'), refused({}, 'kms:Decrypt')]).toEqual([false, true, true, true]);
});
