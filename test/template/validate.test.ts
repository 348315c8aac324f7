import { readTemplate, readTemplates } from '../../src/template';

const circular: Record<string, unknown> = { Resources: {} };
circular.Metadata = circular;

describe('what is no template is refused, and what was seen is said', () => {
  test.each<[string, unknown, string]>([
    ['nothing', undefined, 'template 1 is no CloudFormation template: a JSON object with Resources is needed, got nothing'],
    ['null', null, 'got null'],
    ['text', '{"Resources":{}}', 'got a string; parse it first'],
    ['a list', [1, 2], 'got a list of 2'],
    ['an empty object', {}, 'none of its sections (Resources, Parameters, Outputs, Conditions, …) is there, got an empty object'],
    ['a manifest', { version: '1', artifacts: {} }, 'got an object with version, artifacts'],
    ['resources in a list', { Resources: [] }, 'Resources of template 1 is an object by logical id, got a list of 0'],
    ['a resource without a type', { Resources: { Key: { Properties: {} } } }, "resource 'Key' of template 1 has no Type, got an object with Properties"],
    ['a resource that is none', { Resources: { Key: null } }, "resource 'Key' of template 1 has no Type, got null"],
    ['an object that contains itself', circular, 'template 1 has a part that contains itself'],
    ['properties that are null', { Resources: { Key: { Type: 'AWS::KMS::Key', Properties: null } } }, "Properties of resource 'Key' of template 1 is an object by name, got null"],
    ['a key in other letters', { Resources: { Key: { Type: 'aws::kms::key' } } }, "has the Type 'aws::kms::key', which CloudFormation does not know: write AWS::KMS::Key"],
  ])('%s', (_, template, message) => {
    expect(() => readTemplate(template as object)).toThrow(expect.objectContaining({ code: 'ERR_TEMPLATE_INPUT', message: expect.stringContaining(message) }));
  });

  test('the stack is named where there are several', () => {
    expect(() => readTemplates([{ template: { Resources: {} }, stack: 'A' }, { template: {}, stack: 'B' }])).toThrow("the template of stack 'B' is no CloudFormation template");
    expect(() => readTemplates([{ template: { Resources: {} }, stack: 'A', nested: { Inner: { template: [] } } }])).toThrow("the template of stack 'A', nested stack 'Inner' is no CloudFormation template");
    expect(() => readTemplates([undefined as never])).toThrow('template 1 takes an object with a template, got nothing');
  });
});

test.each([
  ['outputs alone', { Outputs: {} }],
  ['a description alone', { Description: 'nothing yet' }],
  ['no templates', undefined],
])('%s make an empty deployment', (_, template) => {
  expect(readTemplates(template ? [{ template }] : [])).toMatchObject({ keys: [], aliases: [], identities: [], unresolved: [] });
});

test('a template that changes after it was read changes nothing', () => {
  const template = { Resources: { Key: { Type: 'AWS::KMS::Key', Properties: { Description: 'before' } } } };
  const deployment = readTemplate(template);
  template.Resources.Key.Properties.Description = 'after';
  expect([deployment.keys[0].description, deployment.resources()[0].properties.Description]).toEqual(['before', 'before']);
});
