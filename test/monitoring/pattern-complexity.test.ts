import { complexityOf } from '../../src/monitoring/pattern-complexity';
import type { Json } from '../../src/monitoring/pattern-size';

/** EventBridge refuses a rule whose wildcards come to more than 10; numbers beside are those of event-ruler 2.0.1, where they differ. */

const key = (n: number) => `*:key/${n}234abcd-12ab-34cd-56ef-1234567890ab*`;

const ROWS: readonly [what: string, pattern: Json, comesTo: number][] = [
  ['no wildcard', { detail: { eventName: ['Decrypt'], errorMessage: [{ prefix: 'arn:*' }] } }, 0],
  ['a beginning', { role: [{ wildcard: 'arn:aws:iam::111122223333:role/app-*' }] }, 2],
  ['beginnings of which none begins with another', { role: [{ wildcard: 'role/a*' }, { wildcard: 'role/b*' }, { wildcard: 'role/c*' }] }, 2],
  ['beginnings that begin with each other', { role: [{ wildcard: 'role/a*' }, { wildcard: 'role/ab*' }, { wildcard: 'role/abc*' }] }, 6],
  ['a key within a message', { message: [{ wildcard: key(1) }] }, 3],
  ['three keys within a message', { message: [1, 2, 3].map((n) => ({ wildcard: key(n) })) }, 9],
  ['four keys within a message', { message: [1, 2, 3, 4].map((n) => ({ wildcard: key(n) })) }, 12],
  ['none of them, which is as much at most', { role: [{ exists: false }, { 'anything-but': { wildcard: ['role/*/a', 'role/a'] } }] }, 3],
  ['of several fields the most', { one: [{ wildcard: 'a*' }], other: { deep: [{ wildcard: key(1) }] } }, 3],
  ['alternatives together, as they may be of one field', { $or: [{ message: [{ wildcard: key(1) }] }, { message: [{ wildcard: key(2) }] }] }, 6],
];

test.each(ROWS)('%s', (_, pattern, comesTo) => expect(complexityOf(pattern)).toBe(comesTo));
