import type { JoseAlgorithm } from './algorithms';
import { base64url } from './base64url';
import type { JsonObject } from './json-object';
import { once } from '../ask-once';
import { failure, invalid, isKeysmithError } from '../errors';
import { fetchPublicKey } from '../fetch-public-key';
import type { CallOptions, KmsPort } from '../kms-port';
import { unexpected } from '../kms-reply';
import type { OwnedBytes } from '../owned-bytes';
import { publicKeyToJwk } from '../public-jwk';
import type { PublishedJwk } from '../public-jwk';
import { readPublicKey } from '../public-key';
import type { PublicKey, PublicKeyInput } from '../public-key';
import { createSigner } from '../signer';
import type { SignerOptions } from '../signer';
import { joseNamesOf, signingFactsOf, verifyingKeyOf } from '../signing-options';
import { ofType, quoted } from '../text';
import { requireText } from '../text-options';
import { verificationWith } from '../verification';
import type { Verification } from '../verification';
import { knownOptions } from '../whole-numbers';
import { SigningInput } from './signing-input';
import type { KeySpecName } from '../../spec/key-specs';

/** The public half of a key, or how to get it. */
export type PublicKeySource = PublicKeyInput | ((options?: CallOptions) => Promise<PublicKey>);

/** One of several keys that sign under one name, one after the other. */
export interface KeyGeneration {
  /** What the team calls it. Nothing but messages depends on it. */
  readonly name: string;
  /** ARN of its signing key. */
  readonly keyArn: string;
  /** Its one algorithm. @default - that of the active key */
  readonly algorithm?: SignerOptions['algorithm'];
  /** Its key spec. @default - any that makes signatures of the algorithm */
  readonly keySpec?: KeySpecName;
  /** @default - GetPublicKey, once */
  readonly publicKey?: PublicKeySource;
  /** @default - the thumbprint of the public key (RFC 7638) */
  readonly kid?: string;
}

/** Which key signs what JOSE reads. */
export interface JoseKeyOptions extends Omit<SignerOptions, 'kms' | 'algorithm' | 'verifyAfterSign' | 'longMessages' | 'publicKey' | 'grantTokens'> {
  /** `KMS` of the AWS SDK, or the local KMS. */
  readonly kms: Pick<KmsPort, 'sign' | 'getPublicKey'>;
  /** The one algorithm of the key. */
  readonly algorithm: SignerOptions['algorithm'];
  /** Tokens of grants that are too new to be known everywhere in KMS. */
  readonly grantTokens?: readonly string[] | undefined;
  /** @default - GetPublicKey, once; a failure is not kept. It takes the duty `ISSUE_TOKENS` */
  readonly publicKey?: PublicKeySource;
  /** The name of the key in headers and key sets. @default - the thumbprint of the public key (RFC 7638) */
  readonly kid?: string;
  /**
   * The keys that come before and after this one; it may be among them. `fetchJwks` publishes all of them. Where KMS refuses the caller the active key
   * (`ERR_KEYSMITH_ACCESS_DENIED`, and for no other reason), the next in this list signs under its own `kid`: so a change of the active key, which
   * reaches key policies and functions at different moments, leaves none without a signature.
   *
   * @default - this key alone
   */
  readonly generations?: readonly KeyGeneration[];
  /**
   * Whether each signature is verified before it is handed out: with the public key given here, or with true, with that of `publicKey`.
   *
   * @default false
   */
  readonly verifyAfterSign?: boolean | PublicKeyInput;
  /**
   * What tokens and key sets call Ed25519. RFC 9864 has replaced the name `EdDSA`; most verifiers know no other.
   *
   * @default 'EdDSA'
   */
  readonly edwardsName?: 'EdDSA' | 'Ed25519';
}

/** Names of the options, and of what an attached signing key has beside them: it may be spread into the options. */
export const JOSE_KEY_OPTIONS = [
  'kms', 'keyArn', 'algorithm', 'keySpec', 'grantTokens', 'publicKey', 'kid', 'generations', 'verifyAfterSign', 'edwardsName',
  'kind', 'previousKeyArns', 'longMessages', 'keyState', 'sign', 'signDigest', 'verify', 'requireValid',
];

const GENERATION_OPTIONS = ['name', 'keyArn', 'algorithm', 'keySpec', 'publicKey', 'kid'];

/** What is signed, for a key of this `alg` and `kid`. */
export type HeaderFor = (alg: string, kid: string) => JsonObject;

/** What is signed, for a key of this `kid`. */
export type BytesFor = (kid: string) => Uint8Array;

/** Bytes on their way to be signed. */
interface SigningBytes {
  update(chunk: Uint8Array): void;
  finish(): Promise<OwnedBytes>;
}

