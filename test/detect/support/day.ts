import { ACCOUNT } from './callers';
import type { Caller } from './callers';
import { BATCH, CONTEXT, DATABASE, DEPLOYER, FOREIGN_KEY, KEYS, PUBLISHER, READERS, role, SIGNERS, through, TRAVELLER, WRITERS } from './company';
import { Random } from './random';
import { Records } from './records';
import type { RecordOptions } from './records';
import type { CloudTrailRecord } from '../../../src/detect';

const HOUR = 3600;
export const DAY = 24 * HOUR;

/** Calls of one kind within a day: how many, and at which times. */
interface Habit extends Omit<RecordOptions, 'second'> {
  readonly calls: number;
  readonly when: (random: Random) => number;
}

/** Busiest at 13 o'clock, with a twelfth of that at night: an hour at noon has three times a day's mean. */
const RHYTHM = Array.from({ length: 24 }, (_, hour) => 0.1 + Math.exp(-(((hour - 13) / 3.2) ** 2)));
const RHYTHM_SUM = RHYTHM.reduce((sum, weight) => sum + weight, 0);

function byDay(random: Random): number {
  let left = random.next() * RHYTHM_SUM;
  const hour = RHYTHM.findIndex((weight) => (left -= weight) < 0);
  return Math.min(Math.max(hour, 0) * HOUR + random.below(HOUR), DAY - 1);
}

const between = (from: number, to: number) => (random: Random): number => Math.floor(from * HOUR + random.next() * (to - from) * HOUR);
const atAnyTime = between(0, 24);

/** 100,000 records a day, of which a role's busiest hour has about 740. */
const RECORDS = 100_000;
const READ_BY_ONE = 5_500;

const habits: readonly Habit[] = [
  ...READERS.map((name): Habit => ({ event: 'Decrypt', caller: role(name), keyArn: KEYS.data, encryptionContext: CONTEXT, calls: READ_BY_ONE, when: byDay })),
  ...WRITERS.flatMap((name): Habit[] => [
    { event: 'GenerateDataKey', caller: through('s3', name), keyArn: KEYS.data, encryptionContext: { 'aws:s3:arn': 'arn:aws:s3:::company-invoices' }, calls: 4_000, when: byDay },
    { event: 'GenerateDataKeyWithoutPlaintext', caller: role(name), keyArn: KEYS.data, encryptionContext: CONTEXT, calls: 800, when: byDay },
  ]),
  ...SIGNERS.map((name): Habit => ({ event: 'Sign', caller: role(name), keyArn: KEYS.signing, calls: 4_000, when: byDay })),
  // The nightly batch: nothing all day, and then more than any other role.
  { event: 'Decrypt', caller: role(BATCH), keyArn: KEYS.data, encryptionContext: CONTEXT, calls: 4_000, when: between(2, 2.75) },
  { event: 'GetPublicKey', caller: role(PUBLISHER), keyArn: KEYS.signing, calls: 96, when: atAnyTime },
  { event: 'Decrypt', caller: through('dynamodb', DATABASE), keyArn: KEYS.data, calls: 1_500, when: byDay },
  { event: 'GenerateDataKey', caller: { kind: 'service', service: 'dynamodb.amazonaws.com' }, keyArn: KEYS.data, calls: 200, when: atAnyTime },
  { event: 'CreateGrant', caller: through('dynamodb', DATABASE), keyArn: KEYS.data, grantee: 'dynamodb.us-east-1.amazonaws.com', calls: 4, when: atAnyTime },
  { event: 'Encrypt', caller: role(TRAVELLER), keyArn: KEYS.global, encryptionContext: CONTEXT, calls: 300, when: byDay },
  { event: 'Decrypt', caller: role(TRAVELLER), keyArn: KEYS.global, encryptionContext: CONTEXT, calls: 300, when: byDay },
  // Another team's key in the same account: no template here speaks of it.
  { event: 'Decrypt', caller: { kind: 'role', name: 'other-team' }, keyArn: FOREIGN_KEY, calls: 1_000, when: byDay },
  { event: 'DescribeKey', caller: role(PUBLISHER), keyArn: KEYS.signing, calls: 288, when: atAnyTime },
  { event: 'ListAliases', caller: { kind: 'user', name: 'alice' }, calls: 20, when: between(8, 18) },
  // A key that a service has just lost, and a wrong ciphertext: no refusals.
  { event: 'Decrypt', caller: role(READERS[0]), keyArn: FOREIGN_KEY, outcome: 'disabled', calls: 3, when: atAnyTime },
  // Two deployments, and a rotation.
  { event: 'PutKeyPolicy', caller: DEPLOYER, keyArn: KEYS.data, calls: 2, when: between(10, 11) },
  { event: 'UpdateAlias', caller: DEPLOYER, keyArn: KEYS.signing, aliasName: 'alias/company-signing', calls: 2, when: between(10, 11) },
  { event: 'EnableKeyRotation', caller: DEPLOYER, keyArn: KEYS.data, calls: 2, when: between(10, 11) },
  { event: 'RotateKey', caller: { kind: 'service', service: 'kms.amazonaws.com' }, keyArn: KEYS.data, calls: 1, when: atAnyTime },
];

const filled = habits.reduce((sum, { calls }) => sum + calls, 0);
/** Other people look at keys as often as is left. */
const HABITS: readonly Habit[] = [
  ...habits, { event: 'DescribeKey', caller: { kind: 'role', name: 'inventory' }, keyArn: KEYS.data, calls: RECORDS - filled, when: atAnyTime },
];

/** A normal day, in the order of time. The same seed makes the same day. */
export function* normalDay(midnight: number, seed: number): Generator<CloudTrailRecord> {
  const random = new Random(seed);
  const records = new Records(seed);
  const calls = HABITS.flatMap(({ calls: count, when, ...options }) => {
    const caller = new Sessions(options, records, random);
    return Array.from({ length: count }, () => ({ caller, second: midnight + when(random) }));
  });
  calls.sort((one, other) => one.second - other.second);
  for (const { caller, second } of calls) yield caller.call(second);
}

/** Calls one after the other, at random times within a while. */
export function burst(options: Omit<RecordOptions, 'second'>, calls: number, from: number, seconds: number, seed: number): CloudTrailRecord[] {
  const random = new Random(seed);
  const caller = new Sessions(options, new Records(seed + 1), random);
  const times = Array.from({ length: calls }, () => from + random.below(seconds)).sort((one, other) => one - other);
  return times.map((second) => caller.call(second));
}

/** A caller has a session for some hours, and makes the same call many times in it: what differs is the time and the ids. */
class Sessions {
  private readonly begun: CloudTrailRecord[] = [];

  constructor(private readonly options: Omit<RecordOptions, 'second'>, private readonly records: Records, private readonly random: Random) {}

  call(second: number): CloudTrailRecord {
    if (this.begun.length === SESSIONS) return this.records.again(this.random.of(this.begun), second);
    const record = this.records.make({ ...this.options, second });
    this.begun.push(record);
    return record;
  }
}

const SESSIONS = 8;

/** As alerts name a caller. */
export function principalOf(caller: Caller): string {
  switch (caller.kind) {
    case 'role': case 'through a service': return `arn:aws:iam::${ACCOUNT}:role/${caller.name}`;
    case 'user': return `arn:aws:iam::${ACCOUNT}:user/${caller.name}`;
    case 'root': return `arn:aws:iam::${ACCOUNT}:root`;
    case 'service': return caller.service;
    case 'other account': return caller.account ?? '444455556666';
    case 'role of another account': return `arn:aws:iam::${caller.account ?? '444455556666'}:role/${caller.name}`;
  }
}
