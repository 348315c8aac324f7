import { fromBase64url } from './base64url';
import { wrongTypeIn } from './claims';
import type { Claims } from './claims';
import { factsOfHeader, readHeader } from './header';
import type { HeaderFacts } from './header';
import { readJsonObject } from './json-object';
import type { JsonObject } from './json-object';
import { finderIn } from './key-set';
import type { KeySource } from './key-set';
import { MOST_TOLERANCE_SECONDS } from '../../spec/limits';
import { failure, invalid } from '../errors';
import type { KeysmithError } from '../errors';
import type { CallOptions } from '../kms-port';
import { clockOf, requireTypes } from '../option-types';
import { NOT_AUTHENTIC, ofType, quoted } from '../text';
import { requiredText } from '../text-options';
import { knownOptions, wholeNumber } from '../whole-numbers';

/** Which tokens are taken. */
export interface JwtVerifierOptions {
  /** The keys that may have signed. */
  readonly keys: KeySource;
  /** The `iss` that a token must have. `false` is written, never left out: any, or none. */
  readonly issuer: string | false;
  /** The `aud` that a token must have, or several of which it must have one. `false` is written, never left out: any, or none. */
  readonly audience: string | readonly string[] | false;
  /** `typ` of the header, such as `at+jwt` (RFC 9068); without regard to case and a leading `application/`. @default - any, or none */
  readonly typ?: string;
  /** Seconds by which clocks may differ, up to 3600: what is more is mostly milliseconds, and keeps tokens that are over. @default 60 */
  readonly toleranceSeconds?: number;
  /** Seconds since `iat`, which is then required. @default - as long as `exp` says */
  readonly maxAgeSeconds?: number;
  /** Bytes of a token; longer ones are not looked at. @default 16384 */
  readonly maxTokenBytes?: number;
  /** Keys that are trusted no more, by `kid` (or thumbprint, where a key has none), though a set still has them. @default - none */
  readonly revokedKids?: readonly string[] | ((kid: string) => boolean);
  /** Whether a token without `exp` is refused. @default true */
  readonly requireExp?: boolean;
  /** What else is asked of the claims: true takes the token. @default - nothing */
  readonly check?: (claims: Claims) => boolean;
  /** Milliseconds since 1970. @default Date.now */
  readonly now?: () => number;
}

/** An authentic token that is for this verifier, and now. */
export interface VerifiedJwt {
  readonly claims: Claims;
  readonly header: JsonObject;
  /** Which key signed: its `kid`, or its thumbprint where it has none. */
  readonly kid: string;
}

/** Tells tokens that are authentic, and for it, from all others. */
export interface JwtVerifier {
  /**
   * The claims of a token.
   *
   * @throws `ERR_KEYSMITH_FORMAT` for what is not three parts with dots between; `ERR_KEYSMITH_LIMIT` for what is too long; `ERR_KEYSMITH_NOT_AUTHENTIC`, in one
   *   way, for whatever else is wrong with header, key or signature; of authentic tokens `ERR_KEYSMITH_EXPIRED` and `ERR_KEYSMITH_CLAIMS`;
   *   `ERR_KEYSMITH_KEYS_UNAVAILABLE` where the key set could not be had
   */
  verify(token: string, options?: CallOptions): Promise<VerifiedJwt>;
}

const OPTIONS = [
  'keys', 'issuer', 'audience', 'typ', 'toleranceSeconds', 'maxAgeSeconds', 'maxTokenBytes', 'revokedKids', 'requireExp', 'check', 'now',
];

/** Headers of tokens that were authentic, by their text: an issuer has few, and each is read once. */
const HEADERS_KEPT = 100;

/**
 * A verifier of JSON Web Tokens. Which algorithm and key a token is verified with, the keys decide: the token only names one of them.
 *
 * @throws `ERR_KEYSMITH_INPUT` for options that cannot work: no key that verifies, or nothing said of issuer and audience
 */
export function createJwtVerifier(options: JwtVerifierOptions): JwtVerifier {
  const { keys, maxTokenBytes = 16_384, typ, revokedKids = [] } = knownOptions(options, OPTIONS);
  const find = finderIn(keys);
  const longest = wholeNumber('maxTokenBytes', maxTokenBytes);
  const isRevoked = revocationOf(revokedKids);
  const checkClaims = claimsCheckOf(options);
  const wantedType = typ === undefined ? undefined : typeOf(requiredText('typ', typ));
  const headers = new Map<string, KnownHeader>();

  return {
    async verify(token, callOptions = {}) {
      const call = knownOptions(callOptions, ['abortSignal']);
      call.abortSignal?.throwIfAborted();
      const [headerEnd, payloadEnd] = dotsOf(token, longest);
      const encodedHeader = token.slice(0, headerEnd);
      const known = headers.get(encodedHeader) ?? headerOf(encodedHeader);
      const signature = known && fromBase64url(token.slice(payloadEnd + 1));
      const payload = signature && fromBase64url(token.slice(headerEnd + 1, payloadEnd));
      if (!payload) throw notAuthentic();

      const { header, facts } = known;
      const found = find(facts.alg, facts.kid, call);
      const key = found instanceof Promise ? await found : found;
      if (!key || isRevoked(key.kid)) throw notAuthentic();
      const checked = key.check(Buffer.from(token.slice(0, payloadEnd), 'latin1'), signature);
      if (!(typeof checked === 'boolean' ? checked : await checked)) throw notAuthentic();

      // Of authentic tokens alone: others could fill it.
      if (headers.size >= HEADERS_KEPT) headers.clear();
      headers.set(encodedHeader, known);
      if (wantedType !== undefined && (typeof header.typ !== 'string' || typeOf(header.typ) !== wantedType)) {
        throw refused(`'typ' is ${quoted(String(header.typ))}, expected ${quoted(typ!)}`);
      }
      const claims = readJsonObject(payload);
      if (!claims) throw refused('the payload is no JSON object in UTF-8 whose members each stand there once');
      checkClaims(claims);
      return { claims, header, kid: key.kid };
    },
  };
}

