import { readJsonObject } from './json-object';
import type { JwkSet } from './key-set';
import { unlessAborted } from '../abort';
import { reasonOf } from '../connection-error';
import { failure, invalid } from '../errors';
import type { KeysmithError } from '../errors';
import type { CallOptions } from '../kms-port';
import { clockOf, requireTypes } from '../option-types';
import { ofType, quoted } from '../text';
import { knownOptions, wholeNumber } from '../whole-numbers';

/** Where a key set is published, and how long what came from there is good for. */
export interface RemoteJwksOptions {
  /** https; http on this machine only. Without user name and password; where it redirects is not asked. */
  readonly url: string;
  /** Milliseconds for the whole answer. @default 5000 */
  readonly timeoutMs?: number;
  /** Bytes of the answer, unpacked. @default 524288, 512 KiB */
  readonly maxBytes?: number;
  /** Milliseconds for which a set is used without asking again. @default 600000, 10 minutes */
  readonly maxAgeMs?: number;
  /** Milliseconds between two tries, whether the first failed or a token names a key that nobody has. @default 30000 */
  readonly cooldownMs?: number;
  /** Milliseconds past its age for which a set is used while the URL fails. @default 3600000, one hour */
  readonly staleMs?: number;
  /** @default - the `fetch` of Node */
  readonly fetch?: typeof fetch;
  /** Milliseconds since 1970. @default Date.now */
  readonly now?: () => number;
}

/** Which set is wanted. */
export interface KeySetOptions extends CallOptions {
  /** The `kid` of a key that the last set did not have: the URL is asked again, once per cool-down. */
  readonly missing?: string | undefined;
}

/** The key set at a URL. It is fetched when it is first needed, or with `preload`. */
export interface RemoteJwks {
  readonly kind: 'remote key set';
  readonly url: string;
  /** Fetches the set, if there is none that is young enough: before the first request needs it. @throws as `keySet` */
  preload(options?: CallOptions): Promise<void>;
  /**
   * The set, the same object as long as it is not fetched anew. However many wait, the URL is asked once.
   *
   * @throws `ERR_KEYSMITH_KEYS_UNAVAILABLE` where the URL gives none and the last one is too old
   */
  keySet(options?: KeySetOptions): Promise<JwkSet>;
}

const OPTIONS = ['url', 'timeoutMs', 'maxBytes', 'maxAgeMs', 'cooldownMs', 'staleMs', 'fetch', 'now'];

/** A key set that is fetched over HTTP. @throws `ERR_KEYSMITH_INPUT` for options that cannot work, such as a URL without TLS */
export function createRemoteJwks(options: RemoteJwksOptions): RemoteJwks {
  const {
    url: given, timeoutMs = 5000, maxBytes = 512 * 1024, maxAgeMs = 600_000, cooldownMs = 30_000, staleMs = 3_600_000,
    fetch: ask = fetch, now: clock,
  } = requireTypes(knownOptions(options, OPTIONS), { fetch: 'function' });
  const now = clockOf(clock);
  const url = urlOf(given);
  const limits = { timeoutMs: wholeNumber('timeoutMs', timeoutMs), maxBytes: wholeNumber('maxBytes', maxBytes) };
  for (const [name, value] of Object.entries({ maxAgeMs, cooldownMs, staleMs })) wholeNumber(name, value, 0);

  let last: { readonly set: JwkSet; readonly at: number } | undefined;
  let triedAt = -Infinity;
  let problem: unknown;
  let pending: Promise<void> | undefined;

  const fetchSet = async (): Promise<void> => {
    triedAt = now();
    try {
      const set = await fetched(url, ask, limits);
      last = { set, at: now() };
      problem = undefined;
    } catch (error) {
      problem = error;
    } finally {
      pending = undefined;
    }
  };
  /** A clock that was set back tells no age: it would keep a set, and keep from asking, for as long as it was set back by. */
  const isWithin = (since: number, milliseconds: number): boolean => {
    const age = now() - since;
    return age >= 0 && age < milliseconds;
  };
  const isYoung = (): boolean => last !== undefined && isWithin(last.at, maxAgeMs);
  const unavailable = (): KeysmithError => (
    failure('KEYS_UNAVAILABLE', `the key set at ${url} cannot be had: ${problem ? reasonOf(problem) : 'it was asked for just now'}`, problem)
  );

  const keySet: RemoteJwks['keySet'] = async (asked = {}) => {
    const { missing, abortSignal } = knownOptions(asked, ['missing', 'abortSignal']);
    if (!isYoung() || missing !== undefined) {
      if (!pending && !isWithin(triedAt, cooldownMs)) pending = fetchSet();
      if (pending) await unlessAborted(abortSignal, () => pending!);
    }
    if (!last || now() - last.at >= maxAgeMs + staleMs) throw unavailable();
    return last.set;
  };

  return {
    kind: 'remote key set',
    url,
    keySet,
    preload: async (asked = {}) => void await keySet({ abortSignal: knownOptions(asked, ['abortSignal']).abortSignal }),
  };
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** The URL, which nobody on the way can answer for. */
export function urlOf(given: unknown, example = 'https://tokens.example/.well-known/jwks.json'): string {
  const url = typeof given === 'string' && URL.canParse(given) ? new URL(given) : undefined;
  if (!url) throw invalid(`'url' is ${typeof given === 'string' ? quoted(given) : ofType(given)}: give one such as ${example}`);
  if (url.username || url.password) throw invalid("'url' holds a user name or password: leave them out");
  const isSafe = url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.test(url.hostname));
  if (!isSafe) throw invalid(`'url' is ${quoted(url.href)}: give an https URL, since whoever is on the way could give other keys`);
  return url.href;
}

async function fetched(url: string, ask: typeof fetch, { timeoutMs, maxBytes }: { timeoutMs: number; maxBytes: number }): Promise<JwkSet> {
  const bytes = await unlessAborted(AbortSignal.timeout(timeoutMs), async (signal) => {
    const reply = await ask(url, { redirect: 'error', headers: { accept: 'application/jwk-set+json, application/json' }, signal: signal! });
    if (reply.status !== 200) throw new Error(`it answers with status ${reply.status}`);
    return bodyOf(reply, maxBytes);
  });
  const set = readJsonObject(bytes);
  if (!set) throw new Error('it answers with what is no JSON object');
  if (!Array.isArray(set.keys)) throw new Error("it answers without an array of 'keys'");
  return set as unknown as JwkSet;
}

/** The body, as long as it is not longer than that. */
export async function bodyOf(reply: Response, maxBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of (reply.body ?? []) as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    // Leaving the loop cancels the rest.
    if (length > maxBytes) throw new Error(`it answers with more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
