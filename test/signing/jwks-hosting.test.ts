import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { JwksEndpoint, JwksHosting, SigningKey } from '../../src';
import { HERE } from '../support/deployed';

/** A key set by CloudFront, of a key with these generations. */
function site(...names: string[]) {
  const stack = new Stack(new App(), 'Shop', { env: HERE });
  const key = new SigningKey(stack, 'Key', { generations: names.map((name) => ({ name })), active: names[0] });
  new JwksEndpoint(stack, 'Site', { keys: [key], hosting: JwksHosting.cloudFront() });
  const template = Template.fromStack(stack);
  return {
    template,
    properties: (type: string) => Object.values(template.findResources(type)).map(({ Properties }) => Properties as Record<string, any>),
  };
}

test('nobody reads the bucket but the one distribution', () => {
  const { properties } = site('initial');
  const [{ PublicAccessBlockConfiguration }] = properties('AWS::S3::Bucket');
  expect(Object.values(PublicAccessBlockConfiguration as object)).toEqual([true, true, true, true]);
  const allows = properties('AWS::S3::BucketPolicy').flatMap(({ PolicyDocument }) => PolicyDocument.Statement as any[]).filter(({ Effect }) => Effect === 'Allow');
  expect(allows.map(({ Principal, Action, Condition }) => [Principal.Service, Action, Object.keys(Condition.StringEquals)])).toEqual([
    ['cloudfront.amazonaws.com', 's3:GetObject', ['AWS:SourceArn']],
  ]);
});

test('what changes which keys are published runs the publisher again, and what changes nothing does not', () => {
  const settings = (...names: string[]) => site(...names).properties('Custom::KeysmithPublishedKeys').map(({ Settings, Code }) => JSON.stringify([Settings, Code]));
  const [before, same, after] = [settings('initial'), settings('initial'), settings('initial', '2027')];
  expect(before[0]).toContain('PUBLISHED_0');
  expect(same).toEqual(before);
  expect(after).not.toEqual(before);
});

test('it is run when its role may read the keys and write, and while it still may', () => {
  const { template } = site('initial');
  const [{ DependsOn }] = Object.values(template.findResources('Custom::KeysmithPublishedKeys'));
  const policies = Object.entries(template.findResources('AWS::IAM::Policy')).filter(([, policy]) => JSON.stringify(policy).includes('s3:PutObject')).map(([id]) => id);
  expect(policies).toHaveLength(1);
  expect(DependsOn).toEqual(expect.arrayContaining(policies));
  expect(JSON.stringify(template.findResources('AWS::IAM::Policy')[policies[0]])).not.toContain('kms:');
});
