import { createEnvelopeCipher, KmsKeyring, resilientKms, type ResilienceEvent } from 'cdk-keysmith/runtime';
import { startLocalKms } from 'cdk-keysmith/testing';

async function main(): Promise<void> {
  const local = await startLocalKms({ keys: [{ aliases: ['alias/orders'] }], principals: [{ arn: 'arn:aws:iam::111122223333:role/App', managedPolicies: ['AdministratorAccess'] }] });
  const events: ResilienceEvent[] = [];

  // Once, outside of the handler. In production `kms` is `new KMS({ maxAttempts: 1 })` of @aws-sdk/client-kms; with replicas of a multi-Region key
  // it is `(region) => new KMS({ region, maxAttempts: 1 })`, and `replicaRegions` names where they are.
  const kms = resilientKms({ kms: local.port('App'), budgetMs: 2000, onEvent: (event) => events.push(event) });
  const cipher = createEnvelopeCipher({ keyring: new KmsKeyring({ kms, keyArn: local.keyArn('alias/orders') }) });

  local.faults.throttle(1);
  const message = await cipher.encrypt(Buffer.from('an order'));
  console.log((await cipher.decrypt(message)).plaintext.toString());
  for (const event of events) if (event.kind === 'attempt') console.log(event.operation, event.outcome);

  await local.stop();
}

void main();
