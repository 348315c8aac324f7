import { readTemplate } from '../../src/template';
import type { ReadOptions } from '../../src/template';

const read = (Type: string, Properties: object = {}, options: ReadOptions = {}) => {
  const deployment = readTemplate({ Resources: { It: { Type, Properties } } }, options);
  const stack = options.stack ?? 'Stack';
  return { ref: deployment.physicalId(stack, 'It'), att: (name: string) => deployment.attribute(stack, 'It', name) };
};

describe('a resource with a name of its own', () => {
  test.each<[type: string, properties: object, ref: string, attribute: string, value: string]>([
    ['AWS::IAM::Role', { RoleName: 'writer' }, 'writer', 'Arn', 'arn:aws:iam::111122223333:role/writer'],
    ['AWS::IAM::Role', { RoleName: 'writer', Path: '/a/b/' }, 'writer', 'Arn', 'arn:aws:iam::111122223333:role/a/b/writer'],
    ['AWS::IAM::User', { UserName: 'ann' }, 'ann', 'Arn', 'arn:aws:iam::111122223333:user/ann'],
    ['AWS::IAM::Group', { GroupName: 'ops' }, 'ops', 'Arn', 'arn:aws:iam::111122223333:group/ops'],
    ['AWS::IAM::ManagedPolicy', { ManagedPolicyName: 'p' }, 'arn:aws:iam::111122223333:policy/p', 'PolicyArn', 'arn:aws:iam::111122223333:policy/p'],
    ['AWS::IAM::OIDCProvider', { Url: 'https://id.example/x' }, 'arn:aws:iam::111122223333:oidc-provider/id.example/x', 'Arn', 'arn:aws:iam::111122223333:oidc-provider/id.example/x'],
    ['AWS::S3::Bucket', { BucketName: 'b' }, 'b', 'Arn', 'arn:aws:s3:::b'],
    ['AWS::S3::Bucket', { BucketName: 'b' }, 'b', 'DomainName', 'b.s3.amazonaws.com'],
    ['AWS::S3::Bucket', { BucketName: 'b' }, 'b', 'RegionalDomainName', 'b.s3.us-east-1.amazonaws.com'],
    ['AWS::DynamoDB::Table', { TableName: 't' }, 't', 'Arn', 'arn:aws:dynamodb:us-east-1:111122223333:table/t'],
    ['AWS::DynamoDB::Table', { TableName: 't' }, 't', 'StreamArn', 'arn:aws:dynamodb:us-east-1:111122223333:table/t/stream/2024-01-01T00:00:00.000'],
    ['AWS::DynamoDB::GlobalTable', { TableName: 't' }, 't', 'Arn', 'arn:aws:dynamodb:us-east-1:111122223333:table/t'],
    ['AWS::Lambda::Function', { FunctionName: 'f' }, 'f', 'Arn', 'arn:aws:lambda:us-east-1:111122223333:function:f'],
    ['AWS::Lambda::Version', { FunctionName: 'f' }, 'arn:aws:lambda:us-east-1:111122223333:function:f:1', 'Version', '1'],
    ['AWS::Lambda::Alias', { FunctionName: 'arn:aws:lambda:eu-west-1:1:function:f', Name: 'live' }, 'arn:aws:lambda:eu-west-1:1:function:f:live', 'AliasArn', 'arn:aws:lambda:eu-west-1:1:function:f:live'],
    ['AWS::SSM::Parameter', { Name: '/a/b', Value: 'v' }, '/a/b', 'Arn', 'arn:aws:ssm:us-east-1:111122223333:parameter/a/b'],
    ['AWS::SSM::Parameter', { Name: 'b', Value: 'v' }, 'b', 'Value', 'v'],
    ['AWS::SNS::Topic', { TopicName: 't' }, 'arn:aws:sns:us-east-1:111122223333:t', 'TopicName', 't'],
    ['AWS::SQS::Queue', { QueueName: 'q' }, 'https://sqs.us-east-1.amazonaws.com/111122223333/q', 'Arn', 'arn:aws:sqs:us-east-1:111122223333:q'],
    ['AWS::Logs::LogGroup', { LogGroupName: '/aws/lambda/f' }, '/aws/lambda/f', 'Arn', 'arn:aws:logs:us-east-1:111122223333:log-group:/aws/lambda/f:*'],
    ['AWS::Kinesis::Stream', { Name: 's' }, 's', 'Arn', 'arn:aws:kinesis:us-east-1:111122223333:stream/s'],
    ['AWS::StepFunctions::StateMachine', { StateMachineName: 'm' }, 'arn:aws:states:us-east-1:111122223333:stateMachine:m', 'Name', 'm'],
    ['AWS::CloudTrail::Trail', { TrailName: 't' }, 't', 'Arn', 'arn:aws:cloudtrail:us-east-1:111122223333:trail/t'],
    ['AWS::Events::EventBus', { Name: 'bus' }, 'bus', 'Arn', 'arn:aws:events:us-east-1:111122223333:event-bus/bus'],
    ['AWS::RDS::DBInstance', { DBInstanceIdentifier: 'db' }, 'db', 'DBInstanceArn', 'arn:aws:rds:us-east-1:111122223333:db:db'],
    ['AWS::RDS::DBCluster', { DBClusterIdentifier: 'c' }, 'c', 'DBClusterArn', 'arn:aws:rds:us-east-1:111122223333:cluster:c'],
    ['AWS::ECR::Repository', { RepositoryName: 'r' }, 'r', 'RepositoryUri', '111122223333.dkr.ecr.us-east-1.amazonaws.com/r'],
    ['AWS::KMS::Alias', { AliasName: 'alias/orders' }, 'alias/orders', 'AliasName', ''],
    ['AWS::SecretsManager::SecretTargetAttachment', { SecretId: 'arn:aws:secretsmanager:us-east-1:1:secret:s-abcdef' }, 'arn:aws:secretsmanager:us-east-1:1:secret:s-abcdef', 'None', ''],
  ])('%s %j has Ref %s and %s %s', (type, properties, ref, attribute, value) => {
    expect(read(type, properties).ref).toBe(ref);
    expect(read(type, properties).att(attribute)).toEqual(value === '' ? expect.stringMatching(/^unresolved-/) : value);
  });
});

