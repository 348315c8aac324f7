import { readPolicy } from '../authz';
import { isUnknownDocument, leftOutOf } from '../template';
import type { Deployment, TemplateKey } from '../template';

/** What stands in the way of saying for certain what a key policy allows. */
export interface Unread {
  /** Parts of which the templates tell nothing, not even whether they allow or deny. */
  readonly unknown: readonly string[];
  /** Whether that is all of it. */
  readonly wholly?: boolean;
  /** Why KMS would refuse it. */
  readonly refused?: string;
}

export function unreadOf(deployment: Deployment, key: TemplateKey): Unread {
  if (isUnknownDocument(key.policy)) return { unknown: ['the key policy, of which the template tells nothing'], wholly: true };
  const { refused } = readPolicy(key.policy, 'key policy');
  const places = leftOutOf(deployment, key).map((position) => `statement #${position}`);
  return {
    unknown: places.length === 0 ? [] : [`whether ${places.join(', ')} of the key policy allows or denies`],
    ...refused === undefined ? {} : { refused },
  };
}

/** The same as sentences. */
export function doubtsOf({ unknown, refused }: Unread): readonly string[] {
  return [...unknown.map((part) => `not known: ${part}`), ...refused === undefined ? [] : [`KMS would refuse the key policy: ${refused}`]];
}

/** Whether what is not known of a key is the same in two deployments, to the letter. */
export function unknownAlike(one: readonly [Deployment, TemplateKey], other: readonly [Deployment, TemplateKey]): boolean {
  const [was, is] = [one, other].map(([{ unresolved }, { stack, logicalId }]) => JSON.stringify(unresolved
    .filter(({ at, because }) => at.stack === stack && at.logicalId === logicalId && /^KeyPolicy($|\.Statement\[\d+\]$)/.test(at.property) && /left out$|without statements$/.test(because))
    .map(({ symbol, expression }) => [symbol, expression])));
  return was === is;
}
