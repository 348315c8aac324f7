import type { Shape } from './domains';
import type { Caller, KeyFacts } from '../authz';
import { GRANT_OPERATIONS } from '../spec/action-resources';
import { USE } from '../spec/actions';
import { conditionKeyFacts, CONDITION_KEYS, existsOn } from '../spec/condition-keys';
import { GLOBAL_CONDITION_KEYS, globalConditionKeyFacts } from '../spec/global-condition-keys';
import { algorithmsOf, KEY_SPECS } from '../spec/key-specs';
import type { KeySpecName, KeyUsageName } from '../spec/key-specs';
import { DELETION_WINDOW_DAYS, ROTATION_DAYS } from '../spec/limits';
import { isUnresolved } from '../spec/unresolved';

/** Which values condition keys can have in requests, and what they follow from. Names are in lower case. */

/** Who asks for what: what the values of many condition keys follow from. */
export interface Asking {
  readonly caller: Caller;
  readonly action: string;
  readonly key: KeyFacts;
}

/**
 * How a condition key gets its value:
 * - `settled`: by caller, key and action;
 * - `one`, `several`: by the request, freely;
 * - `pair`, `pair names`: by the encryption context;
 * - `unknown`: AWS may know such a key, nothing here does.
 */
export type Origin = 'settled' | 'one' | 'several' | 'pair' | 'pair names' | 'unknown';

const CONTEXT_PREFIX = 'kms:encryptioncontext:';
const CONTEXT_NAMES = 'kms:encryptioncontextkeys';
const TAG_PREFIX = 'aws:principaltag/';

/** Those that follow from caller and key, whoever it is. */
const SETTLED = new Set([
  'aws:principalarn', 'aws:principalaccount', 'aws:principaltype', 'aws:principalisawsservice', 'aws:principalservicename',
  'aws:principalservicenameslist', 'aws:username', 'aws:securetransport', 'aws:requestedregion', 'aws:resourceaccount',
]);

/** Parameters that no request for their action leaves out, by KMS's API Reference. */
const REQUIRED = new Set([
  'kms:datakeypairspec', 'kms:encryptionalgorithm', 'kms:grantisforawsresource', 'kms:grantoperations', 'kms:keyagreementalgorithm',
  'kms:macalgorithm', 'kms:messagetype', 'kms:primaryregion', 'kms:reencryptonsamekey', 'kms:replicaregion', 'kms:signingalgorithm',
  'kms:wrappingalgorithm', 'kms:wrappingkeyspec',
]);

const ACCOUNTS = new Set(['kms:calleraccount', 'aws:sourceaccount', 'aws:vpceaccount']);
const PRINCIPALS = new Set(['kms:granteeprincipal', 'kms:retiringprincipal']);
const ARNS = new Set([
  'aws:sourcearn', 'aws:chatbotsourcearn', 'kms:grantconstraintsourcearn', 'lambda:sourcefunctionarn', 'ec2:sourceinstancearn', 'ssm:sourceinstancearn',
]);
const DIGITS = /^\d$/;

const NUMBERS: Readonly<Record<string, Shape['numbers']>> = {
  'kms:rotationperiodindays': { ...ROTATION_DAYS, whole: true },
  'kms:schedulekeydeletionpendingwindowindays': { ...DELETION_WINDOW_DAYS, whole: true },
  'kms:trailingdayswithoutkeyusage': { min: 0, whole: true },
  'aws:multifactorauthage': { min: 0, whole: true },
};

const SAMPLES: Readonly<Record<string, string>> = {
  'aws:sourceip': '203.0.113.1',
  'aws:vpcsourceip': '203.0.113.1',
  'aws:currenttime': '2026-01-01T00:00:00Z',
  'aws:tokenissuetime': '2026-01-01T00:00:00Z',
  'aws:multifactorauthpresent': 'true',
  'aws:assumedroot': 'true',
  'kms:validto': '2026-01-01T00:00:00Z',
};

/** Parameters that name an algorithm: the key's own are all there is. */
const ALGORITHMS = new Set(['kms:encryptionalgorithm', 'kms:signingalgorithm', 'kms:macalgorithm', 'kms:keyagreementalgorithm']);

export function originOf(name: string, { caller, action, key }: Asking): Origin {
  if (name.startsWith('kms:') && conditionKeyFacts(name) === undefined) return 'unknown';
  if (!existsOn(name, action)) return 'settled';
  if (name === CONTEXT_NAMES || name.startsWith(CONTEXT_PREFIX)) {
    if (!mayHaveContext(key)) return 'settled';
    return name === CONTEXT_NAMES ? 'pair names' : 'pair';
  }
  if (isSettled(name, caller)) return 'settled';
  return isMultivalued(name) ? 'several' : 'one';
}

