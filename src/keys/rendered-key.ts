import { Stack, Token } from 'aws-cdk-lib';
import type { CfnKey } from 'aws-cdk-lib/aws-kms';
import type { KeyKind } from './key-core';
import { hasOverriddenProperties, propertiesOf, rendering } from '../app/rendering';
import { DELETION_WINDOW_DAYS, ROTATION_DAYS } from '../spec/limits';

/** What the resource of a key will render, escape hatches and aspects included. */
interface RenderedKey {
  readonly KeySpec?: unknown;
  readonly KeyUsage?: unknown;
  readonly EnableKeyRotation?: unknown;
  readonly RotationPeriodInDays?: unknown;
  readonly Origin?: unknown;
  readonly MultiRegion?: unknown;
  readonly PendingWindowInDays?: unknown;
  readonly BypassPolicyLockoutSafetyCheck?: unknown;
  readonly KeyPolicy?: unknown;
}

/** What the construct was asked for. */
export interface IntendedKey {
  readonly kind: KeyKind;
  readonly multiRegion: boolean;
  readonly policy: unknown;
}

/** What was changed on the CloudFormation resource behind the construct's back, a sentence each, with what to do instead. */
export function overrideProblems(resource: CfnKey, { kind, multiRegion, policy }: IntendedKey): string[] {
  const rendered = renderedBy(resource);
  const { KeySpec = 'SYMMETRIC_DEFAULT', KeyUsage = 'ENCRYPT_DECRYPT', Origin = 'AWS_KMS', MultiRegion = false } = rendered;
  const { BypassPolicyLockoutSafetyCheck: bypass = false, KeyPolicy, PendingWindowInDays } = rendered;
  const set = (property: string, value: unknown, instead: string) => `${property} was set to ${shown(value)} on the CloudFormation resource: ${instead}`;
  return [
    ...(KeySpec === kind.spec ? [] : [set('KeySpec', KeySpec, `${kind.name} is of key spec ${kind.spec} here; its props choose another, or make another kind of key`)]),
    ...(KeyUsage === kind.usage ? [] : [set('KeyUsage', KeyUsage, `${kind.name} is for ${kind.usage}: make a SymmetricDataKey, a SigningKey or a ClientEncryptionKey`)]),
    ...(Origin === 'AWS_KMS' ? [] : [set('Origin', Origin, 'this key has its material from KMS, which rotates it: make a kms.CfnKey for material of another origin')]),
    ...(MultiRegion === multiRegion ? [] : [set('MultiRegion', MultiRegion, 'use the prop multiRegion, which lets the policy owners replicate')]),
    ...(bypass === false ? [] : [set('BypassPolicyLockoutSafetyCheck', bypass, 'the deployer may change this key policy, so that there is nothing to bypass: leave it out')]),
    ...rotationProblems(rendered, kind),
    ...outside(PendingWindowInDays, DELETION_WINDOW_DAYS).map((days) => set('PendingWindowInDays', days, within('pendingWindow', DELETION_WINDOW_DAYS))),
    ...(isStill(policy, KeyPolicy, resource) ? [] : ['KeyPolicy was changed on the CloudFormation resource: use the grants, the props, and addToResourcePolicy(…) for all else']),
  ];
}

function rotationProblems({ EnableKeyRotation = false, RotationPeriodInDays: days }: RenderedKey, kind: KeyKind): string[] {
  const { name, rotationDays, noRotationBecause } = kind;
  if (rotationDays !== undefined && EnableKeyRotation !== true) {
    return ['rotation was switched off on the CloudFormation resource: say why with noRotationBecause, which switches it off too'];
  }
  if (rotationDays === undefined && EnableKeyRotation !== false) {
    const instead = noRotationBecause === undefined ? `KMS does not rotate ${name}` : 'leave noRotationBecause out';
    return [`rotation was switched on on the CloudFormation resource: ${instead}`];
  }
  return outside(days, ROTATION_DAYS).map((wrong) => `RotationPeriodInDays was set to ${shown(wrong)} on the CloudFormation resource: ${within('rotationPeriod', ROTATION_DAYS)}`);
}

type Limits = { readonly min: number; readonly max: number };

/** The number, if KMS does not take it. What only deployment knows is left to it. */
function outside(days: unknown, { min, max }: Limits): unknown[] {
  if (days === undefined || (typeof days === 'object' && days !== null)) return [];
  return typeof days === 'number' && Number.isInteger(days) && days >= min && days <= max ? [] : [days];
}

function within(prop: string, { min, max }: Limits): string {
  return `use the prop ${prop}, from ${min} to ${max} days`;
}

function shown(value: unknown): string {
  return typeof value === 'object' && value !== null ? 'what only deployment knows' : JSON.stringify(value);
}

/** Whether a property is what it was given, which is looked into only where it is not the very same: a whole policy is dear to resolve. */
function isStill(given: unknown, rendered: unknown, resource: CfnKey): boolean {
  return given === rendered || JSON.stringify(Stack.of(resource).resolve(rendered)) === JSON.stringify(Stack.of(resource).resolve(given));
}

/** The properties, resolved but for the policy. */
function renderedBy(resource: CfnKey): RenderedKey {
  const stack = Stack.of(resource);
  if (!hasOverriddenProperties(resource)) {
    return Object.fromEntries(propertiesOf(resource).map(([name, value]) => [
      `${name[0].toUpperCase()}${name.slice(1)}`, name === 'keyPolicy' || !Token.isUnresolved(value) ? value : stack.resolve(value) as unknown,
    ]));
  }
  const { Resources } = stack.resolve(rendering(resource)) as { Resources: Record<string, { Properties?: RenderedKey }> };
  return Object.values(Resources)[0].Properties ?? {};
}
