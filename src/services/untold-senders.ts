import { Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { UNNAMED_SENDER, sendersFor } from './found-senders';
import { isSaidBy } from './row-resources';
import type { ServiceView } from './service-view';
import type { ViewGrantee } from './view-grantee';
import { beforeLinking } from '../app/before-linking';
import { VIEW, isMarked } from '../app/constructs';
import { KeyUses } from '../app/key-uses';
import { warn } from '../app/warnings';
import type { Conditions } from '../policy/permission';
import { ServiceRowTime } from '../spec/services';
import type { ServiceRow } from '../spec/services';

/** What somebody granted to a service that sends, which waits until synthesis knows who does. */
export interface AskedSender {
  readonly caller: ViewGrantee;
  /** What the view says of that service: rules and buses both send as EventBridge. */
  readonly rows: readonly ServiceRow[];
}

/**
 * Grants what constructs of CDK, or the app, asked for services that send, where nothing else of the app tells who does. Of what is told, the rows of the view
 * speak exactly: what constructs of CDK ask for the same pair names nobody at all, or by references, which may lead back to the key.
 */
export const lookAfterUntoldSenders: (construct: IConstruct) => void = beforeLinking((stage) => {
  for (const view of KeyUses.of(stage).tree.filter((each) => isMarked<ServiceView>(each, VIEW))) {
    for (const asked of view.takeAskedSenders()) grantUntold(asked, view);
  }
});

function grantUntold({ caller, rows }: AskedSender, view: ServiceView): void {
  const senders = rows.flatMap((row) => sendersFor(row, view));
  const sources = valuesOf(caller.conditions, 'aws:SourceArn');
  if (senders.length && sources.every((source) => senders.some(({ arn, resource }) => isSaidBy(source, arn, resource, view.stack)))) return;
  const [row] = rows;
  // With a source of the grant's own, all rows say the same.
  for (const each of sources.length ? [row] : rows) view.grantSender(forGranted(each, caller.conditions, view), caller);
  if (sources.length || row.sourceArn === undefined) return;
  const account = Token.isUnresolved(view.stack.account) ? 'its account' : `account ${view.stack.account}`;
  warn(view.key, UNNAMED_SENDER, `${row.principal} was let in to ${view.label}, and nothing in the app tells who sends: it may use '${view.key.node.path}' for whatever of ${account} does. `
    + "Name it in the grant: new ServicePrincipal('…', { conditions: { ArnLike: { 'aws:SourceArn': '…' } } })");
}

/** The row for whoever of the key's account sends, but for what the grant itself says. */
function forGranted(row: ServiceRow, conditions: Conditions, { stack }: ServiceView): ServiceRow {
  const sources = valuesOf(conditions, 'aws:SourceArn');
  const elsewhere = sources.some((source) => /:\d{12}:/.test(source) && !source.includes(`:${stack.account}:`));
  return {
    ...row,
    when: ServiceRowTime.GRANTED,
    namedIn: undefined,
    sourceArn: sources.length ? undefined : row.sourceArn?.replace('{sender}', '*').replace('{region}', '*'),
    sourceAccount: elsewhere || valuesOf(conditions, 'aws:SourceAccount').length ? undefined : row.sourceAccount,
  };
}

function valuesOf(conditions: Conditions, key: string): string[] {
  const pairs = Object.values(conditions).flatMap((each) => Object.entries(each));
  return pairs.filter(([name]) => name.toLowerCase() === key.toLowerCase()).flatMap(([, values]) => values);
}
