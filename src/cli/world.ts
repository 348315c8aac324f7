import type { IdentityFacts, World } from '../authz';
import type { Deployment } from '../template';
import { awsManagedPolicy } from '../template';

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

/** The roles that CloudFormation deploys with, where an assembly names them. */
export function deployersOf({ stacks }: Pick<Deployment, 'stacks'>): ReadonlySet<string> {
  return new Set(stacks.flatMap(({ executionRoleArn }) => executionRoleArn ?? []));
}

function partitionOf(account: string, stacks: Deployment['stacks']): string {
  return (stacks.find((stack) => stack.account === account) ?? stacks[0])?.partition ?? 'aws';
}
