import { KmsException } from './exceptions';
import type { Member } from './shapes';
import { integer, text } from './shapes';

/** `Limit` and `Marker` of the List operations. */
export const page: { readonly Limit: Member<number>; readonly Marker: Member<string> } = {
  Limit: integer({ min: 1, max: 1000 }),
  Marker: text({ min: 1, max: 1024, pattern: /[\u0020-\u00FF]*/ }),
};

/**
 * One page. The marker holds the id of the last item that was given out, so that items made or deleted in between
 * shift nothing.
 *
 * @param items in the order of their ids
 * @throws InvalidMarkerException for a marker of another making
 */
export function paged<T>(
  items: readonly T[], idOf: (item: T) => string, { Limit, Marker }: { Limit?: number; Marker?: string }, defaultLimit: number,
): { readonly items: readonly T[]; readonly Truncated: boolean; readonly NextMarker?: string } {
  const after = Marker === undefined ? undefined : readMarker(Marker);
  const rest = after === undefined ? items : items.filter((item) => idOf(item) > after);
  const shown = rest.slice(0, Limit ?? defaultLimit);
  const Truncated = shown.length < rest.length;
  return { items: shown, Truncated, ...(Truncated && { NextMarker: writeMarker(idOf(shown[shown.length - 1])) }) };
}

const PREFIX = 'after:';

function writeMarker(id: string): string {
  return Buffer.from(PREFIX + id, 'utf8').toString('base64');
}

function readMarker(marker: string): string {
  const decoded = Buffer.from(marker, 'base64').toString('utf8');
  if (!decoded.startsWith(PREFIX)) throw new KmsException('InvalidMarkerException', 'Could not deserialize marker');
  return decoded.slice(PREFIX.length);
}
