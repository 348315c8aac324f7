import { CfnResource } from 'aws-cdk-lib';
import { DefaultEncryptedResourceFactories, EncryptedResources } from 'aws-cdk-lib/aws-iam';
import type { IEncryptedResource } from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';
import { unnamedSenders } from './found-senders';
import { misusedViews } from './misused-views';
import { replicasGrantedPastViews } from './replica-grants';
import { rotationsUnderUnknownRoles } from './rotations';
import { placesOf } from './served-in-words';
import { servedBy } from './served-resources';
import type { ServedResource } from './served-resources';
import type { ServiceView } from './service-view';
import { unknownSourceAccounts } from './source-accounts';
import { VIEW, isMarked, quoted } from '../app/constructs';
import { keyServicesOf } from '../app/key-services';
import { usesBy } from '../app/key-uses';
import type { KeyUses } from '../app/key-uses';
import { perStage } from '../app/per-stage';
import { checkStage } from '../app/stage-checks';
import type { Problem } from '../app/stage-checks';
import { unlistedUsesIn } from '../app/unlisted-uses';
import { warn } from '../app/warnings';
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
  const warnings = [wideStatements, rotationsUnderUnknownRoles, replicasGrantedPastViews, unknownSourceAccounts, sendersWithoutNames];
  for (const check of [...warnings, refusals, misusedViews]) checkStage(construct, check);
}

/** Types of resources for which grants of CDK ask a view. */
const grantedTypesOf = perStage((stage) => ({ stage, types: new Set<string>() }));

/** Warns where a statement is wider than its resource, because nobody knows the resource's name before it is deployed. */
function wideStatements(uses: KeyUses): [] {
  for (const view of viewsIn(uses)) {
    const [context] = view.writtenContexts;
    if (!context) continue;
    const wide = `whoever is granted the use of '${view.key.node.path}' through that view is granted it for every resource of ${view.service.title}`;
    const served = servedBy(view, context.values ?? [], context.imported ?? []);
    if (!served.length) {
      warn(view.key, UNNAMED, `${whoHasNone(view, uses)}: ${wide}. ${WAYS[view.service.keyProperties.length ? 'given' : 'said']}`);
    }
    for (const resource of served.filter(({ texts }) => !texts)) {
      const { served: which } = resource;
      if (typeof which === 'string') warn(view.key, UNNAMED, `nobody knows before deployment what is named to serve(…) of ${view.label}: ${wide}. Write the name out`);
      else warn(which, UNNAMED, `nobody knows the name of ${inWords(which, resource)} before it is deployed, and it was given ${view.label}: ${wide}. ${wayToNarrow(resource)}`);
    }
  }
  return [];
}

/** That nothing which a view serves was given it, and what was instead. */
function whoHasNone(view: ServiceView, uses: KeyUses): string {
  const { label, service } = view;
  const other = unlistedUsesIn(uses).find(({ views }) => views.includes(view));
  if (!other) return `no resource of this app was given ${label}`;
  return `${quoted(other.resource)} was given ${label} as ${other.path} of ${other.resource.cfnResourceType}, and nothing was that it serves (${placesOf(service)})`;
}

const UNNAMED = 'cdk-keysmith:unnamed-resource';

const IMPORT = 'import it with the view and a literal name';
/** How to say for which resources a view is. */
const WAYS = {
  given: `Give the view to the resource that is meant, or ${IMPORT}`,
  said: `Name what is meant, key.serve(…, { resourceNames: ['…'] }), or ${IMPORT}`,
};

function inWords(construct: IConstruct, { elsewhere }: ServedResource): string {
  return elsewhere ? `what ${quoted(construct)} has encrypted elsewhere` : quoted(construct);
}

function wayToNarrow({ nameProperty }: ServedResource): string {
  if (nameProperty === undefined) return 'Nothing in the app can tell it: give it a key of its own';
  return `A literal ${nameProperty} narrows that to the resources that have the view, and a forService(…) of its own keeps it from widening the others`;
}

/** What views refused while CDK looked for references, where an error of theirs would have been hidden behind one of CDK's. */
function refusals(uses: KeyUses): Problem[] {
  return viewsIn(uses).flatMap((view) => view.takeRefusals());
}

function sendersWithoutNames(uses: KeyUses): [] {
  for (const view of viewsIn(uses)) unnamedSenders(view);
  return [];
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
