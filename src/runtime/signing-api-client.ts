import { unlessAborted } from './abort';
import { reasonOf } from './connection-error';
import type { Environment } from './environment';
import { failure, invalid, isKeysmithError } from './errors';
import type { FailureKind, KeysmithError } from './errors';
import { CredentialSource } from './fetch-kms/credentials';
import type { AwsCredentials, AwsCredentialsProvider } from './fetch-kms/credentials';
import { regionOf } from './fetch-kms/endpoint';
import { amzDate, authorizationOf } from './fetch-kms/sigv4';
import { binaryOf, bytesOf } from './input';
import type { BytesOrText } from './input';
import { lacksCredentials } from './kms-errors';
import type { CallOptions } from './kms-port';
import { requireTypes } from './option-types';
import type { OwnedBytes } from './owned-bytes';
import { ofType } from './text';
import { jsonOf } from './tokens/claims';
import { readJsonObject } from './tokens/json-object';
import type { JsonObject } from './tokens/json-object';
import { bodyOf, createRemoteJwks, urlOf } from './tokens/remote-jwks';
import type { RemoteJwks } from './tokens/remote-jwks';
import { knownOptions, wholeNumber } from './whole-numbers';
import { JWKS_PATH } from '../spec/signing-api';

/** Which `SigningApi`, and as whom. */
export interface SigningApiClientOptions {
  /** Its `url`: https, or http on this machine. */
  readonly url: string;
  /** With `SigningAuthorizer.jwt(…)`: the caller's token, or how to get it, before each call. @default - requests are signed with AWS credentials */
  readonly token?: string | (() => string | Promise<string>);
  /** With `SigningAuthorizer.iam()`: credentials or a provider of them, as for `fetchKms`. @default - those of the environment, which Lambda sets */
  readonly credentials?: AwsCredentials | AwsCredentialsProvider;
  /** Region of the API. @default - `AWS_REGION` of the environment */
  readonly region?: string;
  /** Milliseconds for a whole answer. @default 10000 */
  readonly timeoutMs?: number;
  /** @default - the global one */
  readonly fetch?: typeof globalThis.fetch;
  /** @default process.env */
  readonly env?: Environment;
}

/** A token that was issued. */
export interface IssuedToken {
  readonly token: string;
  /** Seconds for which it is valid. */
  readonly expiresIn: number;
}

/** What is to be in a token. */
export interface TokenRequest extends CallOptions {
  /** One of those that the route has. @default - the route's only one */
  readonly audience?: string;
  /** Claims that the route lets callers give. @default - none */
  readonly claims?: object;
}

/** A signature that was made. */
export interface ApiSignature {
  /** In DER, as openssl reads it. */
  readonly signature: OwnedBytes;
  /** The key that made it, by its name in the key set. */
  readonly kid: string;
  readonly algorithm: string;
}

/** A `SigningApi`, as its callers see it. Every method takes the path of a route. */
export interface SigningApiClient {
  /**
   * A token of a route of `SigningRoute.jwt`.
   *
   * @throws `ERR_KEYSMITH_INPUT` for what the API does not take; `ERR_KEYSMITH_ACCESS_DENIED` for callers, audiences and claims that it refuses;
   *   `ERR_KEYSMITH_API_UNAVAILABLE` where it throttles or fails, or cannot be reached
   */
  issueToken(path: string, request?: TokenRequest): Promise<IssuedToken>;
  /** The signature of bytes, of a route of `SigningRoute.payload`. @throws as `issueToken` */
  signPayload(path: string, payload: BytesOrText, options?: CallOptions): Promise<ApiSignature>;
  /**
   * The signature of what was hashed already, of a route of `SigningRoute.digest`.
   *
   * @throws as `issueToken`; `ERR_KEYSMITH_INPUT` also where another generation of the key signs by now, whose hash the message names
   */
  signDigest(path: string, digest: Uint8Array, options?: CallOptions): Promise<ApiSignature>;
  /** The key set that the API publishes, for `createJwtVerifier({ keys: client.publicKeys(), … })`. */
  publicKeys(): RemoteJwks;
}

const OPTIONS = ['url', 'token', 'credentials', 'region', 'timeoutMs', 'fetch', 'env'];

/** Bytes of an answer. A token of ML-DSA-87 has 7 KB. */
const MOST_BYTES = 65_536;

/** What an answer means, by its status; others are of the API being out of order. */
const KINDS: Readonly<Record<number, FailureKind>> = {
  400: 'INPUT', 404: 'INPUT', 409: 'INPUT', 413: 'INPUT', 415: 'INPUT', 401: 'ACCESS_DENIED', 403: 'ACCESS_DENIED',
};

/**
 * A client of a `SigningApi`: `createSigningApiClient({ url })` in a function whose role may invoke it. It needs neither the AWS SDK nor access to KMS. Nothing
 * is tried twice: the API does that before it answers.
 *
 * @throws `ERR_KEYSMITH_INPUT` for options that cannot work
 */
