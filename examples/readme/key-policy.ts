import { App, Stack } from 'aws-cdk-lib';
import { AccountRootPrincipal, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { KmsService, SymmetricDataKey } from 'cdk-keysmith';
import { startLocalKms } from 'cdk-keysmith/testing';

const app = new App();
const stack = new Stack(app, 'Orders', { env: { account: '111122223333', region: 'eu-west-1' } });
const role = (id: string) => new Role(stack, id, { roleName: id, assumedBy: new AccountRootPrincipal() });

const key = new SymmetricDataKey(stack, 'Data', {
  alias: 'orders',
  administrators: [role('Operations')],
  policyOwners: [role('Security')],
  auditors: [role('Auditor')],
});
key.grants.decrypt(role('Api'));
const bucket = new Bucket(stack, 'Documents', {
  bucketName: 'orders-documents',
  encryption: BucketEncryption.KMS,
  encryptionKey: key.forService(KmsService.S3),
});
bucket.grantRead(role('Reports'));

// A statement of one's own, as AWS's page on encrypted SNS topics has it: alarms are published by CloudWatch itself.
key.addToResourcePolicy(new PolicyStatement({
  sid: 'AlarmsOfCloudWatch',
  principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
  actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
  resources: ['*'],
  conditions: { StringEquals: { 'aws:SourceAccount': stack.account }, ArnLike: { 'aws:SourceArn': `arn:aws:cloudwatch:${stack.region}:${stack.account}:alarm:*` } },
}));
const alarms = new Topic(stack, 'Alarms', { masterKey: key });
key.overruleRefusal(alarms, 'only CloudWatch publishes to it, as itself');

async function main(): Promise<void> {
  // The policies as they are deployed, with the names of the roles.
  const local = await startLocalKms({ assembly: app.synth().directory });
  for (const { Sid = '', Principal = {}, Action = [] } of [local.deployments[0].keys[0].policy.Statement].flat()) {
    const who = Object.values(Principal).flat().map((name: string) => name.split('/').pop()!.replace(/^cdk-.*/, 'the deployer').replace(/^arn:.*:root/, 'account'));
    const actions = [Action].flat();
    console.log(`${Sid.padEnd(28)}  ${who.join(', ').padEnd(24)}  ${actions.length > 2 ? `${actions.length} actions` : actions.join(', ')}`);
  }
  await local.stop();
}

void main();