describe('a resource without a name is called as CloudFormation would', () => {
  test.each<[string, string, RegExp]>([
    ['AWS::IAM::Role', 'name', /^Orders-It-[A-Za-z0-9]{12}$/],
    ['AWS::Lambda::Function', 'name', /^Orders-It-[A-Za-z0-9]{12}$/],
    ['AWS::DynamoDB::Table', 'name', /^Orders-It-[A-Za-z0-9]{12}$/],
    ['AWS::S3::Bucket', 'lower-case name', /^orders-it-[a-z0-9]{12}$/],
    ['AWS::RDS::DBInstance', 'lower-case name', /^orders-it-[a-z0-9]{12}$/],
    ['AWS::StepFunctions::StateMachine', 'name without the stack in its ARN', /:stateMachine:It-[A-Za-z0-9]{12}$/],
    ['AWS::SSM::Parameter', 'name', /^CFN-It-[A-Za-z0-9]{12}$/],
    ['AWS::SecretsManager::Secret', 'ARN with six characters behind the name', /^arn:aws:secretsmanager:us-east-1:111122223333:secret:It-[A-Za-z0-9]{12}-[A-Za-z0-9]{6}$/],
    ['AWS::SQS::Queue', 'URL', /^https:\/\/sqs\.us-east-1\.amazonaws\.com\/111122223333\/Orders-It-[A-Za-z0-9]{12}$/],
    ['AWS::KMS::Key', 'UUID', /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/],
    ['AWS::EFS::FileSystem', 'id', /^fs-[0-9a-f]{17}$/],
    ['AWS::EC2::VPC', 'id', /^vpc-[0-9a-f]{17}$/],
    ['AWS::CloudFormation::Stack', 'ARN', /^arn:aws:cloudformation:us-east-1:111122223333:stack\/Orders-It-[0-9A-F]{12}\/[0-9a-f-]{36}$/],
    ['Custom::Something', 'id that is not known', /^unresolved-[0-9a-f]{16}$/],
  ])('%s: %s', (type, _, shape) => expect(read(type, {}, { stack: 'Orders' }).ref).toMatch(shape));

  test.each<[string, number, string, RegExp]>([
    ['AWS::IAM::Role', 64, 'A'.repeat(100), /^A{48}-It-/],
    ['AWS::IAM::Role', 64, 'A'.repeat(30), /^A{30}-It-/],
    ['AWS::Lambda::Function', 64, 'A'.repeat(100), /^A+-It-/],
    ['AWS::S3::Bucket', 63, 'A'.repeat(100), /^a+-it-/],
    ['AWS::DynamoDB::Table', 255, 'A'.repeat(128), /^A{128}-It-/],
  ])('%s within %i characters', (type, max, stack, shape) => {
    const { ref } = read(type, {}, { stack });
    expect(ref!.length).toBeLessThanOrEqual(max);
    expect(ref).toMatch(shape);
  });

  test('both a long stack name and a long logical id keep a half of the room', () => {
    const logicalId = 'B'.repeat(60);
    const deployment = readTemplate({ Resources: { [logicalId]: { Type: 'AWS::IAM::Role', Properties: {} } } }, { stack: 'A'.repeat(60) });
    expect(deployment.identities[0].name).toMatch(/^A{25}-B{25}-[A-Za-z0-9]{12}$/);
  });

  test('FIFO queues and topics keep their ending', () => {
    expect(read('AWS::SQS::Queue', { FifoQueue: true }).att('QueueName')).toMatch(/^Stack-It-[A-Za-z0-9]{12}\.fifo$/);
    expect(read('AWS::SNS::Topic', { FifoTopic: 'true' }, { stack: 'A'.repeat(128) }).att('TopicName')).toMatch(/\.fifo$/);
    expect(read('AWS::SQS::Queue', { FifoQueue: false }).att('QueueName')).not.toMatch(/fifo/);
  });

  test('twice the same, but another in another stack, account or Region', () => {
    const id = (options: ReadOptions) => read('AWS::KMS::Key', {}, { stack: 'A', ...options }).att('KeyId');
    expect(id({})).toBe(id({}));
    expect(new Set([{}, { stack: 'B' }, { account: '444455556666' }, { region: 'eu-west-1' }].map(id)).size).toBe(4);
  });
});

