import { App, Duration, Stack } from 'aws-cdk-lib';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import { KeyAlarmTopic, RotationReminder, SigningKey } from 'cdk-keysmith';

const stack = new Stack(new App(), 'Shop', { env: { account: '111122223333', region: 'eu-west-1' } });
const tokens = new SigningKey(stack, 'Tokens', { generations: [{ name: 'initial' }, { name: '2027' }], active: '2027' });
const reminder = new RotationReminder(stack, 'Reminder', {
  key: tokens,
  topic: new KeyAlarmTopic(stack, 'Alarms').topic,
  longestLifetime: Duration.hours(12),
  months: [3],
});

const messages = reminder.node.findAll().filter((each) => each instanceof CfnSchedule)
  .map(({ scheduleExpression, target }) => `${scheduleExpression}\n${(target as CfnSchedule.TargetProperty).input}`);
console.log(messages.join('\n\n'));
