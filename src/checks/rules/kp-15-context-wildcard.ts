import { CONTEXT } from '../bounds';
import { keyRule } from '../rule';

/** Characters that names are made of: where a value goes on behind one of them, it is another name. */
const WITHIN_NAMES = /[A-Za-z0-9]\*$/;

export const CONTEXT_WILDCARD = keyRule({
  id: 'KP-15',
  name: 'ContextWildcard',
  level: 'warning',
  title: 'A wildcard in a value of the encryption context stands behind a delimiter.',
  why: 'tenant-1* is also tenant-10, and *-prod whatever ends so. * alone asks for the pair, with any value (IAM User Guide, "String condition operators").',
  fix: 'Write the values out with StringEquals, or end what is before the wildcard with a delimiter: tenant-1/*.',
  controls: { nist: ['AC-3', 'AC-4'], pci: ['7.2.2'] },
}, (key) => key.allows.flatMap(({ conditions, name }) => conditions.flatMap(({ lowerKey, test, values, key: written, negated }) => {
  if (!lowerKey.startsWith(CONTEXT) || test !== 'StringLike' || negated) return [];
  const loose = values.find((value) => value === '*' || (value.startsWith('*') && !/^\*[:/.]/.test(value)) || WITHIN_NAMES.test(value));
  return loose === undefined ? [] : [key.problem(`${loose === '*' ? 'takes any value' : `takes whatever is like '${loose}'`} for ${written}`, { statement: name })];
})));
