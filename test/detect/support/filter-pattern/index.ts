import { fieldPattern } from './fields';
import { jsonPattern } from './json';
import { termPattern } from './terms';

/** What AWS's page leaves open. */
export interface Reading {
  /**
   * Whether `!=` holds for a property that the event does not have. The page does not say; patterns have to mean the same in both readings.
   *
   * @default false
   */
  readonly unequalWhereMissing?: boolean;
}

/** Whether a log event matches. */
export type FilterPattern = (message: string) => boolean;

/**
 * The filter patterns of CloudWatch Logs, written from what their page says: in braces over JSON, in brackets over fields with spaces between
 * them, and terms over any text.
 *
 * Source: CloudWatch Logs User Guide, "Filter pattern syntax for metric filters, subscription filters, filter log events, and Live Tail".
 *
 * @throws SyntaxError for what CloudWatch would refuse
 */
export function filterPattern(pattern: string, reading: Reading = {}): FilterPattern {
  const text = pattern.trim();
  if (text.startsWith('{')) return jsonPattern(text, reading);
  if (text.startsWith('[')) return fieldPattern(text);
  return termPattern(text);
}
