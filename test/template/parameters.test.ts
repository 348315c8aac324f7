import { probe, SYMBOL, valueOf } from './reading';
import { readTemplate } from '../../src/template';

const parameter = (Type: string, Default?: unknown) => ({ Parameters: { P: { Type, ...(Default === undefined ? {} : { Default }) } } });

describe('a parameter has', () => {
  test.each<[string, Record<string, object>, Record<string, string | string[]>, unknown]>([
    ['its default', parameter('String', 'x'), {}, 'x'],
    ['an empty default', parameter('String', ''), {}, ''],
    ['the value given, not its default', parameter('String', 'x'), { P: 'given' }, 'given'],
    ['the value given for its stack, not the one for all', parameter('String'), { 'P': 'all', 'Stack:P': 'mine' }, 'mine'],
    ['not the value given for another stack', parameter('String', 'x'), { 'Other:P': 'theirs' }, 'x'],
    ['a number as text', parameter('Number', 90), {}, '90'],
    ['a list from text', parameter('List<AWS::EC2::Subnet::Id>', 'a,b'), {}, ['a', 'b']],
    ['a list as given', parameter('CommaDelimitedList'), { P: ['a', 'b,c'] }, ['a', 'b,c']],
    ['no elements in an empty list', parameter('CommaDelimitedList', ''), {}, []],
    ['the value that is given for what is stored', parameter('AWS::SSM::Parameter::Value<String>', '/x'), { P: 'ami-1' }, 'ami-1'],
    ['a list that is given for what is stored', parameter('AWS::SSM::Parameter::Value<List<String>>', '/x'), { P: 'a,b' }, ['a', 'b']],
    ['the name, where the type says name', parameter('AWS::SSM::Parameter::Name', '/x'), {}, '/x'],
  ])('%s', (_, parts, parameters, expected) => expect(valueOf({ Ref: 'P' }, parts, { parameters })).toEqual(expected));
});

describe('a stored parameter', () => {
  const stored = (name: unknown, value: unknown = 'kept') => ({ Resources: { Kept: { Type: 'AWS::SSM::Parameter', Properties: { Type: 'String', Name: name, Value: value } } } });

  test.each<[string, unknown, Record<string, object>]>([
    ['by its type', { Ref: 'P' }, { ...parameter('AWS::SSM::Parameter::Value<String>', '/k'), ...stored('/k') }],
    ['by dynamic reference', '{{resolve:ssm:/k}}', stored('/k')],
    ['by dynamic reference with a version', '{{resolve:ssm:/k:3}}', stored('/k')],
    ['by a name that is put together', '{{resolve:ssm:/Stack/k}}', stored({ 'Fn::Sub': '/${AWS::StackName}/k' })],
    ['by a generated name', { 'Fn::Sub': '{{resolve:ssm:${Kept}}}' }, stored({ Ref: 'AWS::NoValue' })],
  ])('that a template makes is found %s', (_, expression, parts) => expect(valueOf(expression, parts)).toBe('kept'));

  test.each<[string, unknown]>([
    ['of another name', '{{resolve:ssm:/other}}'],
    ['that is secret', '{{resolve:ssm-secure:/k}}'],
    ['that is a secret of Secrets Manager', '{{resolve:secretsmanager:/k}}'],
  ])('%s is a symbol', (_, expression) => expect(valueOf(expression, stored('/k'))).toMatch(SYMBOL));

  test('made from what it held before is a symbol, not a circle', () => {
    const { deployment } = probe('x', stored('/k', '{{resolve:ssm:/k}}-next'));
    expect(deployment.resources('AWS::SSM::Parameter')[0].properties.Value).toMatch(/^unresolved-[0-9a-f]{16}-next$/);
  });
});

test('a parameter that nothing gives is a symbol of its own stack', () => {
  const template = { ...parameter('String'), Resources: { R: { Type: 'AWS::S3::Bucket', Properties: { Probe: { Ref: 'P' } } } } };
  const [one, other] = ['A', 'B'].map((stack) => readTemplate(template, { stack }).resources()[0].properties.Probe);
  expect(one).toMatch(SYMBOL);
  expect(one).not.toBe(other);
});
