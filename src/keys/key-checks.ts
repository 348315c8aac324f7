import { CfnResource } from 'aws-cdk-lib';
import { DefaultPolicyFactories, ResourceWithPolicies } from 'aws-cdk-lib/aws-iam';
import type { IResourceWithPolicyV2 } from 'aws-cdk-lib/aws-iam';
import { aliasesOfSeveralStacks } from './alias-names';
import { idleIdentityStatements } from './identity-policies';
import { importedKeyUses } from './imported-uses';
import { missingServiceStatements, rawKeyUses, unlistedKeyUses } from './raw-key-uses';
import { replicaPolicyProblems } from './replica-keys';
import { missingSenderStatements } from './sender-statements';
import { keyOfResource, quoted } from '../app/constructs';
import { perStage } from '../app/per-stage';
import { checkStage } from '../app/stage-checks';

/** Looks after the keys of a stage (app), once for all of them: how they are used is judged when the app is synthesized. */
export const lookAfterKeys = perStage((stage) => {
  ResourceWithPolicies.register(stage, 'AWS::KMS::Key', { forResource: withPolicyOfItsKey });
  const checks = [
    idleIdentityStatements, rawKeyUses, importedKeyUses, unlistedKeyUses, missingServiceStatements, missingSenderStatements,
    replicaPolicyProblems, aliasesOfSeveralStacks,
  ];
  for (const check of checks) checkStage(stage, check);
});

/** `KeyGrants.fromKey(cfnKey)` rewrites the policy of a plain key, and leaves alone one that is made at synthesis without a word. */
function withPolicyOfItsKey(resource: CfnResource): IResourceWithPolicyV2 {
  if (!keyOfResource(resource)) {
    const plain = DefaultPolicyFactories.get(resource.cfnResourceType)?.forResource(resource);
    return plain ?? { env: resource.env, addToResourcePolicy: () => ({ statementAdded: false }) };
  }
  return {
    env: resource.env,
    addToResourcePolicy: () => {
      throw new Error(`a statement was added to ${quoted(resource)} by a way that its policy is not made: use the key's own grants, or its forService(…)`);
    },
  };
}
