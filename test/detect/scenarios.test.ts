import { scenario2 } from './support/attacks';
import { BATCH, roleName } from './support/company';
import { DAY } from './support/day';
import { watchOf } from './support/evaluate';
import { Random } from './support/random';
import { MIDNIGHT } from './support/records';
import { dayOf, trialsOf, WAYS } from './support/trials';
import type { Trial } from './support/trials';
import { Watch } from '../../src/detect';
import type { Alert, CloudTrailRecord } from '../../src/detect';

const LONG = 300_000;

const alarmsOf = (alerts: readonly Alert[]): string[] => alerts.filter(({ level }) => level === 'alarm').map(({ detector, principal }) => `${detector} ${principal.split('/').pop()}`);

let trials: readonly Trial[];
beforeAll(() => { trials = trialsOf(11); }, LONG);
const trialOf = (name: string): Trial => trials.find(({ way }) => way.name === name)!;

describe('a normal day: 100,000 records, 20 roles, a daily rhythm, deployments and a nightly batch', () => {
  test.each([
    // Without history nothing tells a nightly batch from a new role that reads 4,000 messages.
    ['records alone', [`decrypt-spike ${roleName(BATCH)}`]],
    ['with --template', [`decrypt-spike ${roleName(BATCH)}`]],
    ['with --baseline', []],
    ['with both', []],
  ])('%s: %j', (name, alarms) => {
    expect(alarmsOf(trialOf(name).normal)).toEqual(alarms);
  });

  test('deployments and rotation are told for information', () => {
    for (const { normal } of trials) {
      const told = normal.filter(({ level }) => level === 'info').map(({ detector, count }) => [detector, count]);
      expect(told.sort()).toEqual([['alias-changed', 2], ['key-policy-changed', 2], ['key-rotated', 1]]);
    }
  });

  test('a role\'s busiest hour is beyond 500 calls: a threshold alone would be noise', () => {
    const floorAlone = new Watch({ spike: { floor: 500, times: 0 } });
    for (const record of dayOf(11)) floorAlone.accept(record);
    expect(new Set(alarmsOf(floorAlone.finish().alerts)).size).toBeGreaterThan(10);
  }, LONG);
});

describe('seventeen attacks on that day, some records late and some twice', () => {
  test.each([
    ['records alone', ['decrypt-spike'], [
      'a new role decrypts slowly, 60 times in six hours', 'a reader that may not sign signs five times', 'the root user decrypts', 'a stranger reads the public key',
      'a writer that goes through S3 calls KMS itself',
    ]],
    ['with --template', ['decrypt-spike'], []],
    ['with --baseline', [], ['a writer that goes through S3 calls KMS itself']],
    ['with both', [], []],
  ])('%s: too much by %j, not seen %j', (name, tooMuch, unseen) => {
    const { scores, unseen: notSeen } = trialOf(name);
    expect(scores.filter(({ wrong }) => wrong > 0).map(({ detector, wrong }) => [detector, wrong])).toEqual(tooMuch.map((detector) => [detector, 1]));
    expect(scores.filter(({ missed }) => missed > 0)).toEqual([]);
    expect(notSeen).toEqual(unseen);
  });

  test('every detector that records can tell had something to tell, besides the three of KMS itself', () => {
    const silent = trialOf('with both').scores.filter(({ right }) => right === 0).map(({ detector }) => detector);
    expect(silent).toEqual(['key-deleted', 'key-rotated', 'key-material-expired']);
  });

  test('copies are counted once', () => {
    const spike = trialOf('with both').attacked.find(({ detector, principal }) => detector === 'decrypt-spike' && principal.endsWith('/Reports'))!;
    expect(spike.count).toBe(700);
  });
});

describe('scenario 2: a new role decrypts 700 times within an hour', () => {
  const { records } = scenario2(MIDNIGHT);
  /** A morning is history enough. */
  let before: readonly CloudTrailRecord[];
  beforeAll(() => { before = dayOf(11 + 1_000, MIDNIGHT - DAY).slice(0, 20_000); });

  const watched = (given: readonly CloudTrailRecord[], options: Parameters<typeof watchOf>[0] = { template: false }): readonly Alert[] => {
    const { watch } = watchOf(options);
    for (const record of given) watch.accept(record);
    return watch.finish().alerts;
  };

  test.each([
    [WAYS[0], ['decrypt-spike']],
    [WAYS[1], ['decrypt-spike', 'unusual-use']],
    [WAYS[2], ['decrypt-spike', 'ungranted-use']],
    [WAYS[3], ['decrypt-spike', 'ungranted-use', 'unusual-use']],
  ])('$#: exactly the expected detectors', ({ template, baseline }, expected) => {
    const alerts = watched(records, { template, ...(baseline ? { baseline: before } : {}) });
    expect(alerts.map(({ detector }) => detector).sort()).toEqual(expected);
    expect(new Set(alerts.map(({ principal }) => principal))).toEqual(new Set(['arn:aws:iam::111122223333:role/Reports']));
  });

  test('the alert names the role, the key, the count and the time, and says it in a sentence', () => {
    const [alert] = watched(records);
    expect(alert).toEqual({
      detector: 'decrypt-spike',
      level: 'alarm',
      key: expect.stringMatching(/:key\/5a1fe0de/),
      principal: 'arn:aws:iam::111122223333:role/Reports',
      count: 700,
      first: records[0].eventTime,
      last: records[699].eventTime,
      message: expect.stringMatching(/^role\/Reports called Decrypt 700 times within an hour on key\/5a1fe0de-[\w-]+: it never did before/),
    });
  });

  test('the order of records and copies of them change nothing', () => {
    const random = new Random(9);
    const copied = [...records, ...records.slice(0, 300)].map((record) => ({ record, at: random.next() }));
    const shuffled = copied.sort((one, other) => one.at - other.at).map(({ record }) => record);
    expect(watched(shuffled)).toEqual(watched(records));
  });

  test.each([
    ['499 calls', records.slice(0, 499)],
    ['700 calls that failed', records.map((record) => ({ ...record, errorCode: 'DisabledException' }))],
    ['700 calls of seven roles', records.map((record, index) => ({ ...record, userIdentity: { type: 'AssumedRole', arn: `arn:aws:sts::111122223333:assumed-role/Reports${index % 7}/s` } }))],
  ])('near miss: %s', (_, given) => {
    expect(watched(given)).toEqual([]);
  });

  test('near hit: sessions of one role, of which the records do not name the issuer, are one principal', () => {
    const sessions = records.map((record, index) => ({ ...record, userIdentity: { type: 'AssumedRole', arn: `arn:aws:sts::111122223333:assumed-role/Reports/s${index % 7}` } }));
    expect(watched(sessions).map(({ detector, principal }) => [detector, principal])).toEqual([['decrypt-spike', 'arn:aws:iam::111122223333:role/Reports']]);
  });
});
