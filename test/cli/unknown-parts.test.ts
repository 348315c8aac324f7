import { fileWith, keysmith } from './support/console';
import { faultsBy } from './support/schemas';
import { nobodyExcept } from '../../src/proof';

jest.mock('../../src/proof', () => {
  const actual = jest.requireActual<{ nobodyExcept: () => unknown }>('../../src/proof');
  return { ...actual, nobodyExcept: jest.fn(actual.nobodyExcept) };
});

/** What a template does not tell is no answer: neither nobody, nor no, nor nothing new. */

const allow = (more: object = {}) => (
  { Sid: 'Use', Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::111122223333:role/reader' }, Action: 'kms:Decrypt', Resource: '*', ...more }
);
const keyWith = (policy: unknown) => fileWith({ Resources: { Key: { Type: 'AWS::KMS::Key', Properties: { KeyPolicy: policy } } } }, 'template.json');
const of = (...statements: unknown[]) => keyWith({ Version: '2012-10-17', Statement: statements });
const READER = 'arn:aws:iam::111122223333:role/reader';
const known = of(allow());
const deny = allow({ Sid: 'No', Effect: 'Deny' });
const NO_KEY = {
  key: { arn: 'arn:aws:kms:us-east-1:111122223333:key/1', policy: { Statement: [] }, spec: 'SYMMETRIC_DEFAULT', usage: 'ENCRYPT_DECRYPT' },
  world: { identities: [] },
};

describe.each<[string, string, string]>([
  ['a policy from elsewhere', keyWith({ 'Fn::ImportValue': 'Policy' }), 'the key policy, of which the template tells nothing'],
  ['a policy under a condition that is not known', keyWith({ 'Fn::If': ['C', { Statement: [allow({ Principal: '*' })] }, { Statement: [allow()] }] }), 'the key policy, of which'],
  ['a macro among the properties', fileWith({ Resources: { Key: { Type: 'AWS::KMS::Key', Properties: { 'Fn::Transform': { Name: 'AWS::Include' } } } } }, 'template.json'), 'the key policy, of which'],
  ['a statement from elsewhere', of(allow(), { 'Fn::ImportValue': 'Statement' }), 'whether statement #2 of the key policy allows or denies'],
  ['an effect from elsewhere', of(allow(), allow({ Sid: 'More', Effect: { 'Fn::ImportValue': 'Effect' } })), 'whether statement #2 of the key policy allows or denies'],
])('%s', (_, file, unknown) => {
  const plain = (text: string) => text.replace(/\s+/g, ' ');

  test('access says that it is not all', async () => {
    expect(plain((await keysmith(['access', file])).out)).toContain(`not known: ${unknown}`);
    expect((await keysmith(['access', '--markdown', file])).out).toContain(`not known: ${unknown}`);
    const { out } = await keysmith(['who-can', 'kms:Encrypt', '--json', file]);
    expect(JSON.parse(out).keys[0].notKnown).toEqual([expect.stringContaining(unknown)]);
    expect(faultsBy('access', out)).toEqual([]);
  });

  test('can does not know', async () => {
    const { status, out } = await keysmith(['can', READER, 'kms:Decrypt', file]);
    expect(status).toBe(1);
    expect(plain(out)).toMatch(/^not known /);
    expect(plain(out)).toContain(unknown);
  });

  test('diff takes it for wider, unless it was there before', async () => {
    const { status, out } = await keysmith(['diff', '--fail-on', 'wider', known, file]);
    expect(status).toBe(1);
    expect(plain(out)).toContain('Perhaps wider: not all is known.');
    expect((await keysmith(['diff', '--fail-on', 'wider', file, known])).status).toBe(1);
    expect((await keysmith(['diff', '--fail-on', 'any', file, file])).status).toBe(0);
  });
});

test('a Deny for certain is an answer, whatever another statement says', async () => {
  expect((await keysmith(['can', READER, 'kms:Decrypt', of(allow(), deny, { 'Fn::ImportValue': 'Statement' })])).out).toMatch(/^no /);
});

test('a policy that KMS refuses is told as such, and compared with none', async () => {
  const file = of(allow({ Principal: '*', Zebra: 1 }));
  expect((await keysmith(['access', file])).out).toMatch(/KMS would refuse the key policy: [^]*nobody else/);
  expect((await keysmith(['can', READER, 'kms:Decrypt', file])).out).toContain('KMS would refuse the key policy');
  const { status, out } = await keysmith(['diff', '--fail-on', 'wider', known, file]);
  expect(status).toBe(1);
  expect(out).toContain('KMS would refuse the key policy now');
});

test('access says so where a proof gave up', async () => {
  // What makes one give up takes seconds.
  jest.mocked(nobodyExcept).mockReturnValueOnce({ ...nobodyExcept(NO_KEY, [], ['kms:Decrypt']), verdict: 'undecidable', because: 'there are too many' });
  expect((await keysmith(['access', of(allow({ Action: 's3:GetObject' }))])).out).toMatch(/not known: there are too many\nnobody else/);
});

test('somebody of an account that no policy speaks of is of any other account', async () => {
  expect((await keysmith(['access', of(allow({ Principal: { AWS: { 'Fn::ImportValue': 'Who' } } }))])).out).toContain('a role of any other account');
});

test.each<[string, object, string]>([
  ['properties that are null', { Type: 'AWS::KMS::Key', Properties: null }, "Properties of resource 'Key' of the template of stack 'template' is an object by name, got null"],
  ['properties that are a list', { Type: 'AWS::KMS::Key', Properties: [] }, 'is an object by name, got a list of 0'],
  ['a type in other letters', { Type: 'AWS::Kms::Key' }, "has the Type 'AWS::Kms::Key', which CloudFormation does not know: write AWS::KMS::Key"],
])('%s end every command with 2', async (_, resource, expected) => {
  const file = fileWith({ Resources: { Key: resource } }, 'template.json');
  for (const words of [['check', file], ['access', file], ['can', READER, 'kms:Decrypt', file], ['diff', known, file], ['local', file]]) {
    const { status, err } = await keysmith(words);
    expect(status).toBe(2);
    expect(err.replace(/\s+/g, ' ')).toContain(expected);
  }
});
