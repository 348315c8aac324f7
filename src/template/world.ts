import { awsManagedPolicy } from './managed-policies';
import type { Deployment, TemplateKey } from './types';
import type { IdentityFacts, World } from '../authz/types';

/** Bootstrapping gives this to the role that CloudFormation deploys with, unless told otherwise (CDK Developer Guide, "Bootstrapping"). */
const ADMINISTRATOR = awsManagedPolicy('arn:aws:iam::aws:policy/AdministratorAccess')!;

/** Everybody of whom the templates tell: those they make, those elsewhere to whom they give policies, and who deploys them. */
export function worldOf({ identities, importedIdentities, stacks }: Deployment): World {
  const elsewhere = importedIdentities.filter(({ kind }) => kind !== 'group')
    .map(({ kind, account, name, policies }): IdentityFacts => ({ arn: `arn:${partitionOf(account, stacks)}:iam::${account}:${kind}/${name}`, policies }));
  const known = new Set([...identities, ...elsewhere].map(({ arn }) => arn));
  const deployers = [...deployersOf({ stacks })].filter((arn) => !known.has(arn)).map((arn): IdentityFacts => ({ arn, policies: [ADMINISTRATOR] }));
  return { identities: [...identities, ...elsewhere, ...deployers] };
}

/** A key with everybody of whom the templates tell, as proofs take it: who deploys it may change it. */
export function keyWorld(deployment: Deployment, key: TemplateKey): { key: TemplateKey; world: World; owners: readonly string[] } {
  return { key, world: worldOf(deployment), owners: [...deployersOf(deployment)] };
}

/** The roles that CloudFormation deploys with, where an assembly names them. */
export function deployersOf({ stacks }: Pick<Deployment, 'stacks'>): ReadonlySet<string> {
  return new Set(stacks.flatMap(({ executionRoleArn }) => executionRoleArn ?? []));
}

function partitionOf(account: string, stacks: Deployment['stacks']): string {
  return (stacks.find((stack) => stack.account === account) ?? stacks[0])?.partition ?? 'aws';
}
