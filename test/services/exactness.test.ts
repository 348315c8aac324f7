import { App, Stack } from 'aws-cdk-lib';
import { bucketIn, functionIn, secretIn, tableIn } from './support/resources';
import { SymmetricDataKey } from '../../src/keys';
import { KmsService } from '../../src/services';
import { USE } from '../../src/spec/actions';
import { Deployed, HERE, OTHER_ACCOUNT, executionRole, roleIn } from '../support/deployed';

const ACTIONS = [...Object.keys(USE).filter((action) => USE[action].includes('ENCRYPT_DECRYPT')), 'kms:DescribeKey', 'kms:CreateGrant', 'kms:RetireGrant', 'kms:PutKeyPolicy'];
const VIAS = [undefined, 's3', 'dynamodb', 'secretsmanager', 'lambda', 'sns'];
const secretArn = (name: string, account = HERE.account) => `arn:aws:secretsmanager:eu-west-1:${account}:secret:${name}-AbCdEf`;

/** Encryption contexts, by what they are of: resources of the app, near misses, and none. */
const CONTEXTS: Readonly<Record<string, Record<string, string> | undefined>> = {
  'our object': { 'aws:s3:arn': 'arn:aws:s3:::invoices/2026/1.pdf' },
  'our bucket': { 'aws:s3:arn': 'arn:aws:s3:::invoices' },
  'another bucket': { 'aws:s3:arn': 'arn:aws:s3:::invoices-copy/1.pdf' },
  'our table': { 'aws:dynamodb:tableName': 'orders', 'aws:dynamodb:subscriberId': HERE.account },
  'another table': { 'aws:dynamodb:tableName': 'orders2', 'aws:dynamodb:subscriberId': HERE.account },
  'our secret': { SecretARN: secretArn('db'), SecretVersionId: 'v1' },
  'another secret': { SecretARN: secretArn('db-other'), SecretVersionId: 'v1' },
  'their secret': { SecretARN: secretArn('db', OTHER_ACCOUNT.account), SecretVersionId: 'v1' },
  'our function': { 'aws:lambda:FunctionArn': 'arn:aws:lambda:eu-west-1:111122223333:function:f' },
  'none': undefined,
};

const everywhere = Object.keys(CONTEXTS);
const say = (actions: readonly string[], via: string, contexts: readonly string[]) =>
  actions.flatMap((action) => contexts.map((context) => `kms:${action} through ${via} for ${context}`));

const DEPLOYS = [
  ...say(['DescribeKey', 'Encrypt', 'Decrypt', 'ReEncryptFrom', 'ReEncryptTo', 'GenerateDataKey', 'GenerateDataKeyWithoutPlaintext', 'CreateGrant'], 'dynamodb', everywhere),
  ...say(['DescribeKey', 'GenerateDataKey', 'Decrypt', 'Encrypt'], 'secretsmanager', everywhere),
  ...say(['DescribeKey', 'Encrypt', 'Decrypt', 'GenerateDataKey', 'CreateGrant'], 'lambda', everywhere),
];

/** All that each may do, out of everything that can be asked. */
const EXPECTED: Readonly<Record<string, string[]>> = {
  ObjectReader: say(['Decrypt'], 's3', ['our object', 'our bucket']),
  ObjectWriter: say(['Decrypt', 'GenerateDataKey'], 's3', ['our object', 'our bucket']),
  ItemReader: say(['Decrypt'], 'dynamodb', ['our table']),
  ItemWriter: say(['Decrypt'], 'dynamodb', ['our table']),
  SecretReader: say(['Decrypt'], 'secretsmanager', ['our secret']),
  SecretWriter: say(['Decrypt', 'GenerateDataKey'], 'secretsmanager', ['our secret']),
  FunctionRole: [],
  Stranger: [],
};

describe('nothing but', () => {
  let deployed: Deployed;
  let key: SymmetricDataKey;
  let stack: Stack;

  beforeAll(() => {
    const app = new App();
    stack = new Stack(app, 'Shop', { env: HERE });
    key = new SymmetricDataKey(stack, 'Key');
    const bucket = bucketIn(stack, 'Bucket', key.forService(KmsService.S3), 'invoices');
    const table = tableIn(stack, 'Table', key.forService(KmsService.DYNAMODB), 'orders');
    const secret = secretIn(stack, 'Secret', key.forService(KmsService.SECRETS_MANAGER), 'db');
    bucket.grantRead(roleIn(stack, 'ObjectReader'));
    bucket.grantPut(roleIn(stack, 'ObjectWriter'));
    table.grantReadData(roleIn(stack, 'ItemReader'));
    table.grantWriteData(roleIn(stack, 'ItemWriter'));
    secret.grantRead(roleIn(stack, 'SecretReader'));
    secret.grantWrite(roleIn(stack, 'SecretWriter'));
    functionIn(stack, 'Function', { role: roleIn(stack, 'FunctionRole'), environment: { A: 'b' }, environmentEncryption: key.forService(KmsService.LAMBDA) });
    roleIn(stack, 'Stranger');
    deployed = new Deployed(app);
  });

  /** Everything that somebody is allowed, out of all actions through all services with all contexts. */
  function allowed(who: string): string[] {
    const principal = who.startsWith('arn:') ? who : deployed.arnOf(stack.node.findChild(who));
    return ACTIONS.flatMap((action) => VIAS.flatMap((via) => Object.entries(CONTEXTS)
      .filter(([, context]) => deployed.outcome(principal, action, key, {
        via, context, conditionKeys: action === 'kms:CreateGrant' ? { 'kms:GrantIsForAWSResource': String(via !== undefined) } : undefined,
      }) === 'Allowed')
      .map(([context]) => `${action} ${via ? `through ${via}` : 'directly'} for ${context}`)));
  }

  test.each(Object.entries(EXPECTED))('what was granted: %s', (who, expected) => {
    expect(allowed(who).sort()).toEqual([...expected].sort());
  });

  test('creating and changing resources through their services, and the policy: the deployer', () => {
    const used = allowed(executionRole()).filter((what) => !/^kms:(DescribeKey|PutKeyPolicy) (directly|through (s3|sns))|^kms:PutKeyPolicy/.test(what));
    expect(used.sort()).toEqual([...DEPLOYS].sort());
  });
});
