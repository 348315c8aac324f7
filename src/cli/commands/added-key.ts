import type { PolicyDocument } from '../../authz';
import { doubtsOf, unreadOf } from '../../checks';
import { atHome } from '../../checks/home-account';
import { differences, nobodyExcept } from '../../proof';
import type { Difference, KeyWorld, Verdict } from '../../proof';
import { KEY_ACTIONS } from '../../spec/action-resources';
import { keyWorld } from '../../template';
import type { TemplateKey } from '../../template';
import type { Input } from '../input/input';

/** Whom a key that was not there lets in. */
export interface AddedKey {
  /** What it was read from, with the account that the key's own policy tells. */
  readonly in: Input;
  readonly key: TemplateKey;
  readonly differences: readonly Difference[];
  readonly nothingNew: Verdict;
  readonly because?: string;
}

/** Services that call in their own names: rule KP-19 of `check` asks for their sources. */
const SERVICES = '*.amazonaws.com';

/**
 * What a new key makes possible. That its own account can use it is why it was added; that anybody else can, was not possible before. What of its policy
 * is not known may let in anybody.
 *
 * @param trusted accounts that may be let in, besides those that the templates are deployed to
 */
export function addedKey(input: Input, added: TemplateKey, trusted: readonly string[]): AddedKey {
  const deployment = atHome(input.deployment, undefined);
  const key = deployment.keys[input.deployment.keys.indexOf(added)];
  const at = { in: { ...input, deployment }, key };
  const unread = unreadOf(deployment, key);
  const doubts = doubtsOf(unread);
  const told = (because: readonly string[]): Pick<AddedKey, 'because'> => (because.length === 0 ? {} : { because: because.join('; ') });
  if (unread.wholly || unread.refused !== undefined) return { ...at, differences: [], nothingNew: 'undecidable', ...told(doubts) };

  const world = keyWorld(deployment, key);
  const insiders = [...new Set([key.account, ...deployment.stacks.map(({ account }) => account), ...trusted])];
  const services = servicesIn(world);
  const { verdict, because } = nobodyExcept(world, [...insiders, SERVICES, ...services], KEY_ACTIONS);
  const found = verdict === 'holds' ? [] : differences(closed(world), world).filter(({ principal }) => isOutside(principal, insiders));
  const nothingNew = verdict === 'holds' && doubts.length > 0 ? 'undecidable' : verdict;
  return { ...at, differences: found, nothingNew, ...told([...doubts, ...because === undefined ? [] : [because]]) };
}

/** The same key before there was one: nobody can do anything with it. */
function closed(world: KeyWorld): KeyWorld {
  const policy: PolicyDocument = { Version: '2012-10-17', Statement: [{ Effect: 'Deny', Principal: '*', Action: 'kms:*', Resource: '*' }] };
  return { ...world, key: { ...world.key, policy } };
}

/** Services of other names than most: `logs.cn-north-1.amazonaws.com.cn`. */
function servicesIn({ key: { policy } }: KeyWorld): string[] {
  return [...new Set(JSON.stringify(policy).match(/\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:amazonaws\.com(?:\.cn)?|amazon\.com|aws\.internal)\b/g) ?? [])];
}

/** Who is told of: those that are no service and of no account that may be let in. */
function isOutside(principal: string, insiders: readonly string[]): boolean {
  const account = /^arn:[^:]+:(?:iam|sts)::(\d{12}):/.exec(principal)?.[1];
  return account === undefined ? principal === '*' || principal.startsWith('arn:') : !insiders.includes(account);
}
