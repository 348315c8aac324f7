import { compose } from '../../src/policy/statements';
import type { Sentence, SentencePrincipal } from '../../src/policy/statements';

const role = (name: string): SentencePrincipal => ({ type: 'AWS', name: `arn:aws:iam::111122223333:role/${name}` });
const untold = (name: string, account = '111122223333'): SentencePrincipal => ({ type: 'rolesOf', account, arn: `arn:aws:iam::${account}:role/${name}` });
const says = (sid: string, principal: SentencePrincipal, more: Partial<Sentence> = {}): Sentence =>
  ({ sid, effect: 'Allow', actions: [`kms:${sid}`], principal, label: 'somebody', ...more });

/** Statements in short: Sid, principals, actions. */
const short = (sentences: Sentence[], tight?: boolean) =>
  compose(sentences, tight).map(({ json }) => [json.Sid, ...Object.values(json.Principal).flat().map((arn) => String(arn).split('/').pop()), json.Action]);

describe('sentences become statements', () => {
  test.each<[string, Sentence[], unknown[]]>([
    ['those that differ in the principal share one', [says('Decrypt', role('a')), says('Decrypt', role('b'))], [['Decrypt', 'a', 'b', 'kms:Decrypt']]],
    ['what is said twice is written once', [says('Decrypt', role('a')), says('Decrypt', role('a'))], [['Decrypt', 'a', 'kms:Decrypt']]],
    ['other duties stand alone', [says('Decrypt', role('a')), says('Encrypt', role('a'))], [['Decrypt', 'a', 'kms:Decrypt'], ['Encrypt', 'a', 'kms:Encrypt']]],
    [
      'other conditions too, with a Sid of their own',
      [says('Decrypt', role('a')), says('Decrypt', role('b'), { conditions: { Bool: { x: 'true' } } })],
      [['Decrypt', 'a', 'kms:Decrypt'], ['Decrypt2', 'b', 'kms:Decrypt']],
    ],
    ['a denial is never joined to an Allow', [says('Decrypt', role('a')), says('Decrypt', role('a'), { effect: 'Deny' })], [['Decrypt', 'a', 'kms:Decrypt'], ['Decrypt2', 'a', 'kms:Decrypt']]],
    ['services are never joined to roles', [says('Decrypt', role('a')), says('Decrypt', { type: 'Service', name: 'logs' })], [['Decrypt', 'a', 'kms:Decrypt'], ['Decrypt2', 'logs', 'kms:Decrypt']]],
  ])('%s', (_, sentences, statements) => expect(short(sentences)).toEqual(statements));

  test('principals told by ARN share the root of their account, and a condition', () => {
    const [statement, foreign] = compose([says('Decrypt', untold('a')), says('Decrypt', untold('b')), says('Decrypt', untold('c', '444455556666'))]);
    expect(statement.json.Condition).toEqual({ ArnEquals: { 'aws:PrincipalArn': ['arn:aws:iam::111122223333:role/a', 'arn:aws:iam::111122223333:role/b'] } });
    expect(foreign.json.Condition).toEqual({ ArnEquals: { 'aws:PrincipalArn': 'arn:aws:iam::444455556666:role/c' } });
    expect(Object.values(foreign.json.Principal)[0]).toMatch(/:iam::444455556666:root$/);
  });

  test('when room is short, those that differ in the actions are joined too', () => {
    const sentences = [says('Decrypt', role('a')), says('Encrypt', role('a')), says('Decrypt', role('b')), says('Encrypt', role('b')), says('Verify', role('b'))];
    expect(short(sentences, true)).toEqual([['DecryptEncrypt', 'a', 'b', ['kms:Decrypt', 'kms:Encrypt']], ['Verify', 'b', 'kms:Verify']]);
  });

  test('and remember whom they are about', () => {
    const labels = compose([says('Decrypt', role('a'), { label: 'A' }), says('Decrypt', role('b'), { label: 'B' })]).map((statement) => statement.labels);
    expect(labels).toEqual([['A', 'B']]);
  });
});

describe('statements that differ in the resource only become one', () => {
  const about = (values: string | string[], more: Record<string, Record<string, string>> = {}, operator = 'StringLike', key = 'kms:EncryptionContext:aws:s3:arn') => ({
    ...more, [operator]: { ...more[operator], [key]: values },
  });
  const read = (who: string, values: string | string[], ...more: Parameters<typeof about> extends [unknown, ...infer Rest] ? Rest : never) =>
    says('Read', role(who), { conditions: about(values, ...more) });
  const asked = (sentences: Sentence[]) => compose(sentences).map(({ json }) => [Object.values(json.Principal).flat().map((arn) => String(arn).split('/').pop()), json.Condition]);

  test.each<[string, Sentence[], unknown[]]>([
    ['with all values', [read('a', ['y']), read('a', ['x'])], [[['a'], about(['x', 'y'])]]],
    ['but for values that another covers', [read('a', ['x', 'y*']), read('a', ['yz'])], [[['a'], about(['x', 'y*'])]]],
    ['not for other principals', [read('a', ['x']), read('b', ['y'])], [[['a'], about(['x'])], [['b'], about(['y'])]]],
    ['not where one has a principal more', [read('a', ['x']), read('b', ['x']), read('a', ['y'])], [[['a', 'b'], about(['x'])], [['a'], about(['y'])]]],
    ['for principals that come to the same in the end', [read('a', ['x']), read('a', ['y']), read('b', ['x', 'y'])], [[['a', 'b'], about(['x', 'y'])]]],
    ['not with another condition beside', [read('a', ['x']), read('a', ['y'], { Bool: { z: 'true' } })], [[['a'], about(['x'])], [['a'], about(['y'], { Bool: { z: 'true' } })]]],
    ['not where the source differs as well', [
      read('a', ['x'], about('arn:x', {}, 'ArnLike', 'aws:SourceArn') as never), read('a', ['y'], about('arn:y', {}, 'ArnLike', 'aws:SourceArn') as never),
    ], [[['a'], { ...about('arn:x', {}, 'ArnLike', 'aws:SourceArn'), ...about(['x']) }], [['a'], { ...about('arn:y', {}, 'ArnLike', 'aws:SourceArn'), ...about(['y']) }]]],
    ['nor under an operator that asks for none of the values', [read('a', ['x'], {}, 'StringNotLike'), read('a', ['y'], {}, 'StringNotLike')],
      [[['a'], about(['x'], {}, 'StringNotLike')], [['a'], about(['y'], {}, 'StringNotLike')]]],
    ['nor for another condition key', [read('a', ['x'], {}, 'StringLike', 'aws:PrincipalOrgID'), read('a', ['y'], {}, 'StringLike', 'aws:PrincipalOrgID')],
      [[['a'], about(['x'], {}, 'StringLike', 'aws:PrincipalOrgID')], [['a'], about(['y'], {}, 'StringLike', 'aws:PrincipalOrgID')]]],
  ])('%s', (_, sentences, expected) => expect(asked(sentences)).toEqual(expected));

  test('where `*` is no wildcard, it covers nothing', () => {
    expect(asked([read('a', ['y*'], {}, 'StringEquals'), read('a', ['yz'], {}, 'StringEquals')])).toEqual([[['a'], about(['y*', 'yz'], {}, 'StringEquals')]]);
  });

  test('a denial is left as it is', () => {
    const denials = ['x', 'y'].map((value) => says('Deny', role('a'), { effect: 'Deny', conditions: about([value]) }));
    expect(compose(denials)).toHaveLength(2);
  });
});
