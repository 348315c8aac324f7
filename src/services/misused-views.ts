import { CfnResource } from 'aws-cdk-lib';
import type { ServiceView } from './service-view';
import { differ, quoted } from '../app/constructs';
import { keyServicesOf } from '../app/key-services';
import type { KeyUse, KeyUses } from '../app/key-uses';
import { besideView } from '../app/resolved-value';
import type { Problem } from '../app/stage-checks';
import type { TemplateNames } from '../app/template-names';
import { unlistedUsesBy } from '../app/unlisted-uses';
import { handOver } from '../keys/raw-key-uses';
import { isKnown } from '../spec/services';

/** Why resources of the app will not be able to use the views they were given, a sentence each. */
export function misusedViews({ all, tree, names }: KeyUses): Problem[] {
  const listed = all.flatMap((use) => {
    const message = misuseOf(use);
    return message === undefined ? [] : [{ at: use.resource, message }];
  });
  return [...listed, ...tree.filter(CfnResource.isCfnResource).flatMap((resource) => unlistedIn(resource, names))];
}

/** Views of an app's own services in properties of their resources that nobody lists: what is granted through them would not be for these resources. */
function unlistedIn(resource: CfnResource, names: TemplateNames): Problem[] {
  if (!keyServicesOf(resource).isOfApp(resource.cfnResourceType)) return [];
  return unlistedUsesBy(resource, names).flatMap(({ path, views }) => (views as ServiceView[]).flatMap((view) => {
    const message = view.key._isOverruledFor(resource) ? undefined : notListed(resource, view, path);
    return message === undefined ? [] : [{ at: resource, message }];
  }));
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
