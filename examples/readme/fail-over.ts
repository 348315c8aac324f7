import { createEnvelopeCipher, KmsKeyring, resilientKms } from 'cdk-keysmith/runtime';
import { startLocalKms } from 'cdk-keysmith/testing';

async function main(): Promise<void> {
  // A multi-Region key in Ireland with its replica in Frankfurt: the same key id, and the same material.
  const shared = { keyId: 'mrk-1234abcd12ab34cd56ef1234567890ab', multiRegion: true } as const;
  const local = await startLocalKms({
    keys: [
      { ...shared, region: 'eu-west-1', aliases: ['alias/orders'] },
      { ...shared, region: 'eu-central-1', multiRegionKeyType: 'REPLICA', aliases: ['alias/orders'] },
    ],
    principals: [{ arn: 'arn:aws:iam::111122223333:role/App', managedPolicies: ['AdministratorAccess'] }],
  });
  const [ireland, frankfurt] = ['eu-west-1', 'eu-central-1'].map((region) => `arn:aws:kms:${region}:111122223333:key/${shared.keyId}`);
  const calls = (): string => {
    const text = local.requests.all.map(({ operation, region, error }) => `${operation} in ${region}${error ? ' failed' : ''}`).join(', ');
    local.requests.clear();
    return text;
  };

  // In production: (region) => new KMS({ region, maxAttempts: 1 }). One client each: a client calls its own Region only.
  const kms = resilientKms({ kms: (region) => local.port('App', { region }), budgetMs: 2000, breakerFailures: 2, backoffMs: 1 });
  const cipher = createEnvelopeCipher({ keyring: new KmsKeyring({ kms, keyArn: ireland, additionalKeyArns: [frankfurt] }) });
  const archive = await createEnvelopeCipher({ keyring: new KmsKeyring({ kms, keyArn: ireland }) }).encrypt(Buffer.from('for Ireland alone'));
  local.requests.clear();
  await cipher.encrypt(Buffer.from('an order'));
  console.log('as ever: ', calls());

  local.faults.internalError(1000, { key: ireland });
  const message = await cipher.encrypt(Buffer.from('another order'));
  console.log('written: ', calls());
  await cipher.decrypt(archive);
  // The breaker of Ireland is open by now: it is not asked.
  console.log('read:    ', calls());

  local.faults.clear();
  const later = createEnvelopeCipher({ keyring: new KmsKeyring({ kms: local.port('App', { region: 'eu-west-1' }), keyArn: ireland }) });
  console.log((await later.decrypt(message)).plaintext.toString());
  console.log('later:   ', calls());
  await local.stop();
}

void main();
