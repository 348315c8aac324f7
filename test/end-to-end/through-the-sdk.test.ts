import { KMS } from '@aws-sdk/client-kms';
import { App, Stack } from 'aws-cdk-lib';
import { AccountRootPrincipal, PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import { Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import { AccountAccess, ClientEncryptionKey, KmsService, SigningKey, SymmetricDataKey } from '../../src';
import { encryptForPublicKey } from '../../src/runtime';
import { LocalKms, startLocalKms } from '../../src/testing';

const CONTEXT = { Project: 'SnowyPII' };
const DIGEST = Buffer.alloc(32, 7);

/** A stack with a key of each kind, those who may use them, an administrator, and a role with `kms:*` on `*`. */
function assemblyWith(accountAccess: AccountAccess): string {
  const app = new App();
  const stack = new Stack(app, 'Stack', { env: { account: '111122223333', region: 'eu-west-1' } });
  const role = (id: string): Role => new Role(stack, id, { assumedBy: new AccountRootPrincipal() });
  const [administrator, user, powerful] = [role('Administrator'), role('User'), role('Powerful')];
  powerful.addToPolicy(new PolicyStatement({ actions: ['kms:*'], resources: ['*'] }));

  const common = { accountAccess, administrators: [administrator] };
  const data = new SymmetricDataKey(stack, 'Data', { ...common, alias: 'data', encryptionContext: CONTEXT });
  data.grants.generateDataKeys(user);
  data.grants.decrypt(user);
  const signing = new SigningKey(stack, 'Signing', { ...common, alias: 'signing' });
  signing.grants.sign(user);
  const client = new ClientEncryptionKey(stack, 'Client', { ...common, alias: 'client' });
  client.grants.decrypt(user);
  client.grants.readPublicKey(user);
  const bucket = new Bucket(stack, 'Bucket', { bucketName: 'papers', encryption: BucketEncryption.KMS, encryptionKey: data.forService(KmsService.S3) });
  bucket.grantReadWrite(user);
  return app.synth().directory;
}

/** What can be attempted with the keys, by name. */
class Attempts {
  public static async on(local: LocalKms): Promise<Attempts> {
    const attempts = new Attempts(local);
    const user = attempts.as('User');
    const { CiphertextBlob } = await user.generateDataKey({ KeyId: 'alias/data', KeySpec: 'AES_256', EncryptionContext: CONTEXT });
    const { PublicKey } = await user.getPublicKey({ KeyId: 'alias/client' });
    attempts.dataKey = CiphertextBlob!;
    attempts.upload = encryptForPublicKey(PublicKey!, 'blood group 0 negative');
    await attempts.s3('User').putObject('a paper');
    return attempts;
  }

  private dataKey!: Uint8Array;
  private upload!: Uint8Array;

  private constructor(private readonly local: LocalKms) {}

  public as(who: string): KMS {
    return new KMS({ ...this.local.clientConfig(`Stack/${who}`), maxAttempts: 1 });
  }

  public use(who: string): Record<string, () => Promise<unknown>> {
    const kms = this.as(who);
    return {
      'decrypt': () => kms.decrypt({ KeyId: 'alias/data', CiphertextBlob: this.dataKey, EncryptionContext: CONTEXT }),
      'sign': () => kms.sign({ KeyId: 'alias/signing', Message: DIGEST, MessageType: 'DIGEST', SigningAlgorithm: 'ECDSA_SHA_256' }),
      'open an upload': () => kms.decrypt({ KeyId: 'alias/client', CiphertextBlob: this.upload, EncryptionAlgorithm: 'RSAES_OAEP_SHA_256' }),
      'read through S3': () => this.s3(who).getObject(),
    };
  }

  /** Duties that nobody was granted, for each kind of key. */
  public forbidden(who: string): Record<string, () => Promise<unknown>> {
    const kms = this.as(who);
    const data = { KeyId: 'alias/data', EncryptionContext: CONTEXT };
    const digest = { KeyId: 'alias/signing', Message: DIGEST, MessageType: 'DIGEST', SigningAlgorithm: 'ECDSA_SHA_256' } as const;
    return {
      'encrypt with the data key': () => kms.encrypt({ ...data, Plaintext: DIGEST }),
      'make key pairs with the data key': () => kms.generateDataKeyPair({ ...data, KeyPairSpec: 'ECC_NIST_P256' }),
      're-encrypt with the data key': () => kms.reEncrypt({
        CiphertextBlob: this.dataKey, SourceEncryptionContext: CONTEXT, DestinationKeyId: 'alias/data', DestinationEncryptionContext: CONTEXT,
      }),
      'decrypt without the context': () => kms.decrypt({ KeyId: 'alias/data', CiphertextBlob: this.dataKey }),
      'decrypt with another context': () => kms.decrypt({ ...data, EncryptionContext: { Project: 'Snowman' }, CiphertextBlob: this.dataKey }),
      'verify with the signing key': () => kms.verify({ ...digest, Signature: DIGEST }),
      'read the public key of the signing key': () => kms.getPublicKey({ KeyId: 'alias/signing' }),
      'sign a raw message': () => kms.sign({ ...digest, MessageType: 'RAW' }),
      'encrypt with the client key': () => kms.encrypt({ KeyId: 'alias/client', Plaintext: DIGEST, EncryptionAlgorithm: 'RSAES_OAEP_SHA_256' }),
      'decrypt with the client key by OAEP with SHA-1': () => kms.decrypt({ KeyId: 'alias/client', CiphertextBlob: this.upload, EncryptionAlgorithm: 'RSAES_OAEP_SHA_1' }),
    };
  }

  private s3(who: string) {
    return this.local.via('s3', `Stack/${who}`, { resource: 'arn:aws:s3:::papers/1' });
  }
}

const FORBIDDEN = [
  'encrypt with the data key', 'make key pairs with the data key', 're-encrypt with the data key', 'decrypt without the context', 'decrypt with another context',
  'verify with the signing key', 'read the public key of the signing key', 'sign a raw message',
  'encrypt with the client key', 'decrypt with the client key by OAEP with SHA-1',
];
const USES = ['decrypt', 'sign', 'open an upload', 'read through S3'];
const refused = { name: 'AccessDeniedException' };

describe.each([AccountAccess.ADMINISTRATION_ONLY, AccountAccess.DELEGATE_TO_IAM])('under %s', (access) => {
  let local: LocalKms;
  let attempts: Attempts;
  beforeAll(async () => {
    local = await startLocalKms({ assembly: assemblyWith(access) });
    attempts = await Attempts.on(local);
  });
  afterAll(() => local.stop());

  test.each(USES)('who was granted it can %s', async (use) => {
    await expect(attempts.use('User')[use]()).resolves.toBeDefined();
  });

  test.each(FORBIDDEN)('and cannot %s', async (duty) => {
    await expect(attempts.forbidden('User')[duty]()).rejects.toMatchObject(refused);
  });

  const delegates = access === AccountAccess.DELEGATE_TO_IAM;
  test.each(USES)(`a role with kms:* on * ${delegates ? 'can' : 'cannot'} %s`, async (use) => {
    const attempt = expect(attempts.use('Powerful')[use]());
    await (delegates ? attempt.resolves.toBeDefined() : attempt.rejects.toMatchObject(refused));
  });

  describe.each(['data', 'signing', 'client'])('the administrator of the %s key', (name) => {
    const admin = () => attempts.as('Administrator');
    const KeyId = () => local.keyArn(`alias/${name}`);

    test('disables and enables it, tags it, describes it, moves its alias, schedules its deletion and cancels it', async () => {
      const kms = admin();
      await kms.disableKey({ KeyId: KeyId() });
      await kms.enableKey({ KeyId: KeyId() });
      await kms.tagResource({ KeyId: KeyId(), Tags: [{ TagKey: 'team', TagValue: 'papers' }] });
      await kms.untagResource({ KeyId: KeyId(), TagKeys: ['team'] });
      await kms.updateKeyDescription({ KeyId: KeyId(), Description: 'papers' });
      await kms.updateAlias({ AliasName: `alias/${name}`, TargetKeyId: KeyId() });
      await kms.scheduleKeyDeletion({ KeyId: KeyId(), PendingWindowInDays: 7 });
      await kms.cancelKeyDeletion({ KeyId: KeyId() });
      await kms.enableKey({ KeyId: KeyId() });
      expect((await kms.describeKey({ KeyId: KeyId() })).KeyMetadata).toMatchObject({ KeyState: 'Enabled', Description: 'papers' });
    });

    test.each<[string, (kms: KMS, KeyId: string) => Promise<unknown>]>([
      ['creates a grant', (kms, key) => kms.createGrant({ KeyId: key, GranteePrincipal: 'arn:aws:iam::111122223333:root', Operations: ['DescribeKey'] })],
      ['changes its policy', async (kms, key) => kms.putKeyPolicy({ KeyId: key, Policy: (await kms.getKeyPolicy({ KeyId: key })).Policy })],
    ])('never %s', async (_, attempt) => {
      await expect(attempt(admin(), KeyId())).rejects.toMatchObject(refused);
    });
  });

  test('the administrator rotates the data key', async () => {
    const kms = attempts.as('Administrator');
    const KeyId = local.keyArn('alias/data');
    await kms.rotateKeyOnDemand({ KeyId });
    await kms.disableKeyRotation({ KeyId });
    await kms.enableKeyRotation({ KeyId, RotationPeriodInDays: 90 });
    expect(await kms.getKeyRotationStatus({ KeyId })).toMatchObject({ KeyRotationEnabled: true, RotationPeriodInDays: 90 });
  });

  test.each(USES)('the administrator cannot %s', async (use) => {
    await expect(attempts.use('Administrator')[use]()).rejects.toMatchObject(refused);
  });
});
