import { scenario2 } from './support/attacks';
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
  test.each(WAYS)('raises no alarm: $name', ({ name }) => {
    expect(alarmsOf(trialOf(name).normal)).toEqual([]);
  });

  test.each(WAYS)('tells deployments and rotation for information, and the batch where nothing holds an earlier night: $name', ({ name, baseline }) => {
    const told = trialOf(name).normal.map(({ detector, count }) => [detector, count]);
    expect(told.sort()).toEqual([['alias-changed', 2], ...baseline ? [] : [['decrypt-spike', 4_000]], ['key-policy-changed', 2], ['key-rotated', 1]]);
  });

  test('a role\'s busiest hour is beyond 500 calls: a threshold alone would be noise', () => {
    const floorAlone = new Watch({ spike: { floor: 500, times: 0 } });
    for (const record of dayOf(11)) floorAlone.accept(record);
    expect(new Set(alarmsOf(floorAlone.finish().alerts)).size).toBeGreaterThan(10);
  }, LONG);
});

describe('seventeen attacks on that day, some records late and some twice', () => {
  test.each([
    ['records alone', [
      'a new role decrypts slowly, 60 times in six hours', 'a reader that may not sign signs five times', 'a role of another account takes 900 data keys: ransom',
      'the root user decrypts', 'a stranger reads the public key', 'a writer that goes through S3 calls KMS itself',
    ]],
    ['with --template', []],
    ['with --baseline', ['a writer that goes through S3 calls KMS itself']],
    ['with both', []],
  ])('%s: nothing too much, not seen %j', (name, unseen) => {
    const { scores, unseen: notSeen } = trialOf(name);
    expect(scores.filter(({ wrong }) => wrong > 0)).toEqual([]);
    expect(notSeen).toEqual(unseen);
  });

  test('no detector that does not rest misses anything, but for the spike that records alone tell for information', () => {
    const missed = trials.flatMap(({ way, scores }) => scores.filter((score) => score.missed > 0).map(({ detector }) => [way.name, detector]));
    expect(missed).toEqual([['records alone', 'data-key-spike']]);
    expect(trialOf('records alone').attacked.filter(({ detector }) => detector === 'data-key-spike').map(({ level, count }) => [level, count])).toEqual([['info', 900]]);
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
  const [made, ...records] = scenario2(MIDNIGHT).records;
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
    const alerts = watched([made, ...records], { template, ...(baseline ? { baseline: before } : {}) });
    expect(new Set(alerts.map(({ level }) => level))).toEqual(new Set(['alarm']));
    expect(alerts.map(({ detector }) => detector).sort()).toEqual(expected);
    expect(new Set(alerts.map(({ principal }) => principal))).toEqual(new Set(['arn:aws:iam::111122223333:role/Reports']));
  });

  test('the alert names the role, the key, the count and the time, and says it in a sentence', () => {
    const [alert] = watched([made, ...records]);
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
