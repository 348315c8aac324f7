import * as fc from 'fast-check';
import { templateWith, valueOf } from './reading';
import { readTemplate, symbolsIn, TemplateError } from '../../src/template';

const NAMES = ['Stage', 'Open', 'Zones', 'Key', 'Role', 'AWS::Region', 'AWS::NoValue', 'Nowhere', '__proto__', 'constructor'];
const PARTS = {
  Parameters: { Stage: { Type: 'String', Default: 'prod' }, Open: { Type: 'String' }, Zones: { Type: 'CommaDelimitedList', Default: 'a,b' } },
  Conditions: { Yes: { 'Fn::Equals': [1, 1] }, No: { 'Fn::Equals': [1, 2] }, Maybe: { 'Fn::Equals': [{ Ref: 'Open' }, 1] } },
  Mappings: { Map: { prod: { key: 'value' } } },
  Resources: { Key: { Type: 'AWS::KMS::Key' }, Role: { Type: 'AWS::IAM::Role', Properties: {} } },
};
const FUNCTIONS = [
  'Ref', 'Fn::GetAtt', 'Fn::Sub', 'Fn::Join', 'Fn::Select', 'Fn::Split', 'Fn::If', 'Fn::FindInMap', 'Fn::Base64', 'Fn::ImportValue', 'Fn::GetStackOutput',
  'Fn::GetAZs', 'Fn::Length', 'Fn::ToJsonString', 'Fn::Cidr', 'Fn::Transform', 'Fn::Unheard',
];

/** Expressions that make sense, most of them with something in them that is not known. */
const expressions = fc.letrec<{ text: unknown; list: unknown; any: unknown }>((tie) => ({
  text: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom('', 'a', 'a:b', '${!x}', '{{resolve:ssm:/x}}', 7, true),
    fc.constantFrom(...NAMES).map((Ref) => ({ Ref })),
    fc.constantFrom('${Stage}/${Open}', '${Key.Arn}', '${AWS::AccountId}', '${Nowhere}').map((text) => ({ 'Fn::Sub': text })),
    fc.tuple(fc.constantFrom('Key', 'Role'), fc.constantFrom('Arn', 'Other')).map((argument) => ({ 'Fn::GetAtt': argument })),
    fc.tuple(fc.constantFrom('', ':', '/'), tie('list')).map((argument) => ({ 'Fn::Join': argument })),
    fc.tuple(fc.nat(3), tie('list')).map((argument) => ({ 'Fn::Select': argument })),
    fc.tuple(fc.constantFrom('Yes', 'No', 'Maybe'), tie('text'), tie('text')).map((argument) => ({ 'Fn::If': argument })),
    fc.tuple(fc.constant('Map'), tie('text'), fc.constant('key')).map((argument) => ({ 'Fn::FindInMap': argument })),
    tie('text').map((argument) => ({ 'Fn::Base64': argument })),
    tie('text').map((argument) => ({ 'Fn::ImportValue': argument })),
    tie('list').map((argument) => ({ 'Fn::Length': argument })),
    tie('list').map((argument) => ({ 'Fn::ToJsonString': argument })),
  ),
  list: fc.oneof(
    { depthSize: 'small' },
    fc.array(tie('text'), { maxLength: 3 }),
    fc.constantFrom({ Ref: 'Zones' }, { 'Fn::GetAZs': '' }),
    fc.tuple(fc.constantFrom(':', '/'), tie('text')).map((argument) => ({ 'Fn::Split': argument })),
  ),
  any: fc.oneof(tie('text'), tie('list'), fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('text'))),
}));

/** Anything JSON, where functions stand with arguments they do not take. */
const nonsense = fc.letrec<{ node: unknown }>((tie) => ({
  node: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(null, 0, '', 'Key', 'Yes', '${', '${}', '${Key.}', '${__proto__}', '{{resolve:}}', '{{resolve:ssm}}', ...NAMES),
    fc.array(tie('node'), { maxLength: 4 }),
    fc.tuple(fc.constantFrom(...FUNCTIONS), tie('node')).map(([name, argument]) => ({ [name]: argument })),
    fc.dictionary(fc.constantFrom('a', '__proto__', 'toString', 'Condition'), tie('node'), { maxKeys: 3, noNullPrototype: true }),
  ),
})).node;

