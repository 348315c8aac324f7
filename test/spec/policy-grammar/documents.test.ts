import { iamStatement, policy, said, statement } from './support';
import { parsePolicyText, policyFindings, whyRefused } from '../../../src/spec/policy-grammar';

describe('a key policy is taken', () => {
  test.each<[string, unknown]>([
    ['with one statement in a list', policy(statement())],
    ['with one statement that is no list', { Version: '2012-10-17', Statement: statement() }],
    ['with an Id', { ...policy(statement()), Id: 'key-default-1' }],
    ['of the version of 2008', { ...policy(statement()), Version: '2008-10-17' }],
    ['without a Version', { Statement: [statement()] }],
    ['with blanks and Latin-1 in a Sid', policy(statement({ Sid: 'Grüße an alle' }))],
    ['without any Sid', policy(statement({ Sid: undefined }), statement({ Sid: undefined }))],
    ['with empty Sids', policy(statement({ Sid: '' }), statement({ Sid: '' }))],
    ['with Sids of different case', policy(statement(), statement({ Sid: 'USE' }))],
  ])('%s', (_, document) => expect(said(document)).toEqual([]));
});

describe('a document is refused', () => {
  test.each<[string, unknown, string]>([
    ['that is nothing', undefined, 'the policy: it is undefined: a policy document is an object with Version and Statement'],
    ['that is null', null, 'it is null'],
    ['that is a text', 'kms:*', "it is 'kms:*'"],
    ['that is a list', [], 'it is an empty list'],
    ['of a version that does not exist', { ...policy(statement()), Version: '2012-10-18' }, "Version of the policy: '2012-10-18' does not exist: write 2012-10-17"],
    ['whose version is a number', { ...policy(statement()), Version: 2012 }, 'Version of the policy: 2012 does not exist'],
    ['without statements', { Version: '2012-10-17' }, 'Statement of the policy: there is none: a policy has at least one statement'],
    ['with an empty list of statements', policy(), 'Statement of the policy: there is none'],
    ['with an element of its own', { ...policy(statement()), Comment: 'x' }, 'Comment of the policy: there is no such element: a policy has Version, Id and Statement'],
    ['with an element in small letters', { ...policy(statement()), version: '2012-10-17' }, 'version of the policy: there is no such element'],
    ['with an Id that is a list', { ...policy(statement()), Id: ['x'] }, 'Id of the policy: it is a list: it takes a text'],
    ['with one Sid twice', policy(statement(), statement()), "Statement of the policy: the statement id 'Use' stands there twice: Sids are unique in a policy"],
    ['with a statement that is a text', policy(statement(), 'allow everybody'), "statement '#2', Statement: it is 'allow everybody': a statement is an object"],
    ['with a list of lists of statements', { Version: '2012-10-17', Statement: [[statement()]] }, "statement '#1', Statement: it is a list"],
    ['with a character outside Latin-1', policy(statement({ Sid: 'Ω' })), 'statement \'Ω\', Statement: \'Ω\' has the character "Ω": a policy takes Latin-1 only'],
    ['with a character outside Latin-1 in a name', policy(statement({ Condition: { StringEquals: { 'kms:EncryptionContext:名': 'x' } } })), 'has the character "名"'],
    ['with a character outside Latin-1 in its Id', { ...policy(statement()), Id: 'Ω' }, 'the policy: \'Ω\' has the character "Ω": a policy takes Latin-1 only'],
    ['with a control character', policy(statement({ Sid: 'a\u0007' })), String.raw`has the character "\u0007"`],
  ])('%s', (_, document, message) => expect(said(document).join('\n')).toContain(message));

  test('by IAM, with an Id', () => {
    expect(said({ ...policy(iamStatement()), Id: 'x' }, 'iam policy')).toEqual(['Id of the policy: it belongs into policies of resources only: leave it out']);
    expect(said(policy(iamStatement()), 'iam policy')).toEqual([]);
  });

  test('with 32,769 bytes, not with one less', () => {
    const padded = (sidLength: number) => policy(statement(), statement({ Sid: 'x'.repeat(sidLength) }));
    const room = 32_768 - JSON.stringify(padded(0)).length;
    expect(said(padded(room))).toEqual([]);
    expect(said(padded(room + 1))).toEqual(['the policy: it has 32769 bytes: a key policy has at most 32768']);
    expect(said({ Version: '2012-10-17', Statement: iamStatement({ Resource: `arn:aws:kms:::${'x'.repeat(40_000)}` }) }, 'iam policy')).toEqual([]);
  });

  test('not for its size, where a part of it is not known before deployment', () => {
    const long = policy(statement({ Sid: 'x'.repeat(40_000), Condition: { StringEquals: { 'aws:PrincipalOrgID': { Ref: 'Organization' } } } }));
    expect(said(long, 'key policy', {})).toEqual([]);
    expect(said(policy(statement({ Sid: 'x'.repeat(40_000) })), 'key policy', {}).join()).toContain('a key policy has at most 32768');
  });

  test('with all reasons, each under its statement, and the first as the sentence', () => {
    const document = { ...policy(statement({ Effect: 'allow', Actions: 'kms:*' }), statement({ Sid: 'Bad', Principal: { AWS: 'App' } })), Version: '1' };
    expect(policyFindings(document, 'key policy', { resolved: true }).map(({ statement: name, element, kind }) => [name, element, kind])).toEqual([
      [undefined, 'Version', 'version'], ['Use', 'Actions', 'syntax'], ['Use', 'Effect', 'syntax'], ['Bad', 'Principal', 'principal'],
    ]);
    expect(whyRefused(document, 'key policy')).toBe("Version of the policy: '1' does not exist: write 2012-10-17");
    expect(whyRefused(policy(statement()), 'key policy')).toBeUndefined();
  });
});

