import { algorithmOfJwk } from './algorithms';
import type { JoseAlgorithm } from './algorithms';
import { isJsonObject } from './json-object';
import type { RemoteJwks } from './remote-jwks';
import { invalid } from '../errors';
import { jwkThumbprint } from '../jwk';
import type { PublicJwk } from '../jwk';
import type { CallOptions } from '../kms-port';
import type { PublicKey } from '../public-key';
import { readSignature } from '../signature';
import { joseNamesOf, verifyingKeyOf } from '../signing-options';
import { ofType } from '../text';
import { checkWith, verificationWith } from '../verification';
import type { CheckSignature, StartVerification } from '../verification';

/** A set of public keys (RFC 7517 section 5). */
export interface JwkSet {
  readonly keys: readonly PublicJwk[];
}

/**
 * Where a verifier has its keys from: one key, a set, or a set at a URL. A JWK must say or imply its one algorithm: RSA without `alg` does
 * neither.
 */
export type KeySource = JwkSet | PublicJwk | RemoteJwks;

/** A key of a set, ready to verify with. */
export interface VerifyingKey {
  /** Its `kid`, or its thumbprint where it has none. */
  readonly kid: string;
  /** Whether the signature, as it stands in the token, is the key's over the message. */
  readonly check: CheckSignature;
  /** The same for messages that come in pieces. @returns undefined where the bytes cannot be a signature of the key */
  start(signature: Uint8Array): { update(chunk: Uint8Array): void; finish(): Promise<boolean> } | undefined;
}

interface Entry {
  readonly jwk: PublicJwk;
  readonly kid: string | undefined;
  readonly algorithm: JoseAlgorithm;
  /** What tokens may call it. */
  readonly names: readonly string[];
  /** Made when it is first asked for; null where the key cannot be read. */
  key?: VerifyingKey | null;
}

/** The keys of a set that can verify something. What cannot be read, or is for something else, is passed over. */
export class Keys {
  /** Whether any key can be read, be it the only one of its name or not. */
  public readonly isReadable: () => boolean;
  readonly #entries: Entry[];

  constructor({ keys }: JwkSet) {
    const entries = keys.flatMap((jwk): Entry[] => {
      const algorithm = isJsonObject(jwk) ? algorithmOfJwk(jwk) : undefined;
      return algorithm && (jwk.kid === undefined || typeof jwk.kid === 'string') ? [{ jwk, kid: jwk.kid, algorithm, names: joseNamesOf(algorithm) }] : [];
    });
    const times = new Map<string | undefined, number>();
    for (const jwk of keys) if (isJsonObject(jwk)) times.set(jwk.kid as string, (times.get(jwk.kid as string) ?? 0) + 1);
    // Two keys of one name: which of them is meant, nobody can tell.
    this.#entries = entries.filter(({ kid }) => kid === undefined || times.get(kid) === 1);
    this.isReadable = () => entries.some((entry) => keyOf(entry));
  }

  /** Whether a key has the name. */
  public has(kid: string): boolean {
    return this.#entries.some((entry) => entry.kid === kid);
  }

  /** The one key that a token names, or that its algorithm leaves. @param alg - undefined where it is for the key to say */
  public find(alg: string | undefined, kid: string | undefined): VerifyingKey | undefined {
    const isOf = ({ names }: Entry): boolean => alg === undefined || names.includes(alg);
    const named = kid === undefined ? undefined : this.#entries.find((entry) => entry.kid === kid);
    if (named) return isOf(named) ? keyOf(named) : undefined;
    const possible = this.#entries.filter((entry) => isOf(entry) && (kid === undefined || entry.kid === undefined));
    const [key, ...others] = possible.flatMap((entry) => keyOf(entry) ?? []);
    return others.length ? undefined : key;
  }
}

function keyOf(entry: Entry): VerifyingKey | undefined {
  if (entry.key === undefined) {
    try {
      entry.key = readVerifyingKey(entry.jwk, entry.algorithm);
    } catch {
      entry.key = null;
    }
  }
  return entry.key ?? undefined;
}

function readVerifyingKey(jwk: PublicJwk, algorithm: JoseAlgorithm): VerifyingKey {
  const key = verifyingKeyOf(jwk, algorithm, 'the JWK');
  const read = (signature: Uint8Array) => readSignature(algorithm, [key.keySpec], signature, 'jose');
  const check = checkWith(key, algorithm);
  return {
    kid: jwk.kid as string | undefined ?? jwkThumbprint(jwk),
    check: (message, given) => {
      const signature = read(given);
      return signature !== undefined && check(message, signature);
    },
    start: (given) => started(key, algorithm, read(given)),
  };
}

function started(key: PublicKey, algorithm: JoseAlgorithm, signature: Buffer | undefined): ReturnType<VerifyingKey['start']> {
  if (!signature) return undefined;
  const start: StartVerification = verificationWith(key, algorithm);
  const verification = start();
  return { update: (chunk) => verification.update(chunk), finish: () => verification.finish(signature) };
}

type Found = VerifyingKey | undefined;

/** Finds the key that a token was made with, if the source has it. */
export type FindKey = (alg: string | undefined, kid: string | undefined, options: CallOptions) => Found | Promise<Found>;

/** How to find keys in a source. @throws `ERR_KEYSMITH_INPUT` for what is none, and for one that can verify nothing */
export function finderIn(source: KeySource): FindKey {
  // By what makes each what it is, not by a method: an array has a `find` too.
  if (isRemote(source)) return remoteFinder(source);
  if (isJsonObject(source) && typeof source.kty === 'string') return fixedFinder({ keys: [checkedJwk(source as PublicJwk)] });
  if (isJsonObject(source) && Array.isArray(source.keys)) return fixedFinder(source as unknown as JwkSet);
  throw invalid(`'keys' is ${Array.isArray(source) ? 'an array' : ofType(source)}: give a JWK, a set { keys: [ … ] }, or createRemoteJwks({ url })`);
}

function isRemote(source: KeySource): source is RemoteJwks {
  return isJsonObject(source) && source.kind === 'remote key set' && typeof source.keySet === 'function';
}

function fixedFinder(set: JwkSet): FindKey {
  const keys = new Keys({ keys: structuredClone([...set.keys]) });
  if (!keys.isReadable()) throw invalid("'keys' has no key that verifies signatures: each says its 'alg', or implies it by its curve");
  return (alg, kid) => keys.find(alg, kid);
}

function checkedJwk(jwk: PublicJwk): PublicJwk {
  const algorithm = algorithmOfJwk(jwk);
  if (!algorithm) throw invalid(`the JWK of kty ${JSON.stringify(jwk.kty)} says with 'alg' ${JSON.stringify(jwk.alg)} no algorithm to verify: give one, such as "RS256"`);
  verifyingKeyOf(jwk, algorithm, 'the JWK');
  return jwk;
}

function remoteFinder(remote: RemoteJwks): FindKey {
  let last: { readonly set: JwkSet; readonly keys: Keys } | undefined;
  const keysOf = (set: JwkSet): Keys => {
    if (last?.set !== set) last = { set, keys: new Keys(set) };
    return last.keys;
  };
  return async (alg, kid, { abortSignal }) => {
    const keys = keysOf(await remote.keySet({ abortSignal }));
    const found = keys.find(alg, kid);
    // Only a name that nobody has is worth another look: a new key may have it.
    return found || kid === undefined || keys.has(kid) ? found : keysOf(await remote.keySet({ missing: kid, abortSignal })).find(alg, kid);
  };
}
