import { App, Stack } from 'aws-cdk-lib';
import { AccountRootPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { KeyAlarms, KmsTrail, SymmetricDataKey } from 'cdk-keysmith';

export const ACCOUNT = '111122223333';
export const REGION = 'eu-west-1';

/** Roles of a company that decrypt, each in its own part of the day. */
export const READERS = Array.from({ length: 20 }, (_, n) => `reader-${String(n + 1).padStart(2, '0')}`);

/** A key with twenty readers, and the alarms for it. */
export function defineApp(outdir: string): App {
  const app = new App({ outdir });
  const stack = new Stack(app, 'Orders', { env: { account: ACCOUNT, region: REGION } });
  const trail = new KmsTrail(stack, 'Trail', { trailName: 'orders' });
  const alarms = new KeyAlarms(stack, 'Alarms', { trail, runbooks: 'https://runbooks.orders.example/kms' });
  alarms.topic?.addSubscription(new EmailSubscription('security@orders.example'));
  const key = new SymmetricDataKey(stack, 'Data', { alias: 'orders/data', contextKeys: ['tenant'], alarms });
  for (const roleName of READERS) key.grants.decrypt(new Role(stack, roleName, { roleName, assumedBy: new AccountRootPrincipal() }));
  return app;
}