describe('a member that stands twice', () => {
  const text = (members: string) => `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"kms:*","Resource":"*"${members}}]}`;

  test.each([
    ['an effect', text(',"Effect":"Deny"'), 'Statement[0].Effect of the policy: it stands there twice: name it once'],
    ['an effect, once written with an escape', text(String.raw`,"\u0045ffect":"Deny"`), 'Statement[0].Effect'],
    ['a condition operator', text(',"Condition":{"Bool":{"aws:SecureTransport":"true"},"Bool":{}}'), 'Statement[0].Condition.Bool'],
    ['all statements', `${text('').slice(0, -1)},"Statement":[]}`, 'Statement of the policy: it stands there twice'],
  ])('is a finding: %s', (_, given, message) => expect(said(parsePolicyText(given)).join('\n')).toContain(message));

  test.each([
    ['in two statements', text('},{"Effect":"Deny","Principal":"*","Action":"kms:*","Resource":"*"')],
    ['as a name and as a value', text(',"Sid":"Effect"')],
    ['within a text', text(',"Sid":"\\"Effect\\":\\"Deny\\","')],
  ])('is none %s', (_, given) => expect(said(parsePolicyText(given))).toEqual([]));
});

describe('no document is too much', () => {
  const deep = (open: string, close: string) => JSON.parse(open.repeat(12_000) + '0' + close.repeat(12_000)) as unknown;

  test.each<[string, unknown]>([
    ['as the document', deep('[', ']')],
    ['as its members', deep('{"Statement":', '}')],
    ['as a statement', policy(deep('{"Condition":', '}'))],
    ['as a principal', policy(statement({ Principal: deep('{"AWS":', '}') }))],
    ['as an action', policy(statement({ Action: deep('[', ']') }))],
    ['as a condition', policy(statement({ Condition: { StringEquals: { 'aws:PrincipalArn': deep('[', ']') } } }))],
    ['as an unknown element', policy(statement({ Conditions: deep('{"a":', '}') }))],
    ['as an intrinsic', policy(statement({ Resource: deep('{"Ref":', '}') }))],
  ])('12,000 levels: %s', (_, document) => {
    expect(whyRefused(document, 'key policy', { resolved: true })).toEqual(expect.any(String));
    expect(() => whyRefused(document, 'iam policy')).not.toThrow();
  });

  test('12,000 levels of text', () => {
    const text = `{"Statement":${'['.repeat(12_000)}${']'.repeat(12_000)}}`;
    expect(whyRefused(parsePolicyText(text), 'key policy')).toContain('it is a list');
  });

  test.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])('a member named %s, anywhere', (name) => {
    const member = (value: unknown) => JSON.parse(`{${JSON.stringify(name)}:${JSON.stringify(value)}}`) as object;
    for (const document of [
      member(policy()), { ...policy(statement()), ...member(1) }, policy(member('Allow')), policy(statement({ Principal: member('x') })),
      policy(statement({ Condition: member({ a: 'b' }) })), policy(statement({ Condition: { StringEquals: member('x') } })),
    ]) expect(whyRefused(document, 'key policy', { resolved: true })).toEqual(expect.any(String));
  });
});
