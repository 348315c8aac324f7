import { keyRule } from '../rule';

const LITERAL = ['StringEquals', 'StringNotEquals', 'StringEqualsIgnoreCase', 'StringNotEqualsIgnoreCase'];

export const WILDCARD_WITHOUT_LIKE = keyRule({
  id: 'KP-17',
  name: 'WildcardWithoutLike',
  level: 'error',
  title: 'A wildcard stands with an operator that knows wildcards.',
  why: 'StringEquals compares * and ? as the characters they are, so that the statement never matches what it means; ArnEquals and ArnLike both know them (IAM User Guide, '
    + '"String condition operators", "ARN condition operators").',
  fix: 'Write StringLike, or StringNotLike for StringNotEquals.',
  controls: { nist: ['CM-6'] },
}, (key) => key.statements.flatMap(({ conditions, name, effect }) => conditions.flatMap(({ test, values, key: written, lowerKey, operator }) => {
  // CloudWatch Logs sends that pair with an asterisk in it, for deliveries to Amazon S3.
  if (test === undefined || !LITERAL.includes(test) || lowerKey === 'kms:encryptioncontext:sourcearn') return [];
  const value = values.find((one) => /[*?]/.test(one.replace(/\$\{[^}]*\}/g, '')));
  if (value === undefined) return [];
  return [key.problem(`compares ${written} by ${operator} with '${value}', letter by letter: ${effect === 'Deny' ? 'it denies' : 'it allows'} nothing that was meant`, { statement: name })];
})));
