import { strict as assert } from 'node:assert';
import { App, Stack } from 'aws-cdk-lib';
import { Alarm, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { SqsSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { KmsService, SymmetricDataKey } from 'cdk-keysmith';
import { startLocalKms } from 'cdk-keysmith/testing';

const app = new App();
const stack = new Stack(app, 'Orders', { env: { account: '111122223333', region: 'eu-west-1' } });
const key = new SymmetricDataKey(stack, 'Key', { alias: 'orders' });
const topic = new Topic(stack, 'Alarms', { topicName: 'alarms', masterKey: key.forService(KmsService.SNS) });
const queue = new Queue(stack, 'Inbox', { queueName: 'inbox', encryptionMasterKey: key.forService(KmsService.SQS) });
const alarm = new Alarm(stack, 'Lost', { alarmName: 'lost', metric: new Metric({ namespace: 'Orders', metricName: 'Lost' }), threshold: 1, evaluationPeriods: 1 });
alarm.addAlarmAction(new SnsAction(topic));
topic.addSubscription(new SqsSubscription(queue));

async function main(): Promise<void> {
  const local = await startLocalKms({ assembly: app.synth().directory });
  // The services as they call KMS: for an alarm to the topic, for the topic to the queue.
  const arn = (service: string, name: string) => `arn:aws:${service}:eu-west-1:111122223333:${name}`;
  const cloudwatch = (name: string) => local.asService('cloudwatch', { sourceArn: arn('cloudwatch', `alarm:${name}`), context: { 'aws:sns:topicArn': arn('sns', 'alarms') } });
  const sns = (name: string) => local.asService('sns', { sourceArn: arn('sns', name), context: { 'aws:sqs:arn': arn('sqs', 'inbox') } });
  const dataKey = { KeyId: 'alias/orders', KeySpec: 'AES_256' };
  const denied = { name: 'AccessDeniedException' };
  try {
    await cloudwatch('lost').call('GenerateDataKey', dataKey);
    await assert.rejects(cloudwatch('theirs').call('GenerateDataKey', dataKey), denied);
    await sns('alarms').call('GenerateDataKey', dataKey);
    await assert.rejects(sns('theirs').call('GenerateDataKey', dataKey), denied);
  } finally {
    await local.stop();
  }
}

void main();
