import { Duration, Size } from 'aws-cdk-lib';
import type { Stack } from 'aws-cdk-lib';
import { AutoScalingGroup } from 'aws-cdk-lib/aws-autoscaling';
import { BackupVault } from 'aws-cdk-lib/aws-backup';
import { Distribution } from 'aws-cdk-lib/aws-cloudfront';
import { S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { CfnEventDataStore, Trail } from 'aws-cdk-lib/aws-cloudtrail';
import { Alarm, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Artifact, Pipeline } from 'aws-cdk-lib/aws-codepipeline';
import { ManualApprovalAction, S3SourceAction } from 'aws-cdk-lib/aws-codepipeline-actions';
import { CfnDeliveryChannel } from 'aws-cdk-lib/aws-config';
import { AttributeType, TableEncryptionV2, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { BlockDeviceVolume, FlowLog, FlowLogDestination, FlowLogResourceType, InstanceType, LaunchTemplate, MachineImage, Volume } from 'aws-cdk-lib/aws-ec2';
import { Repository } from 'aws-cdk-lib/aws-ecr';
import { FileSystem } from 'aws-cdk-lib/aws-efs';
import { EventBus, Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { SnsTopic, SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import type { Role } from 'aws-cdk-lib/aws-iam';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Stream } from 'aws-cdk-lib/aws-kinesis';
import { DeliveryStream, S3Bucket, StreamEncryption } from 'aws-cdk-lib/aws-kinesisfirehose';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { CfnFunction, Function } from 'aws-cdk-lib/aws-lambda';
import { Code, EventSourceMapping, FilterCriteria, FilterRule, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { KinesisEventSource, SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Credentials, DatabaseInstance, DatabaseInstanceEngine } from 'aws-cdk-lib/aws-rds';
import { Bucket, BucketEncryption, EventType } from 'aws-cdk-lib/aws-s3';
import type { BucketProps } from 'aws-cdk-lib/aws-s3';
import { SnsDestination, SqsDestination } from 'aws-cdk-lib/aws-s3-notifications';
import type { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { SqsSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { CustomerManagedEncryptionConfiguration, DefinitionBody, Pass, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { IConstruct } from 'constructs';
import { KmsService } from '../../../src';
import type { SymmetricDataKey } from '../../../src';
import { HERE, OTHER_ACCOUNT } from '../../support/deployed';
import { functionIn, secretIn, vpcIn } from '../support/resources';

/** Where a scene is built: a stack with the key, and with roles to grant reading and writing to. */
export interface Site {
  readonly stack: Stack;
  readonly key: SymmetricDataKey;
  readonly reader: Role;
  readonly writer: Role;
  /** The name for the resource; undefined where CloudFormation is to make it. */
  readonly name: string | undefined;
}

/** What a scene has made, for the placeholders of its rows. */
export interface Scene {
  /** `{name}`, and `{arn}` if it is a secret; undefined where no template has the resource. */
  readonly resource?: IConstruct;
  /** `{name}` of what no template has. */
  readonly name?: string;
  readonly executionRole?: IConstruct;
  readonly distribution?: IConstruct;
}

export type Builder = (site: Site) => Scene;

/** Service → setup → the app that somebody would write for it. Rows without a setup are of the plain use, `''`. */
export const SCENES: Readonly<Record<string, Readonly<Record<string, Builder>>>> = {
  S3: {
    '': (site) => ({ resource: bucket(site) }),
    'accessLogs': (site) => {
      const resource = bucket(site);
      new Bucket(site.stack, 'Source', { bucketName: 'source-bucket', serverAccessLogsBucket: resource, serverAccessLogsPrefix: 'logs/' });
      return { resource };
    },
    'replication': (site) => {
      const copies = new Bucket(site.stack, 'Copies', { versioned: true });
      const resource = bucket(site, {
        versioned: true, replicationRules: [{ destination: copies, sseKmsEncryptedObjects: true, kmsKey: new Key(site.stack, 'CopiesKey') }],
      });
      return { resource, executionRole: resource.node.findChild('ReplicationRole') };
    },
    'replicaDestination': (site) => {
      const resource = bucket(site, { versioned: true });
      const source = new Bucket(site.stack, 'Source', { versioned: true, replicationRules: [{ destination: resource, kmsKey: site.key.forService(KmsService.S3) }] });
      return { resource, executionRole: source.node.findChild('ReplicationRole') };
    },
    'codeByReference': (site) => {
      const resource = bucket(site, { versioned: true });
      // What Code.fromBucketV2 with S3ObjectStorageMode.REFERENCE does in versions of aws-cdk-lib that are newer than the oldest one supported.
      resource.encryptionKey!.addToResourcePolicy(new PolicyStatement({
        actions: ['kms:Decrypt'],
        principals: [new ServicePrincipal('lambda.amazonaws.com')],
        resources: ['*'],
        conditions: {
          StringEquals: { 'aws:SourceAccount': site.stack.account, 'kms:ViaService': `s3.${site.stack.region}.amazonaws.com` },
          ArnLike: { 'aws:SourceArn': `arn:aws:lambda:${site.stack.region}:${site.stack.account}:function:app` },
        },
      }), true);
      return { resource };
    },
  },

  DYNAMODB: {
    '': (site) => ({ resource: table(site) }),
    'multiAccountReplica': (site) => {
      const resource = table(site);
      resource.grants.multiAccountReplicationTo(`arn:aws:dynamodb:us-east-1:${OTHER_ACCOUNT.account}:table/replica`);
      return { resource };
    },
  },

  LAMBDA: {
    '': (site) => {
      const resource = fn(site);
      return { resource, executionRole: resource.role };
    },
    'filterCriteria': (site) => {
      const target = fn(site);
      new EventSourceMapping(site.stack, 'Mapping', {
        target,
        eventSourceArn: `arn:aws:sqs:${HERE.region}:${HERE.account}:sample-source`,
        filters: [FilterCriteria.filter({ body: { paid: FilterRule.isEqual('yes') } })],
        filterEncryption: site.key.forService(KmsService.LAMBDA),
      });
      return { resource: target, executionRole: target.role };
    },
    'durable': ({ stack, key, name }) => {
      const resource = functionIn(stack, 'Function', { functionName: name, durableConfig: { executionTimeout: Duration.hours(1) } });
      (resource.node.defaultChild as CfnFunction).addPropertyOverride('DurableConfig.KMSKeyArn', key.forService(KmsService.LAMBDA_DURABLE).keyArn);
      return { resource, executionRole: resource.role };
    },
  },

  LAMBDA_CODE: {
    '': ({ stack, key, reader, name }) => {
      const code = Code.fromBucketV2(Bucket.fromBucketName(stack, 'Built', 'built'), 'app.zip', { sourceKMSKey: key.forService(KmsService.LAMBDA_CODE) });
      const resource = functionIn(stack, 'Function', { code, functionName: name });
      reader.addToPolicy(new PolicyStatement({ actions: ['lambda:GetFunction'], resources: [resource.functionArn] }));
      return { resource, executionRole: resource.role };
    },
  },

  SECRETS_MANAGER: {
    '': (site) => ({ resource: secret(site) }),
    'rotation': (site) => {
      const resource = secret(site);
      const rotationLambda = functionIn(site.stack, 'Rotation');
      resource.addRotationSchedule('Schedule', { rotationLambda });
      return { resource, executionRole: rotationLambda.role };
    },
  },

  LOGS: {
    '': ({ stack, key, reader, writer, name }) => {
      const view = key.forService(KmsService.LOGS);
      const resource = new LogGroup(stack, 'LogGroup', { encryptionKey: view, logGroupName: name });
      resource.grantRead(reader);
      resource.grantWrite(writer);
      return { resource };
    },
  },

  EVENTBRIDGE: {
    '': ({ stack, key, writer, name }) => {
      const resource = new EventBus(stack, 'Bus', { kmsKey: key.forService(KmsService.EVENTBRIDGE), eventBusName: name });
      resource.grantPutEventsTo(writer);
      return { resource };
    },
  },

  KINESIS: {
    '': (site) => ({ resource: stream(site) }),
    'consumerRole': (site) => {
      const resource = stream(site);
      const consumer = functionIn(site.stack, 'Consumer');
      consumer.addEventSource(new KinesisEventSource(resource, { startingPosition: StartingPosition.LATEST }));
      return { resource, executionRole: consumer.role };
    },
  },

  EFS: {
    '': ({ stack, key, reader, writer, name }) => {
      const resource = new FileSystem(stack, 'Files', { vpc: vpcIn(stack), kmsKey: key.forService(KmsService.EFS), fileSystemName: name });
      resource.grantRead(reader);
      resource.grantReadWrite(writer);
      return { resource };
    },
  },

  ECR: {
    '': ({ stack, key, reader, writer, name }) => {
      const resource = new Repository(stack, 'Images', { encryptionKey: key.forService(KmsService.ECR), repositoryName: name });
      resource.grantPull(reader);
      resource.grantPullPush(writer);
      return { resource };
    },
  },

  CLOUDTRAIL: {
    '': ({ stack, key, reader, name }) => {
      const view = key.forService(KmsService.CLOUDTRAIL);
      const logs = new Bucket(stack, 'Bucket', { bucketName: 'trail-bucket' });
      const resource = new Trail(stack, 'Trail', { encryptionKey: view, bucket: logs, trailName: name });
      logs.grantRead(reader);
      view.grantDecrypt(reader);
      return { resource };
    },
    'eventDataStore': ({ stack, key, name }) => ({ resource: new CfnEventDataStore(stack, 'Store', { name, kmsKeyId: key.forService(KmsService.CLOUDTRAIL).keyArn }) }),
  },

  RDS: {
    '': ({ stack, key, name }) => ({
      resource: new DatabaseInstance(stack, 'Database', {
        engine: DatabaseInstanceEngine.POSTGRES, vpc: vpcIn(stack), storageEncryptionKey: key.forService(KmsService.RDS), instanceIdentifier: name,
      }),
    }),
  },

  EBS: {
    '': ({ stack, key, writer }) => {
      const resource = new Volume(stack, 'Volume', {
        availabilityZone: `${HERE.region}a`, size: Size.gibibytes(8), encrypted: true, encryptionKey: key.forService(KmsService.EBS),
      });
      resource.grantAttachVolume(writer);
      return { resource };
    },
  },

  AUTO_SCALING: {
    '': ({ stack, key, name }) => {
      const volume = BlockDeviceVolume.ebs(8, { encrypted: true, kmsKey: key.forService(KmsService.EBS) });
      const launchTemplate = new LaunchTemplate(stack, 'Template', {
        launchTemplateName: name,
        machineImage: MachineImage.genericLinux({ [HERE.region]: 'ami-1' }),
        instanceType: new InstanceType('t3.micro'),
        blockDevices: [{ deviceName: '/dev/xvda', volume }],
      });
      new AutoScalingGroup(stack, 'Group', { vpc: vpcIn(stack), launchTemplate });
      return { resource: launchTemplate };
    },
  },

  SNS: {
    '': (site) => ({ resource: topic(site) }),
    'bucketNotification': (site) => {
      const resource = topic(site);
      new Bucket(site.stack, 'Notifying', { bucketName: 'notifying-bucket' }).addEventNotification(EventType.OBJECT_CREATED, new SnsDestination(resource));
      return { resource };
    },
    'ruleTarget': (site) => {
      const resource = topic(site);
      rule(site).addTarget(new SnsTopic(resource));
      return { resource };
    },
  },

  CLOUDWATCH_ALARMS: {
    '': (site) => {
      const resource = topic(site);
      const metric = new Metric({ namespace: 'Orders', metricName: 'Errors' });
      new Alarm(site.stack, 'Alarm', { alarmName: 'too-many-errors', metric, threshold: 1, evaluationPeriods: 1 }).addAlarmAction(new SnsAction(resource));
      return { resource };
    },
  },

  SQS: {
    '': (site) => ({ resource: queue(site) }),
    'topicSubscription': (site) => {
      const resource = queue(site);
      new Topic(site.stack, 'Subscribed', { topicName: 'subscribed-topic' }).addSubscription(new SqsSubscription(resource));
      return { resource };
    },
    'bucketNotification': (site) => {
      const resource = queue(site);
      new Bucket(site.stack, 'Notifying', { bucketName: 'notifying-bucket' }).addEventNotification(EventType.OBJECT_CREATED, new SqsDestination(resource));
      return { resource };
    },
    'ruleTarget': (site) => {
      const resource = queue(site);
      rule(site).addTarget(new SqsQueue(resource));
      return { resource };
    },
    'ruleDeadLetters': (site) => {
      const resource = queue(site);
      rule(site).addTarget(new SqsQueue(new Queue(site.stack, 'Target'), { deadLetterQueue: resource }));
      return { resource };
    },
    'consumerRole': (site) => {
      const resource = queue(site);
      const consumer = functionIn(site.stack, 'Consumer');
      consumer.addEventSource(new SqsEventSource(resource));
      return { resource, executionRole: consumer.role };
    },
  },

  BACKUP: {
    '': ({ stack, key, name }) => ({ resource: new BackupVault(stack, 'Vault', { backupVaultName: name, encryptionKey: key.forService(KmsService.BACKUP) }) }),
  },

  SSM: {
    '': ({ stack, key, reader, writer, name: given }) => {
      const name = '/orders/db-password';
      // Named in words, and found in the policies of the app; or imported with the view.
      if (given !== undefined) key.serve(KmsService.SSM, { resourceNames: [name] });
      const encryptionKey = given === undefined ? key.forService(KmsService.SSM) : undefined;
      const parameter = StringParameter.fromSecureStringParameterAttributes(stack, 'Parameter', { parameterName: name, encryptionKey });
      parameter.grantRead(reader);
      parameter.grantWrite(writer);
      return { name };
    },
  },

  STEP_FUNCTIONS: {
    '': ({ stack, key, reader, name }) => {
      const resource = new StateMachine(stack, 'Machine', {
        stateMachineName: name,
        definitionBody: DefinitionBody.fromChainable(new Pass(stack, 'Pass')),
        encryptionConfiguration: new CustomerManagedEncryptionConfiguration(key.forService(KmsService.STEP_FUNCTIONS)),
      });
      resource.grantRead(reader);
      return { resource, executionRole: resource.role };
    },
  },

  FIREHOSE: {
    '': ({ stack, key, writer, name }) => {
      const encryption = StreamEncryption.customerManagedKey(key.forService(KmsService.FIREHOSE));
      const resource = new DeliveryStream(stack, 'Delivery', { deliveryStreamName: name, encryption, destination: new S3Bucket(new Bucket(stack, 'Delivered')) });
      resource.grantPutRecords(writer);
      return { resource };
    },
  },

  RDS_MANAGED_SECRET: {
    '': (site) => {
      const resource = new DatabaseInstance(site.stack, 'Database', {
        engine: DatabaseInstanceEngine.POSTGRES,
        vpc: vpcIn(site.stack),
        manageMasterUserPassword: true,
        credentials: Credentials.fromUsername('admin', { encryptionKey: site.key.forService(KmsService.SECRETS_MANAGER) }),
        instanceIdentifier: site.name,
      });
      resource.secret!.grantRead(site.reader);
      return { resource };
    },
  },

  S3_INVENTORY: {
    '': (site) => {
      const resource = bucket(site);
      new Bucket(site.stack, 'Source', { bucketName: 'inventoried-bucket', inventories: [{ destination: { bucket: resource } }] });
      return { resource };
    },
  },

  VPC_FLOW_LOGS: {
    '': (site) => {
      const resource = bucket(site);
      new FlowLog(site.stack, 'FlowLog', { resourceType: FlowLogResourceType.fromNetworkInterfaceId('eni-1'), destination: FlowLogDestination.toS3(resource) });
      return { resource };
    },
  },

  CONFIG: {
    '': (site) => {
      const resource = bucket(site);
      const principals = [new ServicePrincipal('config.amazonaws.com')];
      const conditions = { StringEquals: { 'aws:SourceAccount': site.stack.account } };
      resource.addToResourcePolicy(new PolicyStatement({ actions: ['s3:GetBucketAcl', 's3:ListBucket'], resources: [resource.bucketArn], principals, conditions }));
      resource.addToResourcePolicy(new PolicyStatement({
        actions: ['s3:PutObject'], resources: [resource.arnForObjects(`AWSLogs/${site.stack.account}/Config/*`)], principals, conditions,
      }));
      new CfnDeliveryChannel(site.stack, 'Deliveries', { s3BucketName: resource.bucketName });
      return { resource };
    },
  },

  CLOUDFRONT: {
    '': (site) => {
      const resource = bucket(site);
      const distribution = new Distribution(site.stack, 'Distribution', { defaultBehavior: { origin: S3BucketOrigin.withOriginAccessControl(resource) } });
      return { resource, distribution };
    },
  },

  CODEPIPELINE: {
    '': (site) => {
      const resource = bucket(site);
      const sources = new Bucket(site.stack, 'Sources', { versioned: true });
      const pipeline = new Pipeline(site.stack, 'Pipeline', {
        artifactBucket: resource,
        stages: [
          { stageName: 'Source', actions: [new S3SourceAction({ actionName: 'Fetch', bucket: sources, bucketKey: 'app.zip', output: new Artifact('SourceArti') })] },
          { stageName: 'Approve', actions: [new ManualApprovalAction({ actionName: 'Look' })] },
        ],
      });
      return { resource, executionRole: pipeline.role };
    },
  },
};

function bucket({ stack, key, reader, writer, name }: Site, props: BucketProps = {}): Bucket {
  const made = new Bucket(stack, 'Bucket', { encryption: BucketEncryption.KMS, encryptionKey: key.forService(KmsService.S3), bucketName: name, ...props });
  made.grantRead(reader);
  made.grantWrite(writer);
  return made;
}

function table({ stack, key, reader, writer, name }: Site): TableV2 {
  const made = new TableV2(stack, 'Table', {
    partitionKey: { name: 'id', type: AttributeType.STRING }, encryption: TableEncryptionV2.customerManagedKey(key.forService(KmsService.DYNAMODB)), tableName: name,
  });
  made.grantReadData(reader);
  made.grantWriteData(writer);
  return made;
}

function fn({ stack, key, name }: Site): Function {
  return functionIn(stack, 'Function', { environment: { STAGE: 'prod' }, environmentEncryption: key.forService(KmsService.LAMBDA), functionName: name });
}

function stream({ stack, key, reader, writer, name }: Site): Stream {
  const made = new Stream(stack, 'Stream', { encryptionKey: key.forService(KmsService.KINESIS), streamName: name });
  made.grantRead(reader);
  made.grantWrite(writer);
  return made;
}

function secret({ stack, key, reader, writer, name }: Site): Secret {
  const made = secretIn(stack, 'Secret', key.forService(KmsService.SECRETS_MANAGER), name);
  made.grantRead(reader);
  made.grantWrite(writer);
  return made;
}

function topic({ stack, key, writer, name }: Site): Topic {
  const made = new Topic(stack, 'Topic', { masterKey: key.forService(KmsService.SNS), topicName: name });
  made.grantPublish(writer);
  return made;
}

function queue({ stack, key, reader, writer, name }: Site): Queue {
  const made = new Queue(stack, 'Queue', { encryption: QueueEncryption.KMS, encryptionMasterKey: key.forService(KmsService.SQS), queueName: name });
  made.grantConsumeMessages(reader);
  made.grantSendMessages(writer);
  return made;
}

function rule({ stack }: Site): Rule {
  return new Rule(stack, 'Rule', { ruleName: 'forward', schedule: Schedule.rate(Duration.days(1)) });
}
