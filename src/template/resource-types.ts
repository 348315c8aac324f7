import { hexId, idOnly, lowerId, lowerStackAndId, secretSuffix, stackAndId, upperId, uuid } from './names';
import type { Pattern, ResourceType, ResourceView } from './resource-view';
import { named } from './resource-view';
import { asBoolean } from './values';

/**
 * Names, ids and ARNs by resource type: one line per type. What is missing here stays a symbol.
 *
 * Sources: CloudFormation Template Reference, "Return values" of each type; Service Authorization Reference, "Resource types defined
 * by" each service, for the ARN formats; the services' naming rules for the longest names.
 */

const type = (name: ResourceType['name'], attributes: ResourceType['attributes'] = {}, ref: Pattern = '{name}'): ResourceType => ({ name, ref, attributes });
const id = (make: (seed: string) => string): ResourceType['name'] => (resource) => make(resource.seed);
const ec2Id = (prefix: string): ResourceType['name'] => id((seed) => `${prefix}-${hexId(seed, 17)}`);
const arn = (service: string, resource: string): string => `arn:{partition}:${service}:{region}:{account}:${resource}`;
const iamArn = (resource: string): string => `arn:{partition}:iam::{account}:${resource}`;
const fifo = { when: 'FifoQueue', add: '.fifo' };
const fifoTopic = { when: 'FifoTopic', add: '.fifo' };

/** `key/…` or `alias/…` of an ARN, or the id as it is. */
const lastOf = (arnOrId: string): string => arnOrId.slice(Math.max(arnOrId.lastIndexOf('/'), arnOrId.lastIndexOf(':')) + 1);

/** Multi-Region key ids are told by their prefix (KMS Developer Guide, "Multi-Region keys"). */
const keyId = (resource: ResourceView): string =>
  asBoolean(resource.text('MultiRegion'), false) ? `mrk-${hexId(resource.seed, 32)}` : uuid(resource.seed);

/** A replica has the key id of its primary. */
const replicaKeyId = (resource: ResourceView): string => lastOf(resource.text('PrimaryKeyArn') ?? `mrk-${hexId(resource.seed, 32)}`);

/** A function's ARN from what FunctionName may hold: its name or ARN. */
const functionArn = (resource: ResourceView): string => {
  const given = resource.text('FunctionName') ?? '';
  return given.startsWith('arn:') ? given : `arn:${resource.partition}:lambda:${resource.region}:${resource.account}:function:${given}`;
};
const secretArn: Pattern = ({ partition, region, account, seed }, name) =>
  `arn:${partition}:secretsmanager:${region}:${account}:secret:${name}-${secretSuffix(seed)}`;

/** Parameter names may be paths: the slash between type and name is there once. */
const parameterArn: Pattern = ({ partition, region, account }, name) => `arn:${partition}:ssm:${region}:${account}:parameter/${name.replace(/^\//, '')}`;

/** The label is the time the stream was made: any will do here, so long as it is always the same. */
const tableStream = `${arn('dynamodb', 'table/{name}')}/stream/2024-01-01T00:00:00.000`;

