import { Effect } from 'aws-cdk-lib/aws-iam';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';
import { isForFoundRoles } from './found-roles';
import { isForSenders, namesSender } from './found-senders';
import { isAbout, isCalledFor, isOfSome, isSaidBy } from './row-resources';
import { textsForServed } from './served-resources';
import type { ServiceView } from './service-view';
import { viewGranteeOf } from './view-grantee';
import { beforeLinking } from '../app/before-linking';
import { VIEW, isMarked } from '../app/constructs';
import { KeyUses } from '../app/key-uses';
import { withKnown } from '../policy/arn-patterns';
import { plainText } from '../policy/conditions';
import type { Conditions } from '../policy/permission';
import { CLOUDFRONT, acknowledgeWildcard } from '../policy/source-arns';
import { ServiceRowTime, ServiceUser } from '../spec/services';
import type { ServiceRow } from '../spec/services';

/** Adds to key policies what may repeat the rows of a view, unless it does: which resources have the view, only synthesis knows. */
export const lookAfterRepeatedStatements: (construct: IConstruct) => void = beforeLinking((stage) => {
  for (const view of KeyUses.of(stage).tree.filter((each) => isMarked<ServiceView>(each, VIEW))) {
    for (const statement of view.takeLikelyRepeated()) addUnlessSaid(statement, view);
  }
});

/** What asks for the same as rows do, but for a resource whose policy is not the app's, is said by the rows all the same: a bucket may be imported. */
function addUnlessSaid(statement: PolicyStatement, view: ServiceView): void {
  const { principals, actions } = statement;
  const rows = principals.flatMap((principal) => rowsSaying(view, viewGranteeOf(principal, view).service));
  const named = rows.filter(({ when }) => when === ServiceRowTime.NAMED);
  if (named.length && asksAsRows(statement, named, view)) {
    if (named.some(({ principal }) => principal === CLOUDFRONT)) acknowledgeWildcard(view.key);
    const asked = named.filter((row) => actions.some((action) => row.actions.includes(withoutStar(action))))
      .filter((row) => KeyUses.of(view).importedWith(view).length || !isCalledFor(row, view));
    for (const row of asked) view.grantForImported({ ...row, when: ServiceRowTime.GRANTED, namedIn: undefined });
    return;
  }
  if (!asksAsRows(statement, rows.filter((row) => row.when !== ServiceRowTime.NAMED && isWritten(row, view)), view)) view.addUnrepeated(statement);
}

/** Whether a statement lets in services that the view lets in anyway, and for no other actions: constructs of CDK write such for their own service. */
export function isLikelyRepeated({ effect, actions, principals }: PolicyStatement, view: ServiceView): boolean {
  if (effect !== Effect.ALLOW || !principals.length) return false;
  return principals.map((principal) => viewGranteeOf(principal, view)).every(({ service }) => {
    const allowed = rowsSaying(view, service).flatMap((row) => row.actions);
    return allowed.length > 0 && actions.every((action) => allowed.includes(withoutStar(action)));
  });
}

/** An action, or what a pattern of constructs of CDK means: `kms:GenerateDataKey*`. */
function withoutStar(action: string): string {
  return action.replace(/\*$/, '');
}

/** Whether all that a statement asks for names resources that have the view, or their senders, as rows do. */
function asksAsRows({ conditions }: PolicyStatement, rows: readonly ServiceRow[], view: ServiceView): boolean {
  return rows.length > 0 && Object.entries(conditions as Conditions).every(([operator, pairs]) => (
    /^(String|Arn)(Equals|Like)$/.test(operator) && Object.entries(pairs).every(([key, values]) => {
      const texts = rows.flatMap((row) => textsUnder(key, row, view));
      return ([] as string[]).concat(values).every((value) => texts.some((text) => isSame(value, text, view)));
    })
  ));
}

/** What a row asks a condition key to be, of the resources that have the view. */
function textsUnder(key: string, row: ServiceRow, view: ServiceView): readonly string[] {
  const { sourceArn, context } = row;
  const name = key.toLowerCase();
  if (name === 'aws:sourceaccount') return [view.stack.account];
  const asked = name === 'aws:sourcearn' ? [(sourceArn ?? '').replace('{sender}', '*')] : key === `kms:EncryptionContext:${context?.key}` ? context?.values ?? [] : [];
  return textsForServed(view, asked, context?.imported ?? [], isAbout(row, view));
}

/**
 * The rows that say what a statement for a service principal may repeat: those for it. A service that asks with the credentials of roles is let in by rows for these,
 * and for who calls it: what constructs of CDK write for the service itself (an activity of Step Functions) stands on no page.
 */
function rowsSaying(view: ServiceView, service: string | undefined): ServiceRow[] {
  if (service === undefined) return [];
  const { rows } = view.service;
  const isOwn = rows.some(isForFoundRoles) && rows.some(({ via }) => via?.split('.')[0] === service.split('.')[0]);
  if (isOwn) return rows.filter(({ who, context }) => who !== ServiceUser.SERVICE && context);
  return view.serviceRows(service).filter((row) => row.when === ServiceRowTime.GIVEN || (namesSender(row) && !isForSenders(row)));
}

/** Whether a row is there for what has the view, or will be for whom it is granted. */
function isWritten(row: ServiceRow, view: ServiceView): boolean {
  return !isOfSome(row) || isCalledFor(row, view);
}

/** Whether two texts are the same in the account and Region of the key. */
function isSame(one: string, other: string, { stack }: ServiceView): boolean {
  const known = (text: string) => plainText(withKnown(stack.resolve(text), stack));
  return isSaidBy(one, other, undefined, stack) || known(one) === known(other);
}
