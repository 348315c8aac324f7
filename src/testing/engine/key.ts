import type { EncryptionContext } from './encryption-context';
import type { KeyMaterial } from './materials';
import type { RotationState } from './rotation';
import type { KeyFacts, PolicyDocument } from '../../authz';
import type { KeySpecName, KeyUsageName } from '../../spec/key-specs';
import { KEY_SPECS, algorithmsOf, hasPublicKey } from '../../spec/key-specs';

/** `KeyState` of the API, as far as the engine knows causes for them. */
export type KeyState = 'Enabled' | 'Disabled' | 'PendingDeletion' | 'PendingImport';

/** A grant. Usable from the moment it is made: the engine has no propagation to wait for. */
export interface Grant {
  readonly grantId: string;
  /** One for each CreateGrant that returned this grant; they are interchangeable. */
  readonly tokens: Set<string>;
  readonly name?: string;
  readonly createdAt: Date;
  readonly granteePrincipal: string;
  readonly retiringPrincipal?: string;
  readonly issuingAccount: string;
  readonly operations: readonly string[];
  readonly constraints?: {
    readonly EncryptionContextSubset?: EncryptionContext;
    readonly EncryptionContextEquals?: EncryptionContext;
    readonly SourceArn?: string;
  };
}

/** A policy and the text it was given as: GetKeyPolicy returns the text. */
export interface KeyPolicy {
  readonly document: PolicyDocument;
  readonly text: string;
}

/** One KMS key. What the API cannot change is readonly. */
export interface Key {
  readonly arn: string;
  readonly id: string;
  readonly account: string;
  readonly region: string;
  readonly spec: KeySpecName;
  readonly usage: KeyUsageName;
  readonly origin: string;
  readonly multiRegionKeyType?: 'PRIMARY' | 'REPLICA';
  readonly createdAt: Date;
  readonly tags: Map<string, string>;
  readonly grants: Map<string, Grant>;
  readonly material: KeyMaterial;
  readonly rotation: RotationState;
  description: string;
  policy: KeyPolicy;
  enabled: boolean;
  /** Whether there is material at all: false for a key of origin EXTERNAL before its import. */
  imported: boolean;
  deletion?: { readonly date: Date; readonly windowInDays: number };
}

export function stateOf(key: Key): KeyState {
  if (key.deletion) return 'PendingDeletion';
  if (!key.imported) return 'PendingImport';
  return key.enabled ? 'Enabled' : 'Disabled';
}

/** The algorithms the key works with, by its usage. */
export function algorithmsOfKey(key: Key): readonly string[] {
  return algorithmsOf(key.spec, key.usage);
}

export function isSymmetricEncryptionKey(key: Key): boolean {
  return KEY_SPECS[key.spec].family === 'symmetric';
}

/** Whether the key has a public half. */
export function isAsymmetric(key: Key): boolean {
  return hasPublicKey(key.spec);
}

/** The key as authorization sees it now. */
export function factsOf(key: Key, aliases: readonly string[]): KeyFacts {
  return {
    arn: key.arn,
    policy: key.policy.document,
    spec: key.spec,
    usage: key.usage,
    origin: key.origin,
    multiRegion: key.multiRegionKeyType !== undefined,
    ...(key.multiRegionKeyType && { multiRegionKeyType: key.multiRegionKeyType }),
    aliases,
    tags: Object.fromEntries(key.tags),
    grants: [...key.grants.values()].map(({ grantId, granteePrincipal, retiringPrincipal, operations, constraints }) => ({
      grantId, granteePrincipal, operations, ...(retiringPrincipal && { retiringPrincipal }), ...(constraints && { constraints }),
    })),
  };
}