/** What a key has signed. */
export interface SignedParts {
  /** The protected header, in base64url. */
  readonly header: string;
  /** In base64url. */
  readonly signature: string;
}

/** Something on its way to be signed: its bytes go in, one after the other. */
export interface Signing {
  update(chunk: Uint8Array): void;
  finish(): Promise<SignedParts>;
}

/** One key of KMS that signs for JOSE. */
export class JoseKey {
  public readonly alg: string;
  /** The public half; once, unless it fails. */
  public readonly publicKey: (options?: CallOptions) => Promise<PublicKey>;
  readonly #algorithm: JoseAlgorithm;
  readonly #signer: ReturnType<typeof createSigner>;
  #jwk: { readonly of: PublicKey; readonly jwk: PublishedJwk } | undefined;

  constructor(private readonly options: Omit<JoseKeyOptions, 'generations'>) {
    const { kms, keyArn, algorithm, keySpec, grantTokens, publicKey, kid, verifyAfterSign, edwardsName = 'EdDSA' } = options;
    this.#algorithm = joseAlgorithm(algorithm);
    if (edwardsName !== 'EdDSA' && edwardsName !== 'Ed25519') throw invalid(`'edwardsName' is ${JSON.stringify(edwardsName)}: give 'EdDSA' or 'Ed25519'`);
    this.alg = algorithm === 'EdDSA' ? edwardsName : algorithm;
    if (kid !== undefined && (typeof kid !== 'string' || !kid)) {
      throw invalid(`'kid' is ${kid === '' ? quoted(kid) : ofType(kid)}: give text, or nothing for the thumbprint of the key`);
    }
    if (verifyAfterSign !== undefined && typeof verifyAfterSign !== 'boolean') verifyingKeyOf(verifyAfterSign, algorithm, "'verifyAfterSign'");
    const own = { kms, keyArn, ...(keySpec && { keySpec }), ...(grantTokens && { grantTokens }) };
    this.#signer = createSigner({ ...own, algorithm });
    this.publicKey = publicKeyFrom(publicKey, () => fetchPublicKey(own), this.#algorithm);
  }

  /** The key as verifiers need it. */
  public async publicJwk(options?: CallOptions): Promise<PublishedJwk> {
    const { kid } = this.options;
    const key = await this.publicKeyOrReason(options);
    // What is told of one key stays as it is, and takes a while to work out.
    if (this.#jwk?.of !== key) {
      const jwk = publicKeyToJwk(key, { algorithm: this.#algorithm });
      this.#jwk = { of: key, jwk: { ...jwk, alg: this.alg, ...(kid && { kid }) } };
    }
    return { ...this.#jwk.jwk };
  }

  /** Starts a signature over `header.`, and what goes in after it. */
  public async start(headerFor: HeaderFor, abortSignal?: AbortSignal): Promise<Signing> {
    const header = base64url(JSON.stringify(headerFor(this.alg, await this.kid(abortSignal))));
    const { update, finish } = await this.begin('header and payload', abortSignal);
    update(Buffer.from(`${header}.`, 'latin1'));
    return { update, finish: async () => ({ header, signature: base64url(await finish()) }) };
  }

  /** Signs bytes as they are. */
  public async signBytes(bytesFor: BytesFor, abortSignal?: AbortSignal): Promise<OwnedBytes> {
    const bytes = bytesFor(await this.kid(abortSignal));
    const { update, finish } = await this.begin('the components that are covered', abortSignal);
    update(bytes);
    return finish();
  }

  private async kid(abortSignal: AbortSignal | undefined): Promise<string> {
    return this.options.kid ?? (await this.publicJwk({ abortSignal })).kid;
  }

  private async begin(what: string, abortSignal: AbortSignal | undefined): Promise<SigningBytes> {
    const check = await this.check(abortSignal);
    const input = new SigningInput(this.#algorithm, what);
    const update = (chunk: Uint8Array): void => {
      input.update(chunk);
      check?.update(chunk);
    };
    return { update, finish: () => this.finish(input, check, abortSignal) };
  }

  private async finish(input: SigningInput, check: Verification | undefined, abortSignal: AbortSignal | undefined): Promise<OwnedBytes> {
    const call = { format: 'jose', abortSignal } as const;
    const { isDigest, bytes } = input.end();
    const signature = await (isDigest ? this.#signer.signDigest(bytes, call) : this.#signer.sign(bytes, call));
    if (check && !await check.finish(Buffer.from(signature))) throw unexpected('Sign', 'the signature does not verify with the public key of the signer');
    return signature;
  }

  private async check(abortSignal: AbortSignal | undefined): Promise<Verification | undefined> {
    const { verifyAfterSign = false } = this.options;
    if (verifyAfterSign === false) return undefined;
    const key = verifyAfterSign === true ? await this.publicKeyOrReason({ abortSignal }) : readPublicKey(verifyAfterSign);
    return verificationWith(key, this.#algorithm)();
  }

  private async publicKeyOrReason(options?: CallOptions): Promise<PublicKey> {
    try {
      return await this.publicKey(options);
    } catch (error) {
      if (!isDenied(error)) throw error;
      const { message } = error as Error;
      throw failure('ACCESS_DENIED', `${message}; the 'kid' of a token is the thumbprint of the public key: grant ISSUE_TOKENS, or give 'publicKey'`, error);
    }
  }
}

/** The key that signs, and those that stand in for it. */
export class JoseKeys {
  public readonly active: JoseKey;
  /** All generations, the active one first. */
  public readonly all: readonly JoseKey[];

  constructor(options: JoseKeyOptions) {
    const { generations = [], verifyAfterSign, publicKey, kid, keySpec, ...common } = options;
    this.active = new JoseKey(options);
    if (!Array.isArray(generations)) throw invalid(`'generations' is ${ofType(generations)}: give a list of { name, keyArn }`);
    const given = generations.map((generation) => knownOptions(generation, GENERATION_OPTIONS, 'generations.'));
    const kids = new Set([kid]);
    const others = given.filter(({ keyArn }) => keyArn !== options.keyArn).map((generation) => {
      const { name, keyArn, algorithm = options.algorithm, ...own } = generation;
      if (own.kid !== undefined && kids.has(own.kid)) throw invalid(`the generation ${quoted(name)} has the kid ${quoted(own.kid)} of another: verifiers take neither`);
      kids.add(own.kid);
      requireText('generations.name', name);
      // A public key that was given is the active key's.
      return new JoseKey({ ...common, ...own, keyArn, algorithm, verifyAfterSign: Boolean(verifyAfterSign) });
    });
    this.all = [this.active, ...others];
  }

  /**
   * Signs with the active key, or where KMS refuses the caller that one, with the next.
   *
   * @throws the error of the active key
   */
  public async sign(headerFor: HeaderFor, feed: (signing: Signing) => void, abortSignal?: AbortSignal): Promise<SignedParts> {
    return this.firstAllowed(async (key) => {
      const signing = await key.start(headerFor, abortSignal);
      feed(signing);
      return signing.finish();
    });
  }

  /** The same for bytes as they are. */
  public async signBytes(bytesFor: BytesFor, abortSignal?: AbortSignal): Promise<OwnedBytes> {
    return this.firstAllowed((key) => key.signBytes(bytesFor, abortSignal));
  }

  /** The same for what can be read once only: it goes into a signature of each key, one of which is made. */
  public async signStream(headerFor: HeaderFor, chunks: AsyncIterable<Uint8Array>, abortSignal?: AbortSignal): Promise<SignedParts> {
    const started = new Map<JoseKey, Signing>();
    for (const key of this.all) {
      try {
        started.set(key, await key.start(headerFor, abortSignal));
      } catch (error) {
        if (!isDenied(error) || this.all.length === 1) throw error;
      }
    }
    for await (const chunk of chunks) for (const signing of started.values()) signing.update(chunk);
    return this.firstAllowed(async (key) => (started.get(key) ?? await key.start(headerFor, abortSignal)).finish());
  }

  private async firstAllowed<T>(sign: (key: JoseKey) => Promise<T>): Promise<T> {
    let denied: unknown;
    for (const key of this.all) {
      try {
        return await sign(key);
      } catch (error) {
        if (!isDenied(error)) throw error;
        denied ??= error;
      }
    }
    throw denied;
  }
}

const isDenied = (error: unknown): boolean => isKeysmithError(error) && error.code === 'ERR_KEYSMITH_ACCESS_DENIED';

function joseAlgorithm(algorithm: SignerOptions['algorithm']): JoseAlgorithm {
  signingFactsOf(algorithm);
  if (joseNamesOf(algorithm).length) return algorithm as JoseAlgorithm;
  throw invalid(`JOSE has no name for ${algorithm}, so that no token can be made with it: use a key for EdDSA, or createSigner`);
}

function publicKeyFrom(source: PublicKeySource | undefined, fetch: () => Promise<PublicKey>, algorithm: JoseAlgorithm): JoseKey['publicKey'] {
  if (typeof source !== 'function') {
    if (source === undefined) return once(fetch);
    const key = verifyingKeyOf(source, algorithm, "'publicKey'");
    return async () => key;
  }
  return once(async () => {
    const key: unknown = await source();
    return verifyingKeyOf(key as PublicKeyInput, algorithm, "'publicKey'");
  });
}
