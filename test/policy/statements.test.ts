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
