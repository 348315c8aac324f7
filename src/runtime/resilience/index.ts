export type { Clock } from './clock';
export type { BreakerState, ResilienceEvent } from './events';
export { resilientKms } from './resilient-kms';
export type { ResilientKmsOptions } from './settings';
