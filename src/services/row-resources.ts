import { CfnResource } from 'aws-cdk-lib';
import type { CfnElement, Stack } from 'aws-cdk-lib';
import type { Served } from './served-in-words';
import { literal } from './served-resources';
import type { ServiceView } from './service-view';
import { KeyUses } from '../app/key-uses';
import { keptFor } from '../app/per-stage';
import { ResolvedValue, mayHave, referencesOf, referencesWithout, valuesOf } from '../app/resolved-value';
import { namePattern } from '../app/resource-names';
import { allowStatementsIn, takesInAction } from '../app/resource-policies';
import { LATER, OWN_ACCOUNT, escaped, plainText } from '../policy/conditions';
import { ServiceRowTime } from '../spec/services';
import type { NamingProperty, ServiceRow } from '../spec/services';

/** How another resource of the app names one. */
export interface Naming {
  readonly resource: CfnResource;
  readonly property: NamingProperty;
  readonly targets: readonly CfnElement[];
  readonly texts: readonly string[];
  /** What a resource policy asks `aws:SourceArn` to be of the service principal, by statement; as in the template. */
  readonly sources: readonly (readonly string[])[];
  /** What acts: the resource, or others that refer to it. */
  readonly actors: readonly CfnResource[];
}

/** Whether a row is about what has the view; in a row that is NAMED, because of one of these resources, which act. Asked at synthesis. */
export function isAbout(row: ServiceRow, view: ServiceView, isActing?: (resource: CfnResource) => boolean): (served: Served) => boolean {
  const isNamedBy = (served: Served) => (naming: Naming) => (!isActing || naming.actors.some(isActing)) && names(naming, served, row, view);
  return (served) => isOfKind(served, row, view) && (row.when !== ServiceRowTime.NAMED || namingsFor(row, view).some(isNamedBy(served)));
}

/** Whether a row is about some resources only, as far as it says so itself. */
export function isOfSome({ resourceTypes, having }: ServiceRow): boolean {
  return resourceTypes !== undefined || having !== undefined;
}

/** Whether something is of the types of a row, and has what the row asks for. */
function isOfKind(served: Served, row: ServiceRow, view: ServiceView): boolean {
  if (!isOfSome(row)) return true;
  const { resourceTypes, having } = row;
  if (typeof served === 'string') return view.inWords?.mayBeOf(row) === true;
  if (!CfnResource.isCfnResource(served) || !(resourceTypes?.includes(served.cfnResourceType) ?? true)) return false;
  return having === undefined || mayHave(served, having);
}

/** Whether some resource that has the view calls for a row's statement; asked at synthesis. */
export function isCalledFor(row: ServiceRow, view: ServiceView): boolean {
  return servedThrough(view).some(isAbout(row, view));
}

/** What has the view, or is named in words: resources, imported constructs, and names. */
export function servedThrough(view: ServiceView): Served[] {
  const uses = KeyUses.of(view);
  return [...new Set<Served>([...uses.through(view).map(({ resource }) => resource), ...uses.importedWith(view), ...view.inWords?.names ?? []])];
}

/** How other resources of the app name those that have the view and that a row is about; asked at synthesis. */
export function namingsOf(row: ServiceRow, view: ServiceView): Naming[] {
  const served = servedThrough(view).filter((each) => isOfKind(each, row, view) || (typeof each !== 'string' && !CfnResource.isCfnResource(each)));
  return namingsFor(row, view).filter((naming) => served.some((each) => names(naming, each, row, view)));
}

/** Whether a value of a condition means a sender: by a reference to it, or by the very text. */
export function isSaidBy(value: string, arn: string, element: CfnElement | undefined, stack: Stack): boolean {
  const same = (text: string) => JSON.stringify(stack.resolve(text));
  if (same(value) === same(arn)) return true;
  return element !== undefined && ResolvedValue.of(value, element).at([]).targets.includes(element);
}

/** Accounts with whose resources a service principal works. */
interface FurtherAccounts {
  readonly known: readonly string[];
  /** Whether resources name some that only deployment knows. */
  readonly unknown: boolean;
}

/** The accounts beside the key's with whose resources a service principal works, as the resources that have the view tell; asked at synthesis. */
export function furtherAccounts({ sourceAccountsIn = [], ...row }: ServiceRow, view: ServiceView): FurtherAccounts {
  const principal = principalOf(row, view);
  const uses = KeyUses.of(view);
  const own = uses.through(view);
  const resources = new Set((own.length ? own : view.others().flatMap((other) => uses.through(other))).map(({ resource }) => resource));
  const texts = sourceAccountsIn.flatMap(({ path, policyAction }) => [...resources].flatMap((resource) => [
    ...valuesOf(resource, path).filter((value) => typeof value === 'string' || !isPolicy(value)).map((value) => (typeof value === 'string' ? value : JSON.stringify(value))),
    ...allowStatementsIn(resource, path).flatMap(({ services, principals, actions, sources }) => [
      ...services.includes(principal) ? sources : [],
      ...policyAction !== undefined && actions.some((pattern) => takesInAction(pattern, policyAction)) ? principals : [],
    ]),
  ])).filter((text) => !text.includes('AWS::AccountId'));
  const accounts = texts.map((text) => /(?<!\d)\d{12}(?!\d)/.exec(text)?.[0]);
  return { known: [...new Set(accounts.filter((account) => account !== undefined))].sort(), unknown: accounts.includes(undefined) };
}

