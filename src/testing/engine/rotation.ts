import type { Key } from './key';
import { stateOf } from './key';
import { ROTATION_DAYS } from '../../spec/limits';

const DAY = 24 * 60 * 60 * 1000;

/** Whether and how often KMS rotates a key by itself. Related multi-Region keys share it. */
export interface RotationState {
  enabled: boolean;
  periodInDays: number;
  /** When the period began: when rotation was enabled or changed, or the last automatic rotation. */
  since: Date;
}

export function rotationState(now: Date, enabled = false, periodInDays: number = ROTATION_DAYS.default): RotationState {
  return { enabled, periodInDays, since: now };
}

/** When the next automatic rotation is due; undefined while rotation is off. */
export function nextRotation({ enabled, periodInDays, since }: RotationState): Date | undefined {
  return enabled ? new Date(since.getTime() + periodInDays * DAY) : undefined;
}

/**
 * Rotates an enabled key as often as its schedule has asked for since the last look. A key that is disabled or pending
 * deletion does not rotate; enabled again, an overdue one rotates at once, and only once (KMS Developer Guide, "Rotate AWS KMS keys").
 */
export function rotateIfDue(key: Key, now: Date): void {
  if (stateOf(key) !== 'Enabled' || key.multiRegionKeyType === 'REPLICA' || !key.material.symmetric) return;
  for (let due = nextRotation(key.rotation); due && due <= now; due = nextRotation(key.rotation)) {
    key.material.symmetric.rotate(due, 'AUTOMATIC');
    key.rotation.since = due;
  }
}

/** To be called when a key becomes enabled again. */
export function rotateIfOverdue(key: Key, now: Date): void {
  const due = nextRotation(key.rotation);
  if (key.multiRegionKeyType === 'REPLICA' || !key.material.symmetric || !due || due > now) return;
  key.material.symmetric.rotate(now, 'AUTOMATIC');
  key.rotation.since = now;
}