describe('the partition follows the Region', () => {
  test.each([
    ['eu-west-1', 'arn:aws:sqs:eu-west-1:111122223333:q', 'https://sqs.eu-west-1.amazonaws.com/111122223333/q'],
    ['cn-north-1', 'arn:aws-cn:sqs:cn-north-1:111122223333:q', 'https://sqs.cn-north-1.amazonaws.com.cn/111122223333/q'],
    ['us-gov-west-1', 'arn:aws-us-gov:sqs:us-gov-west-1:111122223333:q', 'https://sqs.us-gov-west-1.amazonaws.com/111122223333/q'],
    ['eusc-de-east-1', 'arn:aws-eusc:sqs:eusc-de-east-1:111122223333:q', 'https://sqs.eusc-de-east-1.amazonaws.eu/111122223333/q'],
  ])('%s', (region, arn, url) => {
    const queue = read('AWS::SQS::Queue', { QueueName: 'q' }, { region });
    expect([queue.att('Arn'), queue.ref]).toEqual([arn, url]);
  });

  test('unless it is told', () => {
    expect(read('AWS::SQS::Queue', { QueueName: 'q' }, { region: 'xx-new-1', partition: 'aws-new' }).att('Arn')).toBe('arn:aws-new:sqs:xx-new-1:111122223333:q');
  });
});

test('a name that is not known is a symbol in the ARN, the same as where it is given', () => {
  const deployment = readTemplate({
    Parameters: { Name: { Type: 'String' } },
    Resources: { It: { Type: 'AWS::IAM::Role', Properties: { RoleName: { Ref: 'Name' } } } },
  });
  const { name, arn } = deployment.identities[0];
  expect(name).toMatch(/^unresolved-/);
  expect(arn).toBe(`arn:aws:iam::111122223333:role/${name}`);
});

test('there is nothing under a name that no stack or resource has', () => {
  const deployment = readTemplate({ Resources: { It: { Type: 'AWS::S3::Bucket' } } });
  expect(deployment.physicalId('Stack', 'Other')).toBeUndefined();
  expect(deployment.physicalId('Other', 'It')).toBeUndefined();
  expect(deployment.attribute('Other', 'It', 'Arn')).toBeUndefined();
  expect(deployment.physicalId('Stack', 'It')).toBeDefined();
});
