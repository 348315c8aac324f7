import { DETECTORS } from './detectors';
import type { DetectorId } from './detectors';
import type { CloudTrailRecord } from './record';

/** The operations whose rate is watched, with their detectors. */
const RATES: ReadonlyMap<string, DetectorId> = new Map(
  DETECTORS.filter(({ mechanism, eventNames }) => mechanism === 'metric' && eventNames.length > 0).map(({ id, eventNames }) => [eventNames[0], id]),
);

/** What is counted together: one principal's successful calls of one operation, as the metric counts them, with all keys. Undefined for what is not counted. */
export function seriesOf({ eventName, errorCode }: CloudTrailRecord, principal: string): string | undefined {
  return eventName !== undefined && RATES.has(eventName) && typeof errorCode !== 'string' ? `${eventName} ${principal}` : undefined;
}

/** What a series was made of. */
export function partsOf(series: string): { readonly detector: DetectorId; readonly operation: string; readonly principal: string } {
  const at = series.indexOf(' ');
  const operation = series.slice(0, at);
  return { detector: RATES.get(operation)!, operation, principal: series.slice(at + 1) };
}
