import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Repository } from 'aws-cdk-lib/aws-ecr';
import { Cluster, ContainerImage, FargateService, FargateTaskDefinition, LogDrivers, Secret as EcsSecret } from 'aws-cdk-lib/aws-ecs';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { KmsService } from '../../../src';
import { almightyRoleIn, roleIn } from '../../support/deployed';
import { DEPLOYER, Sample, arnOf } from '../support/sample';

/** A Fargate service that logs into an encrypted log group, with its image and its secret under the same key. */

const sample = new Sample((stack, key) => {
  const logGroup = new LogGroup(stack, 'Logs', { encryptionKey: key.forService(KmsService.LOGS), retention: RetentionDays.ONE_MONTH });
  const images = new Repository(stack, 'Images', { encryptionKey: key.forService(KmsService.ECR) });
  const password = new Secret(stack, 'Password', { encryptionKey: key.forService(KmsService.SECRETS_MANAGER) });
  const taskDefinition = new FargateTaskDefinition(stack, 'Task', { cpu: 256, memoryLimitMiB: 512 });
  taskDefinition.addContainer('App', {
    image: ContainerImage.fromEcrRepository(images),
    logging: LogDrivers.awsLogs({ streamPrefix: 'app', logGroup }),
    secrets: { PASSWORD: EcsSecret.fromSecretsManager(password) },
  });
  const cluster = new Cluster(stack, 'Cluster', { vpc: new Vpc(stack, 'Vpc', { maxAzs: 2, natGateways: 1 }) });
  new FargateService(stack, 'Service', { cluster, taskDefinition });
  const operator = roleIn(stack, 'Operator');
  logGroup.grantRead(operator);
  return { logGroup, images, password, starter: taskDefinition.executionRole!, task: taskDefinition.taskRole, operator, stranger: almightyRoleIn(stack, 'Stranger') };
});

const group = (name = sample.id(sample.made.logGroup)) => arnOf('logs', `log-group:${name}`);
const logs = (log = group()) => sample.as('logs', { sourceArn: log, context: { 'aws:logs:arn': log } });
const queries = (who: 'operator' | 'task' | 'stranger') => sample.via('logs', sample.made[who], { resource: group() });
const secret = (who: 'starter' | 'task' | 'stranger') => sample.via('secretsmanager', sample.made[who], { resource: sample.id(sample.made.password) });
const creates = (service: string, who = DEPLOYER) => sample.via(service, who, { context: { 'aws:ecr:arn': arnOf('ecr', `repository/${sample.id(sample.made.images)}`) } });
const created = () => sample.via('secretsmanager', DEPLOYER, { resource: sample.id(sample.made.password) }).seal();

sample.warnsOf();

sample.works([
  ['CloudFormation makes the repository', async () => [await creates('ecr').look(), await creates('ecr').letIn('ecr')]],
  ['CloudFormation makes the log group', () => sample.via('logs', DEPLOYER, { resource: group() }).look()],
  ['what the service logs is kept', () => logs().seal()],
  ['an operator reads it', async () => queries('operator').open(await logs().seal())],
  ['the role that starts tasks reads the secret', async () => secret('starter').open(await created())],
  ['whoever logs encrypts through CloudWatch Logs', () => sample.via('logs', sample.made.starter, { resource: group() }).seal()],
]);

sample.refuses([
  ['another log group is kept', () => logs(group('other')).seal()],
  ['a log group whose name begins so', () => logs(group(`${sample.id(sample.made.logGroup).slice(0, 8)}-other`)).seal()],
  ['the task reads logs', async () => queries('task').open(await logs().seal())],
  ['the task reads the secret', async () => secret('task').open(await created())],
  ['an operator decrypts past CloudWatch Logs', async () => sample.directly(sample.made.operator, { 'aws:logs:arn': group() }).open(await logs().seal())],
  ['somebody else reads logs', async () => queries('stranger').open(await logs().seal())],
  ['somebody else reads the secret', async () => secret('stranger').open(await created())],
  ['CloudFormation lets another service use the key', () => creates('ecs').letIn('ecs')],
]);
