import { check } from '../../src/checks';
import { allowsNothingNew } from '../../src/proof';
import type { KeyWorld } from '../../src/proof';
import { readTemplate } from '../../src/template';
import type { Deployment } from '../../src/template';
import { ACCOUNT as account, ownKeys, REGION as region } from '../proof/support/own-keys';

/**
 * Each condition of the policies that this library writes, deleted one at a time: a proof shows a request that is allowed then and was not; checks find the worst.
 * What every request meets in any case stands by name.
 */

type Conditions = Record<string, Record<string, unknown>>;
interface Statement { readonly Sid: string; Condition?: Conditions }
interface Resource { readonly Type: string; readonly Properties: { readonly KeyPolicy: { readonly Statement: Statement[] } } }
interface Template { readonly Resources: Readonly<Record<string, Resource>> }

const all = ownKeys().template as Template;
const keys = Object.keys(all.Resources).filter((id) => all.Resources[id].Type === 'AWS::KMS::Key');
const read = (template: Template): Deployment => readTemplate(template, { account, region });
const findingsOf = (deployment: Deployment): string[] => check(deployment).findings.map(({ rule, resource: { logicalId }, statement }) => `${rule} ${logicalId} ${statement}`);
const at = ({ keys: [key], identities }: Deployment): KeyWorld => ({ key, world: { identities } });

/** The template with one of its keys. */
const withOnly = (key: string): Template =>
  ({ ...all, Resources: Object.fromEntries(Object.entries(all.Resources).filter(([id]) => id === key || !keys.includes(id))) });
const good = new Map(keys.map((key) => {
  const template = withOnly(key);
  const before = read(template);
  return [key, { template, before, known: new Set(findingsOf(before)) }];
}));

/** A logical id without the hash at its end. */
const nameOf = (logicalId: string): string => logicalId.replace(/[0-9A-F]{8}$/, '');

const deletions = keys.flatMap((key) => all.Resources[key].Properties.KeyPolicy.Statement.flatMap(({ Sid, Condition = {} }, index) =>
  Object.entries(Condition).flatMap(([operator, names]) =>
    Object.keys(names).map((name) => ({ key, index, operator, name, title: `${nameOf(key)} ${Sid}: ${operator} ${name}` })))));

function without({ key, index, operator, name }: typeof deletions[number]): Template {
  const template = JSON.parse(JSON.stringify(good.get(key)!.template)) as Template;
  const statement = template.Resources[key].Properties.KeyPolicy.Statement[index];
  delete statement.Condition![operator][name];
  if (Object.keys(statement.Condition![operator]).length === 0) delete statement.Condition![operator];
  if (Object.keys(statement.Condition!).length === 0) delete statement.Condition;
  return template;
}

const results = deletions.map((deletion) => {
  const { before, known } = good.get(deletion.key)!;
  const after = read(without(deletion));
  const proof = allowsNothingNew(at(before), at(after));
  const rules = [...new Set(findingsOf(after).filter((finding) => !known.has(finding)).map((finding) => finding.split(' ')[0]))];
  return { ...deletion, proof, rules };
});

/** Conditions that requests meet in any case, and why. */
const MET_ANYWAY: Readonly<Record<string, readonly string[]>> = {
  'the key has one algorithm': [
    'Direct Decrypt: StringEquals kms:EncryptionAlgorithm', 'Direct Encrypt: StringEquals kms:EncryptionAlgorithm',
    'Tenants Decrypt: StringEquals kms:EncryptionAlgorithm', 'Tenants Encrypt: StringEquals kms:EncryptionAlgorithm',
    'Tenants GenerateDataKeys: StringEquals kms:EncryptionAlgorithm',
    'Signing Sign: StringEquals kms:SigningAlgorithm', 'Signing Verify: StringEquals kms:SigningAlgorithm',
  ],
  'the principals are of that account': [
    'Served ReadThroughS3: StringEquals kms:CallerAccount', 'Served WriteThroughS3: StringEquals kms:CallerAccount', 'Shared WriteThroughS3: StringEquals kms:CallerAccount',
    'Shared DeployThroughDynamoDB: StringEquals kms:CallerAccount', 'Shared DescribeThroughDynamoDB: StringEquals kms:CallerAccount',
    'Shared GrantThroughDynamoDB: StringEquals kms:CallerAccount', 'Shared ReadThroughDynamoDB: StringEquals kms:CallerAccount',
    'Shared ReceiveThroughSQS: StringEquals kms:CallerAccount', 'Shared DescribeThroughLogs: StringEquals kms:CallerAccount',
  ],
  'the deployer may describe the key directly, too': ['Shared DescribeThroughDynamoDB: StringLike kms:ViaService', 'Shared DescribeThroughLogs: StringEquals kms:ViaService'],
};

test.each(results.map((result) => [result.title, result] as const))('%s', (title, { proof }) => {
  const expected = Object.values(MET_ANYWAY).flat().includes(title) ? 'holds' : 'fails';
  expect([proof.verdict, proof.because]).toEqual([expected, undefined]);
});

test('checks find of them', () => {
  const table: Record<string, string[]> = {};
  for (const { rules, title } of results) for (const rule of rules) (table[rule] ??= []).push(title);
  expect(table).toEqual({
    'KP-08': ['Shared DeployThroughDynamoDB: StringLike kms:ViaService'],
    'KP-10': ['Shared GrantThroughDynamoDB: Bool kms:GrantIsForAWSResource'],
    'KP-12': ['Shared DeployThroughDynamoDB: StringLike kms:ViaService'],
    'KP-19': ['Shared ServiceOfLogs: StringLike kms:EncryptionContext:aws:logs:arn'],
    'KP-20': [
      'Served ReadThroughS3: StringEquals kms:ViaService', 'Served WriteThroughS3: StringEquals kms:ViaService', 'Shared WriteThroughS3: StringEquals kms:ViaService',
      'Shared ReadThroughDynamoDB: StringLike kms:ViaService', 'Shared ReceiveThroughSQS: StringEquals kms:ViaService',
    ],
  });
});
