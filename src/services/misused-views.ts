import type { CfnResource } from 'aws-cdk-lib';
import { placesOf } from './served-in-words';
import type { ServiceView } from './service-view';
import { VIEW, differ, isMarked, quoted } from '../app/constructs';
import { keyServicesOf } from '../app/key-services';
import type { KeyUse, KeyUses } from '../app/key-uses';
import { besideView } from '../app/resolved-value';
import type { Problem } from '../app/stage-checks';
import { unlistedUsesIn } from '../app/unlisted-uses';
import type { UnlistedUse } from '../app/unlisted-uses';
import { handOver } from '../keys/raw-key-uses';
import { isKnown } from '../spec/services';
import type { KmsServiceProps } from '../spec/services';

/** Why resources of the app will not be able to use the views they were given, a sentence each. */
export function misusedViews(uses: KeyUses): Problem[] {
  const listed = uses.all.flatMap((use) => {
    const message = misuseOf(use);
    return message === undefined ? [] : [{ at: use.resource, message }];
  });
  const families = new Set(uses.tree.filter((each) => isMarked<ServiceView>(each, VIEW)).flatMap(({ service }) => familiesOf(service)));
  return [...listed, ...unlistedUsesIn(uses).flatMap((use) => unlistedIn(use, families))];
}

/**
 * Views in properties that nobody lists, of resources that an app's own service lists, or that are of the family of a service: what is granted through them would
 * not be for these resources. What another family was given may be meant all the same: a pipeline puts artifacts under the key of its bucket, by way of S3.
 */
function unlistedIn({ resource, path, views }: UnlistedUse, families: ReadonlySet<string>): Problem[] {
  const { cfnResourceType: type } = resource;
  if (!keyServicesOf(resource).isOfApp(type) && !families.has(familyOf(type))) return [];
  return (views as ServiceView[]).flatMap((view) => {
    const message = view.key._isOverruledFor(resource) ? undefined : notListed(resource, view, path) ?? notServed(resource, view, path);
    return message === undefined ? [] : [{ at: resource, message }];
  });
}

/** `AWS::Logs` of `AWS::Logs::LogGroup`. */
function familyOf(type: string): string {
  return type.split('::', 2).join('::');
}

function familiesOf({ keyProperties }: KmsServiceProps): string[] {
  return keyProperties.map(({ resourceType }) => familyOf(resourceType));
}

/** What is said where a service of this library has another use for keys than those that its view is for. */
function notServed(resource: CfnResource, { service, label, key }: ServiceView, path: string): string | undefined {
  const { cfnResourceType: type } = resource;
  if (!isKnown(service) || !familiesOf(service).includes(familyOf(type))) return undefined;
  return `${quoted(resource)} was given ${label} as ${path} of ${type}, which that view does not serve: its statements are for ${placesOf(service)}, and KMS would deny what is asked for this one. `
    + `Describe what it needs with KmsService.of(…), or add the statements to '${key.node.path}' itself and say so: key.overruleRefusal(resource, 'why')`;
}

/** What is said where an app's own service lists a type, and not this property of it. */
function notListed(resource: CfnResource, { service, label }: ServiceView, path: string): string | undefined {
  const { cfnResourceType: type } = resource;
  const paths = service.keyProperties.filter(({ resourceType }) => resourceType === type).map((property) => property.path);
  if (isKnown(service) || !paths.length) return undefined;
  return `your KmsService '${service.name}' does not list ${path} of ${type}, where ${quoted(resource)} was given ${label}: it lists ${paths.join(', ')}. `
    + `Add { resourceType: '${type}', path: '${path}' } to its keyProperties`;
}

function misuseOf(use: KeyUse): string | undefined {
  const view = use.view as ServiceView | undefined;
  return view && !view.key._isOverruledFor(use.resource) ? misuse(use, view) : undefined;
}

function misuse(use: KeyUse, view: ServiceView): string | undefined {
  const { resource, service, property: { path } } = use;
  if (view.service !== service) {
    return notListed(resource, view, path) ?? `${quoted(resource)} was given ${view.label} as ${path}, but it is ${service.title} that uses the key there: ${handOver(service)}`;
  }
  const wrong = wrongRegion(use, view);
  if (!wrong) return undefined;
  return `${quoted(resource)} in ${resource.stack.region} was given ${view.label} in ${view.stack.region} as ${path}${wrong.of}: the service takes keys of ${wrong.whose} own Region only; `
    + `make a key in ${wrong.region} for it`;
}

/** Where a key would have to lie, and for what. */
interface WantedRegion {
  readonly region: string;
  readonly of: string;
  readonly whose: string;
}

/** Where the key would have to lie, if it lies elsewhere; undefined if it may lie where it does, or nobody knows. */
function wrongRegion({ resource, property: { path, anyRegion, regionPath } }: KeyUse, view: ServiceView): WantedRegion | undefined {
  if (regionPath === undefined) {
    return !anyRegion && differ(resource.stack.region, view.stack.region) ? { region: resource.stack.region, of: '', whose: "the resource's" } : undefined;
  }
  const regions = besideView(resource, view, path, regionPath).map(({ text }) => (text === OWN_REGION ? resource.stack.region : text));
  const region = regions.find((each) => each !== undefined && !each.startsWith('{') && differ(each, view.stack.region));
  return region === undefined ? undefined : { region, of: ` of its replica in ${region}`, whose: "each replica's" };
}

/** A reference to the Region of the template, as `ResolvedValue` has it. */
const OWN_REGION = JSON.stringify({ Ref: 'AWS::Region' });
