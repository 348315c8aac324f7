import { Trail } from 'aws-cdk-lib/aws-cloudtrail';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import { KmsService } from '../../../src';
import { HERE, OTHER_ACCOUNT, almightyRoleIn, roleIn } from '../../support/deployed';
import { DEPLOYER, Sample, arnOf } from '../support/sample';

/** A trail whose files lie in an encrypted bucket, and whose events are in an encrypted log group as well. */

const sample = new Sample((stack, key) => {
  const view = key.forService(KmsService.CLOUDTRAIL);
  const bucket = new Bucket(stack, 'Files', { encryption: BucketEncryption.KMS, encryptionKey: key.forService(KmsService.S3), bucketKeyEnabled: true, enforceSSL: true });
  const logGroup = new LogGroup(stack, 'Events', { encryptionKey: key.forService(KmsService.LOGS), retention: RetentionDays.ONE_YEAR });
  const trail = new Trail(stack, 'Trail', { bucket, encryptionKey: view, sendToCloudWatchLogs: true, cloudWatchLogGroup: logGroup, enableFileValidation: true });
  const auditor = roleIn(stack, 'Auditor');
  bucket.grantRead(auditor);
  view.grantDecrypt(auditor);
  const operator = roleIn(stack, 'Operator');
  logGroup.grantRead(operator);
  return { bucket, logGroup, trail, auditor, operator, stranger: almightyRoleIn(stack, 'Stranger') };
});

const trailArn = (name = sample.id(sample.made.trail), account = HERE.account) => arnOf('cloudtrail', `trail/${name}`, account);
const file = () => `arn:aws:s3:::${sample.id(sample.made.bucket)}/AWSLogs/${HERE.account}/CloudTrail/1.json.gz`;
const group = () => arnOf('logs', `log-group:${sample.id(sample.made.logGroup)}`);
const context = (of = trailArn()) => ({ 'aws:cloudtrail:arn': of, 'aws:s3:arn': file() });
const delivers = (sourceArn = trailArn()) => sample.as('cloudtrail', { sourceArn, context: context(sourceArn) });
const logs = (log = group()) => sample.as('logs', { sourceArn: log, context: { 'aws:logs:arn': log } });
const reads = (who: 'auditor' | 'operator' | 'stranger', of = context()) => sample.via('s3', sample.made[who], { context: of });
const queries = (who: 'auditor' | 'operator' | 'stranger') => sample.via('logs', sample.made[who], { resource: group() });

sample.warnsOf();

sample.works([
  ['CloudFormation looks at the key for the log group', () => sample.via('logs', DEPLOYER, { resource: group() }).look()],
  ['CloudTrail looks at the key, and writes a file', async () => [await delivers().look(), await delivers().seal()]],
  ['the auditor reads it', async () => reads('auditor').open(await delivers().seal())],
  ['CloudWatch Logs keeps events', async () => logs().open(await logs().seal())],
  ['the operator queries events', async () => queries('operator').open(await logs().seal())],
]);

sample.refuses([
  ['another trail writes', () => delivers(trailArn('other')).seal()],
  ['a trail of that name writes, of another account', () => delivers(trailArn(sample.id(sample.made.trail), OTHER_ACCOUNT.account)).seal()],
  ['events of another log group are kept', () => logs(arnOf('logs', 'log-group:other')).seal()],
  ['the operator reads a file', async () => reads('operator').open(await delivers().seal())],
  ['the auditor queries events', async () => queries('auditor').open(await logs().seal())],
  ['the auditor decrypts past S3', async () => sample.directly(sample.made.auditor, context()).open(await delivers().seal())],
  ['somebody else reads a file', async () => reads('stranger').open(await delivers().seal())],
  ['somebody else queries events', async () => queries('stranger').open(await logs().seal())],
]);
