import { FlowLogDestination, FlowLogTrafficType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { BlockPublicAccess, Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import { KmsService } from '../../../src';
import { HERE, OTHER_ACCOUNT, almightyRoleIn, roleIn } from '../../support/deployed';
import { Sample, arnOf } from '../support/sample';

/** A network whose flow logs lie in an encrypted bucket, and somebody who looks through them. */

const sample = new Sample((stack, key) => {
  const bucket = new Bucket(stack, 'FlowLogs', {
    encryption: BucketEncryption.KMS,
    encryptionKey: key.forService(KmsService.S3),
    bucketKeyEnabled: true,
    enforceSSL: true,
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
  });
  const vpc = new Vpc(stack, 'Vpc', { maxAzs: 2, natGateways: 0 });
  vpc.addFlowLog('ToBucket', { destination: FlowLogDestination.toS3(bucket, 'network'), trafficType: FlowLogTrafficType.ALL });
  const analyst = roleIn(stack, 'Analyst');
  bucket.grantRead(analyst);
  return { bucket, analyst, stranger: almightyRoleIn(stack, 'Stranger') };
});

const bucketArn = () => `arn:aws:s3:::${sample.id(sample.made.bucket)}`;
const object = () => `${bucketArn()}/network/AWSLogs/${HERE.account}/vpcflowlogs/1.log.gz`;
const delivers = (account = HERE.account, to = bucketArn()) => sample.as('delivery.logs.amazonaws.com', { sourceArn: arnOf('logs', '*', account), context: { 'aws:s3:arn': to } });
const reads = (who: 'analyst' | 'stranger') => sample.via('s3', sample.made[who], { resource: object() });

sample.warnsOf();

sample.works([
  ['a flow log is delivered', () => delivers().seal()],
  ['the delivery looks at the key', () => delivers().look()],
  ['the analyst reads a flow log', async () => reads('analyst').open(await delivers().seal())],
]);

sample.refuses([
  ['flow logs of another account are delivered', () => delivers(OTHER_ACCOUNT.account).seal()],
  ['a flow log is delivered into another bucket', () => delivers(HERE.account, 'arn:aws:s3:::elsewhere').seal()],
  ['another service delivers', () => sample.as('logs', { sourceArn: arnOf('logs', '*'), context: { 'aws:s3:arn': bucketArn() } }).seal()],
  ['the analyst writes one', () => reads('analyst').seal()],
  ['the analyst decrypts past S3', async () => sample.directly(sample.made.analyst, { 'aws:s3:arn': bucketArn() }).open(await delivers().seal())],
  ['somebody else reads one', async () => reads('stranger').open(await delivers().seal())],
]);