test('what is resolved stays as it is when it is resolved again', () => {
  fc.assert(fc.property(expressions.any, (expression) => {
    const once = valueOf(expression, PARTS);
    expect(valueOf(once, PARTS)).toEqual(once);
  }), { numRuns: 250 });
});

test('the same template reads the same twice', () => {
  fc.assert(fc.property(expressions.any, (expression) => {
    const [one, other] = [0, 1].map(() => readTemplate(templateWith(expression, PARTS)));
    expect(one.resources()).toEqual(other.resources());
    expect(one.unresolved).toEqual(other.unresolved);
  }), { numRuns: 100 });
});

test('every symbol in a value is listed, with no character that means something in a policy', () => {
  fc.assert(fc.property(expressions.any, (expression) => {
    const deployment = readTemplate(templateWith(expression, PARTS));
    const listed = new Set(deployment.unresolved.map(({ symbol }) => symbol));
    for (const symbol of symbolsIn(JSON.stringify(deployment.resources()))) expect(listed).toContain(symbol);
    for (const symbol of listed) expect(symbol).not.toMatch(/[*?${}\s:/,]/);
  }), { numRuns: 150 });
});

test('no argument of a function throws', () => {
  fc.assert(fc.property(nonsense, (expression) => {
    expect(readTemplate(templateWith(expression, PARTS)).resources()).toHaveLength(3);
  }), { numRuns: 500 });
});

test('any JSON is read or refused with a reason', () => {
  const template = fc.record({
    Resources: fc.oneof(nonsense, fc.dictionary(fc.string(), fc.record({ Type: fc.constantFrom('AWS::KMS::Key', 'AWS::IAM::Role', 'AWS::IAM::Policy', 'AWS::IAM::User', 'X::Y'), Properties: nonsense }, { requiredKeys: ['Type'] }))),
    Parameters: nonsense,
    Conditions: nonsense,
    Mappings: nonsense,
    Outputs: nonsense,
    Transform: nonsense,
  }, { requiredKeys: [] });
  fc.assert(fc.property(template, (given) => {
    try {
      expect(readTemplate(given).keys).toBeInstanceOf(Array);
    } catch (error) {
      expect(error).toBeInstanceOf(TemplateError);
    }
  }), { numRuns: 500 });
});

describe('keys called __proto__ are keys', () => {
  const hostile = (text: string): object => JSON.parse(text) as object;

  test.each([
    ['in a property', '{"Resources":{"R":{"Type":"AWS::S3::Bucket","Properties":{"Probe":{"__proto__":{"polluted":true},"a":1}}}}}'],
    ['as a property', '{"Resources":{"R":{"Type":"AWS::S3::Bucket","Properties":{"__proto__":{"polluted":true}}}}}'],
    ['as a resource', '{"Resources":{"__proto__":{"Type":"AWS::S3::Bucket","Properties":{"polluted":true}}}}'],
    ['as an output', '{"Resources":{},"Outputs":{"__proto__":{"Value":{"polluted":true},"Export":{"Name":"__proto__"}}}}'],
    ['as a tag', '{"Resources":{"R":{"Type":"AWS::KMS::Key","Properties":{"Tags":[{"Key":"__proto__","Value":"polluted"}]}}}}'],
    ['as tags', '{"Resources":{"R":{"Type":"AWS::IAM::Role","Properties":{"Tags":{"__proto__":{"polluted":true}}}}}}'],
  ])('%s', (_, text) => {
    readTemplate(hostile(text));
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  test('and are kept as such', () => {
    const deployment = readTemplate(hostile('{"Resources":{"R":{"Type":"AWS::S3::Bucket","Properties":{"Probe":{"__proto__":"kept"}}},"__proto__":{"Type":"AWS::KMS::Key"}}}'));
    expect(JSON.stringify(deployment.resources('AWS::S3::Bucket')[0].properties)).toBe('{"Probe":{"__proto__":"kept"}}');
    expect(deployment.keys.map(({ logicalId }) => logicalId)).toEqual(['__proto__']);
  });

  test('and what is inherited is not there', () => {
    expect(readTemplate(templateWith([{ Ref: 'constructor' }, { 'Fn::GetAtt': ['toString', 'Arn'] }, { 'Fn::FindInMap': ['valueOf', 'a', 'b'] }])).unresolved).toHaveLength(3);
  });
});