function isPolicy(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'Statement' in value;
}

/** A service principal as templates of the key's stack show it. */
function principalOf({ principal = '' }: ServiceRow, view: ServiceView): string {
  const known = principalsIn(view.stack);
  const text = known.get(principal) ?? textOf(view.stack.resolve(view.fill(principal)));
  known.set(principal, text);
  return text;
}

/** Principals of rows in the templates of a stack: they hold nothing but what a stack is made with. */
const principalsIn = keptFor((_: Stack) => new Map<string, string>());

function textOf(resolved: unknown): string {
  return typeof resolved === 'string' ? resolved : JSON.stringify(resolved);
}

/** What was found of one look at the app. */
const namingsIn = keptFor((_: KeyUses) => new Map<string, readonly Naming[]>());

function namingsFor(row: ServiceRow, view: ServiceView): readonly Naming[] {
  if (!row.namedIn) return [];
  const uses = KeyUses.of(view);
  const known = namingsIn(uses);
  const principal = principalOf(row, view);
  const same = JSON.stringify([principal, row.namedIn]);
  const namings = known.get(same) ?? row.namedIn.flatMap((property) => uses.ofType(property.resourceType).flatMap((resource) => {
    const sources = lettingIn(resource, property, principal);
    if (sources === undefined || (property.having !== undefined && !mayHave(resource, property.having))) return [];
    const references = referencesWithout(resource, property.path, property.unlessPath);
    return [{ resource, property, sources, actors: actorsFor(resource, property, uses), ...references }];
  }));
  known.set(same, namings);
  return namings;
}

function actorsFor(resource: CfnResource, { actsBy }: NamingProperty, uses: KeyUses): CfnResource[] {
  return actsBy ? uses.ofType(actsBy.resourceType).filter((actor) => referencesOf(actor, actsBy.path).targets.includes(resource)) : [resource];
}

/** For which sources the policy of a resource lets in the service principal, by statement; undefined where it does not. */
function lettingIn(resource: CfnResource, { policyPath, policyAction }: NamingProperty, principal: string): string[][] | undefined {
  if (policyPath === undefined) return [];
  const lets = allowStatementsIn(resource, policyPath).filter(({ services, actions }) =>
    services.includes(principal) && (policyAction === undefined || actions.some((pattern) => takesInAction(pattern, policyAction))));
  return lets.length ? lets.map(({ sources }) => sources.filter((source) => source.includes('arn:'))) : undefined;
}

/** Whether it is this resource that is named: by reference, by its name or ARN, in a URL or by its host. */
function names({ resource, property, targets, texts }: Naming, named: Served, row: ServiceRow, view: ServiceView): boolean {
  if (typeof named !== 'string' && CfnResource.isCfnResource(named)) {
    if (property.namedHaving !== undefined && !mayHave(named, property.namedHaving)) return false;
    if (targets.includes(named)) return true;
    const reference = `"Ref":${JSON.stringify(named.stack.resolve(named.logicalId))}`;
    if (targets.length === 0 && resource.stack === named.stack && texts.some((text) => text.includes(reference))) return true;
  }
  const name = nameOf(named, row, view);
  if (name === undefined || name.includes('*')) return false;
  if (property.nameAfter !== undefined) return texts.some((text) => new RegExp(`${escaped(property.nameAfter! + name)}(?![\\w!@.()=+'-])`).test(text));
  if (property.arn !== undefined) return texts.some((text) => text === name || isArn(text, view.fill(property.arn!, name), view));
  const host = new RegExp(`(^|//|")${escaped(name)}\\.s3[.-]`);
  return texts.some((text) => text === name || text.includes(`/${name}/`) || host.test(text));
}

function nameOf(named: Served, row: ServiceRow, view: ServiceView): string | undefined {
  if (typeof named === 'string') return named;
  if (CfnResource.isCfnResource(named)) return namePattern(named, view.service.resourceNames ?? []);
  return importedNames(row, view).map((told) => literal(named, told)).find((told) => told !== undefined);
}

/** Properties by which imported constructs tell their name: those of the row's context, or of any of the service's, as they are of its resources. */
function importedNames({ context }: ServiceRow, { service }: ServiceView): string[] {
  return (context ?? service.rows.find((row) => row.context?.imported)?.context)?.imported?.map(({ property }) => property) ?? [];
}

/** Whether a text of a template, an intrinsic function as JSON, is this ARN, as far as anything is known before deployment. */
function isArn(text: string, arn: string, { stack }: ServiceView): boolean {
  const [given, wanted] = [text.startsWith('{') ? JSON.parse(text) as unknown : text, stack.resolve(arn) as unknown].map((value) => plainText(value).split(':'));
  const isLater = (part: string) => part.includes(LATER) || part.includes(OWN_ACCOUNT);
  const fits = (part: string, i: number) => part === wanted[i] || (i < wanted.length - 1 && (isLater(part) || isLater(wanted[i])));
  return given.length === wanted.length && given.every(fits);
}
