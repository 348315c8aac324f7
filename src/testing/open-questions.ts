import { servedIn } from './deployments';
import { nameOfGiven } from './key-inventory';
import { managedPolicy } from './managed-policies';
import type { LocalKey } from './options';
import type { Decision, IdentityFacts, PolicyDocument } from '../authz/types';
import { whyRefused } from '../spec/policy-grammar';
import type { Deployment, TemplateKey } from '../template/types';

/** What is asked about the templates' keys. */
export interface KeyInquiry {
  /** Everybody here, those that were described beside the templates included. */
  readonly identities: readonly IdentityFacts[];
  /** Whoever the key policy names that nothing tells of. */
  strangersIn(policy: PolicyDocument): readonly string[];
  /** Whether a role could put the policy of the key again: what KMS asks before it creates the key. */
  mayPutPolicy(role: string, key: TemplateKey): Decision;
}

/** What the templates leave open although it matters: where the local KMS may allow too much or too little, lacks something, or has what KMS would refuse. */
export function openQuestions(deployments: readonly Deployment[], keys: readonly LocalKey[], inquiry: KeyInquiry): readonly string[] {
  return [
    ...deployments.flatMap((deployment) => [
      ...unknownPolicies(deployment),
      ...unservedAliases(deployment),
      ...unknownInKeyPolicies(deployment),
      ...strangers(deployment, inquiry),
      ...lockOuts(deployment, inquiry),
    ]),
    ...keys.flatMap((key, index) => strangersOfGiven(key, index, inquiry)),
    ...aliasesOfSeveralStacks(deployments),
    ...inquiry.identities.flatMap(refusedPolicies),
  ];
}

function refusedPolicies({ arn, policies = [], boundary }: IdentityFacts): string[] {
  return [...policies, ...(boundary ? [boundary] : [])].flatMap(({ name, document }) => {
    const why = saysNothing(document) ? undefined : whyRefused(document, 'iam policy', { resolved: true });
    return why === undefined ? [] : [`${arn} has the policy '${name}', which IAM refuses, so that it allows nothing: ${why}`];
  });
}

/** A policy without statements, which IAM does not store and CDK does not write. */
function saysNothing({ Statement }: PolicyDocument): boolean {
  return Array.isArray(Statement) && Statement.length === 0;
}

function unknownPolicies({ identities }: Deployment): string[] {
  return identities.flatMap(({ arn, managedPolicyArns, unknownBoundaryArn }) => [
    ...managedPolicyArns.filter((policy) => !managedPolicy(policy))
      .map((policy) => `${arn} has the managed policy ${policy}, whose document is not known here: what it says is not counted`),
    ...(unknownBoundaryArn ? [`${arn} has the permissions boundary ${unknownBoundaryArn}, whose document is not known here: it limits nothing`] : []),
  ]);
}

function unservedAliases(deployment: Deployment): string[] {
  const isServed = servedIn(deployment);
  return deployment.aliases.filter((alias) => !isServed(alias))
    .map(({ name, targetKeyArn }) => `alias ${name} of ${targetKeyArn} is not served: its name is not known, or no template here defines its key`);
}

/** Parts of key policies that come from elsewhere: an Allow with one lets nobody in whom only that part names. */
function unknownInKeyPolicies({ keys, unresolved }: Deployment): string[] {
  return keys.flatMap((key) => {
    const text = JSON.stringify(key.policy);
    const open = new Map(unresolved.filter(({ symbol }) => text.includes(symbol)).map((value) => [value.symbol, value]));
    return [...open.values()].map(({ expression, because }) => (
      `the key policy of ${shown(key)} holds ${JSON.stringify(expression)}, whose value is not known (${because}): give it with the option 'parameters' or 'exports'`
    ));
  });
}

function strangers({ keys }: Deployment, inquiry: KeyInquiry): string[] {
  return keys.flatMap((key) => inquiry.strangersIn(key.policy).map((principal) => (
    `the key policy of ${shown(key)} names ${principal}, which no template here makes: KMS refuses the policy unless it exists. Describe it with the option 'principals'`
  )));
}

function strangersOfGiven(key: LocalKey, index: number, inquiry: KeyInquiry): string[] {
  return (key.policy ? inquiry.strangersIn(key.policy) : []).map((principal) => (
    `the policy of key '${nameOfGiven(key, index)}' names ${principal}, whom nothing here describes: KMS refuses the policy unless it exists. Describe it with the option 'principals'`
  ));
}

/** KMS API Reference, CreateKey, BypassPolicyLockoutSafetyCheck. */
function lockOuts({ keys, stacks, resources }: Deployment, inquiry: KeyInquiry): string[] {
  const deployers = new Map(stacks.map(({ id, executionRoleArn }) => [id, executionRoleArn]));
  const bypassing = new Set([...resources('AWS::KMS::Key'), ...resources('AWS::KMS::ReplicaKey')]
    .filter(({ properties }) => String(properties.BypassPolicyLockoutSafetyCheck) === 'true').map(({ stack, logicalId }) => `${stack}.${logicalId}`));
  return keys.flatMap((key) => {
    const deployer = deployers.get(key.stack);
    if (deployer === undefined || bypassing.has(`${key.stack}.${key.logicalId}`)) return [];
    const { allowed, reason } = inquiry.mayPutPolicy(deployer, key);
    return allowed ? [] : [`KMS would refuse to create ${shown(key)}: under its policy ${deployer}, which deploys it, could not change that policy again (${reason})`];
  });
}

/** The first stack that is deployed has the alias; the others fail. Where an environment is left open, they may be deployed elsewhere. */
function aliasesOfSeveralStacks(deployments: readonly Deployment[]): string[] {
  const firsts = new Map<string, string>();
  return deployments.flatMap(({ aliases }) => aliases).flatMap(({ arn, name, stack }) => {
    const first = firsts.get(arn) ?? stack;
    firsts.set(arn, first);
    return first === stack ? [] : [`alias ${name} is made by stack ${first} and by stack ${stack}, in one account and Region: it is served for the key of ${first}`];
  });
}

function shown({ stack, logicalId, path }: TemplateKey): string {
  return path?.replace(/\/Resource$/, '') ?? `${stack}.${logicalId}`;
}
