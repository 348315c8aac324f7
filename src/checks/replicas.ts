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
  const primaries = primariesOf(scope);
  return scope.keys.flatMap((key) => {
    const primary = isReplica(key) ? primaries.get(key.key.primaryKeyArn ?? '') : undefined;
    if (!primary || key.refused !== undefined || primary.refused !== undefined) return [];
    const world = { identities: [] };
    // Who makes a replica in its Region may change its policy, there as here.
    const stack = scope.deployment.stacks.find(({ id }) => id === key.key.stack);
    const owners = stack?.executionRoleArn === undefined ? [] : [stack.executionRoleArn];
    const policy = inRegion(primary.key.policy, primary.key.region, key.key.region);
    return [{ key, primary, own: { key: key.key, world, owners }, ofPrimary: { key: { ...key.key, policy }, world, owners } }];
  });
}

/** The replicas whose primaries are none of the keys that were read: nothing of them can be compared. */
export function withoutPrimary(scope: Scope): readonly KeySubject[] {
  const primaries = primariesOf(scope);
  return scope.keys.filter((key) => isReplica(key) && !primaries.has(key.key.primaryKeyArn ?? ''));
}

function isReplica({ key: { type } }: KeySubject): boolean {
  return type === 'AWS::KMS::ReplicaKey';
}

/** Keys that can be primaries, by their ARNs. A replica has the id of its primary: in one Region, where KMS makes none, their ARNs are the same. */
function primariesOf({ keys }: Scope): ReadonlyMap<string, KeySubject> {
  return new Map(keys.flatMap((key) => (isReplica(key) ? [] : [[key.key.arn, key] as const])));
}

/** A policy with another Region in the place of its own: services of that Region, and resources there. */
function inRegion<T>(value: T, from: string, to: string): T {
  return JSON.parse(JSON.stringify(value).replaceAll(from, to)) as T;
}
