import type { KeySubject } from './key-subject';
import type { Scope } from './scope';
import type { KeyWorld } from '../proof';

/** A replica, and what its primary's policy would be in its place. */
export interface Replica {
  readonly key: KeySubject;
  readonly primary: KeySubject;
  readonly own: KeyWorld;
  readonly ofPrimary: KeyWorld;
}

/** The replicas whose primaries are known, and whose policies KMS would take. */
export function replicasOf(scope: Scope): readonly Replica[] {
  const byArn = new Map(scope.keys.map((key) => [key.key.arn, key]));
  return scope.keys.flatMap((key) => {
    const primary = byArn.get(key.key.primaryKeyArn ?? '');
    if (key.key.type !== 'AWS::KMS::ReplicaKey' || !primary || key.refused !== undefined || primary.refused !== undefined) return [];
    const world = { identities: [] };
    // Who makes a replica in its Region may change its policy, there as here.
    const stack = scope.deployment.stacks.find(({ id }) => id === key.key.stack);
    const owners = stack?.executionRoleArn === undefined ? [] : [stack.executionRoleArn];
    const policy = inRegion(primary.key.policy, primary.key.region, key.key.region);
    return [{ key, primary, own: { key: key.key, world, owners }, ofPrimary: { key: { ...key.key, policy }, world, owners } }];
  });
}

/** A policy with another Region in the place of its own: services of that Region, and resources there. */
function inRegion<T>(value: T, from: string, to: string): T {
  return JSON.parse(JSON.stringify(value).replaceAll(from, to)) as T;
}
