import { createClientDecryptor, encryptForPublicKey } from 'cdk-keysmith/runtime';
import { startLocalKms } from 'cdk-keysmith/testing';

async function main(): Promise<void> {
  const local = await startLocalKms({ keys: [{ spec: 'RSA_3072', usage: 'ENCRYPT_DECRYPT', aliases: ['alias/uploads'] }], principals: [{ arn: 'arn:aws:iam::111122223333:role/App', managedPolicies: ['AdministratorAccess'] }] });
  const kms = local.port('App');
  const { KeyId: keyArn, PublicKey: publicKey } = await kms.getPublicKey({ KeyId: 'alias/uploads' });

  // Where somebody has Node: no AWS, no permission, the public key only. Up to 318 bytes under RSA_3072.
  const ciphertext = encryptForPublicKey(publicKey!, 'blood group 0 negative');

  // In the backend: KMS decrypts, for the role that was granted it.
  const plaintext = await createClientDecryptor({ kms, keyArn: keyArn!, keySpec: 'RSA_3072' }).decrypt(ciphertext);
  console.log(Buffer.from(plaintext).toString());

  await local.stop();
}

void main();
