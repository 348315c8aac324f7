import { createEnvelopeCipher, KmsKeyring } from 'cdk-keysmith/runtime';
import { startLocalKms } from 'cdk-keysmith/testing';

async function main(): Promise<void> {
  // In production `kms` is `new KMS({})` of @aws-sdk/client-kms.
  const local = await startLocalKms({ keys: [{ aliases: ['alias/orders'] }], principals: [{ arn: 'arn:aws:iam::111122223333:role/App', managedPolicies: ['AdministratorAccess'] }] });
  const kms = local.port('App');
  const { KeyMetadata } = await kms.call('DescribeKey', { KeyId: 'alias/orders' });

  const cipher = createEnvelopeCipher({ keyring: new KmsKeyring({ kms, keyArn: KeyMetadata.Arn }), encryptionContext: { Project: 'Orders' } });

  // An AWS Encryption SDK message: the SDKs of other languages open it.
  const message = await cipher.encrypt(Buffer.from('any number of bytes'));
  const { plaintext, encryptionContext } = await cipher.decrypt(message);
  console.log(plaintext.toString(), encryptionContext);

  await local.stop();
}

void main();
