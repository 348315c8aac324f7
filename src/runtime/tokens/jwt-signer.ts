import { base64url } from './base64url';
import { jsonOf, wrongTypeIn } from './claims';
import type { Claims } from './claims';
import { headerMembers } from './header-members';
import { JOSE_KEY_OPTIONS, JoseKeys } from './jose-key';
import type { JoseKeyOptions } from './jose-key';
import type { JsonObject } from './json-object';
import { LONGEST_LIFETIME_SECONDS } from '../../spec/signing-api';
import { invalid } from '../errors';
import type { CallOptions } from '../kms-port';
import { clockOf } from '../option-types';
import type { PublishedJwk } from '../public-jwk';
import { requireText } from '../text-options';
import { knownOptions, wholeNumber } from '../whole-numbers';

/** Which key signs tokens, and what each of them says. */
export interface JwtSignerOptions extends JoseKeyOptions {
  /** Seconds for which a token is valid: its `exp` is that much after its `iat`. Up to 31622400, which is 366 days. It has no default. */
  readonly lifetimeSeconds: number;
  /** `iss` of each token. @default - none, unless its claims have one */
  readonly issuer?: string;
  /** `aud` of each token. @default - none, unless its claims have one */
  readonly audience?: string | readonly string[];
  /** `typ` of the header, such as `at+jwt` (RFC 9068). @default 'JWT' */
  readonly typ?: string;
  /** Milliseconds since 1970. @default Date.now */
  readonly now?: () => number;
}

/** What goes with one token. */
export interface JwtSignOptions extends CallOptions {
  /** Further members of the header. `alg`, `kid`, `typ`, `crit`, `b64` and embedded keys are none of them. */
  readonly header?: object;
}

/** Makes JSON Web Tokens with a key that never leaves KMS. */
export interface JwtSigner {
  /**
   * A token in compact form (RFC 7519), signed with one call of Sign. `iat` and `exp` are set, `iss` and `aud` where they were given; an `exp` among the
   * claims may only be earlier, in seconds since 1970.
   *
   * @throws `ERR_KEYSMITH_INPUT` before any call, for claims that JSON has no form for, and of EdDSA and ML-DSA, over 4096 bytes; `ERR_KEYSMITH_ACCESS_DENIED`
   *   where neither the key nor another generation may sign; the codes of KMS's other errors
   */
  sign(claims: Claims, options?: JwtSignOptions): Promise<string>;

  /** The active key, as `jwksOf` publishes it. */
  publicJwk(options?: CallOptions): Promise<PublishedJwk>;
}

const OPTIONS = /* @__PURE__ */ JOSE_KEY_OPTIONS.concat('lifetimeSeconds', 'issuer', 'audience', 'typ', 'now');

/**
 * A signer of tokens over Sign of KMS: `createJwtSigner({ ...signingKeyFromEnvironment('TOKENS', { kms }), issuer, lifetimeSeconds: 300 })`.
 *
 * @throws `ERR_KEYSMITH_INPUT` for options that cannot work, such as an algorithm that JOSE has no name for
 */
export function createJwtSigner(options: JwtSignerOptions): JwtSigner {
  const { lifetimeSeconds, issuer, audience, typ = 'JWT', now: clock, ...key } = knownOptions(options, OPTIONS);
  const now = clockOf(clock);
  const lifetime = lifetimeOf(lifetimeSeconds);
  requireText('issuer', issuer);
  if (Array.isArray(audience) && !audience.length) throw invalid("'audience' is an empty list: a token for nobody. Name one, or leave it out");
  for (const one of Array.isArray(audience) ? audience as unknown[] : [audience]) requireText('audience', one);
  requireText('typ', typ);
  const keys = new JoseKeys(key);

  function claimsOf(given: Claims & JsonObject): JsonObject {
    const wrong = wrongTypeIn(given);
    if (wrong) throw invalid(`${wrong}: no verifier has to take it`);
    const iat = Math.floor(now() / 1000);
    if (given.iat !== undefined) throw invalid("'iat' among the claims: the signer sets it");
    for (const [name, option, value] of [['iss', 'issuer', issuer], ['aud', 'audience', audience]] as const) {
      if (value !== undefined && given[name] !== undefined) throw invalid(`'${name}' among the claims: the signer was given '${option}'`);
    }
    const { exp = iat + lifetime, nbf } = given;
    if (!Number.isFinite(exp) || exp <= iat || exp > iat + lifetime) {
      throw invalid(`'exp' is ${exp}: it is in seconds since 1970, after now (${iat}) and not later than the lifetime gives (${iat + lifetime})`);
    }
    if (nbf !== undefined && !(Number.isFinite(nbf) && nbf < exp)) throw invalid(`'nbf' is ${nbf}: it is in seconds since 1970, before 'exp' (${exp})`);
    return { ...(issuer !== undefined && { iss: issuer }), ...(audience !== undefined && { aud: audience }), ...given, iat, exp };
  }

  return {
    publicJwk: (asked) => keys.active.publicJwk(asked),

    async sign(given, callOptions = {}) {
      const { header = {}, abortSignal } = knownOptions(callOptions, ['header', 'abortSignal']);
      // As they go into the token: a getter or a toJSON could say one thing here and another there.
      const claims = JSON.parse(jsonOf(given, 'the claims')) as Claims & JsonObject;
      const payload = base64url(JSON.stringify(claimsOf(claims)));
      const more = headerMembers(header);
      abortSignal?.throwIfAborted();
      const parts = await keys.sign((alg, kid) => ({ alg, kid, typ, ...more }), (signing) => signing.update(Buffer.from(payload, 'latin1')), abortSignal);
      return `${parts.header}.${payload}.${parts.signature}`;
    },
  };
}

/** A number that is too large is taken for milliseconds: a token that nobody meant to live for years cannot be called back. */
function lifetimeOf(seconds: unknown): number {
  if (seconds === undefined) throw invalid("'lifetimeSeconds' is not given, and has no default: give seconds, such as 300 for five minutes");
  const lifetime = wholeNumber('lifetimeSeconds', seconds);
  if (lifetime <= LONGEST_LIFETIME_SECONDS) return lifetime;
  throw invalid(`'lifetimeSeconds' is ${lifetime}, ${Math.floor(lifetime / 86_400)} days: give seconds, not milliseconds, up to ${LONGEST_LIFETIME_SECONDS} (366 days); what is for longer, sign with createJwsSigner`);
}
