import {
  createJwtSigner, createJwtVerifier, fetchJwks,
} from 'cdk-keysmith/runtime';
import { startLocalKms } from 'cdk-keysmith/testing';

async function main(): Promise<void> {
  // In place of AWS, where the key is a SigningKey of your stack, and `kms`
  // is `new KMS({})` of @aws-sdk/client-kms.
  const local = await startLocalKms({
    keys: [{
      spec: 'ECC_NIST_P256', usage: 'SIGN_VERIFY', aliases: ['alias/tokens'],
    }],
    principals: [{
      arn: 'arn:aws:iam::111122223333:role/App',
      managedPolicies: ['AdministratorAccess'],
    }],
  });
  const keyArn = local.keyArn('alias/tokens');
  const key = { kms: local.port('App'), keyArn, algorithm: 'ES256' } as const;
  const agreed = { issuer: 'https://shop.example', audience: 'orders' };

  // Who issues: signs, and publishes the public key.
  const signer = createJwtSigner({ ...key, ...agreed, lifetimeSeconds: 300 });
  const token = await signer.sign({ sub: 'c-17', roles: ['buyer'] });
  const published = await fetchJwks([key]);
  await local.stop();

  // Who verifies: has the token and the public key, and no AWS.
  const verifier = createJwtVerifier({ keys: published, ...agreed });
  const { claims } = await verifier.verify(token);
  console.log('verified', claims.sub, claims.roles);
}

void main();
