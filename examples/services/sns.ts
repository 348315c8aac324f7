import { Alarm, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import type { Site } from './site';
import { KmsService } from 'cdk-keysmith';

export function define({ stack, key, writer }: Site): void {
  const topic = new Topic(stack, 'Alarms', { topicName: 'alarms', masterKey: key.forService(KmsService.SNS) });
  topic.grantPublish(writer);
  const metric = new Metric({ namespace: 'Orders', metricName: 'Lost' });
  new Alarm(stack, 'Lost', { alarmName: 'lost', metric, threshold: 1, evaluationPeriods: 1 }).addAlarmAction(new SnsAction(topic));
}
