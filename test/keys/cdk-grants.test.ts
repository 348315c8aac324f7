import { App, Stack } from 'aws-cdk-lib';
import type { Grant } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { CfnQueue } from 'aws-cdk-lib/aws-sqs';
import { AccountAccess, ClientEncryptionKey, SigningKey, SymmetricDataKey } from '../../src';
import { Deployed, HERE, roleIn } from '../support/deployed';

const ACTIONS = ['kms:Encrypt', 'kms:Decrypt', 'kms:GenerateDataKey', 'kms:GenerateDataKeyWithoutPlaintext', 'kms:GenerateDataKeyPair',
  'kms:GenerateDataKeyPairWithoutPlaintext', 'kms:ReEncryptFrom', 'kms:ReEncryptTo', 'kms:Sign', 'kms:Verify', 'kms:GetPublicKey', 'kms:DescribeKey',
  'kms:DisableKey', 'kms:CreateGrant', 'kms:PutKeyPolicy'];
const ENCRYPTS = ['kms:Encrypt', 'kms:GenerateDataKey', 'kms:GenerateDataKeyWithoutPlaintext', 'kms:GenerateDataKeyPair', 'kms:GenerateDataKeyPairWithoutPlaintext'];

const kinds = { data: SymmetricDataKey, signer: SigningKey, sealer: ClientEncryptionKey };
const PARAMETERS = {
  data: { EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' },
  signer: { SigningAlgorithm: 'ECDSA_SHA_256', MessageType: 'DIGEST' },
  sealer: { EncryptionAlgorithm: 'RSAES_OAEP_SHA_256' },
};
type Give = (key: IKey, role: ReturnType<typeof roleIn>) => Grant;

describe.each(Object.values(AccountAccess))('CDK\'s own grant methods under %s', (accountAccess) => {
  test.each<[keyof typeof kinds, string, Give, string[]]>([
    ['data', 'grantEncrypt', (key, role) => key.grantEncrypt(role), ENCRYPTS],
    ['data', 'grantDecrypt', (key, role) => key.grantDecrypt(role), ['kms:Decrypt']],
    ['data', 'grantEncryptDecrypt', (key, role) => key.grantEncryptDecrypt(role), ['kms:Encrypt', 'kms:Decrypt', ...ENCRYPTS.slice(1)]],
    ['data', 'grant', (key, role) => key.grant(role, 'kms:DescribeKey', 'kms:GenerateDataKey'), ['kms:GenerateDataKey', 'kms:DescribeKey']],
    ['data', 'grant with a pattern', (key, role) => key.grant(role, 'kms:ReEncrypt*'), ['kms:ReEncryptFrom', 'kms:ReEncryptTo']],
    ['data', 'grant of administration', (key, role) => key.grant(role, 'kms:DisableKey', 'kms:DescribeKey'), ['kms:DescribeKey', 'kms:DisableKey']],
    ['signer', 'grantSign', (key, role) => key.grantSign(role), ['kms:Sign']],
    ['signer', 'grantVerify', (key, role) => key.grantVerify(role), ['kms:Verify']],
    ['signer', 'grantSignVerify', (key, role) => key.grantSignVerify(role), ['kms:Sign', 'kms:Verify']],
    ['signer', 'grant', (key, role) => key.grant(role, 'kms:GetPublicKey'), ['kms:GetPublicKey']],
    ['sealer', 'grantEncrypt', (key, role) => key.grantEncrypt(role), ['kms:Encrypt']],
    ['sealer', 'grantDecrypt', (key, role) => key.grantDecrypt(role), ['kms:Decrypt']],
    ['sealer', 'grantEncryptDecrypt', (key, role) => key.grantEncryptDecrypt(role), ['kms:Encrypt', 'kms:Decrypt']],
  ])('%s.%s', (kind, _, give, actions) => {
    const app = new App();
    const stack = new Stack(app, 'Keys', { env: HERE });
    const key = new kinds[kind](stack, 'Key', { accountAccess });
    const role = roleIn(stack, 'Role');
    const grant = give(key, role);
    const deployed = new Deployed(app);
    expect(grant.success).toBe(true);
    expect(ACTIONS.filter((action) => deployed.decide(role, action, key, { parameters: PARAMETERS[kind] }).allowed)).toEqual(actions);
  });
});

describe('a grant', () => {
  test('can be waited for', () => {
    const stack = new Stack(new App(), 'Keys', { env: HERE });
    const key = new SymmetricDataKey(stack, 'Key');
    const queue = new CfnQueue(stack, 'Queue');
    key.grantDecrypt(roleIn(stack, 'Role')).applyBefore(queue);
    (stack.node.root as App).synth();
    expect(queue.obtainDependencies()).toContain(key.node.defaultChild);
  });

  test('tells what it wrote, and where', () => {
    const stack = new Stack(new App(), 'Keys', { env: HERE });
    const [exact, delegating] = [new SymmetricDataKey(stack, 'Exact'), new SymmetricDataKey(stack, 'Delegating', { accountAccess: AccountAccess.DELEGATE_TO_IAM })];
    const role = roleIn(stack, 'Role');
    const counts = (grant: Grant) => [grant.resourceStatements.length, grant.principalStatements.length];
    expect(counts(exact.grantDecrypt(role))).toEqual([1, 0]);
    expect(counts(delegating.grantDecrypt(role))).toEqual([0, 1]);
    expect(counts(exact.grantEncryptDecrypt(role))).toEqual([4, 0]);
  });

  test('made twice is written once', () => {
    const app = new App();
    const stack = new Stack(app, 'Keys', { env: HERE });
    const [key, role] = [new SymmetricDataKey(stack, 'Key'), roleIn(stack, 'Role')];
    key.grantDecrypt(role);
    key.grants.decrypt(role);
    key.grant(role, 'kms:Decrypt');
    const sids = [new Deployed(app).keyOf(key).policy.Statement].flat().map(({ Sid }) => Sid);
    expect(sids).toEqual(['AccountAdministersThroughIam', 'OwnPolicy', 'Administer', 'RecoverPolicy', 'Decrypt']);
  });
});
