import { Annotations } from 'aws-cdk-lib';
import type { CfnResource } from 'aws-cdk-lib';
import { DefaultEncryptedResourceFactories, DefaultPolicyFactories, EncryptedResources, ResourceWithPolicies } from 'aws-cdk-lib/aws-iam';
import type { IEncryptedResource, IResourceWithPolicyV2 } from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';
import { servedBy } from './context-values';
import { called } from './display';
import { KeyUses, stageOf, usesBy } from './key-uses';
import { doubts, misuses } from './misuse';
import { rotationDoubts } from './rotations';
import { ServiceView } from './service-view';
import { KeysmithKey } from '../keys/keysmith-key';
import { NAMED_RESOURCES, SERVICE_TITLES } from '../spec/key-properties';

const watched = new WeakSet<IConstruct>();
const told = new WeakMap<IConstruct, Set<string>>();

/** Looks after the keys of a stage (app), once for all of them: who was given which key is judged when the app is synthesized. */
export function watch(construct: IConstruct): void {
  const stage = stageOf(construct);
  if (watched.has(stage)) return;
  watched.add(stage);
  for (const type of Object.keys(NAMED_RESOURCES)) EncryptedResources.register(stage, type, { forResource: encryptedThroughView });
  ResourceWithPolicies.register(stage, 'AWS::KMS::Key', { forResource: withPolicyOfItsKey });
  stage.node.addValidation({
    validate: () => {
      const uses = KeyUses.settle(stage);
      const views = uses.tree.filter((each) => each instanceof ServiceView);
      views.forEach(tellWhatIsWide);
      for (const { id, resource, message } of [...doubts(uses), ...rotationDoubts(uses)]) {
        once(resource, message, () => Annotations.of(resource).addWarningV2(id, message));
      }
      return [...new Set(views.flatMap((view) => view.takeRefusals())), ...misuses(uses)];
    },
  });
}

/** Says where a statement is wider than its resource, because nobody knows the resource's name before it is deployed. */
function tellWhatIsWide(view: ServiceView): void {
  if (!view.hasGranted) return;
  const wide = `whoever is granted the use of '${view.key.node.path}' through ${SERVICE_TITLES[view.service]} is granted it for every resource of that service`;
  const served = servedBy(view);
  if (!served.length) tell(view.key, `no resource of this app was given ${view.label}: ${wide}`);
  for (const { construct, elsewhere, values } of served) {
    const what = elsewhere ? `what ${called(construct)} has encrypted elsewhere` : called(construct);
    if (!values) tell(construct, `nobody knows the name of ${what} before it is deployed: ${wide}; a literal name narrows that to the resources that have the key`);
  }
}

function tell(construct: IConstruct, what: string): void {
  once(construct, what, () => Annotations.of(construct).addInfoV2('cdk-keysmith:unnamed-resource', what));
}

/** Says something of a construct that an earlier synthesis has not said already. */
function once(construct: IConstruct, what: string, say: () => void): void {
  const said = told.get(construct) ?? new Set();
  if (said.has(what)) return;
  told.set(construct, said.add(what));
  say();
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
      if (use?.view) return { grant: use.view.grant(grantee, ...actions) };
      return DefaultEncryptedResourceFactories.get(resource.cfnResourceType)?.forResource(resource).grantOnKey(grantee, ...actions) ?? {};
    },
  };
}

/** `KeyGrants.fromKey(cfnKey)` rewrites the policy of a plain key, and leaves alone one that is made at synthesis without a word. */
function withPolicyOfItsKey(resource: CfnResource): IResourceWithPolicyV2 {
  const key = resource.node.scope;
  if (!(key instanceof KeysmithKey)) {
    const plain = DefaultPolicyFactories.get(resource.cfnResourceType)?.forResource(resource);
    return plain ?? { env: resource.env, addToResourcePolicy: () => ({ statementAdded: false }) };
  }
  return {
    env: resource.env,
    addToResourcePolicy: () => {
      throw new Error(`a statement was added to ${called(resource)} by a way that its policy is not made: use the key's own grants, or its forService(…)`);
    },
  };
}
