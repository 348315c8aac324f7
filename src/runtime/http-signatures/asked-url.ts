import { invalid } from '../errors';
import { ofType, quoted } from '../text';

/** A name or address, and a port. Whoever asks writes it: with a slash in it, or a `#`, it would be a path of its own, and the real one would end after it. */
const AUTHORITY = /^(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::\d*)?$/;

/** What readers of URLs take away, or for something else: control characters, a query or a fragment in a path, a backslash for a slash, spaces at the end. */
const READ_OTHERWISE = { path: /[\0-\x20\x7f?#\\]/, query: /[\0-\x1f#]| $/ };

/** A step to the same folder or the one above, which readers of URLs make, and routers do not (URL Standard, "double-dot URL path segment"). */
const STEP = /^(?:\.|%2e){1,2}$/i;

/**
 * The URL that a server was asked for, of its parts as they came in. Where a reader of URLs would make another path of them than the handler saw, whoever sends such a
 * request would have the answer to one URL signed as the answer to another: it is refused.
 *
 * @param path - as it is encoded in the request
 * @param query - the same, with its question mark, or empty
 * @throws `ERR_KEYSMITH_INPUT` for such parts
 */
export function askedUrl(scheme: string, authority: unknown, path: string, query: string): string {
  if (typeof authority !== 'string' || !AUTHORITY.test(authority)) {
    throw invalid(`the request is for the host ${typeof authority === 'string' ? quoted(authority) : ofType(authority)}, which is none: nothing is signed for it`);
  }
  if (!path.startsWith('/') || READ_OTHERWISE.path.test(path) || READ_OTHERWISE.query.test(query) || path.split('/').some((segment) => STEP.test(segment))) {
    throw invalid(`the request is for ${quoted(`${path}${query}`)}, which is another one to readers of URLs: nothing is signed for it`);
  }
  return `${scheme}://${authority}${path}${query}`;
}

/** A path that came in decoded, encoded as far as it would be read otherwise: the rest URLs encode in one way. */
export const encodedPath = (path: string): string => (
  path.replace(/[%?#\\\0-\x20\x7f]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`)
);