/** A header, and what it says. */
interface KnownHeader {
  readonly header: JsonObject;
  readonly facts: HeaderFacts;
}

function headerOf(encoded: string): KnownHeader | undefined {
  const header = readHeader(encoded);
  const facts = header && factsOfHeader(header, header, []);
  return facts && { header, facts };
}

/** Where the three parts end. */
function dotsOf(token: unknown, longest: number): [number, number] {
  if (typeof token !== 'string') throw invalid(`the token is ${ofType(token)}: give a string`);
  if (token.length > longest) throw failure('LIMIT', `the token has ${token.length} characters, over the limit of ${longest} (maxTokenBytes)`);
  const first = token.indexOf('.');
  const second = token.indexOf('.', first + 1);
  if (first > 0 && second > 0 && !token.includes('.', second + 1)) return [first, second];
  throw failure('FORMAT', `the input is not a signed token, which has three parts with dots between${token.split('.', 6).length === 5 ? ': it may be encrypted (JWE)' : ''}`);
}

function claimsCheckOf(options: JwtVerifierOptions): (claims: Claims) => void {
  const { toleranceSeconds = 60, maxAgeSeconds, requireExp = true, check } = requireTypes(options, { check: 'function', requireExp: 'boolean' });
  const now = clockOf(options.now);
  const tolerance = wholeNumber('toleranceSeconds', toleranceSeconds, 0, MOST_TOLERANCE_SECONDS);
  if (maxAgeSeconds !== undefined) wholeNumber('maxAgeSeconds', maxAgeSeconds);
  const issuer = textOrFalse('issuer', options.issuer);
  const audiences = audiencesOf(options.audience);

  return (claims) => {
    const wrong = wrongTypeIn(claims);
    if (wrong) throw refused(wrong);
    const seconds = now() / 1000;
    const exp = timeOf(claims, 'exp');
    const nbf = timeOf(claims, 'nbf');
    const iat = timeOf(claims, 'iat');
    if (exp === undefined && requireExp) throw refused("'exp' is missing");
    if (exp !== undefined && exp <= seconds - tolerance) throw failure('EXPIRED', `the token was valid until ${exp} (seconds since 1970)`);
    if (nbf !== undefined && nbf > seconds + tolerance) throw refused(`the token is valid from ${nbf} on (seconds since 1970)`);
    if (iat !== undefined && iat > seconds + tolerance) throw refused(`the token was made at ${iat} (seconds since 1970), which is to come`);
    if (maxAgeSeconds !== undefined) {
      if (iat === undefined) throw refused("'iat' is missing, and tells the age");
      if (iat <= seconds - tolerance - maxAgeSeconds) throw failure('EXPIRED', `the token was made at ${iat} (seconds since 1970), over ${maxAgeSeconds} seconds ago`);
    }
    if (issuer !== false && claims.iss !== issuer) throw refused("'iss' is not the issuer that is expected");
    if (audiences !== false && !isFor(claims.aud, audiences)) throw refused("'aud' names nobody that this verifier stands for");
    if (check && !decided('check', check(claims))) throw refused("'check' has refused the claims");
  };
}

function timeOf(claims: Claims, name: 'exp' | 'nbf' | 'iat'): number | undefined {
  const value: unknown = claims[name];
  // 1e999 is a number in JSON, and becomes Infinity.
  if (value !== undefined && !Number.isFinite(value)) throw refused(`'${name}' is no number of seconds`);
  return value as number | undefined;
}

function isFor(aud: unknown, audiences: readonly string[]): boolean {
  const named: unknown[] = Array.isArray(aud) ? aud : [aud];
  return named.every((one) => typeof one === 'string') && named.some((one) => audiences.includes(one as string));
}

function audiencesOf(given: JwtVerifierOptions['audience']): readonly string[] | false {
  if (!Array.isArray(given)) {
    const one = textOrFalse('audience', given);
    return one === false ? false : [one];
  }
  if (!given.length) throw invalid("'audience' is an empty list, which no token has: name one, or give false");
  return given.map((one) => requiredText('audience', one));
}

function textOrFalse(option: string, given: unknown): string | false {
  const or = ', or false to ask nothing of it';
  if (given === undefined) throw invalid(`'${option}' is not given: give text${or}`);
  return given === false ? false : requiredText(option, given, or);
}

function revocationOf(given: NonNullable<JwtVerifierOptions['revokedKids']>): (kid: string) => boolean {
  if (typeof given === 'function') return (kid) => decided('revokedKids', given(kid));
  if (!Array.isArray(given)) throw invalid(`'revokedKids' is ${ofType(given)}: give a list, or a function`);
  const kids = new Set(given.map((kid) => requiredText('revokedKids', kid)));
  return (kid) => kids.has(kid);
}

/** What a function of the caller's says: a promise, say, would be taken for true. */
function decided(option: string, verdict: unknown): boolean {
  if (typeof verdict === 'boolean') return verdict;
  throw invalid(`'${option}' returned ${verdict === undefined ? 'nothing' : `what is ${ofType(verdict)}`}: it takes true or false, at once`);
}

/** RFC 7515 section 4.1.9: `application/` may be left out, and media types have no case. */
const typeOf = (typ: string): string => typ.toLowerCase().replace(/^application\/(?=[^/]*$)/, '');

const notAuthentic = (): KeysmithError => failure('NOT_AUTHENTIC', NOT_AUTHENTIC);

const refused = (what: string): KeysmithError => failure('CLAIMS', what);
