import { readTemplate } from '../../src/template';

const PARAMETERS = { Stage: { Type: 'String', Default: 'prod' }, Open: { Type: 'String' } };
const TRUE = { 'Fn::Equals': ['a', 'a'] };
const FALSE = { 'Fn::Equals': ['a', 'b'] };
const UNKNOWN = { 'Fn::Equals': [{ Ref: 'Open' }, 'b'] };

const outcome = (condition: unknown): string => {
  const deployment = readTemplate({
    Parameters: PARAMETERS,
    Conditions: { Other: TRUE, It: condition },
    Resources: { Bucket: { Type: 'AWS::S3::Bucket', Condition: 'It' } },
  });
  if (!deployment.resources().length) return 'false';
  return deployment.unresolved.some(({ because }) => because.includes('read as if it did')) ? 'unknown' : 'true';
};

describe('a resource is there if its condition holds; if that is not known, it is there and listed', () => {
  test.each<[string, unknown, string]>([
    ['equal', TRUE, 'true'],
    ['not equal', FALSE, 'false'],
    ['equal after resolving', { 'Fn::Equals': [{ Ref: 'Stage' }, 'prod'] }, 'true'],
    ['a number and its text', { 'Fn::Equals': [1, '1'] }, 'true'],
    ['case matters', { 'Fn::Equals': ['Prod', 'prod'] }, 'false'],
    ['unknown', UNKNOWN, 'unknown'],
    ['unknown, but the same on both sides', { 'Fn::Equals': [{ Ref: 'Open' }, { Ref: 'Open' }] }, 'true'],
    ['not true', { 'Fn::Not': [TRUE] }, 'false'],
    ['not unknown', { 'Fn::Not': [UNKNOWN] }, 'unknown'],
    ['true and true', { 'Fn::And': [TRUE, TRUE] }, 'true'],
    ['true and unknown', { 'Fn::And': [TRUE, UNKNOWN] }, 'unknown'],
    ['false and unknown', { 'Fn::And': [UNKNOWN, FALSE] }, 'false'],
    ['false or true', { 'Fn::Or': [FALSE, TRUE] }, 'true'],
    ['false or false', { 'Fn::Or': [FALSE, FALSE] }, 'false'],
    ['true or unknown', { 'Fn::Or': [UNKNOWN, TRUE] }, 'true'],
    ['false or unknown', { 'Fn::Or': [FALSE, UNKNOWN] }, 'unknown'],
    ['another condition', { 'Fn::And': [{ Condition: 'Other' }, { 'Fn::Not': [FALSE] }] }, 'true'],
    ['another condition that does not exist', { Condition: 'Missing' }, 'unknown'],
    ['no condition function', { 'Fn::Join': ['', []] }, 'unknown'],
    ['no condition at all', 'true', 'unknown'],
  ])('%s', (_, condition, expected) => expect(outcome(condition)).toBe(expected));
});

test('a resource that is not there has no id, and what refers to it is unknown', () => {
  const deployment = readTemplate({
    Conditions: { Never: FALSE },
    Resources: {
      Gone: { Type: 'AWS::S3::Bucket', Condition: 'Never' },
      Left: { Type: 'AWS::S3::Bucket', Properties: { Other: { 'Fn::GetAtt': ['Gone', 'Arn'] } } },
    },
  });
  expect(deployment.physicalId('Stack', 'Gone')).toBeUndefined();
  expect(deployment.unresolved.map(({ because }) => because)).toEqual(["there is no parameter or resource 'Gone' in stack 'Stack'"]);
});

test('of two outputs that export one name, the one that is there counts', () => {
  const deployment = readTemplate({
    Conditions: { Never: FALSE },
    Outputs: {
      First: { Condition: 'Never', Value: 'one', Export: { Name: 'x' } },
      Second: { Value: 'two', Export: { Name: 'x' } },
    },
    Resources: { Bucket: { Type: 'AWS::S3::Bucket', Properties: { Probe: { 'Fn::ImportValue': 'x' } } } },
  });
  expect(deployment.resources()[0].properties.Probe).toBe('two');
});
