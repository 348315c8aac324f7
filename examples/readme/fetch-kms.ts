import { createEnvelopeCipher, fetchKms, KmsKeyring } from 'cdk-keysmith/runtime';
import { startLocalKms } from 'cdk-keysmith/testing';

async function main(): Promise<void> {
  const local = await startLocalKms({ keys: [{ aliases: ['alias/orders'] }], principals: [{ arn: 'arn:aws:iam::111122223333:role/App', managedPolicies: ['AdministratorAccess'] }] });

  // Once, outside of the handler. In a Lambda function it is `fetchKms()`; elsewhere `fetchKms({ region, credentials: fromNodeProviderChain() })`.
  const kms = fetchKms(local.clientConfig('App'));
  const cipher = createEnvelopeCipher({ keyring: new KmsKeyring({ kms, keyArn: local.keyArn('alias/orders') }) });
  const message = await cipher.encrypt(Buffer.from('an order'));
  console.log((await cipher.decrypt(message)).plaintext.toString());

  // Any other operation, by its name in the API.
  const { Keys, $metadata } = await kms.call('ListKeys', { Limit: 10 });
  console.log(Keys.length, $metadata.httpStatusCode);

  await local.stop();
}

void main();
