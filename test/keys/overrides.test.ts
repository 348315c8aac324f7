import { App, Aspects, Aws, Stack } from 'aws-cdk-lib';
import { CfnKey } from 'aws-cdk-lib/aws-kms';
import { ClientEncryptionKey, SigningKey, SymmetricDataKey } from '../../src';
import type { KeysmithKey } from '../../src';
import { Deployed, HERE, roleIn } from '../support/deployed';

const kinds = { data: SymmetricDataKey, signer: SigningKey, sealer: ClientEncryptionKey };

function synth(make: (stack: Stack) => KeysmithKey, change: (resource: CfnKey) => void): () => unknown {
  const app = new App();
  change(make(new Stack(app, 'Keys', { env: HERE })).node.defaultChild as CfnKey);
  return () => app.synth();
}

describe('what is changed behind the construct\'s back', () => {
  const off = 'rotation was switched off on the CloudFormation resource: say why with noRotationBecause';
  test.each<[string, keyof typeof kinds, (resource: CfnKey) => void, string]>([
    ['rotation by an override', 'data', (key) => key.addPropertyOverride('EnableKeyRotation', false), off],
    ['rotation by deleting it', 'data', (key) => key.addPropertyDeletionOverride('EnableKeyRotation'), off],
    ['rotation by an aspect', 'data', (key) => Aspects.of(key).add({ visit: (node) => { (node as CfnKey).enableKeyRotation = false; } }), off],
    ['rotation by a property', 'signer', (key) => { key.enableKeyRotation = true; }, 'rotation was switched on on the CloudFormation resource: KMS does not rotate a signing key'],
    ['rotation too often', 'data', (key) => { key.rotationPeriodInDays = 30; }, 'RotationPeriodInDays was set to 30 on the CloudFormation resource: use the prop rotationPeriod, from 90 to 2560 days'],
    ['the spec', 'data', (key) => key.addPropertyOverride('KeySpec', 'RSA_2048'), 'KeySpec was set to "RSA_2048" on the CloudFormation resource: a symmetric data key is of key spec SYMMETRIC_DEFAULT here'],
    ['no spec', 'sealer', (key) => key.addPropertyDeletionOverride('KeySpec'), 'KeySpec was set to "SYMMETRIC_DEFAULT"'],
    ['the usage', 'data', (key) => { key.keyUsage = 'SIGN_VERIFY'; }, 'KeyUsage was set to "SIGN_VERIFY" on the CloudFormation resource: a symmetric data key is for ENCRYPT_DECRYPT'],
    ['the origin', 'data', (key) => { key.origin = 'EXTERNAL'; }, 'Origin was set to "EXTERNAL" on the CloudFormation resource: this key has its material from KMS'],
    ['replicas', 'data', (key) => { key.multiRegion = true; }, 'MultiRegion was set to true on the CloudFormation resource: use the prop multiRegion'],
    ['the pending window', 'signer', (key) => { key.pendingWindowInDays = 3; }, 'PendingWindowInDays was set to 3 on the CloudFormation resource: use the prop pendingWindow, from 7 to 30 days'],
    ['the safety check', 'data', (key) => { key.bypassPolicyLockoutSafetyCheck = true; }, 'BypassPolicyLockoutSafetyCheck was set to true on the CloudFormation resource: the deployer may change this key policy'],
    ['the policy by a property', 'data', (key) => { key.keyPolicy = { Version: '2012-10-17', Statement: [] }; }, 'KeyPolicy was changed on the CloudFormation resource: use the grants'],
    ['the policy by an override', 'data', (key) => key.addPropertyOverride('KeyPolicy.Statement.0.Action', 'kms:*'), 'KeyPolicy was changed'],
    ['the policy by deleting it', 'signer', (key) => key.addPropertyDeletionOverride('KeyPolicy'), 'KeyPolicy was changed'],
  ])('%s (%s)', (_, kind, change, message) => expect(synth((stack) => new kinds[kind](stack, 'Key'), change)).toThrow(`[Keys/Key] ${message}`));

  test('no replicas, of a key for several Regions', () => {
    expect(synth((stack) => new SymmetricDataKey(stack, 'Key', { multiRegion: true }), (key) => { key.multiRegion = false; }))
      .toThrow('MultiRegion was set to false on the CloudFormation resource: use the prop multiRegion');
  });

  test('rotation in spite of a reason', () => {
    expect(synth((stack) => new SymmetricDataKey(stack, 'Key', { noRotationBecause: 'so' }), (key) => { key.enableKeyRotation = true; }))
      .toThrow('rotation was switched on on the CloudFormation resource: leave noRotationBecause out');
  });

  test.each<[string, (resource: CfnKey) => void]>([
    ['nothing', () => undefined],
    ['a description', (key) => key.addPropertyOverride('Description', 'x')],
    ['another period that KMS takes', (key) => { key.rotationPeriodInDays = 90; }],
    ['a logical id', (key) => key.overrideLogicalId('Other')],
  ])('%s may be', (_, change) => expect(synth((stack) => new SymmetricDataKey(stack, 'Key'), change)).not.toThrow());
});

test('an alias that is added later tells the key in other Regions', () => {
  const app = new App();
  const key = new SymmetricDataKey(new Stack(app, 'Keys', { env: HERE }), 'Key');
  const role = roleIn(new Stack(app, 'App', { env: { ...HERE, region: 'us-east-1' } }), 'Role', { roleName: 'reader' });
  expect(() => key.grants.decrypt(role)).toThrow("Give the key an alias before the grant (alias: '…', or addAlias)");
  key.addAlias('later');
  expect(key.grants.decrypt(role).success).toBe(true);
});

test('a pair of the encryption context that deployment knows is asked for, and is told to functions', () => {
  const app = new App();
  const stack = new Stack(app, 'Keys', { env: HERE });
  const key = new SymmetricDataKey(stack, 'Key', { encryptionContext: { stack: Aws.STACK_NAME } });
  const role = roleIn(stack, 'Role');
  key.grants.decrypt(role);
  const deployed = new Deployed(app);
  const decrypt = (name: string) => deployed.outcome(role, 'kms:Decrypt', key, { parameters: { EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' }, context: { stack: name } });
  expect([decrypt('Keys'), decrypt('Others')]).toEqual(['Allowed', 'ImplicitlyDenied']);
});
