import { listed } from './output/text';
import { Unusable } from './unusable';
import { namesOfKey } from '../checks';
import { deployersOf } from '../template';
import type { Deployment, ResourceAddress, TemplateKey } from '../template';

/** Someone or something with all that people call it. */
interface Named<T> {
  readonly thing: T;
  readonly shown: string;
  readonly names: readonly string[];
}

const SHOWN_AT_MOST = 12;

/** What people call the role that CloudFormation deploys with. */
export const DEPLOYER = 'deployer';
export const DEPLOYER_IN_WORDS = 'the role that CloudFormation deploys with (cdk-…-cfn-exec-role of cdk bootstrap)';

/** What people call a key: its construct path, else its logical id. */
export function keyName({ logicalId, path }: ResourceAddress): string {
  return path?.replace(/\/Resource$/, '') ?? logicalId;
}

/**
 * The key that is meant by its ARN, id, alias, logical id, `Stack.LogicalId` or construct path.
 *
 * @throws Unusable if none or more than one is
 */
export function findKey({ keys }: Deployment, reference: string): TemplateKey {
  return find(reference, 'key', keys.map((key) => ({
    thing: key,
    shown: keyName(key),
    names: namesOfKey(key),
  })));
}

/**
 * The ARN of the principal that is meant: by ARN, as a service (`logs.eu-west-1.amazonaws.com`), or by the name, logical id, `Stack.LogicalId` or construct
 * path of a role or user; or as the `deployer`.
 *
 * @throws Unusable if nobody or more than one is
 */
export function findPrincipal({ identities, importedIdentities, stacks }: Deployment, reference: string): string {
  if (reference.startsWith('arn:') || /^[a-z0-9-]+(\.[a-z0-9-]+)*\.(amazonaws\.com(\.cn)?|amazon\.com|aws\.internal)$/.test(reference)) return reference;
  const imported = importedIdentities.filter(({ kind }) => kind !== 'group').map(({ kind, account, name }) => (
    { thing: `arn:${stacks[0]?.partition ?? 'aws'}:iam::${account}:${kind}/${name}`, shown: name, names: [name] }
  ));
  const own = identities.map((identity) => ({ thing: identity.arn, shown: keyName(identity), names: [identity.name, ...namesOf(identity)] }));
  const all = [...own, ...imported];
  return reference === DEPLOYER && !all.some(({ names }) => names.includes(reference)) ? deployer(deployersOf({ stacks })) : find(reference, 'role or user', all);
}

function deployer(arns: ReadonlySet<string>): string {
  const [arn, ...others] = arns;
  if (arn === undefined) throw new Unusable(`'${DEPLOYER}' is ${DEPLOYER_IN_WORDS}: these templates do not name it, as an assembly (cdk.out) does; give its ARN`);
  if (others.length > 0) throw new Unusable(`'${DEPLOYER}' could be ${listed([arn, ...others], SHOWN_AT_MOST, 'or')}: use one of these`);
  return arn;
}

/** What people call a principal: the construct path or logical id of a role of the templates, and the account of one that is elsewhere. */
export function principalName({ identities, stacks, keys }: Deployment, principal: string): string {
  const isSpokenOf = (account: string) => (
    [...stacks, ...keys].some((one) => one.account === account) || JSON.stringify(keys.map(({ policy }) => policy)).includes(account)
  );
  if (principal === '*') return 'everybody';
  const own = identities.find(({ arn }) => arn === principal);
  if (own) return keyName(own);
  if (stacks.some(({ executionRoleArn }) => executionRoleArn === principal)) return DEPLOYER;
  const [, account, resource] = /^arn:[^:]+:(?:iam|sts)::([^:]*):(.+)$/.exec(principal) ?? [];
  if (resource === undefined) return principal;
  if (resource === 'root') return isSpokenOf(account) ? `account ${account}` : 'any other account';
  // Proofs speak of somebody whom nobody names, of an account that some policy may let in.
  if (/^(role|user)\/any-principal$/.test(resource)) return `${resource.startsWith('role') ? 'a role' : 'a user'} of ${isSpokenOf(account) ? `account ${account}` : 'any other account'}`;
  return stacks.some((stack) => stack.account === account) ? resource : `${resource} of account ${account}`;
}

function namesOf({ stack, logicalId, path }: ResourceAddress): string[] {
  return [logicalId, `${stack}.${logicalId}`, ...(path === undefined ? [] : [path, path.replace(/\/Resource$/, '')])];
}

function find<T>(reference: string, what: string, all: readonly Named<T>[]): T {
  const meant = all.filter(({ names }) => names.includes(reference));
  if (meant.length === 1) return meant[0].thing;
  if (meant.length > 1) {
    const exact = meant.map(({ names, shown }) => names.find((name) => /^[^/]+\.\w+$/.test(name)) ?? shown);
    throw new Unusable(`'${reference}' could be ${listed(exact, SHOWN_AT_MOST, 'or')}: use one of these`);
  }
  const there = all.length === 0 ? 'is none' : `${all.length > 1 ? 'are' : 'is'} ${listed(all.map(({ shown }) => shown), SHOWN_AT_MOST)}`;
  throw new Unusable(`no ${what} '${reference}' here: there ${there}`);
}
