import { createSigner, createVerifier } from 'cdk-keysmith/runtime';
import { startLocalKms } from 'cdk-keysmith/testing';

async function main(): Promise<void> {
  const local = await startLocalKms({ keys: [{ spec: 'ECC_NIST_P256', usage: 'SIGN_VERIFY', aliases: ['alias/releases'] }], principals: [{ arn: 'arn:aws:iam::111122223333:role/App', managedPolicies: ['AdministratorAccess'] }] });
  const kms = local.port('App');
  const { KeyId: keyArn, PublicKey: publicKey } = await kms.getPublicKey({ KeyId: 'alias/releases' });

  // Any length: the message is hashed here, and KMS signs the digest.
  const release = Buffer.alloc(1_000_000, 'release');
  const signature = await createSigner({ kms, keyArn: keyArn!, algorithm: 'ES256' }).sign(release);

  // Whoever has the public key verifies offline, without AWS.
  const verifier = createVerifier({ publicKey: publicKey!, algorithm: 'ES256' });
  console.log(await verifier.verify(release, signature), await verifier.verify(release.subarray(1), signature));

  await local.stop();
}

void main();
