import { DEPLOYER, KEYS } from './support/company';
import { MIDNIGHT, Records } from './support/records';
import { Watch } from '../../src/detect';
import type { Alert, CloudTrailRecord } from '../../src/detect';

/** Records of one kind are one alert: the same detector, level, key and principal. */

const put = (seconds: number, rest: object = {}): CloudTrailRecord => (
  new Records(seconds + 1).make({ event: 'PutKeyPolicy', caller: DEPLOYER, keyArn: KEYS.data, second: MIDNIGHT + seconds, ...rest }));

function alertsOf(...records: readonly CloudTrailRecord[]): readonly Alert[] {
  const watch = new Watch();
  for (const record of records) watch.accept(record);
  return watch.finish().alerts;
}

const user = { caller: { kind: 'user', name: 'mallory' } } as const;
const facts = ({ level, count, first, last }: Alert): unknown[] => [level, count, first.slice(11, 19), last.slice(11, 19)];

test('the first and the last of them count, in whatever order they come', () => {
  for (const order of [[60, 0, 120], [0, 60, 120], [120, 60, 0]]) {
    expect(alertsOf(...order.map((seconds) => put(seconds, user))).map(facts)).toEqual([['alarm', 3, '00:00:00', '00:02:00']]);
  }
});

test('a role that deploys, and by itself: information and an alarm', () => {
  if (DEPLOYER.kind !== 'through a service') throw new Error('it deploys through CloudFormation');
  const byItself = { caller: { kind: 'role', name: DEPLOYER.name } } as const;
  expect(alertsOf(put(0), put(10), put(20, byItself)).map(facts)).toEqual([['info', 2, '00:00:00', '00:00:10'], ['alarm', 1, '00:00:20', '00:00:20']]);
});

test('other keys and other principals are alerts of their own', () => {
  const other = { caller: { kind: 'user', name: 'trudy' } } as const;
  const found = alertsOf(put(0, user), put(10, other), put(20, { ...user, keyArn: KEYS.signing }));
  expect(found.map(({ key, principal }) => [key, principal.split('/')[1]])).toEqual([[KEYS.data, 'mallory'], [KEYS.data, 'trudy'], [KEYS.signing, 'mallory']]);
});

test('a sentence names four addresses at most', () => {
  const from = (n: number): CloudTrailRecord => put(n, { ...user, sourceIPAddress: `192.0.2.${n}` });
  expect(alertsOf(...[1, 2, 3, 4, 5, 6].map(from))[0].message).toContain('6 times on key/5a1fe0de-7c55-4f2b-9a86-20b1f1f0c001 from 192.0.2.1, 192.0.2.2, 192.0.2.3, 192.0.2.4: ');
});
