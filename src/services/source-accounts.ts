import { furtherAccounts } from './row-resources';
import type { ServiceView } from './service-view';
import { VIEW, isMarked } from '../app/constructs';
import type { KeyUses } from '../app/key-uses';
import { warn } from '../app/warnings';

/** Warns of services that were let in for the resources of several accounts, where nothing in the app tells which accounts the others are. */
export function unknownSourceAccounts({ tree }: KeyUses): [] {
  for (const view of tree.filter((each) => isMarked<ServiceView>(each, VIEW))) {
    const row = view.grantedServiceRows.find(({ sourceAccountsIn }) => sourceAccountsIn !== undefined);
    if (!row) continue;
    const { known, unknown } = furtherAccounts(row, view);
    if (known.some((account) => account !== view.stack.account) && !unknown) continue;
    const paths = (row.sourceAccountsIn ?? []).map(({ path }) => path).join(', ');
    warn(view.key, 'cdk-keysmith:unknown-source-account', `${view.fill(row.principal ?? '')} was let in to '${view.key.node.path}' for resources of several accounts, and `
      + `${unknown ? 'some of them are not known before deployment' : 'no resource that has the key names another account'} (${paths}): KMS will deny what the service asks for other accounts than `
      + `${[view.stack.account, ...known].map((account) => (/^\d+$/.test(account) ? account : 'the key\'s')).join(', ')}. Write the accounts out in the resources' policies`);
  }
  return [];
}
