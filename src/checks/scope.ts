import type { CheckOptions } from './finding';
import { KeySubject } from './key-subject';
import type { Deployment, ResourceAddress, TemplateResource } from '../template';

/** Everything that the rules look at, read once. */
export interface Scope {
  readonly deployment: Deployment;
  readonly options: CheckOptions;
  readonly keys: readonly KeySubject[];
  /** Accounts that may be let in besides the key's own. */
  readonly trusted: ReadonlySet<string>;
  resource(address: ResourceAddress): TemplateResource | undefined;
}

export function scopeOf(deployment: Deployment, options: CheckOptions): Scope {
  const trusted = new Set([...options.trustedAccounts ?? [], ...deployment.stacks.map(({ account }) => account)]);
  const resources = new Map(deployment.resources().map((resource) => [placeOf(resource), resource]));
  const resource = (address: ResourceAddress) => resources.get(placeOf(address));
  return { deployment, options, trusted, resource, keys: deployment.keys.map((key) => new KeySubject(key, resource(key), trusted)) };
}

/** A resource's place as one text. */
export function placeOf({ stack, logicalId }: ResourceAddress): string {
  return `${stack}\u0000${logicalId}`;
}
