import { readPolicy } from '../authz';
import { statementsOf } from '../spec/policy-grammar';
import type { Deployment } from '../template';
import { DEFAULT_ACCOUNT } from '../template';

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
    resources: (type) => (type === undefined ? resources : resources.filter((resource) => resource.type === type)),
  };
}

/** The one account whose root user key policies let in where they do not let in that of the key's own. */
function homeOf({ keys }: Deployment): string | undefined {
  const roots = new Set<string>();
  for (const { account, policy } of keys) {
    if (account !== DEFAULT_ACCOUNT || statementsOf(policy).length === 0) continue;
    const named = readPolicy(policy, 'key policy').statements
      .filter(({ effect, conditions, actions }) => effect === 'Allow' && conditions.length === 0 && actions?.names.some((name) => name.toLowerCase() === 'kms:*' || name === '*'))
      .flatMap(({ principals }) => principals?.named ?? [])
      .flatMap((who) => (who.kind === 'account' ? [who.account] : []));
    if (named.includes(DEFAULT_ACCOUNT)) return undefined;
    named.forEach((root) => roots.add(root));
  }
  return roots.size === 1 ? [...roots][0] : undefined;
}

/** A JSON value with every text in it changed. What is the same in several places stays the same: documents are known by their identity. */
function withText<T>(value: T, change: (text: string) => string, done = new Map<object, unknown>()): T {
  if (typeof value === 'string') return change(value) as T;
  if (typeof value !== 'object' || value === null) return value;
  const known = done.get(value);
  if (known !== undefined) return known as T;
  const copy: unknown = Array.isArray(value)
    ? value.map((element) => withText(element, change, done))
    : Object.fromEntries(Object.entries(value).map(([name, member]) => [change(name), withText(member, change, done)]));
  done.set(value, copy);
  return copy as T;
}
