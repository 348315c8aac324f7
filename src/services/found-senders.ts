import { CfnResource, Stack, Token, TokenComparison } from 'aws-cdk-lib';
import type { CfnElement } from 'aws-cdk-lib';
import { namingsOf } from './row-resources';
import type { Naming } from './row-resources';
import type { ServiceView } from './service-view';
import { quoted } from '../app/constructs';
import { referencesOf } from '../app/resolved-value';
import { namePattern, sameEverywhere } from '../app/resource-names';
import { warn } from '../app/warnings';
import { fits } from '../policy/arn-patterns';
import { plainText, withoutCovered } from '../policy/conditions';
import { SENDER_NAMES, SERVICES, ServiceRowTime, ServiceUser } from '../spec/services';
import type { KmsServiceProps, ResourceName, ServiceRow } from '../spec/services';

/** Somebody who has a service send to a resource that has the view: an alarm, a rule, a bucket. */
interface FoundSender {
  /** The resource of the app that tells so. */
  readonly told: CfnResource;
  /** The sender: the same, or another that it names. */
  readonly resource?: CfnElement;
  /** Its ARN for `aws:SourceArn`, or a pattern for it. */
  readonly arn: string;
  readonly account: string;
  /** The property that would tell its name, where nobody knows it. */
  readonly nameProperty?: string;
}

/** Whether a row is for a service that comes in its own name because a property of another resource names one that has the view. */
export function isForSenders({ who, when, namedIn = [] }: ServiceRow): boolean {
  return who === ServiceUser.SERVICE && when === ServiceRowTime.NAMED && namedIn.every(({ policyPath }) => policyPath === undefined);
}

/** Whether the source that a row asks for is that of each sender. */
export function namesSender({ sourceArn }: ServiceRow): boolean {
  return sourceArn?.includes('{sender}') === true;
}

/** What `aws:SourceArn` is for a row, of all that send; asked at synthesis. */
export function sourcesFor(row: ServiceRow, view: ServiceView): string[] {
  return withoutCovered(isForSenders(row) ? sendersFor(row, view).map(({ arn }) => arn) : sourcesInPolicies(row, view));
}

/**
 * What resource policies ask `aws:SourceArn` to be of the service that a row lets in: any sender of the account where they do not write it out, or where nobody
 * asks them, as of a bucket that is imported.
 */
function sourcesInPolicies(row: ServiceRow, view: ServiceView): string[] {
  const pattern = (row.sourceArn ?? '').replace('{sender}', '*');
  const any = view.fill(pattern);
  const ofKind = view.fill(pattern.replace('{account}', '*'));
  const found = namingsOf(row, view).flatMap(({ sources }) => sources.flatMap((asked) => (asked.length ? asked : [any])));
  return row.namedIn ? found.map((source) => (isOfKind(source, ofKind, view) ? literalOf(source) : undefined) ?? any) : [any];
}

/** Whether a text of a template is the ARN of a resource of a kind, in one account; or a pattern for some. */
function isOfKind(text: string, kind: string, { stack }: ServiceView): boolean {
  const arn: unknown = text.startsWith('{') ? JSON.parse(text) : text;
  return fits(stack.resolve(kind), arn, 'anywhere', 'perhaps') && !/[*?]/.test(plainText(arn).split(':')[4] ?? '*');
}

/** The accounts of all that send, the key's first; asked at synthesis. */
export function senderAccountsFor(row: ServiceRow, view: ServiceView): string[] {
  const accounts = new Set(sendersFor(row, view).map(({ account }) => account));
  const { account } = view.stack;
  return [...accounts.has(account) ? [account] : [], ...[...accounts].filter((each) => each !== account).sort()];
}

/** Who of the app has the service of a row send to a resource that has the view; asked at synthesis. */
export function sendersFor(row: ServiceRow, view: ServiceView): FoundSender[] {
  return namingsOf(row, view).map((naming) => senderOf(naming, row, view));
}

function senderOf({ resource: told, property: { senderPath } }: Naming, { sourceArn = '' }: ServiceRow, view: ServiceView): FoundSender {
  const { targets: [target], text } = senderPath === undefined ? { targets: [told], text: '' } : referencesOf(told, senderPath);
  const literal = target === undefined ? literalOf(text) : undefined;
  const resource = CfnResource.isCfnResource(target) ? target : undefined;
  const { region, account } = placeOf(resource ?? told, view);
  if (literal?.startsWith('arn:')) return { told, arn: literal, account: /:(\d{12}):/.exec(literal)?.[1] ?? account };
  const name = resource ? namePattern(resource, namesFor(view)) : literal;
  const arn = view.fill(sourceArn.replace('{region}', region).replace('{account}', account).replace('{sender}', name ?? '*'));
  return { told, resource: target, arn, account, nameProperty: name === undefined ? nameProperty(resource, view) : undefined };
}

/** A text of a template that means the same in every template of the account and Region. */
function literalOf(text: string): string | undefined {
  if (!text.startsWith('{')) return text || undefined;
  const value = JSON.parse(text) as unknown;
  return sameEverywhere(value) ? Token.asString(value) : undefined;
}

/** Where a resource is: where nothing tells otherwise, where the key is. */
function placeOf(resource: CfnResource, { stack }: ServiceView): { readonly region: string; readonly account: string } {
  const there = Stack.of(resource);
  const differs = (one: string, other: string) => Token.compareStrings(one, other) === TokenComparison.DIFFERENT;
  return {
    region: differs(there.region, stack.region) ? there.region : stack.region,
    account: differs(there.account, stack.account) ? there.account : stack.account,
  };
}

function namesFor({ service }: ServiceView): readonly ResourceName[] {
  const known = Object.values<KmsServiceProps>(SERVICES).flatMap(({ resourceNames = [] }) => resourceNames);
  return [...service.resourceNames ?? [], ...SENDER_NAMES, ...known];
}

function nameProperty(resource: CfnResource | undefined, view: ServiceView): string {
  return namesFor(view).find(({ resourceType }) => resourceType === resource?.cfnResourceType)?.property ?? 'name';
}

/** Warns where a service is let in for more than those who send, because nobody knows the name of one before it is deployed. */
export function unnamedSenders(view: ServiceView): void {
  for (const row of view.service.rows.filter((each) => isForSenders(each) && namesSender(each))) {
    for (const { told, resource, nameProperty: property } of sendersFor(row, view).filter((sender) => sender.nameProperty !== undefined)) {
      const sender = resource ?? told;
      warn(view.key, UNNAMED_SENDER, `nobody knows the name of ${quoted(sender)} before it is deployed, and it has ${row.principal} send to what was given ${view.label}: the service may use the key for `
        + `all of that kind in its account. A literal ${property} narrows that`);
    }
  }
}

export const UNNAMED_SENDER = 'cdk-keysmith:unnamed-sender';
