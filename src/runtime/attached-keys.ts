import { once } from './ask-once';
import { createClientDecryptor } from './client-encryption';
import type { ClientDecryptor } from './client-encryption';
import type { ContextContract } from './context';
import { createDirectCipher } from './direct-cipher';
import type { DirectCipher } from './direct-cipher';
import { createEnvelopeCipher, KmsKeyring, MultiKeyring } from './envelope';
import type { EnvelopeCipher, Keyring } from './envelope';
import { readContract } from './environment';
import type { Environment } from './environment';
import type { KeysmithError } from './errors';
import { failure } from './errors';
import { fetchPublicKey } from './fetch-public-key';
import { keyState } from './key-state';
import type { KeyState, KeyStateOptions } from './key-state';
import type { CallOptions, KmsPort } from './kms-port';
import type { PublicKey } from './public-key';
import { createSigner } from './signer';
import type { Signer } from './signer';
import { createVerifier } from './verifier';
import type { Verifier } from './verifier';
import { knownOptions } from './whole-numbers';
import { environmentVariable } from '../spec/contract';
import type { KeyContract } from '../spec/contract';
import type { KeySpecName } from '../spec/key-specs';
import { signingAlgorithmOf } from '../spec/signing';
import type { SigningAlgorithm } from '../spec/signing';

/** How a function reaches the keys attached to it. */
export interface AttachedKeyOptions {
  /** `KMS` of the AWS SDK, or the local KMS. */
  readonly kms: KmsPort;
  /** @default process.env */
  readonly env?: Environment;
  /** Tokens of grants that are too new to be known everywhere in KMS. */
  readonly grantTokens?: readonly string[];
}

/** What every attached key tells of itself. */
export interface AttachedKeyFacts {
  /** ARNs of keys that came before, the latest first: what they made is still opened, and nothing is made with them. */
  readonly previousKeyArns: readonly string[];
  /** The state of the key, of which `keyState` says more. It takes `grants.describe`. */
  keyState(options?: Pick<KeyStateOptions, 'publicKey' | 'abortSignal'>): Promise<KeyState>;
}

/** A `SymmetricDataKey`: `encrypt` and `decrypt` small things in KMS, `envelope` for everything else. */
export interface AttachedDataKey extends DirectCipher, ContextContract, AttachedKeyFacts {
  readonly kind: 'data key';
  /** Data keys of this key, for ciphers of one's own: `createRecordCipher({ ...key, table: 'customers', … })`. */
  readonly keyring: Keyring;
  /** AWS Encryption SDK messages under data keys of this key, with the same encryption context contract. */
  readonly envelope: EnvelopeCipher;
}

/**
 * A `SigningKey`: signs and verifies through KMS, with its active generation alone, as signatures tell no key. Tokens do: what is made for them of the key
 * (`createJwtSigner({ ...key, … })`) knows all generations.
 */
export interface AttachedSigningKey extends Signer, Verifier, AttachedKeyFacts {
  readonly kind: 'signing key';
  readonly algorithm: Signer['algorithm'];
  readonly keySpec: KeySpecName;
  /** All keys that sign under this name, one after the other, this one among them. None where the key has no others. */
  readonly generations?: readonly AttachedGeneration[] | undefined;
  /** Whether the ML-DSA keys among them sign messages of any length, as the key was made: `sign` does so by itself. */
  readonly longMessages?: true | undefined;
  /** As given: what is made for the key asks it, `createJwtSigner({ ...key, lifetimeSeconds: 300 })`. */
  readonly kms: KmsPort;
  /** As given. */
  readonly grantTokens?: readonly string[] | undefined;
  /** Fetches the public key, once; others who wait for it go on when one aborts. */
  publicKey(options?: CallOptions): Promise<PublicKey>;
}

/** One of the keys of an attached signing key. */
export interface AttachedGeneration {
  readonly name: string;
  readonly keyArn: string;
  readonly algorithm: Signer['algorithm'];
  readonly keySpec: KeySpecName;
}

/** A `ClientEncryptionKey`: opens what clients encrypted for its public key. */
export interface AttachedClientKey extends ClientDecryptor, AttachedKeyFacts {
  readonly kind: 'client encryption key';
  readonly keySpec: KeySpecName;
  /** Fetches the public key, once; others who wait for it go on when one aborts. */
  publicKey(options?: CallOptions): Promise<PublicKey>;
}

