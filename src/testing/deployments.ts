import { readFileSync } from 'node:fs';
import { DEFAULT_ACCOUNT, DEFAULT_REGION, hasSymbols, readAssembly, readTemplate } from '../template';
import type { LocalKmsOptions } from './options';
import type { LocalPrincipal } from './principals';
import { parseJson } from '../spec/json-text';
import type { Deployment, TemplateAlias } from '../template/types';

const DEPLOYER = 'deployer';

/**
 * The deployments that the options name.
 *
 * @throws Error for a file that is no template
 */
export function readDeployments(options: LocalKmsOptions): readonly Deployment[] {
  const { deployment, template, assembly, account, region, parameters, exports: given } = options;
  const read = { ...(account && { account }), ...(region && { region }), ...(parameters && { parameters }), ...(given && { exports: given }) };
  return [
    ...(deployment === undefined ? [] : [deployment]),
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

/** Whether an alias of the deployment has a name, and a key that is here. */
export function servedIn({ keys }: Deployment): (alias: TemplateAlias) => boolean {
  const arns = new Set(keys.map(({ arn }) => arn));
  return ({ name, targetKeyArn }) => !hasSymbols(name) && arns.has(targetKeyArn);
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

/** The accounts that the local KMS stands for: of what is deployed, of the keys added by hand, and its home. */
export function accountsOf({ keys = [] }: LocalKmsOptions, home: Home, deployments: readonly Deployment[]): ReadonlySet<string> {
  return new Set([
    home.account,
    ...deployments.flatMap(({ stacks }) => stacks.map(({ account }) => account)),
    ...keys.flatMap(({ account }) => account ?? []),
  ]);
}
