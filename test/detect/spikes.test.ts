import type { Caller } from './support/callers';
import { CONTEXT, DEPLOYER, FOREIGN_KEY, KEYS, READERS, role } from './support/company';
import { burst, DAY } from './support/day';
import { watchOf } from './support/evaluate';
import { MIDNIGHT, Records } from './support/records';
import type { Alert, CloudTrailRecord } from '../../src/detect';

/**
 * A nightly batch and a new role that reads everything look the same in records that hold no earlier night. When a spike of somebody who did nothing before is an alarm, and
 * when it is information.
 */

const HOUR = 3600;
const NOON = MIDNIGHT + DAY / 2;
const REPORTS: Caller = { kind: 'role', name: 'Reports' };
const MALLORY: Caller = { kind: 'user', name: 'mallory' };

const decrypts = (calls: number, caller: Caller = REPORTS, keyArn = KEYS.data): CloudTrailRecord[] => (
  burst({ event: 'Decrypt', caller, keyArn, encryptionContext: CONTEXT }, calls, NOON, HOUR - 10, 7));
const SPIKE = decrypts(700);
const BEGIN = Date.parse(SPIKE[0].eventTime!) / 1000;

/** Somebody looks at a key. */
const earlier = (seconds: number): CloudTrailRecord => (
  new Records(3).make({ event: 'DescribeKey', caller: { kind: 'user', name: 'alice' }, second: BEGIN - seconds }));
const made = (name: string, by: Caller = MALLORY, rest: Readonly<Record<string, unknown>> = {}): CloudTrailRecord => (
  new Records(4).roleMade(name, by, NOON - 60, rest));

function spikes(records: readonly CloudTrailRecord[], given: Parameters<typeof watchOf>[0] = { template: false }): Alert[] {
  const { watch } = watchOf(given);
  for (const record of records) watch.accept(record);
  return watch.finish().alerts.filter(({ detector }) => detector === 'decrypt-spike');
}

const levels = (...asked: Parameters<typeof spikes>): string[] => spikes(...asked).map(({ level }) => level);

test.each<[what: string, records: readonly CloudTrailRecord[], level: 'alarm' | 'info']>([
  ['records that begin with it', SPIKE, 'info'],
  ['records that begin a day before it', [earlier(DAY), ...SPIKE], 'alarm'],
  ['the same, the oldest record last', [...SPIKE, earlier(DAY)], 'alarm'],
  ['records that begin a second later', [earlier(DAY - 1), ...SPIKE], 'info'],
  ['records of which the older ones are another service\'s', [{ ...earlier(DAY), eventSource: 's3.amazonaws.com' }, ...SPIKE], 'info'],
  ['a role that was made an hour before', [made('Reports'), ...SPIKE], 'alarm'],
  ['a role that could not be made', [made('Reports', MALLORY, { errorCode: 'AccessDenied', responseElements: null }), ...SPIKE], 'info'],
  ['another role that was made', [made('Report'), ...SPIKE], 'info'],
  ['a role that a deployment made', [made('Reports', DEPLOYER), ...SPIKE], 'info'],
  ['20,000 calls', decrypts(20_000), 'alarm'],
  ['19,999 calls', decrypts(19_999), 'info'],
])('%s', (_, records, level) => {
  expect(levels(records)).toEqual([level]);
});

test('a rate of its own is history, however short', () => {
  const before = burst({ event: 'Decrypt', caller: REPORTS, keyArn: KEYS.data }, 100, NOON - 3 * HOUR, HOUR, 8);
  expect(levels([...before, ...SPIKE])).toEqual(['alarm']);
});

test('a baseline is history, whatever it holds', () => {
  expect(levels(SPIKE, { template: false, baseline: [earlier(2 * DAY)] })).toEqual(['alarm']);
});

describe('a template tells who may', () => {
  const later = burst({ event: 'Decrypt', caller: REPORTS, keyArn: KEYS.data, encryptionContext: CONTEXT }, 2, NOON + 3 * HOUR, HOUR, 9);
  test.each<[what: string, records: readonly CloudTrailRecord[], level: 'alarm' | 'info']>([
    ['a role that it refuses', SPIKE, 'alarm'],
    ['a role that it grants the use', decrypts(700, role(READERS[0])), 'info'],
    ['the key of another team, of which it says nothing', decrypts(700, REPORTS, FOREIGN_KEY), 'info'],
    ['the same, by a role that it refuses a key of its own', [...decrypts(700, REPORTS, FOREIGN_KEY), ...later], 'info'],
  ])('%s', (_, records, level) => {
    // An alias shows which key is which.
    const shown = new Records(5).make({ event: 'UpdateAlias', caller: DEPLOYER, keyArn: KEYS.data, aliasName: 'alias/company-data', second: NOON - 60 });
    expect(levels([shown, ...records], { template: true })).toEqual([level]);
  });
});

test('information says why, and what would tell', () => {
  const told = (records: readonly CloudTrailRecord[]): string => spikes(records)[0].message.replace(/^.*?: /, '');
  expect(told([earlier(5 * HOUR), ...SPIKE])).toBe('the records before it are of 5 hours, in which it did nothing: a nightly batch looks the same. A baseline or a template would tell');
  expect(told(SPIKE)).toMatch(/^the records before it are of less than an hour, /);
  expect(told([earlier(DAY), ...SPIKE])).toBe('it never did before in these records');
});