const OPTIONS = ['kms', 'env', 'grantTokens'];
const STATE_OPTIONS = ['publicKey', 'abortSignal'];

/** What a key attached to a function is, told apart by `kind`. */
export type AttachedKey = AttachedDataKey | AttachedSigningKey | AttachedClientKey;

/** Finds keys by the name that they are attached under: of any kind, or of the one that is asked for. */
export interface FromEnvironment {
  (name: string, options: AttachedKeyOptions): AttachedKey;
  /** As `dataKeyFromEnvironment`. */
  dataKey(name: string, options: AttachedKeyOptions): AttachedDataKey;
  /** The `envelope` of a data key: a cipher for AWS Encryption SDK messages. */
  cipher(name: string, options: AttachedKeyOptions): EnvelopeCipher;
  /** As `signingKeyFromEnvironment`. */
  signingKey(name: string, options: AttachedKeyOptions): AttachedSigningKey;
  /** As `clientKeyFromEnvironment`. */
  clientKey(name: string, options: AttachedKeyOptions): AttachedClientKey;
}

function anyFromEnvironment(name: string, options: AttachedKeyOptions): AttachedKey {
  const contract = contractOf(name, options);
  if (isDataKey(contract)) return dataKey(contract, options);
  if (isSigningKey(contract)) return signingKey(name, contract, options);
  if (isClientKey(contract)) return clientKey(name, contract, options);
  throw unfit(name, contract, 'a key that encrypts or signs');
}

/**
 * The key that `key.attachTo(fn, …)` attached under `name`, ready for use: told apart by `kind`. Where the kind is known,
 * `fromEnvironment.cipher`, `.dataKey`, `.signingKey` and `.clientKey` return it as such; so do `dataKeyFromEnvironment`,
 * `signingKeyFromEnvironment` and `clientKeyFromEnvironment`, which leave the other kinds out of the bundle.
 *
 * Calls that the function was not granted are refused by KMS: `ERR_KEYSMITH_ACCESS_DENIED`.
 *
 * @throws `ERR_KEYSMITH_ENVIRONMENT` when no key is attached under the name, or one of another kind, or in a form that this
 *   version does not read
 */
export const fromEnvironment: FromEnvironment = /* @__PURE__ */ Object.assign(anyFromEnvironment, {
  dataKey: dataKeyFromEnvironment,
  cipher: (name: string, options: AttachedKeyOptions) => dataKeyFromEnvironment(name, options).envelope,
  signingKey: signingKeyFromEnvironment,
  clientKey: clientKeyFromEnvironment,
});

/** The `SymmetricDataKey` attached under `name`. @throws `ERR_KEYSMITH_ENVIRONMENT` as `fromEnvironment`, and for other kinds */
export function dataKeyFromEnvironment(name: string, options: AttachedKeyOptions): AttachedDataKey {
  const contract = contractOf(name, options);
  if (!isDataKey(contract)) throw unfit(name, contract, 'a symmetric encryption key');
  return dataKey(contract, options);
}

/** The `SigningKey` attached under `name`. @throws `ERR_KEYSMITH_ENVIRONMENT` as `fromEnvironment`, and for other kinds */
export function signingKeyFromEnvironment(name: string, options: AttachedKeyOptions): AttachedSigningKey {
  const contract = contractOf(name, options);
  if (!isSigningKey(contract)) throw unfit(name, contract, 'a signing key');
  return signingKey(name, contract, options);
}

/** The `ClientEncryptionKey` attached under `name`. @throws `ERR_KEYSMITH_ENVIRONMENT` as `fromEnvironment`, and for other kinds */
export function clientKeyFromEnvironment(name: string, options: AttachedKeyOptions): AttachedClientKey {
  const contract = contractOf(name, options);
  if (!isClientKey(contract)) throw unfit(name, contract, 'an RSA encryption key');
  return clientKey(name, contract, options);
}

function contractOf(name: string, options: AttachedKeyOptions): KeyContract {
  const { env } = knownOptions(options, OPTIONS);
  return readContract(name, env ?? process.env);
}

function isDataKey({ spec }: KeyContract): boolean {
  return spec === 'SYMMETRIC_DEFAULT';
}

