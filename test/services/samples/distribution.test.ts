import { Distribution, ViewerProtocolPolicy } from 'aws-cdk-lib/aws-cloudfront';
import { S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { BlockPublicAccess, Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import { BucketDeployment, Source } from 'aws-cdk-lib/aws-s3-deployment';
import { KmsService } from '../../../src';
import { HERE, OTHER_ACCOUNT, almightyRoleIn } from '../../support/deployed';
import { Sample } from '../support/sample';

/** A site in an encrypted bucket that only its distribution reads, by origin access control. */

const DISTRIBUTION = `arn:aws:cloudfront::${HERE.account}:distribution/EDFDVBD6EXAMPLE`;

describe.each<[string, boolean]>([['before the distribution is there', false], ['once it is named', true]])('%s', (_, isNamed) => {
  const sample = new Sample((stack, key) => {
    const bucket = new Bucket(stack, 'Site', {
      encryption: BucketEncryption.KMS,
      encryptionKey: key.forService(KmsService.S3),
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
    });
    const distribution = new Distribution(stack, 'Distribution', {
      defaultBehavior: { origin: S3BucketOrigin.withOriginAccessControl(bucket), viewerProtocolPolicy: ViewerProtocolPolicy.REDIRECT_TO_HTTPS },
    });
    const deployment = new BucketDeployment(stack, 'Pages', { sources: [Source.data('index.html', '<h1>Orders</h1>')], destinationBucket: bucket, distribution });
    if (isNamed) key.narrowSourceArn('cloudfront.amazonaws.com', DISTRIBUTION);
    return { bucket, publisher: deployment.handlerRole, stranger: almightyRoleIn(stack, 'Stranger') };
  });

  const page = (of = sample.id(sample.made.bucket)) => `arn:aws:s3:::${of}/index.html`;
  const serves = (sourceArn = DISTRIBUTION) => sample.as('cloudfront', { sourceArn, context: { 'aws:s3:arn': page() } });
  const publishes = (resource = page()) => sample.via('s3', sample.made.publisher, { resource });

  sample.warnsOf(...isNamed ? [] : ['cdk-keysmith:every-source']);

  sample.works([
    ['CDK\'s function puts a page', async () => publishes().open(await publishes().seal())],
    ['the distribution serves it', async () => serves().open(await publishes().seal())],
  ]);

  sample.refuses([
    ['a distribution of another account serves it', async () => serves(DISTRIBUTION.replace(HERE.account, OTHER_ACCOUNT.account)).open(await publishes().seal())],
    ...isNamed ? [['another distribution serves it', async () => serves(`${DISTRIBUTION}2`).open(await publishes().seal())] as const] : [],
    ['the distribution writes', () => serves().seal()],
    ['CDK\'s function writes into another bucket', () => publishes(page('elsewhere')).seal()],
    ['somebody else reads', async () => sample.via('s3', sample.made.stranger, { resource: page() }).open(await publishes().seal())],
    ['CDK\'s function decrypts past S3', async () => sample.directly(sample.made.publisher, { 'aws:s3:arn': page() }).open(await publishes().seal())],
  ]);
});
