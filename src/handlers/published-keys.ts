import { createHash } from 'node:crypto';
import type { HttpAnswer, HttpEvent } from './http';
import { json, note, Refusal } from './http';
import type { AttachedSigningKey, JoseKeyOptions, PublishedJwk, PublishedJwkSet } from '../runtime';
import { fetchJwks, isKeysmithError, jwksOf, publicKeyToPem } from '../runtime';
import { SIGNING } from '../spec/signing';
import type { PublishedKeysContract } from '../spec/signing-api';
import { DISCOVERY_PATH, JWKS_PATH, PEM_FILE, PEM_FOLDER, routeTo } from '../spec/signing-api';

/** A file of what is published. */
export interface PublishedFile {
  /** With a slash in front. */
  readonly path: string;
  readonly contentType: string;
  readonly body: string;
}

/** Everything that is published of these keys. */
export function publishedFiles(set: PublishedJwkSet, { url, issuer }: PublishedKeysContract): PublishedFile[] {
  const pems = set.keys.map((jwk) => ({ path: `${PEM_FOLDER}${jwk.kid}.pem`, contentType: 'application/x-pem-file', body: publicKeyToPem(jwk) }));
  const discovery = issuer === undefined ? [] : [{ path: DISCOVERY_PATH, contentType: 'application/json', body: JSON.stringify(discoveryOf(set, url, issuer)) }];
  return [{ path: JWKS_PATH, contentType: 'application/jwk-set+json', body: JSON.stringify(set) }, ...discovery, ...pems];
}

/** What OpenID Connect Discovery 1.0 section 3 asks of somebody who issues tokens and has no page to log in at. */
function discoveryOf({ keys }: PublishedJwkSet, url: string, issuer: string): object {
  return {
    issuer,
    jwks_uri: `${url}${JWKS_PATH}`,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: [...new Set(keys.map(({ alg }) => alg))],
  };
}

/**
 * The key set of these keys, of all their generations. A key that is disabled or about to be deleted is left out, as somebody may have disabled it because its
 * signatures are not to be trusted; the others go on being published.
 *
 * @throws `ERR_KEYSMITH_KEY_UNAVAILABLE` where none is left, and the code of whatever else failed
 */
export async function publishedSet(keys: readonly AttachedSigningKey[]): Promise<PublishedJwkSet> {
  const found: PublishedJwk[] = [];
  let unavailable: unknown;
  for (const outcome of await Promise.allSettled(keys.flatMap(singleKeys).map((key) => fetchJwks([key])))) {
    if (outcome.status === 'fulfilled') {
      found.push(...outcome.value.keys);
    } else {
      if (!isKeysmithError(outcome.reason) || outcome.reason.code !== 'ERR_KEYSMITH_KEY_UNAVAILABLE') throw outcome.reason;
      unavailable = outcome.reason;
      note({ note: 'a key was left out of the key set', code: outcome.reason.code, message: outcome.reason.message });
    }
  }
  if (!found.length && unavailable) throw unavailable;
  return jwksOf(...found);
}

/** Each generation by itself, without the public half that the attached key keeps: KMS is to be asked whether the key is still in use. */
function singleKeys({ kms, keyArn, algorithm, keySpec, previousKeyArns, generations = [] }: AttachedSigningKey): JoseKeyOptions[] {
  const listed = new Set([keyArn, ...generations.map((generation) => generation.keyArn)]);
  const all = [
    { keyArn, algorithm, keySpec },
    ...generations.filter((generation) => generation.keyArn !== keyArn),
    ...previousKeyArns.filter((arn) => !listed.has(arn)).map((arn) => ({ keyArn: arn, algorithm, keySpec })),
  ];
  // A key set has no name for Ed25519ph.
  return all.filter((key) => SIGNING[key.algorithm].jose).map((key) => ({ kms, keyArn: key.keyArn, algorithm: key.algorithm, keySpec: key.keySpec }));
}

/** Between tries, while the last set stands in: each takes as long as KMS is given to answer. */
const COOL_DOWN_MS = 10_000;

/** Serves the published keys, and asks KMS for them when the last set has reached its age. */
export class PublishedKeys {
  private files?: { readonly at: number; readonly byPath: ReadonlyMap<string, PublishedFile> };
  private pending?: Promise<ReadonlyMap<string, PublishedFile>>;
  private notBefore = -Infinity;

  constructor(
    private readonly keys: readonly AttachedSigningKey[],
    private readonly contract: PublishedKeysContract,
    private readonly now: () => number = Date.now,
  ) {}

  /** The answer to a request for them; undefined for other routes. */
  public async answer({ routeKey, pathParameters, headers }: HttpEvent): Promise<HttpAnswer | undefined> {
    const path = {
      [routeTo(JWKS_PATH)]: JWKS_PATH,
      [routeTo(DISCOVERY_PATH)]: DISCOVERY_PATH,
      [routeTo(`${PEM_FOLDER}${PEM_FILE}`)]: `${PEM_FOLDER}${pathParameters?.file}`,
    }[routeKey];
    if (path === undefined) return undefined;
    const file = (await this.current()).get(path);
    if (!file) throw new Refusal(404, 'not_found', 'no such key is published');
    return fileAnswer(file, this.contract, headers?.['if-none-match']);
  }

  /** A set that was good stands in for one that cannot be had: what it says is still true. */
  private async current(): Promise<ReadonlyMap<string, PublishedFile>> {
    const isFresh = this.files && this.now() - this.files.at < this.contract.maxAgeSeconds * 1000;
    if (this.files && (isFresh || this.now() < this.notBefore)) return this.files.byPath;
    this.pending ??= this.load().finally(() => { this.pending = undefined; });
    try {
      return await this.pending;
    } catch (error) {
      if (!this.files) throw error;
      this.notBefore = this.now() + COOL_DOWN_MS;
      note({ note: 'the last key set is served on', code: (error as { code?: string }).code, message: (error as Error).message });
      return this.files.byPath;
    }
  }

  private async load(): Promise<ReadonlyMap<string, PublishedFile>> {
    const files = publishedFiles(await publishedSet(this.keys), this.contract);
    const byPath = new Map(files.map((file) => [file.path, file]));
    this.files = { at: this.now(), byPath };
    return byPath;
  }
}

/** Public, for programs in browsers as well. */
function fileAnswer({ contentType, body }: PublishedFile, { maxAgeSeconds }: PublishedKeysContract, known: string | undefined): HttpAnswer {
  const etag = `"${hashOf(body)}"`;
  const headers = { 'cache-control': `public, max-age=${maxAgeSeconds}`, 'access-control-allow-origin': '*', etag };
  if (known === etag) return { statusCode: 304, headers, body: '' };
  return { ...json(200, {}, { ...headers, 'content-type': contentType }), body };
}

const hashOf = (body: string): string => createHash('sha256').update(body).digest('base64url');
