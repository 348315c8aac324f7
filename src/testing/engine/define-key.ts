import { randomUUID } from 'node:crypto';
import type { KeySpecName, KeyUsageName } from '../../spec/key-specs';
import { KEY_SPECS, usagesOf } from '../../spec/key-specs';
import type { Key } from './key';
import type { Place } from './key-store';
import { keyArn } from './key-store';
import { materialFor } from './materials';
import { rotationState } from './rotation';
import type { KeyDefinition } from './types';

/**
 * A key from its definition.
 *
 * @throws Error if KMS has no such key: an unknown spec, or a usage the spec does not have
 */
export function defineKey(definition: KeyDefinition, home: Place, now: Date): Key {
  const place = { account: definition.account ?? home.account, region: definition.region ?? home.region };
  const id = definition.keyId ?? randomUUID();
  const spec = specOf(definition);
  const origin = definition.origin ?? 'AWS_KMS';
  return {
    ...place,
    id,
    arn: keyArn(place, id),
    spec,
    usage: usageOf(definition, spec),
    origin,
    ...(definition.multiRegion && { multiRegionKeyType: definition.multiRegionKeyType ?? 'PRIMARY' }),
    createdAt: now,
    tags: new Map(Object.entries(definition.tags ?? {})),
    grants: new Map(),
    material: materialFor(spec, now, definition.material),
    rotation: rotationState(now, definition.rotation, definition.rotationPeriodInDays),
    description: definition.description ?? '',
    policy: { document: definition.policy, text: JSON.stringify(definition.policy) },
    enabled: definition.enabled ?? true,
    imported: origin !== 'EXTERNAL' || definition.material !== undefined,
  };
}

function specOf({ spec = 'SYMMETRIC_DEFAULT' }: KeyDefinition): KeySpecName {
  if (!Object.hasOwn(KEY_SPECS, spec)) throw new Error(`KMS has no key spec '${spec}': expected one of ${Object.keys(KEY_SPECS).join(', ')}`);
  return spec as KeySpecName;
}

function usageOf({ usage }: KeyDefinition, spec: KeySpecName): KeyUsageName {
  const usages = usagesOf(spec);
  if (usage === undefined) return usages.length === 1 ? usages[0] : 'ENCRYPT_DECRYPT';
  if (!(usages as string[]).includes(usage)) throw new Error(`a key of spec ${spec} has no usage '${usage}': expected ${usages.join(' or ')}`);
  return usage as KeyUsageName;
}
