import { readPolicy } from '../authz';
import type { PolicyDocument } from '../authz';
import { statementsOf } from '../spec/policy-grammar';
import type { Deployment } from '../template';
import { DEFAULT_ACCOUNT, DEFAULT_REGION } from '../template';

/**
 * The deployment with its home account in the place of the one that reading templates assumes where an environment is open. Templates of an app that
 * was synthesized for an account name it by its digits, and not that its stacks are deployed there.
 */
export function atHome(deployment: Deployment, given: string | undefined): Deployment {
  const home = given ?? homeOf(deployment);
  if (home === undefined || home === DEFAULT_ACCOUNT || !deployment.stacks.some(({ account }) => account === DEFAULT_ACCOUNT)) return deployment;
  const moved = <T>(value: T) => withText(value, (text) => text.replaceAll(DEFAULT_ACCOUNT, home));
  const resources = moved(deployment.resources());
  return {
    stacks: moved(deployment.stacks),
    keys: moved(deployment.keys),
    aliases: moved(deployment.aliases),
    identities: moved(deployment.identities),
    importedIdentities: moved(deployment.importedIdentities),
    unresolved: deployment.unresolved,
    physicalId: (stack, logicalId) => moved(deployment.physicalId(stack, logicalId)),
    attribute: (stack, logicalId, name) => moved(deployment.attribute(stack, logicalId, name)),
    evaluate: (stack, expression) => moved(deployment.evaluate(stack, expression)),
    resources: (type) => (type === undefined ? resources : resources.filter((resource) => resource.type === type)),
  };
}

/** Which account and Region stand in for those that no template tells; undefined if none does. */
export function standInsOf({ stacks }: Deployment): string | undefined {
  const isMadeUp = (part: 'account' | 'region', value: string) =>
    stacks.some((stack) => stack[part] === value && stack.assumed?.includes(part) === true);
  const accounts = isMadeUp('account', DEFAULT_ACCOUNT) ? [`account ${DEFAULT_ACCOUNT}`] : [];
  const regions = isMadeUp('region', DEFAULT_REGION) ? [`Region ${DEFAULT_REGION}`] : [];
  const both = [...accounts, ...regions];
  return both.length === 0 ? undefined : `${both.join(' and ')} ${both.length === 1 ? 'stands' : 'stand'} in for what the templates do not tell`;
}

/** The roles of `cdk bootstrap` that CloudFormation deploys with (CDK Developer Guide, "Customize CDK bootstrapping") and a policy names: each deploys in its account. */
export function bootstrapRolesIn(policy: PolicyDocument): readonly { readonly arn: string; readonly account: string }[] {
  const named = JSON.stringify(policy).match(/arn:[\w-]+:iam::(\d{12}):role\/(?:[\w+=,.@/-]+\/)?cdk-[a-z0-9]+-cfn-exec-role-\1-[a-z0-9-]+/g) ?? [];
  return [...new Set<string>(named)].map((arn) => ({ arn, account: arn.split(':')[4] }));
}

/** The one account whose root user, or whose deployer, key policies let in where they do not let in those of the key's own. */
function homeOf({ keys }: Deployment): string | undefined {
  const roots = new Set<string>();
  for (const { account, policy } of keys) {
    if (account !== DEFAULT_ACCOUNT || statementsOf(policy).length === 0) continue;
    const named = readPolicy(policy, 'key policy').statements
      .filter(({ effect, conditions, actions }) => effect === 'Allow' && conditions.length === 0 && actions?.names.some((name) => name.toLowerCase() === 'kms:*' || name === '*'))
      .flatMap(({ principals }) => principals?.named ?? [])
      .flatMap((who) => (who.kind === 'account' ? [who.account] : []));
    const own = [...named, ...bootstrapRolesIn(policy).map((role) => role.account)];
    if (own.includes(DEFAULT_ACCOUNT)) return undefined;
    own.forEach((root) => roots.add(root));
  }
  return roots.size === 1 ? [...roots][0] : undefined;
}

/** A JSON value with every text in it changed. What does not change stays the same object: documents are known by their identity. */
export function withText<T>(value: T, change: (text: string) => string, done = new Map<object, unknown>()): T {
  if (typeof value === 'string') return change(value) as T;
  if (typeof value !== 'object' || value === null) return value;
  const known = done.get(value);
  if (known !== undefined) return known as T;
  const copy: unknown = Array.isArray(value)
    ? value.map((element) => withText(element, change, done))
    : Object.fromEntries(Object.entries(value).map(([name, member]) => [change(name), withText(member, change, done)]));
  const result = isSame(value, copy as object) ? value : copy;
  done.set(value, result);
  return result as T;
}

/** Whether two objects have the same members, under the same names. */
function isSame(one: object, other: object): boolean {
  const [names, otherNames] = [Object.keys(one), Object.keys(other)];
  return names.length === otherNames.length
    && names.every((name, index) => name === otherNames[index] && Reflect.get(one, name) === Reflect.get(other, name));
}