function isSettled(name: string, caller: Caller): boolean {
  const facts = conditionKeyFacts(name);
  if (SETTLED.has(name) || (facts?.source === 'key')) return true;
  const service = caller.kind === 'service';
  if (name === 'kms:calleraccount') return !service;
  if (name.startsWith(TAG_PREFIX)) return service || caller.identity?.tags !== undefined;
  if (name === 'aws:principalorgid') return service || caller.identity?.organizationId !== undefined;
  if (name === 'aws:principalorgpaths') return service || caller.identity?.organizationPaths !== undefined;
  if (name === 'aws:userid') return caller.kind === 'account root' || caller.kind === 'federated user';
  return service && globalConditionKeyFacts(name)?.carried === 'with temporary credentials';
}

export function isMultivalued(name: string): boolean {
  return conditionKeyFacts(name)?.type === 'strings' || globalConditionKeyFacts(name)?.multivalued === true;
}

/** The name of the encryption context pair that a condition key reads, in lower case; undefined for every other key. */
export function pairNameIn(name: string): string | undefined {
  return name.startsWith(CONTEXT_PREFIX) ? name.slice(CONTEXT_PREFIX.length) : undefined;
}

/** Whether requests may leave it out. */
export function mayBeAbsent(name: string): boolean {
  return !REQUIRED.has(name) && globalConditionKeyFacts(name)?.carried !== 'always';
}

/** Whether an empty text is a value of it: of pairs of the encryption context, tags, and what a client calls itself, it may be. */
export function mayBeEmpty(name: string): boolean {
  return name.startsWith(CONTEXT_PREFIX) || name.startsWith(TAG_PREFIX) || name === 'aws:useragent' || name === 'aws:referer';
}

/** Whether it is not known what a request carries that says nothing of it: a way of its own, besides absence. */
export function isDoubtfulUnsaid(name: string): boolean {
  return conditionKeyFacts(name)?.defaultDoubtful === true;
}

/** All values that there are, if they are few. */
export function allValues(name: string, { action, key }: Asking): readonly string[] | undefined {
  const known = Object.hasOwn(KEY_SPECS, key.spec);
  if (ALGORITHMS.has(name) && known && fits(action, key)) return algorithmsOf(key.spec as KeySpecName, key.usage as KeyUsageName);
  if (name === 'kms:messagetype') return ['RAW', 'DIGEST', 'EXTERNAL_MU'];
  if (name === 'kms:grantoperations') return grantOperationsOf(key);
  if (name === 'kms:grantconstrainttype') return ['EncryptionContextSubset', 'EncryptionContextEquals'];
  return conditionKeyFacts(name)?.type === 'bool' ? ['false', 'true'] : undefined;
}

/** Whether KMS carries out the action on such a key at all. What is not known may be. */
export function fits(action: string, { spec, usage }: KeyFacts): boolean {
  const usages: readonly string[] | undefined = USE[action];
  return usages === undefined || isUnresolved(usage) || isUnresolved(spec) || usages.includes(usage);
}

/** The operations a grant on such a key can give. */
export function grantOperationsOf(key: KeyFacts): readonly string[] {
  return GRANT_OPERATIONS.filter((operation) => fits(`kms:${operation}`, key));
}

/** "You cannot specify an encryption context for an asymmetric or HMAC key" (KMS Developer Guide, "Encryption context"). */
export function mayHaveContext({ spec }: KeyFacts): boolean {
  return !Object.hasOwn(KEY_SPECS, spec) || KEY_SPECS[spec as KeySpecName].family === 'symmetric';
}

/** What its values look like. */
export function shapeOf(name: string): Shape {
  if (ACCOUNTS.has(name)) return { like: ['????????????'], letters: '9876543210', allowed: DIGITS };
  if (PRINCIPALS.has(name)) return { like: ['arn:?*:?*::*:?*'] };
  if (ARNS.has(name)) return { like: ['arn:?*:?*:*:*:?*'] };
  if (name === 'kms:requestalias') return { like: ['alias/?*'] };
  return { numbers: NUMBERS[name], sample: NUMBERS[name] ? String(NUMBERS[name].min) : SAMPLES[name] };
}

const NAMES = new Map([...Object.keys(GLOBAL_CONDITION_KEYS), ...Object.keys(CONDITION_KEYS)].map((name) => [name.toLowerCase(), name]));

/** A condition key as AWS writes it. */
export function properName(name: string): string {
  return NAMES.get(name) ?? name;
}
