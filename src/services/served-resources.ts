import { CfnResource, Token } from 'aws-cdk-lib';
import type { CfnElement } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { Served } from './served-in-words';
import type { ServiceView } from './service-view';
import { memberOf } from '../app/constructs';
import { KeyUses, madeOf } from '../app/key-uses';
import type { KeyUse } from '../app/key-uses';
import { ResolvedValue, besideView } from '../app/resolved-value';
import { nameInArn, namePattern } from '../app/resource-names';
import { LATER, plainText, withoutCovered } from '../policy/conditions';
import { NameInContext } from '../spec/services';
import type { ImportedName } from '../spec/services';

/** What a view knows of one resource that is encrypted through it. */
export interface ServedResource {
  readonly served: Served;
  /** Whether the construct has a resource encrypted that is none of its own: S3 replication has its copies. */
  readonly elsewhere?: boolean;
  /** The property that would tell which resource it is, if it held a literal; undefined where none does. */
  readonly nameProperty?: string;
  /** Texts for the resource; undefined if it cannot be told before deployment which one it is. */
  readonly texts?: readonly string[];
}

/**
 * Texts that statements of a view ask for: those for the resources that it stands for, by their exact names or by the beginning of these. If one of
 * them cannot be told, any resource of the service will do: a condition that is too narrow would deny at run time, and say nothing before.
 */
export function textsForServed(
  view: ServiceView, texts: readonly string[], imported: readonly ImportedName[], isMeant: (served: Served) => boolean,
): string[] {
  const served = servedBy(view, texts, imported).filter((resource) => isMeant(resource.served));
  const known = served.every((resource) => resource.texts) ? served.flatMap((resource) => resource.texts ?? []) : [];
  return withoutCovered(known.length ? known : texts.map((text) => view.fill(text, '*')));
}

/** The resources that a view stands for: those that were given it, and where there are none, those that were given another view of the key for the service. */
export function servedBy(view: ServiceView, texts: readonly string[], imported: readonly ImportedName[]): ServedResource[] {
  const own = given(view, texts, imported);
  return own.length ? own : view.others().flatMap((other) => given(other, texts, imported));
}

/** The resources of the app that were given the view, made here or imported, and those that the app names in words. */
function given(view: ServiceView, texts: readonly string[], imported: readonly ImportedName[]): ServedResource[] {
  const uses = KeyUses.of(view);
  const named = (name: string | undefined) => (name === undefined ? undefined : texts.map((text) => view.fill(text, name)));
  return [
    ...uses.through(view).flatMap((use) => namesIn(uses, use, view).map((name) => ({
      served: use.resource,
      elsewhere: use.property.nameInContext === NameInContext.ELSEWHERE,
      nameProperty: namePropertyOf(use),
      texts: named(name),
    }))),
    ...uses.importedWith(view).map((construct) => {
      const tells = imported.map(({ property, values: own }) => [literal(construct, property), own] as const);
      const [told, values = texts] = tells.find(([text]) => text !== undefined) ?? [];
      const known = told === undefined ? undefined : values.map((value) => view.fill(value, told));
      return { served: construct, nameProperty: imported[0]?.property, texts: known };
    }),
    ...(view.inWords?.names ?? []).map((name) => ({ served: name, texts: isKnownName(name, texts, view) ? named(name) : undefined })),
  ];
}

/** The names that were asked for. */
const knownNames = madeOf(() => new Map<KeyUse, readonly (string | undefined)[]>());

function namesIn(uses: KeyUses, use: KeyUse, view: ServiceView): readonly (string | undefined)[] {
  const known = knownNames(uses);
  const names = known.get(use) ?? namesFor(use, view);
  known.set(use, names);
  return names;
}

/** The names that encryption contexts hold when a resource uses the key there, one for each that it names; undefined for one that nobody knows. */
function namesFor({ resource, property: { path, nameInContext = NameInContext.OWN, arnPath } }: KeyUse, view: ServiceView): (string | undefined)[] {
  const { resourceNames = [] } = view.service;
  switch (nameInContext) {
    case NameInContext.OWN: return [namePattern(resource, resourceNames)];
    case NameInContext.ELSEWHERE: return arnPath === undefined ? [undefined]
      : besideView(resource, view, path, arnPath).map(({ text, target }) => nameInArn(text, target, resourceNames));
    case NameInContext.ANOTHER: return [];
  }
}

function namePropertyOf({ resource, service, property: { nameInContext = NameInContext.OWN, arnPath } }: KeyUse): string | undefined {
  if (nameInContext !== NameInContext.OWN) return arnPath;
  return service.resourceNames?.find(({ resourceType }) => resourceType === resource.cfnResourceType)?.property;
}

/** Whether the name is known as far as texts ask for it, when the key is: it holds nothing that another resource or stack tells. */
function isKnownName(name: string, texts: readonly string[], { key, stack }: ServiceView): boolean {
  if (!Token.isUnresolved(name)) return true;
  const { targets } = ResolvedValue.of(name, key.node.defaultChild as CfnElement).at([]);
  if (targets.some((target) => CfnResource.isCfnResource(target) || target.stack !== stack)) return false;
  return !texts.some((text) => text.includes('{path}')) || !plainText(stack.resolve(name)).startsWith(LATER);
}

/** What a construct of CDK tells of itself under this name, if it is known when the app is built. */
export function literal(construct: IConstruct, name: string): string | undefined {
  const value = memberOf(construct, name);
  return typeof value === 'string' && !Token.isUnresolved(value) ? value : undefined;
}
