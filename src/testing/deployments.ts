import { readFileSync } from 'node:fs';
import { DEFAULT_ACCOUNT, DEFAULT_REGION, hasSymbols, readAssembly, readTemplate } from '../template';
import { absentPrincipals } from './engine';
import { managedPolicy } from './managed-policies';
import type { LocalKmsOptions } from './options';
import type { LocalPrincipal, Principals } from './principals';
import type { IdentityFacts, PolicyDocument } from '../authz/types';
import { parseJson } from '../spec/json-text';
import { whyRefused } from '../spec/policy-grammar';
import type { Deployment, TemplateAlias } from '../template/types';

const DEPLOYER = 'deployer';

/**
 * The deployments that the options name.
 *
 * @throws Error for a file that is no template
 */
export function readDeployments({ template, assembly, account, region, parameters }: LocalKmsOptions): readonly Deployment[] {
  const read = { ...(account && { account }), ...(region && { region }), ...(parameters && { parameters }) };
  return [
    ...(template === undefined ? [] : [readTemplate(typeof template === 'string' ? readJson(template) : template, read)]),
    ...(assembly === undefined ? [] : [readAssembly(assembly, read)]),
  ];
}

/** Account and Region where nothing else says which. */
export interface Home {
  readonly account: string;
  readonly region: string;
}

/** The home of whatever names none: as the options say, else of the first key, else of the first stack. */
export function homeOf({ account, region }: LocalKmsOptions, deployments: readonly Deployment[]): Home {
  const first = deployments.flatMap(({ keys }) => keys)[0] ?? deployments.flatMap(({ stacks }) => stacks)[0];
  return { account: account ?? first?.account ?? DEFAULT_ACCOUNT, region: region ?? first?.region ?? DEFAULT_REGION };
}

/**
 * The roles that CloudFormation deploys with, as `deployer`. Bootstrapping gives them AdministratorAccess unless told otherwise
 * (CDK Developer Guide, "Bootstrapping"); one that is described in `principals` is as described there, and so is a `deployer`.
 */
export function deployersOf({ principals = [] }: LocalKmsOptions, deployments: readonly Deployment[]): LocalPrincipal[] {
  const described = principals.map((principal) => typeof principal === 'string' ? { arn: principal } : principal);
  const named = described.some(({ name }: LocalPrincipal) => name === DEPLOYER);
  const roles = new Set(deployments.flatMap(({ stacks }) => stacks.flatMap(({ executionRoleArn }) => executionRoleArn ?? [])));
  return [...roles].map((arn) => ({
    arn,
    ...(!named && { name: DEPLOYER }),
    ...(!described.some((principal) => principal.arn === arn) && { managedPolicies: ['AdministratorAccess'] }),
  }));
}

/** What the templates leave open although it matters: where the local KMS may allow too much or too little, or lacks something. */
export function openQuestions(deployments: readonly Deployment[], principals: Principals): readonly string[] {
  return [
    ...deployments.flatMap((deployment) => questionsOf(deployment, principals)),
    ...principals.identities.flatMap(refusedPolicies),
  ];
}

function refusedPolicies({ arn, policies = [], boundary }: IdentityFacts): string[] {
  return [...policies, ...(boundary ? [boundary] : [])].flatMap(({ name, document }) => {
    const why = isHarmless(document) ? undefined : whyRefused(document, 'iam policy', { resolved: true });
    return why === undefined ? [] : [`${arn} has the policy '${name}', which IAM refuses, so that it allows nothing: ${why}`];
  });
}

function questionsOf(deployment: Deployment, principals: Principals): string[] {
  return [
    ...deployment.keys.flatMap(({ stack, logicalId, path, policy }) =>
      absentPrincipals(policy, (arn) => principals.isHere(arn)).map(({ statement, arn }) =>
        `the policy of key ${path?.replace(/\/Resource$/, '') ?? `${stack}.${logicalId}`} names ${arn} in statement '${statement}', which no template here defines: `
        + "KMS refuses the policy unless it is there; describe it in 'principals'")),
    ...deployment.identities.flatMap(({ arn, managedPolicyArns, unknownBoundaryArn }) => [
      ...managedPolicyArns.filter((policy) => !managedPolicy(policy))
        .map((policy) => `${arn} has the managed policy ${policy}, whose document is not known here: what it says is not counted`),
      ...(unknownBoundaryArn ? [`${arn} has the permissions boundary ${unknownBoundaryArn}, whose document is not known here: it limits nothing`] : []),
    ]),
    ...deployment.aliases.filter((alias) => !isServed(alias, deployment))
      .map(({ name, targetKeyArn }) => `alias ${name} of ${targetKeyArn} is not served: its name is not known, or no template here defines its key`),
  ];
}

/** A policy without statements, which IAM does not store and CDK does not write: it says nothing. */
function isHarmless({ Statement }: PolicyDocument): boolean {
  return Array.isArray(Statement) && Statement.length === 0;
}

/** Whether an alias has a name, and a key that is here. */
export function isServed({ name, targetKeyArn }: TemplateAlias, { keys }: Deployment): boolean {
  return !hasSymbols(name) && keys.some(({ arn }) => arn === targetKeyArn);
}

function readJson(path: string): object {
  const text = readFileSync(path, 'utf8');
  let value: unknown;
  let repeatedMembers: readonly string[];
  try {
    ({ value, repeatedMembers } = parseJson(text));
  } catch (cause) {
    throw new Error(`${path} is not a CloudFormation template in JSON: give a template file of cdk.out, or the directory as 'assembly'`, { cause });
  }
  // Which of the two is meant nothing tells, least of all in a policy.
  if (repeatedMembers.length > 0) throw new Error(`${path} has the member ${repeatedMembers[0]} twice: leave one out`);
  return value as object;
}