export const RESOURCE_TYPES: ReadonlyMap<string, ResourceType> = new Map(Object.entries<ResourceType>({
  'AWS::KMS::Key': type(keyId, { Arn: arn('kms', 'key/{name}'), KeyId: '{name}' }),
  'AWS::KMS::ReplicaKey': type(replicaKeyId, { Arn: arn('kms', 'key/{name}'), KeyId: '{name}' }),
  'AWS::KMS::Alias': type(named('AliasName', idOnly(256, 'alias/'))),

  'AWS::IAM::Role': type(named('RoleName', stackAndId(64)), { Arn: iamArn('role{Path|/}{name}'), RoleId: ({ seed }) => `AROA${upperId(seed, 17)}` }),
  'AWS::IAM::User': type(named('UserName', stackAndId(64)), { Arn: iamArn('user{Path|/}{name}') }),
  'AWS::IAM::Group': type(named('GroupName', stackAndId(128)), { Arn: iamArn('group{Path|/}{name}') }),
  'AWS::IAM::ManagedPolicy': type(named('ManagedPolicyName', stackAndId(128)), { PolicyArn: iamArn('policy{Path|/}{name}') }, iamArn('policy{Path|/}{name}')),
  'AWS::IAM::Policy': type(named('PolicyName', stackAndId(128))),
  'AWS::IAM::OIDCProvider': type(({ text }) => (text('Url') ?? '').replace(/^https:\/\//, ''), { Arn: iamArn('oidc-provider/{name}') }, iamArn('oidc-provider/{name}')),
  'AWS::IAM::InstanceProfile': type(named('InstanceProfileName', stackAndId(128)), { Arn: iamArn('instance-profile{Path|/}{name}') }),

  'AWS::S3::Bucket': type(named('BucketName', lowerStackAndId(63)), {
    Arn: 'arn:{partition}:s3:::{name}', DomainName: '{name}.s3.{suffix}', RegionalDomainName: '{name}.s3.{region}.{suffix}', DualStackDomainName: '{name}.s3.dualstack.{region}.{suffix}',
  }),
  'AWS::S3::AccessPoint': type(named('Name', lowerStackAndId(50)), { Arn: arn('s3', 'accesspoint/{name}'), Name: '{name}' }),
  'AWS::DynamoDB::Table': type(named('TableName', stackAndId(255)), { Arn: arn('dynamodb', 'table/{name}'), StreamArn: tableStream }),
  'AWS::DynamoDB::GlobalTable': type(named('TableName', stackAndId(255)), { Arn: arn('dynamodb', 'table/{name}'), StreamArn: tableStream, TableId: ({ seed }) => uuid(seed) }),

  'AWS::Lambda::Function': type(named('FunctionName', stackAndId(64)), { Arn: arn('lambda', 'function:{name}') }),
  'AWS::Lambda::Version': type(() => '1', { Version: '{name}', FunctionArn: (resource, name) => `${functionArn(resource)}:${name}` }, (resource, name) => `${functionArn(resource)}:${name}`),
  'AWS::Lambda::Alias': type(named('Name', idOnly(128)), { AliasArn: (resource, name) => `${functionArn(resource)}:${name}` }, (resource, name) => `${functionArn(resource)}:${name}`),
  'AWS::Lambda::LayerVersion': type(named('LayerName', idOnly(140)), { LayerVersionArn: arn('lambda', 'layer:{name}:1') }, arn('lambda', 'layer:{name}:1')),

  'AWS::SecretsManager::Secret': type(named('Name', idOnly(512)), { Id: secretArn }, secretArn),
  // Ref is the ARN of the secret that is attached.
  'AWS::SecretsManager::SecretTargetAttachment': type((resource) => resource.text('SecretId') ?? ''),
  'AWS::SSM::Parameter': type(named('Name', idOnly(1011, 'CFN-')), { Type: '{Type|String}', Value: '{Value}', Arn: parameterArn }),

  'AWS::SNS::Topic': type(named('TopicName', stackAndId(256), fifoTopic), { TopicArn: arn('sns', '{name}'), TopicName: '{name}' }, arn('sns', '{name}')),
  'AWS::SQS::Queue': type(named('QueueName', stackAndId(80), fifo), { Arn: arn('sqs', '{name}'), QueueName: '{name}', QueueUrl: 'https://sqs.{region}.{suffix}/{account}/{name}' }, 'https://sqs.{region}.{suffix}/{account}/{name}'),
  'AWS::Kinesis::Stream': type(named('Name', stackAndId(128)), { Arn: arn('kinesis', 'stream/{name}') }),
  'AWS::KinesisFirehose::DeliveryStream': type(named('DeliveryStreamName', stackAndId(64)), { Arn: arn('firehose', 'deliverystream/{name}') }),
  'AWS::Events::EventBus': type(named('Name', stackAndId(256)), { Arn: arn('events', 'event-bus/{name}'), Name: '{name}' }),
  'AWS::Events::Rule': type(named('Name', stackAndId(64)), { Arn: arn('events', 'rule/{name}') }),
  'AWS::StepFunctions::StateMachine': type(named('StateMachineName', idOnly(80)), { Arn: arn('states', 'stateMachine:{name}'), Name: '{name}' }, arn('states', 'stateMachine:{name}')),

  'AWS::Logs::LogGroup': type(named('LogGroupName', stackAndId(512)), { Arn: arn('logs', 'log-group:{name}:*') }),
  'AWS::Logs::LogStream': type(named('LogStreamName', stackAndId(512))),
  'AWS::CloudTrail::Trail': type(named('TrailName', stackAndId(128)), { Arn: arn('cloudtrail', 'trail/{name}') }),
  'AWS::CloudWatch::Alarm': type(named('AlarmName', stackAndId(255)), { Arn: arn('cloudwatch', 'alarm:{name}') }),

  'AWS::RDS::DBInstance': type(named('DBInstanceIdentifier', lowerStackAndId(63)), { DBInstanceArn: arn('rds', 'db:{name}'), DbiResourceId: ({ seed }) => `db-${upperId(seed, 26)}` }),
  'AWS::RDS::DBCluster': type(named('DBClusterIdentifier', lowerStackAndId(63)), { DBClusterArn: arn('rds', 'cluster:{name}'), DBClusterResourceId: ({ seed }) => `cluster-${upperId(seed, 26)}` }),
  'AWS::RDS::DBSubnetGroup': type(named('DBSubnetGroupName', lowerStackAndId(255))),
  'AWS::ECR::Repository': type(named('RepositoryName', lowerStackAndId(256)), { Arn: arn('ecr', 'repository/{name}'), RepositoryUri: '{account}.dkr.ecr.{region}.{suffix}/{name}' }),
  'AWS::EFS::FileSystem': type(ec2Id('fs'), { Arn: arn('elasticfilesystem', 'file-system/{name}'), FileSystemId: '{name}' }),
  'AWS::Backup::BackupVault': type(named('BackupVaultName', stackAndId(50)), { BackupVaultArn: arn('backup', 'backup-vault:{name}'), BackupVaultName: '{name}' }),
  'AWS::CodeBuild::Project': type(named('Name', stackAndId(150)), { Arn: arn('codebuild', 'project/{name}') }),
  'AWS::CodePipeline::Pipeline': type(named('Name', stackAndId(100))),
  'AWS::OpenSearchService::Domain': type(named('DomainName', lowerStackAndId(28)), { Arn: arn('es', 'domain/{name}'), DomainArn: arn('es', 'domain/{name}') }),
  'AWS::EKS::Cluster': type(named('Name', stackAndId(100)), { Arn: arn('eks', 'cluster/{name}') }),
  'AWS::ECS::TaskDefinition': type(named('Family', stackAndId(255)), { TaskDefinitionArn: arn('ecs', 'task-definition/{name}:1') }, arn('ecs', 'task-definition/{name}:1')),
  'AWS::ECS::Cluster': type(named('ClusterName', stackAndId(255)), { Arn: arn('ecs', 'cluster/{name}') }),

  'AWS::ApiGateway::RestApi': type(id((seed) => lowerId(seed, 10)), { RestApiId: '{name}' }),
  'AWS::ApiGateway::Stage': type(named('StageName', idOnly(128))),
  'AWS::ApiGatewayV2::Api': type(id((seed) => lowerId(seed, 10)), { ApiId: '{name}', ApiEndpoint: 'https://{name}.execute-api.{region}.{suffix}' }),
  'AWS::CloudFront::Distribution': type(id((seed) => `E${upperId(seed, 13)}`), { Id: '{name}' }),
  'AWS::CloudFront::OriginAccessControl': type(id((seed) => `E${upperId(seed, 13)}`), { Id: '{name}' }),
  'AWS::Cognito::UserPool': type(({ region, seed }) => `${region}_${upperId(seed, 9)}`, { Arn: arn('cognito-idp', 'userpool/{name}'), UserPoolId: '{name}' }),
  'AWS::Pipes::Pipe': type(named('Name', stackAndId(64)), { Arn: arn('pipes', 'pipe/{name}') }),
  'AWS::EC2::VPC': type(ec2Id('vpc'), { VpcId: '{name}' }),
  'AWS::EC2::Subnet': type(ec2Id('subnet'), { SubnetId: '{name}' }),
  'AWS::EC2::RouteTable': type(ec2Id('rtb'), { RouteTableId: '{name}' }),
  'AWS::EC2::InternetGateway': type(ec2Id('igw'), { InternetGatewayId: '{name}' }),
  'AWS::EC2::NatGateway': type(ec2Id('nat'), { NatGatewayId: '{name}' }),
  'AWS::EC2::SecurityGroup': type(ec2Id('sg'), { GroupId: '{name}' }),
  'AWS::EC2::VPCEndpoint': type(ec2Id('vpce'), { Id: '{name}' }),
  'AWS::EC2::Volume': type(ec2Id('vol'), { VolumeId: '{name}' }),
}));
