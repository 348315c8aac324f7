import type { KeySpecName, KeyUsageName } from './key-specs';

/**
 * The one place where construct and run time meet: an environment variable that `key.attachTo(fn, …)` writes and
 * `fromEnvironment(name)` reads. A test synthesizes one side and loads it with the other.
 */

/** Name of the variable for a key attached under `name`. */
export function environmentVariable(name: string): string {
  return `KEYSMITH_${name}`;
}

/** Names a key may be attached under: what Lambda accepts in a variable name, in capitals. */
export const ATTACHMENT_NAME = /^[A-Z][A-Z0-9_]{0,63}$/;

/**
 * Version of the JSON below. A reader refuses a version it does not know, and a member: both may be restrictions. The lowest that can say it is written: functions
 * with an older run time go on.
 */
export const CONTRACT_VERSION = 1;

/** The version that tells of several generations, and of long messages. */
export const GENERATIONS_VERSION = 2;

/** The JSON in the variable. */
export interface KeyContract {
  readonly version: typeof CONTRACT_VERSION | typeof GENERATIONS_VERSION;
  readonly keyArn: string;
  /**
   * Keys of the same spec, usage and algorithm that came before, in the same Region, the latest first. What they made is still opened;
   * nothing is made with them.
   */
  readonly previousKeyArns?: readonly string[];
  readonly spec: KeySpecName;
  readonly usage: KeyUsageName;
  /** KMS name of the one algorithm of a signing or client encryption key. */
  readonly algorithm?: string;
  /** Pairs that go with every direct call, literally. */
  readonly encryptionContext?: Readonly<Record<string, string>>;
  /** Keys whose values the caller gives with each call; all are required, and no others are allowed. */
  readonly contextKeys?: readonly string[];
  /** Keys that sign under one name, one after the other, in the same Region: the one above among them. In version 2, and there always. */
  readonly generations?: readonly ContractGeneration[];
  /** Whether ML-DSA keys among them sign messages of any length, by their mu. In version 2. */
  readonly longMessages?: true;
}

/** One of several keys, as far as it is not like the active one: 180 bytes at most, of the 4 KiB that Lambda has for all variables. */
export interface ContractGeneration {
  readonly name: string;
  readonly keyArn: string;
  /** @default - that of the active key */
  readonly spec?: KeySpecName;
  /** @default - that of the active key */
  readonly algorithm?: string;
}

/** What a generation is called: short, as it stands in the contract, in ids and behind aliases. */
export const GENERATION_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,11}$/;

/** Prefix of encryption-context keys that the AWS Encryption SDK keeps for itself. */
export const RESERVED_CONTEXT_PREFIX = 'aws-crypto-';

/** Where messages of signed algorithm suites carry their verification key. */
export const SIGNATURE_CONTEXT_KEY = 'aws-crypto-public-key';
