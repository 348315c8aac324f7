import { Duration, Size, Token } from 'aws-cdk-lib';
import type { SigningKey } from '../keys';
import { takesMu } from '../keys/signing-kind';
import { MESSAGE_BYTES } from '../spec/limits';
import { SIGNING } from '../spec/signing';
import { LONGEST_LIFETIME_SECONDS, SIGNERS_CLAIMS, type SigningRouteContract } from '../spec/signing-api';

/** A route that issues tokens. */
export interface JwtRouteOptions {
  /** Where it is, `/tokens`. */
  readonly path: string;

  /** Values of `aud` that callers may ask for. With one only, they need not ask. */
  readonly audiences: string[];

  /** Names of the claims that callers may give. `iss`, `aud`, `iat` and `exp` are the signer's. */
  readonly claims: string[];

  /**
   * Whether `sub` is who calls: the role or user behind AWS credentials, without the name of the session, which whoever assumes a role chooses; or `sub` of the
   * caller's own token.
   *
   * @default false - `sub` is among the claims, or there is none
   */
  readonly subjectFromCaller?: boolean;

  /** How long a token is valid, in whole seconds, up to 366 days. A token cannot be called back: minutes, not days. */
  readonly lifetime: Duration;
}

/** A route that signs bytes as they are sent, with content-type `application/octet-stream`. */
export interface PayloadRouteOptions {
  /** Where it is, `/signatures`. */
  readonly path: string;

  /**
   * Most bytes of a payload, up to 4 MiB (Lambda takes 6 MB in base64). Ed25519 signs up to 4096 bytes, and so does ML-DSA where the key is without `longMessages`.
   *
   * @default - 1 MiB, or 4096 bytes where that is all
   */
  readonly maxSize?: Size;
}

/** A route that signs what was hashed elsewhere. */
export interface DigestRouteOptions {
  /** Where it is, `/digests`. */
  readonly path: string;
}

/** What a `SigningApi` signs, and where. */
export abstract class SigningRoute {
  /**
   * Issues JSON Web Tokens: `POST {"audience": "orders", "claims": {"roles": ["buyer"]}}` answers `{"token": "…", "expiresIn": 300}`. Audiences and claims that are
   * not listed are refused (403).
   */
  public static jwt(options: JwtRouteOptions): SigningRoute {
    return new JwtRoute(options);
  }

  /**
   * Signs the bytes of the body. Whoever may call it has signatures over whatever they like: not with a key that makes tokens, which synthesis refuses.
   *
   * It answers `{"signature": "…", "kid": "…", "algorithm": "ES256"}`, the signature in base64 and as openssl reads it.
   */
  public static payload(options: PayloadRouteOptions): SigningRoute {
    return new PayloadRoute(options);
  }

  /** Signs a digest, of files of any size: `POST {"digest": "…"}` in base64, by the hash of the key's algorithm. It answers as `payload` does. Not for Ed25519 and ML-DSA. */
  public static digest(options: DigestRouteOptions): SigningRoute {
    return new DigestRoute(options);
  }

  /**
   * Publishes the keys to everybody, at `/.well-known/jwks.json` and `/keys/<kid>.pem`; where tokens are issued `/.well-known/openid-configuration` too, by which
   * verifiers find the keys of an issuer.
   */
  public static publicKeys(): SigningRoute {
    return new PublicKeysRoute();
  }

  /**
   * What the handler is told; undefined for published keys. Throws where the algorithm makes no such signatures.
   *
   * @internal
   */
  public abstract _contract(key: SigningKey, where: string): SigningRouteContract | undefined;
}

/** Of the paths of API Gateway only those that name one thing. */
const PATH = /^(\/[A-Za-z0-9._~-]+)+$/;
const OTHERS = /^\/(\.well-known|keys)(\/|$)/;

