import { Annotations, CfnResource } from 'aws-cdk-lib';
import { DefaultEncryptedResourceFactories, EncryptedResources } from 'aws-cdk-lib/aws-iam';
import type { IEncryptedResource } from 'aws-cdk-lib/aws-iam';
import { misusedViews } from './misused-views';
import { rotationsUnderUnknownRoles } from './rotations';
import { servedBy } from './served-resources';
import type { ServiceView } from './service-view';
import { VIEW, isMarked, quoted } from '../app/constructs';
import { usesBy } from '../app/key-uses';
import type { KeyUses } from '../app/key-uses';
import { perStage } from '../app/per-stage';
import { checkStage } from '../app/stage-checks';
import { NAMED_RESOURCES, SERVICE_TITLES } from '../spec/key-properties';

/** Looks after the views of a stage (app), once for all of them: who was given which is judged when the app is synthesized. */
export const lookAfterViews = perStage((stage) => {
  for (const type of Object.keys(NAMED_RESOURCES)) EncryptedResources.register(stage, type, { forResource: encryptedThroughView });
  for (const check of [wideStatements, rotationsUnderUnknownRoles, refusals, misusedViews]) checkStage(stage, check);
});

/** Says where a statement is wider than its resource, because nobody knows the resource's name before it is deployed. */
function wideStatements(uses: KeyUses): [] {
  for (const view of viewsIn(uses).filter(({ hasGranted }) => hasGranted)) {
    const wide = `whoever is granted the use of '${view.key.node.path}' through ${SERVICE_TITLES[view.service]} is granted it for every resource of that service`;
    const served = servedBy(view);
    if (!served.length) Annotations.of(view.key).addInfoV2(UNNAMED, `no resource of this app was given ${view.label}: ${wide}`);
    for (const { construct, elsewhere } of served.filter(({ values }) => !values)) {
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
      const use = usesBy(resource).find(({ view, property }) => view && property.names === 'own');
      if (use?.view) return { grant: (use.view as ServiceView).grant(grantee, ...actions) };
      return DefaultEncryptedResourceFactories.get(resource.cfnResourceType)?.forResource(resource).grantOnKey(grantee, ...actions) ?? {};
    },
  };
}
