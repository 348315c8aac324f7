import { Annotations, CfnResource } from 'aws-cdk-lib';
import { DefaultEncryptedResourceFactories, EncryptedResources } from 'aws-cdk-lib/aws-iam';
import type { IEncryptedResource } from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';
import { rotationsUnderUnknownRoles } from './rotations';
import { servedBy } from './served-resources';
import type { ServiceView } from './service-view';
import { unknownSourceAccounts } from './source-accounts';
import { VIEW, differ, isMarked, quoted } from '../app/constructs';
import { keyServicesOf } from '../app/key-services';
import { usesBy } from '../app/key-uses';
import type { KeyUse, KeyUses } from '../app/key-uses';
import { perStage } from '../app/per-stage';
import { checkStage } from '../app/stage-checks';
import { handOver } from '../keys/raw-key-uses';
import { NameInContext } from '../spec/services';
import type { KmsServiceProps } from '../spec/services';

/** Looks after the views of a stage (app): who was given which is judged once, when the app is synthesized. */
export function lookAfterViews(construct: IConstruct, service: KmsServiceProps): void {
  const services = keyServicesOf(construct);
  services.add(service);
  const registered = grantedTypesOf(construct);
  for (const type of service.keyProperties.map(({ resourceType }) => resourceType).filter((each) => !registered.types.has(each))) {
    registered.types.add(type);
    EncryptedResources.register(registered.stage, type, { forResource: encryptedThroughView });
  }
  for (const check of [wideStatements, rotationsUnderUnknownRoles, unknownSourceAccounts, refusals, misusedViews]) checkStage(construct, check);
}

/** Types of resources for which grants of CDK ask a view. */
const grantedTypesOf = perStage((stage) => ({ stage, types: new Set<string>() }));

/** Says where a statement is wider than its resource, because nobody knows the resource's name before it is deployed. */
function wideStatements(uses: KeyUses): [] {
  for (const view of viewsIn(uses)) {
    const [context] = view.writtenContexts;
    if (!context) continue;
    const wide = `whoever is granted the use of '${view.key.node.path}' through ${view.service.title} is granted it for every resource of that service`;
    const served = servedBy(view, context.values ?? [], context.imported ?? []);
    if (!served.length) Annotations.of(view.key).addInfoV2(UNNAMED, `no resource of this app was given ${view.label}: ${wide}`);
    for (const { construct, elsewhere } of served.filter(({ texts }) => !texts)) {
      const what = elsewhere ? `what ${quoted(construct)} has encrypted elsewhere` : quoted(construct);
      Annotations.of(construct).addInfoV2(UNNAMED, `nobody knows the name of ${what} before it is deployed: ${wide}; a literal name narrows that to the resources that have the key`);
    }
  }
  return [];
}

const UNNAMED = 'cdk-keysmith:unnamed-resource';

/** What views refused while CDK looked for references, where an error of theirs would have been hidden behind one of CDK's. */
function refusals(uses: KeyUses): string[] {
  return [...new Set(viewsIn(uses).flatMap((view) => view.takeRefusals()))];
}

/** Why resources of the app will not be able to use the views they were given, a sentence each. */
function misusedViews({ all }: KeyUses): string[] {
  return [...new Set(all.flatMap((use) => {
    const view = use.view as ServiceView | undefined;
    return view && !view.key._isOverruledFor(use.resource) ? misuse(use, view) ?? [] : [];
  }))];
}

function misuse({ resource, service, property: { path, anyRegion } }: KeyUse, view: ServiceView): string | undefined {
  if (view.service !== service) {
    return `${quoted(resource)} was given ${view.label} as ${path}, but it is ${service.title} that uses the key there: ${handOver(service)}`;
  }
  if (anyRegion || !differ(resource.stack.region, view.stack.region)) return undefined;
  return `${quoted(resource)} in ${resource.stack.region} was given ${view.label} in ${view.stack.region} as ${path}: the service takes keys of the resource's own Region only; `
    + `make a key in ${resource.stack.region} for it`;
}

function viewsIn({ tree }: KeyUses): ServiceView[] {
  return tree.filter((each) => isMarked<ServiceView>(each, VIEW));
}

/**
 * What grants for plain CloudFormation resources (`BucketGrants.fromBucket(cfnBucket)`) find out about their key: CDK looks for a resource with the key's ARN,
 * which a view hides, and would go on without a word.
 */
function encryptedThroughView(resource: CfnResource): IEncryptedResource {
  return {
    env: resource.env,
    grantOnKey: (grantee, ...actions) => {
      const use = usesBy(resource).find(({ view, property }) => view && (property.nameInContext ?? NameInContext.OWN) === NameInContext.OWN);
      if (use?.view) return { grant: (use.view as ServiceView).grant(grantee, ...actions) };
      return DefaultEncryptedResourceFactories.get(resource.cfnResourceType)?.forResource(resource).grantOnKey(grantee, ...actions) ?? {};
    },
  };
}
