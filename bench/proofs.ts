import { median, print, round } from './measure';
import type { PolicyStatement } from '../src/authz';
import { accessOf, allowsNothingNew, can, deadStatements, nobodyCanBoth, nobodyExcept, requiresContext } from '../src/proof';
import type { KeyWorld } from '../src/proof';
import { ACCOUNT, ownKeys } from '../test/proof/support/own-keys';

/**
 * How long proofs take: over keys as this library makes them, each with nothing kept from an earlier proof; over 200 keys with five statements each; and
 * whether twice the statements take twice the time.
 *
 * Run `CDK_VALIDATION=false npx tsx bench/proofs.ts`; with `--cpu` it counts processor time.
 */

const ROUNDS = 15;
const WARM_UP = 15;
const LIMIT_MS = 3;
const KEYS = 200;
const KEYS_LIMIT_MS = 5000;

const { keys, roleNamed } = ownKeys();
const [reader, writer] = [roleNamed('Reader'), roleNamed('Writer')];

const PROOFS: Readonly<Record<string, (at: KeyWorld) => unknown>> = {
  'nobodyExcept … Decrypt': (at) => nobodyExcept(at, [reader, writer], ['kms:Decrypt']),
  'nobodyExcept … any use': (at) => nobodyExcept(at, [reader], ['kms:Decrypt', 'kms:Encrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:Sign']),
  'requiresContext': (at) => requiresContext(at, ['kms:Decrypt', 'kms:Encrypt'], ['tenant']),
  'nobodyCanBoth': (at) => nobodyCanBoth(at, ['kms:PutKeyPolicy'], ['kms:Decrypt', 'kms:Sign']),
  'can': (at) => can(at, { principal: reader, action: 'kms:Decrypt' }),
};

const LISTS: Readonly<Record<string, (at: KeyWorld) => unknown>> = {
  deadStatements,
  accessOf,
  allowsNothingNew: (at) => allowsNothingNew(at, { ...at, key: { ...at.key, policy: JSON.parse(JSON.stringify(at.key.policy)) } }),
};

/** A world that no proof has seen: nothing that was read or worked out is kept. */
function fresh({ key, world, owners }: KeyWorld): KeyWorld {
  return JSON.parse(JSON.stringify({ key, world, owners })) as KeyWorld;
}

/** Milliseconds of each proof, one after another on one key that none has seen: the first of them reads the policies. The median over the rounds. */
function timesOf(proofs: Readonly<Record<string, (at: KeyWorld) => unknown>>, at: KeyWorld): Record<string, number> {
  const rounds = Array.from({ length: WARM_UP + ROUNDS }, () => {
    const unseen = fresh(at);
    return Object.entries(proofs).map(([name, run]) => [name, elapsed(() => { run(unseen); })] as const);
  }).slice(WARM_UP);
  return Object.fromEntries(Object.keys(proofs).map((name, index) => [name, median(rounds.map((one) => one[index][1]))]));
}

function overOwnKeys(proofs: typeof PROOFS): { rows: Record<string, string | number>[]; average: number } {
  const times = Object.entries(keys).map(([key, at]) => [key, timesOf(proofs, at)] as const);
  const rows = Object.keys(proofs).map((name) => ({ proof: name, ...Object.fromEntries(times.map(([key, of]) => [key, round(of[name], 2)])) }));
  const all = times.flatMap(([, of]) => Object.values(of));
  return { rows, average: all.reduce((sum, ms) => sum + ms, 0) / all.length };
}

/** A key of somebody else: an administrator, readers and writers under conditions, a service. */
function strangersKey(number: number, statements: number): KeyWorld {
  const role = (name: string) => `arn:aws:iam::${ACCOUNT}:role/${name}${number}`;
  const Statement = Array.from({ length: statements }, (_, index): PolicyStatement => ([
    { Sid: `Admin${index}`, Effect: 'Allow', Principal: { AWS: role(`Admin${index}`) }, Action: ['kms:PutKeyPolicy', 'kms:Describe*'], Resource: '*' },
    {
      Sid: `Read${index}`,
      Effect: 'Allow',
      Principal: { AWS: role(`Reader${index}`) },
      Action: 'kms:Decrypt',
      Resource: '*',
      Condition: { StringLike: { 'kms:EncryptionContext:tenant': `t${index}-*` }, Bool: { 'aws:MultiFactorAuthPresent': 'true' } },
    },
    {
      Sid: `Write${index}`,
      Effect: 'Allow',
      Principal: { AWS: role(`Writer${index}`) },
      Action: ['kms:GenerateDataKey*', 'kms:Encrypt'],
      Resource: '*',
      Condition: { StringEquals: { 'kms:ViaService': 's3.eu-west-1.amazonaws.com', 'kms:CallerAccount': ACCOUNT } },
    },
    {
      Sid: `Logs${index}`,
      Effect: 'Allow',
      Principal: { Service: 'logs.eu-west-1.amazonaws.com' },
      Action: ['kms:Decrypt', 'kms:Encrypt'],
      Resource: '*',
      Condition: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': `arn:aws:logs:eu-west-1:${ACCOUNT}:log-group:app${index}*` } },
    },
    {
      Sid: `No${index}`,
      Effect: 'Deny',
      Principal: '*',
      Action: 'kms:Decrypt',
      Resource: '*',
      Condition: { ArnLike: { 'aws:PrincipalArn': `arn:aws:iam::*:role/Blocked${index}*` } },
    },
  ] as PolicyStatement[])[index % 5]);
  const arn = `arn:aws:kms:eu-west-1:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-${String(number).padStart(12, '0')}`;
  return { key: { arn, spec: 'SYMMETRIC_DEFAULT', usage: 'ENCRYPT_DECRYPT', policy: { Version: '2012-10-17', Statement } }, world: { identities: [] } };
}

/** What a check asks of each key. */
function provedOf(at: KeyWorld): void {
  nobodyExcept(at, [ACCOUNT], ['kms:*']);
  requiresContext(at, ['kms:Decrypt'], ['tenant']);
  nobodyCanBoth(at, ['kms:PutKeyPolicy'], ['kms:Decrypt']);
  deadStatements(at);
}

function provedOfKeys(count: number): void {
  for (let number = 0; number < count; number++) provedOf(strangersKey(number, 5));
}

/** Milliseconds, or with `--cpu` those of processor time, which waiting for the processor does not lengthen. */
function elapsed(run: () => void): number {
  const start = now();
  run();
  return now() - start;
}

function now(): number {
  if (!process.argv.includes('--cpu')) return performance.now();
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

const own = overOwnKeys(PROOFS);
print('Proofs over keys of this library, ms', own.rows, { limit: LIMIT_MS, average: round(own.average, 2), withinLimit: own.average <= LIMIT_MS });
print('Lists over keys of this library, ms', overOwnKeys(LISTS).rows, {});
const many = elapsed(() => provedOfKeys(KEYS));
print(`${KEYS} keys with 5 statements, three proofs and the dead statements of each`, [{ ms: round(many, 0) }], { limit: KEYS_LIMIT_MS, withinLimit: many <= KEYS_LIMIT_MS });
const growing = [50, 100, 200, 400].map((count) => ({ keys: count, ms: round(elapsed(() => provedOfKeys(count)), 0) }));
print('Growth with the number of keys', growing, {});
const statements = [10, 20, 40, 80].map((count) => ({ statements: count, ms: round(elapsed(() => provedOf(strangersKey(1, count))), 0) }));
print('Growth with the statements of one key', statements, {});