function pathOf(path: string, method: string): string {
  if (Token.isUnresolved(path) || !PATH.test(path)) {
    throw new Error(`SigningRoute.${method}(…): path is ${Token.isUnresolved(path) ? 'what only deployment knows' : `'${String(path)}'`}: give one like '/tokens'`);
  }
  if (OTHERS.test(path)) throw new Error(`SigningRoute.${method}(…): path is '${path}': published keys are there`);
  return path;
}

class JwtRoute extends SigningRoute {
  constructor(private readonly options: JwtRouteOptions) {
    super();
    const { path, audiences, claims, subjectFromCaller, lifetime } = options;
    const where = `SigningRoute.jwt('${pathOf(path, 'jwt')}')`;
    if (!audiences?.length || audiences.some((one) => !one)) throw new Error(`${where}: name at least one audience: tokens for nobody are tokens for everybody`);
    const signers = (claims ?? []).filter((name) => SIGNERS_CLAIMS.includes(name));
    if (signers.length) throw new Error(`${where}: '${signers.join("', '")}' among the claims: the signer sets ${SIGNERS_CLAIMS.join(', ')}`);
    if (subjectFromCaller && claims.includes('sub')) throw new Error(`${where}: 'sub' among the claims, and subjectFromCaller: it is one or the other`);
    if (!Number.isInteger(lifetime.toSeconds({ integral: false })) || lifetime.toSeconds() < 1) {
      throw new Error(`${where}: lifetime is ${lifetime.toSeconds({ integral: false })} seconds: give a whole number of them`);
    }
    if (lifetime.toSeconds() > LONGEST_LIFETIME_SECONDS) {
      throw new Error(`${where}: lifetime is ${Math.floor(lifetime.toDays({ integral: false }))} days: give up to 366, since a token cannot be called back`);
    }
  }

  public _contract({ algorithm }: SigningKey, where: string): SigningRouteContract {
    const { path, audiences, claims = [], subjectFromCaller = false, lifetime } = this.options;
    if (!SIGNING[algorithm].jose) throw new Error(`${where}: JOSE has no name for ${algorithm}, so that '${path}' could make no token: use a key for EdDSA, or SigningRoute.payload(…)`);
    return { kind: 'jwt', path, audiences, claims, subjectFromCaller, lifetimeSeconds: lifetime.toSeconds() };
  }
}

/** Bytes. */
const PAYLOAD = { default: 1024 * 1024, most: 4 * 1024 * 1024 };

class PayloadRoute extends SigningRoute {
  constructor(private readonly options: PayloadRouteOptions) {
    super();
    pathOf(options.path, 'payload');
  }

  public _contract(key: SigningKey, where: string): SigningRouteContract {
    const { path, maxSize } = this.options;
    const { algorithm } = key;
    const most = SIGNING[algorithm].messageType === 'DIGEST' || key._signsLongMessages ? PAYLOAD.most : MESSAGE_BYTES;
    const maxBytes = maxSize?.toBytes() ?? Math.min(PAYLOAD.default, most);
    if (!(maxBytes >= 1 && maxBytes <= most)) {
      const more = takesMu(algorithm) && most === MESSAGE_BYTES ? ', or say longMessages of the key' : '';
      throw new Error(`${where}: '${path}' has maxSize ${maxBytes} bytes: with ${algorithm} give 1 to ${most}${more}`);
    }
    return { kind: 'payload', path, maxBytes };
  }
}

class DigestRoute extends SigningRoute {
  constructor(private readonly options: DigestRouteOptions) {
    super();
    pathOf(options.path, 'digest');
  }

  public _contract({ algorithm }: SigningKey, where: string): SigningRouteContract {
    const { path } = this.options;
    if (SIGNING[algorithm].messageType !== 'DIGEST') throw new Error(`${where}: ${algorithm} signs messages and no digests: give '${path}' to SigningRoute.payload(…)`);
    return { kind: 'digest', path };
  }
}

class PublicKeysRoute extends SigningRoute {
  public _contract(): undefined {
    return undefined;
  }
}
