import { App, Duration, RemovalPolicy, Stack, Tags } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { CfnKey, Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms';
import { AccountAccess, ClientEncryptionKey, SigningAlgorithm, SigningKey, SymmetricDataKey } from '../../src';
import { HERE } from '../support/deployed';

type Resources = Record<string, { Type: string; Properties: Record<string, unknown>; DeletionPolicy?: string }>;

function resourcesOf(define: (stack: Stack) => unknown): Resources {
  const stack = new Stack(new App(), 'Keys', { env: HERE });
  define(stack);
  return (Template.fromStack(stack).toJSON() as { Resources: Resources }).Resources;
}

/** Properties that no update of AWS::KMS::Key may change (CloudFormation, AWS::KMS::Key). */
const FIXED = ['KeySpec', 'KeyUsage', 'MultiRegion', 'Origin'];
const fixed = ({ Properties }: Resources[string]) => FIXED.map((name) => Properties[name]);

describe('a kms.Key swapped for a key of ours under the same id', () => {
  const ours = { multiRegion: undefined, alias: 'orders' };
  test.each<[string, (stack: Stack) => unknown, (stack: Stack) => unknown]>([
    ['with an alias', (stack) => new Key(stack, 'Orders', { alias: 'orders' }), (stack) => new SymmetricDataKey(stack, 'Orders', ours)],
    ['with a prefixed alias', (stack) => new Key(stack, 'Orders', { alias: 'alias/orders' }), (stack) => new SymmetricDataKey(stack, 'Orders', { alias: 'alias/orders' })],
    ['with two aliases', (stack) => new Key(stack, 'Orders', { alias: 'orders' }).addAlias('more'), (stack) => new SymmetricDataKey(stack, 'Orders', ours).addAlias('more')],
    ['without one', (stack) => new Key(stack, 'Orders'), (stack) => new SymmetricDataKey(stack, 'Orders')],
    ['for several Regions', (stack) => new Key(stack, 'Orders', { multiRegion: true }), (stack) => new SymmetricDataKey(stack, 'Orders', { multiRegion: true })],
    [
      'that signs',
      (stack) => new Key(stack, 'Orders', { keySpec: 'ECC_NIST_P256' as never, keyUsage: 'SIGN_VERIFY' as never }),
      (stack) => new SigningKey(stack, 'Orders', { algorithm: SigningAlgorithm.ES256 }),
    ],
  ])('%s replaces nothing', (_, before, after) => {
    const [old, young] = [resourcesOf(before), resourcesOf(after)];
    expect(Object.keys(young).sort()).toEqual(Object.keys(old).sort());
    expect(Object.entries(young).map(([id, resource]) => [id, resource.Type, fixed(resource)]))
      .toEqual(Object.keys(young).map((id) => [id, old[id].Type, fixed(old[id])]));
    const aliases = (resources: Resources) => Object.entries(resources).filter(([, { Type }]) => Type === 'AWS::KMS::Alias');
    expect(aliases(young)).toEqual(aliases(old));
  });

  test('but one that signs otherwise cannot be kept', () => {
    const old = resourcesOf((stack) => new Key(stack, 'Orders'));
    const young = resourcesOf((stack) => new SigningKey(stack, 'Orders'));
    expect(Object.values(young).map(fixed)).not.toEqual(Object.values(old).map(fixed));
  });
});

test('logical ids are a promise', () => {
  const ids = Object.keys(resourcesOf((stack) => {
    new SymmetricDataKey(stack, 'Data', { alias: 'data' }).addAlias('alias/more');
    new SigningKey(stack, 'Signer', { alias: 'signer' });
    new ClientEncryptionKey(stack, 'Sealer', { alias: 'sealer' });
  }));
  expect(ids).toEqual([
    'Data666C94C7', 'DataAlias45C2D446', 'DataAliasaliasmoreBFEAD1F8', 'Signer046C0E68', 'SignerAlias22598334', 'Sealer74F71090', 'SealerAlias81036597',
  ]);
});

describe('the key resource', () => {
  const keyOf = (define: (stack: Stack) => unknown) => Object.values(resourcesOf(define)).find(({ Type }) => Type === 'AWS::KMS::Key')!;
  const { KeyPolicy: _policy, ...defaults } = keyOf((stack) => new SymmetricDataKey(stack, 'Data')).Properties;

  test('rotates every year, waits 30 days and is kept, by default', () => {
    expect(defaults).toEqual({ EnableKeyRotation: true, RotationPeriodInDays: 365, PendingWindowInDays: 30 });
    expect(keyOf((stack) => new SymmetricDataKey(stack, 'Data'))).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
  });

  test.each<[string, (stack: Stack) => unknown, Record<string, unknown>]>([
    ['rotation period', (stack) => new SymmetricDataKey(stack, 'Data', { rotationPeriod: Duration.days(90) }), { EnableKeyRotation: true, RotationPeriodInDays: 90 }],
    ['no rotation', (stack) => new SymmetricDataKey(stack, 'Data', { noRotationBecause: 'the archive cannot follow' }), { EnableKeyRotation: false }],
    ['description and state', (stack) => new SymmetricDataKey(stack, 'Data', { description: 'Orders', enabled: false }), { Description: 'Orders', Enabled: false }],
    ['pending window', (stack) => new SigningKey(stack, 'Data', { pendingWindow: Duration.days(7) }), { PendingWindowInDays: 7, KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' }],
    ['RSA to sign', (stack) => new SigningKey(stack, 'Data', { algorithm: SigningAlgorithm.PS384 }), { KeySpec: 'RSA_3072', KeyUsage: 'SIGN_VERIFY' }],
    ['longer RSA to sign', (stack) => new SigningKey(stack, 'Data', { algorithm: SigningAlgorithm.RS256, rsaBits: 4096 }), { KeySpec: 'RSA_4096' }],
    ['RSA to encrypt', (stack) => new ClientEncryptionKey(stack, 'Data'), { KeySpec: 'RSA_3072', KeyUsage: 'ENCRYPT_DECRYPT' }],
    ['shorter RSA to encrypt', (stack) => new ClientEncryptionKey(stack, 'Data', { rsaBits: 2048 }), { KeySpec: 'RSA_2048' }],
    ['tags', (stack) => Tags.of(new SymmetricDataKey(stack, 'Data')).add('team', 'orders'), { Tags: [{ Key: 'team', Value: 'orders' }] }],
  ])('has its %s', (_, define, properties) => expect(keyOf(define).Properties).toMatchObject(properties));

  test('asymmetric keys say nothing of rotation', () => {
    expect(Object.keys(keyOf((stack) => new SigningKey(stack, 'Data')).Properties)).not.toContain('EnableKeyRotation');
  });

  test('is deleted with its stack only on request', () => {
    expect(keyOf((stack) => new SymmetricDataKey(stack, 'Data', { removalPolicy: RemovalPolicy.DESTROY })).DeletionPolicy).toBe('Delete');
    expect(keyOf((stack) => new SymmetricDataKey(stack, 'Data').applyRemovalPolicy(RemovalPolicy.DESTROY)).DeletionPolicy).toBe('Delete');
  });

  test('is what the construct tells of itself', () => {
    const stack = new Stack(new App(), 'Keys');
    const key = new SigningKey(stack, 'Signer', { accountAccess: AccountAccess.NONE });
    const { attrArn, ref } = key.node.defaultChild as CfnKey;
    expect(key).toMatchObject({ keyArn: attrArn, keyId: ref, keyRef: { keyArn: attrArn, keyId: ref }, keySpec: KeySpec.ECC_NIST_P256, keyUsage: KeyUsage.SIGN_VERIFY, accountAccess: 'NONE', algorithm: 'ES256' });
  });
});
