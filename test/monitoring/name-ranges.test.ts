import { within } from '../../src/monitoring/name-ranges';

/** Which members of a granted set a rule has to know, which is for roles whose names begin in some way. */

const issuer = (name: string, isPattern = false) => ({ arn: `arn:aws:iam::111122223333:role/${name}`, name, isPattern });
const SET = [issuer('reader1'), issuer('reader2'), issuer('read'), issuer('writer'), issuer(''), issuer('app', true)];
const namesIn = (range: Parameters<typeof within>[1]) => within(SET, range).map(({ name }) => name);

test.each<[what: string, range: Parameters<typeof within>[1], names: readonly string[]]>([
  ['one name; of a role of which the beginning alone is known it may be the name', { within: ['reader1'] }, ['reader1', 'read', '', 'app']],
  ['names that begin so', { within: ['reader'] }, ['reader1', 'reader2', 'read', '', 'app']],
  ['several beginnings', { within: ['reader2', 'w'] }, ['reader2', 'read', 'writer', '', 'app']],
  ['all others; those of which nobody knows the name are in each', { without: ['reader'] }, ['read', 'writer', '', 'app']],
])('%s', (_, range, names) => expect(namesIn(range)).toEqual(names));
