import { ROTATION_DAYS } from '../../spec/limits';

const DAY = 24 * 60 * 60 * 1000;

/** Whether and how often KMS rotates a key by itself. */
export interface RotationState {
  enabled: boolean;
  periodInDays: number;
  /** When the period began: creation, the last automatic rotation, or the last change of the schedule. */
  since: Date;
}

export function rotationState(now: Date, enabled = false, periodInDays: number = ROTATION_DAYS.default): RotationState {
  return { enabled, periodInDays, since: now };
}

/** When the next automatic rotation is due; undefined while rotation is off. */
export function nextRotation(state: RotationState): Date | undefined {
  return state.enabled ? new Date(state.since.getTime() + state.periodInDays * DAY) : undefined;
}