function isSigningKey({ usage }: KeyContract): boolean {
  return usage === 'SIGN_VERIFY';
}

function isClientKey({ spec, usage }: KeyContract): boolean {
  return usage === 'ENCRYPT_DECRYPT' && spec !== 'SYMMETRIC_DEFAULT';
}

function dataKey(contractOfKey: KeyContract, options: AttachedKeyOptions): AttachedDataKey {
  const { keyArn, previousKeyArns, encryptionContext, contextKeys } = contractOfKey;
  const { kms, grantTokens } = options;
  const contract = { encryptionContext, contextKeys };
  const keyring = keyringOf(contractOfKey, options);
  return {
    kind: 'data key',
    ...factsOf(contractOfKey, options),
    ...createDirectCipher({ kms, keyArn, previousKeyArns, grantTokens, ...contract }),
    ...contract,
    keyring,
    envelope: createEnvelopeCipher({ keyring, ...contract }),
  };
}

/** Data keys are made under the active key; those under the keys before it are opened. */
function keyringOf({ keyArn, previousKeyArns = [] }: KeyContract, { kms, grantTokens }: AttachedKeyOptions): Keyring {
  const active = new KmsKeyring({ kms, keyArn, grantTokens });
  const [previous, ...older] = previousKeyArns;
  if (previous === undefined) return active;
  return new MultiKeyring({ generator: active, decryptOnly: [new KmsKeyring({ kms, keyArn: previous, additionalKeyArns: older, grantTokens })] });
}

function factsOf({ keyArn, previousKeyArns = [], spec: keySpec }: KeyContract, { kms, grantTokens }: AttachedKeyOptions): AttachedKeyFacts {
  return {
    previousKeyArns: [...previousKeyArns],
    keyState: async (options = {}) => keyState({ ...knownOptions(options, STATE_OPTIONS), kms, keyArn, keySpec, grantTokens }),
  };
}

function signingKey(name: string, contract: KeyContract, options: AttachedKeyOptions): AttachedSigningKey {
  const { kms, grantTokens } = options;
  const { keyArn, spec: keySpec } = contract;
  const algorithm = algorithmOf(name, contract);
  const generations = contract.generations?.map((generation): AttachedGeneration => {
    const { spec = keySpec } = generation;
    return { name: generation.name, keyArn: generation.keyArn, algorithm: algorithmOf(name, { ...contract, ...generation }), keySpec: spec };
  });
  const key = { kms, keyArn, keySpec, grantTokens };
  const publicKey = once(() => fetchPublicKey(key));
  const byMu = contract.longMessages && algorithm.startsWith('ML-DSA') ? { longMessages: true, publicKey } : {};
  return {
    kind: 'signing key',
    ...factsOf(contract, options),
    ...createSigner({ ...key, algorithm, ...byMu }),
    ...createVerifier({ ...key, algorithm }),
    keySpec,
    ...(generations && { generations }),
    ...(contract.longMessages && { longMessages: contract.longMessages }),
    kms,
    grantTokens,
    publicKey,
  };
}

function algorithmOf(name: string, contract: KeyContract): SigningAlgorithm {
  const algorithm = signingAlgorithmOf(contract.spec, contract.algorithm ?? '');
  if (!algorithm) throw unfit(name, contract, 'a signing key with its one algorithm');
  return algorithm;
}

function clientKey(name: string, contract: KeyContract, options: AttachedKeyOptions): AttachedClientKey {
  const { kms, grantTokens } = options;
  const { keyArn, previousKeyArns, spec: keySpec } = contract;
  if (contract.algorithm !== 'RSAES_OAEP_SHA_256') throw unfit(name, contract, 'a key that decrypts RSAES_OAEP_SHA_256');
  const key = { kms, keyArn, keySpec, grantTokens };
  const decryptor = createClientDecryptor({ ...key, previousKeyArns });
  return { kind: 'client encryption key', ...factsOf(contract, options), ...decryptor, keySpec, publicKey: once(() => fetchPublicKey(key)) };
}

function unfit(name: string, { spec, usage, algorithm }: KeyContract, wanted: string): KeysmithError {
  const seen = [spec, usage, algorithm].filter(Boolean).join(', ');
  return failure('ENVIRONMENT', `${environmentVariable(name)} describes a key of ${seen}: attach ${wanted} under this name`);
}
