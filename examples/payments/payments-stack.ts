import { App, Stack } from 'aws-cdk-lib';
import { AccountRootPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { SymmetricDataKey } from 'cdk-keysmith';
import { INDEX_SECRET_CONTEXT } from 'cdk-keysmith/runtime';

/**
 * Two keys for card numbers, the one that the tables are under and the one that they move to, and a third for the secret of the blind index. Who may
 * open that secret can find a card number by trying all there are, so that it is a permission of its own.
 */
export function definePayments(outdir: string): App {
  const app = new App({ outdir });
  const stack = new Stack(app, 'Payments', { env: { account: '111122223333', region: 'eu-west-1' } });
  const role = (id: string) => new Role(stack, id, { assumedBy: new AccountRootPrincipal() });
  const [checkout, mover, support] = ['Checkout', 'Mover', 'Support'].map(role);

  const cards = (id: string, alias: string) => new SymmetricDataKey(stack, id, {
    alias: `payments/${alias}`, encryptionContext: { Project: 'Payments' }, contextKeys: ['tenant'],
  });
  const before = cards('Cards', 'cards');
  const after = cards('NewCards', 'new-cards');
  for (const key of [before, after]) {
    key.grants.generateDataKeys(checkout);
    key.grants.decrypt(checkout);
  }
  before.grants.decrypt(mover);
  after.grants.generateDataKeys(mover);

  const index = new SymmetricDataKey(stack, 'CardIndex', { alias: 'payments/card-index', encryptionContext: { ...INDEX_SECRET_CONTEXT } });
  index.grants.generateDataKeys(checkout);
  index.grants.decrypt(checkout);
  index.grants.decrypt(mover);

  // Support reads cards where it must, and cannot search.
  before.grants.decrypt(support);
  after.grants.decrypt(support);
  return app;
}
