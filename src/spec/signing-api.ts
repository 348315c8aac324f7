import type { SigningAlgorithm } from './signing';

/**
 * Where the constructs around signing keys and their handlers meet: environment variables that the constructs write and the handlers read, names of
 * attached keys, and paths. A test synthesizes one side and loads it with the other.
 */

/** The variable of the function behind a `SigningApi`. */
export const SIGNING_API = 'SIGNING_API';

/** The variable of the function behind a `JwksEndpoint`. */
export const JWKS_ENDPOINT = 'JWKS_ENDPOINT';

/** The name under which a `SigningApi` attaches its key. */
export const API_KEY_NAME = 'SIGNING';

/** The name under which a `JwksEndpoint` attaches one of its keys. */
export const publishedKeyName = (index: number): string => `PUBLISHED_${index}`;

/**
 * The longest lifetime of a token, 366 days. Nobody can call a token back, and its public key stays published until it is over. What is longer is mostly
 * milliseconds by mistake. Written out, as bundlers keep what is to be worked out when a file is loaded, used or not.
 */
export const LONGEST_LIFETIME_SECONDS = 31_622_400;

/** Where verifiers look for keys: what RFC 8615 keeps `/.well-known/` for, OpenID Connect Discovery 1.0 section 4, and a file for people with openssl. */
export const JWKS_PATH = '/.well-known/jwks.json';
export const DISCOVERY_PATH = '/.well-known/openid-configuration';
export const PEM_FOLDER = '/keys/';

/** The variable in a route of API Gateway, where it is a whole segment of the path. */
export const PEM_FILE = '{file}';
/** A path of these as a route of API Gateway. A function, as bundlers keep text that is put together when a file is loaded, used or not. */
export const routeTo = (path: string): string => `GET ${path}`;

/** What is published of signing keys. */
export interface PublishedKeysContract {
  /** Where it is served, without a slash at the end. */
  readonly url: string;
  /** `issuer` of the discovery document; none is served without it. */
  readonly issuer?: string | undefined;
  /** Seconds for which caches may keep it. */
  readonly maxAgeSeconds: number;
}

/** A route that issues tokens. */
export interface JwtRouteContract {
  readonly kind: 'jwt';
  readonly path: string;
  readonly audiences: readonly string[];
  /** Names of the claims that callers may give. */
  readonly claims: readonly string[];
  /** Whether `sub` is who calls. */
  readonly subjectFromCaller: boolean;
  readonly lifetimeSeconds: number;
}

/** A route that signs bytes. */
export interface PayloadRouteContract {
  readonly kind: 'payload';
  readonly path: string;
  readonly maxBytes: number;
}

/** A route that signs what was hashed elsewhere. */
export interface DigestRouteContract {
  readonly kind: 'digest';
  readonly path: string;
}

export type SigningRouteContract = JwtRouteContract | PayloadRouteContract | DigestRouteContract;

/** The JSON in the variable of a `SigningApi`. */
export interface SigningApiContract {
  readonly routes: readonly SigningRouteContract[];
  /** `iss` of tokens. */
  readonly issuer: string;
  /** Undefined where the API publishes no keys. */
  readonly published?: PublishedKeysContract | undefined;
}

/** The JSON in the variable of a `JwksEndpoint`. */
export interface JwksEndpointContract extends PublishedKeysContract {
  /** How many keys are attached, by `publishedKeyName`. */
  readonly keys: number;
}

/** Claims that the signer sets (RFC 7519 section 4.1): no caller gives them. */
export const SIGNERS_CLAIMS: readonly string[] = ['iss', 'aud', 'exp', 'iat'];

/** Bytes of the body of a request for a token or for the signature of a digest. Verifiers take tokens of 16 KiB by default. */
export const JSON_BODY_BYTES = 8192;

/** What goes into the answer of a custom resource besides what was asked for: CloudFormation takes 4096 bytes in all. */
export const CUSTOM_RESOURCE_ANSWER_BYTES = 4096;

/** Algorithms whose public half, in text, is more than a custom resource can answer: the JWK of ML-DSA-87 has 3.5 KB, its PEM 3.6. */
export const TOO_LONG_TO_ANSWER: readonly `${SigningAlgorithm}`[] = ['ML-DSA-87'];
