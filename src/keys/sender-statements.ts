import { Aws, Stack } from 'aws-cdk-lib';
import type { CfnResource } from 'aws-cdk-lib';
import { ServiceStatements } from './key-policy-needs';
import type { KeysmithKey } from './keysmith-key';
import { quoted } from '../app/constructs';
import type { KeyUses } from '../app/key-uses';
import { mayHave, referencesWithout } from '../app/resolved-value';
import { warn } from '../app/warnings';
import { AccountAccess } from '../policy/account-access';
import { withKnown } from '../policy/arn-patterns';
import { readable } from '../policy/conditions';
import { SENDERS } from '../spec/services';
import type { Sender } from '../spec/services';

/**
 * Warns of keys that leave it to IAM policies who may use them, where another resource has a service, or its service-linked role, use them: an alarm that
 * publishes to an encrypted topic, a group that launches encrypted volumes. No IAM policy of the app lets those in, and nobody else tells: messages get lost.
 */
export function missingSenderStatements(uses: KeyUses): [] {
  for (const use of uses.all.filter(({ view }) => !view)) {
    const key = uses.keyNamed(use.target, use.text)?.key as KeysmithKey | undefined;
    if (key?.accountAccess !== AccountAccess.DELEGATE_TO_IAM || key._isOverruledFor(use.resource)) continue;
    for (const sender of SENDERS.filter(({ to }) => to.includes(use.resource.cfnResourceType))) {
      const from = uses.ofType(sender.resourceType).find((resource) => refersTo(resource, use.resource, sender));
      if (from) warnOf(from, use.resource, sender, key);
    }
  }
  return [];
}

function warnOf(from: CfnResource, to: CfnResource, { principal, role, actions, conditions, page }: Sender, key: KeysmithKey): void {
  const stack = Stack.of(key);
  const arn = role?.replace('{partition}', Aws.PARTITION).replace('{account}', stack.account);
  const resolved = withKnown(stack.resolve(arn), stack) as string | undefined;
  const missing = new ServiceStatements(key).notGiven(actions, { principal, role: resolved });
  if (!missing.length) return;
  const who = principal ?? readable(resolved);
  warn(to, 'cdk-keysmith:missing-statement', `${quoted(from)} has ${who} use '${key.node.path}', which ${quoted(to)} has, and no IAM policy of yours lets that in: `
    + `key.addToResourcePolicy(…) a statement that allows ${missing.join(', ')} to ${who}, with ${conditions} (${page})`);
}

function refersTo(resource: CfnResource, to: CfnResource, { places }: Sender): boolean {
  return places.some(({ path, unlessPath, having, namedHaving }) => referencesWithout(resource, path, unlessPath).targets.includes(to)
    && (having === undefined || mayHave(resource, having)) && (namedHaving === undefined || mayHave(to, namedHaving)));
}