export function createSigningApiClient(options: SigningApiClientOptions): SigningApiClient {
  const { url, token, credentials, region, timeoutMs = 10_000, fetch: given, env = process.env } = (
    requireTypes(knownOptions(options, OPTIONS), { fetch: 'function' })
  );
  const base = urlOf(url, 'https://….execute-api.eu-west-1.amazonaws.com').replace(/\/$/, '');
  if (/[?#]/.test(base)) throw invalid(`'url' is ${JSON.stringify(base)}: give it without a query, paths of routes go at its end`);
  wholeNumber('timeoutMs', timeoutMs);
  if (token !== undefined && credentials !== undefined) throw invalid("'token' and 'credentials': the API takes one or the other");
  const source = new CredentialSource(credentials);
  if (token !== undefined && typeof token !== 'function') usableToken(token);

  async function authorized(target: URL, body: Uint8Array, contentType: string, abortSignal: AbortSignal): Promise<Record<string, string>> {
    const headers = { 'content-type': contentType };
    if (token !== undefined) return { ...headers, authorization: `Bearer ${usableToken(typeof token === 'function' ? await token() : token)}` };
    const now = Date.now();
    const { accessKeyId, secretAccessKey, sessionToken } = await source.at(now, env, { abortSignal });
    const date = amzDate(now);
    const signed = { ...headers, 'host': target.host, 'x-amz-date': date, ...(sessionToken && { 'x-amz-security-token': sessionToken }) };
    const scope = { accessKeyId, secretAccessKey, region: regionOf({ region }, env), service: 'execute-api', date };
    return { ...signed, authorization: authorizationOf({ method: 'POST', path: target.pathname, headers: signed, body }, scope) };
  }

  async function post(path: string, body: Uint8Array, contentType: string, call: CallOptions): Promise<JsonObject> {
    const target = new URL(`${base}${pathOf(path)}`);
    const { abortSignal } = call;
    const limit = AbortSignal.timeout(timeoutMs);
    return unlessAborted(abortSignal ? AbortSignal.any([abortSignal, limit]) : limit, async (signal) => {
      const headers = await authorized(target, body, contentType, signal!);
      return membersOf(await (given ?? fetch)(target, { method: 'POST', headers, body: Buffer.from(body), signal: signal!, redirect: 'error' }));
    }).catch((error: unknown) => {
      if (lacksCredentials(error)) throw failure('ACCESS_DENIED', `no credentials: ${(error as Error).message}`, error);
      // Whoever gave up is told so; everything else is the API, or the way to it.
      if (isKeysmithError(error) || abortSignal?.aborted) throw error;
      throw failure('API_UNAVAILABLE', `the signing API at ${base} did not answer: ${reasonOf(error)}`, error);
    });
  }

  const json = (path: string, content: object, call: CallOptions) => post(path, Buffer.from(JSON.stringify(content)), 'application/json', call);

  return {
    async issueToken(path, request = {}) {
      const { audience, claims, abortSignal } = knownOptions(request, ['audience', 'claims', 'abortSignal']);
      const { token: issued, expiresIn } = await json(path, { audience, ...(claims !== undefined && { claims: JSON.parse(jsonOf(claims, 'the claims')) as object }) }, { abortSignal });
      if (typeof issued !== 'string' || typeof expiresIn !== 'number') throw strange("'token' and 'expiresIn'");
      return { token: issued, expiresIn };
    },
    async signPayload(path, payload, call = {}) {
      const bytes = Uint8Array.from(bytesOf(payload, 'the payload'));
      return signatureIn(await post(path, bytes, 'application/octet-stream', knownOptions(call, ['abortSignal'])));
    },
    async signDigest(path, digest, call = {}) {
      return signatureIn(await json(path, { digest: Buffer.from(binaryOf(digest, 'the digest')).toString('base64') }, knownOptions(call, ['abortSignal'])));
    },
    publicKeys: () => createRemoteJwks({ url: `${base}${JWKS_PATH}`, timeoutMs, ...(given && { fetch: given }) }),
  };
}

/** Visible ASCII. What no header can hold would be told, whole, by the error of `fetch`. */
function usableToken(token: unknown): string {
  if (typeof token === 'string' && /^[!-~]+$/.test(token)) return token;
  throw invalid(typeof token === 'string' ? "'token' is empty, or has characters that no header can hold" : `'token' is ${ofType(token)}: give text, or a function that does`);
}

function pathOf(path: string): string {
  if (typeof path === 'string' && /^(\/[A-Za-z0-9._~-]+)+$/.test(path)) return path;
  throw invalid(`the path is ${JSON.stringify(path)}: give that of a route, like '/tokens'`);
}

async function membersOf(answer: Response): Promise<JsonObject> {
  const members = readJsonObject(await bodyOf(answer, MOST_BYTES));
  if (answer.status === 200 && members) return members;
  const { error, message } = members ?? {};
  const said = [answer.status, error, message].filter((part) => typeof part === 'number' || typeof part === 'string').join(' ');
  throw failure(KINDS[answer.status] ?? 'API_UNAVAILABLE', `the signing API answers ${said}`);
}

function signatureIn({ signature, kid, algorithm }: JsonObject): ApiSignature {
  if (typeof signature !== 'string' || typeof kid !== 'string' || typeof algorithm !== 'string') throw strange("'signature', 'kid' and 'algorithm'");
  return { signature: Uint8Array.from(Buffer.from(signature, 'base64')), kid, algorithm };
}

const strange = (members: string): KeysmithError => failure('KMS_RESPONSE', `the signing API answers without ${members}`);
