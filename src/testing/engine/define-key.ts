import { randomUUID } from 'node:crypto';
import type { Key, KeyPolicy } from './key';
import type { KeyStore, Place } from './key-store';
import { keyArn } from './key-store';
import type { KeyMaterial } from './materials';
import { materialFor } from './materials';
import type { RotationState } from './rotation';
import { rotationState } from './rotation';
import type { KeyDefinition } from './types';
import { KEY_SPECS, usagesOf } from '../../spec/key-specs';
import type { KeySpecName, KeyUsageName } from '../../spec/key-specs';

/** All that a new key has to be told. */
export interface NewKey extends Place {
  readonly id: string;
  readonly spec: KeySpecName;
  readonly usage: KeyUsageName;
  readonly origin: string;
  readonly policy: KeyPolicy;
  readonly now: Date;
  readonly description?: string;
  readonly multiRegionKeyType?: 'PRIMARY' | 'REPLICA';
  readonly enabled?: boolean;
  readonly tags?: Readonly<Record<string, string>>;
  /** Bytes to take for the material in place of random ones. */
  readonly given?: Uint8Array;
  /** What related multi-Region keys have in common. */
  readonly shared?: { readonly material: KeyMaterial; readonly rotation: RotationState };
  readonly rotation?: RotationState;
}

export function makeKey(key: NewKey): Key {
  return {
    account: key.account,
    region: key.region,
    id: key.id,
    arn: keyArn(key, key.id),
    spec: key.spec,
    usage: key.usage,
    origin: key.origin,
    multiRegionKeyType: key.multiRegionKeyType,
    createdAt: key.now,
    tags: new Map(Object.entries(key.tags ?? {})),
    grants: new Map(),
    material: key.shared?.material ?? materialFor(key.spec, key.now, key.given),
    rotation: key.shared?.rotation ?? key.rotation ?? rotationState(key.now),
    description: key.description ?? '',
    policy: key.policy,
    enabled: key.enabled ?? true,
    imported: key.origin !== 'EXTERNAL' || key.given !== undefined,
  };
}

/**
 * A key from its definition. A multi-Region key shares material and rotation with its relatives in the store.
 *
 * @throws Error if KMS has no such key: an unknown spec, or a usage the spec does not have
 */
export function defineKey(definition: KeyDefinition, home: Place, store: KeyStore, now: Date): Key {
  const place = { account: definition.account ?? home.account, region: definition.region ?? home.region };
  const id = definition.keyId ?? randomUUID();
  const spec = specOf(definition);
  const relative = definition.multiRegion ? store.relatedTo({ id, account: place.account })[0] : undefined;
  return makeKey({
    ...place,
    id,
    spec,
    usage: usageOf(definition, spec),
    origin: definition.origin ?? 'AWS_KMS',
    policy: { document: definition.policy, text: JSON.stringify(definition.policy) },
    now,
    description: definition.description,
    multiRegionKeyType: definition.multiRegion ? definition.multiRegionKeyType ?? 'PRIMARY' : undefined,
    enabled: definition.enabled,
    tags: definition.tags,
    given: definition.material,
    shared: relative,
    rotation: rotationState(now, definition.rotation, definition.rotationPeriodInDays),
  });
}

function specOf({ spec = 'SYMMETRIC_DEFAULT' }: KeyDefinition): KeySpecName {
  if (!Object.hasOwn(KEY_SPECS, spec)) throw new Error(`KMS has no key spec '${spec}': expected one of ${Object.keys(KEY_SPECS).join(', ')}`);
  return spec as KeySpecName;
}

function usageOf({ usage }: KeyDefinition, spec: KeySpecName): KeyUsageName {
  const usages = usagesOf(spec);
  if (usage === undefined && usages.length === 1) return usages[0];
  if (usage === undefined) throw new Error(`a key of spec ${spec} needs a usage: ${usages.join(' or ')}`);
  if (!(usages as string[]).includes(usage)) throw new Error(`a key of spec ${spec} has no usage '${usage}': expected ${usages.join(' or ')}`);
  return usage as KeyUsageName;
}
