import { App, CfnParameter, Duration, Stack, TimeZone } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import type { Role } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { KeyAlarmTopic, RotationReminder, SigningKey, SymmetricDataKey, type RotationReminderProps, type SigningKeyProps } from '../../src';
import { Deployed, HERE } from '../support/deployed';

/** People are told when to announce, activate and retire, and what to do. */

type Given = Partial<Omit<RotationReminderProps, 'key' | 'topic'>>;

function reminding(given: Given = {}, key: SigningKeyProps = {}) {
  const app = new App();
  const stack = new Stack(app, 'Shop', { env: HERE });
  const { topic, key: topicKey } = new KeyAlarmTopic(stack, 'Alarms', { topicName: 'alarms' });
  const tokens = new SigningKey(stack, 'Tokens', key);
  const reminder = new RotationReminder(stack, 'Reminder', { key: tokens, topic, longestLifetime: Duration.minutes(15), ...given });
  return { app, stack, topic, topicKey, reminder };
}

interface Rendered {
  readonly Properties: {
    readonly ScheduleExpression: string;
    readonly ScheduleExpressionTimezone: string;
    readonly Target: { readonly Input: string };
  };
}

function schedules(given: Given = {}, key: SigningKeyProps = {}) {
  const found = Template.fromStack(reminding(given, key).stack).findResources('AWS::Scheduler::Schedule') as Record<string, Rendered>;
  return Object.values(found).map(({ Properties }) => Properties);
}

const times = (given: Given) => schedules(given).map(({ ScheduleExpression }) => ScheduleExpression);
const texts = (given: Given, key: SigningKeyProps = {}) => schedules(given, key).map(({ Target }) => Target.Input);

describe('when: announce, activate, retire', () => {
  test.each<[string, Given, string[]]>([
    ['each January', {}, ['cron(0 9 1 1 ? *)', 'cron(0 9 8 1 ? *)', 'cron(0 9 10 1 ? *)']],
    ['tokens of a month', { longestLifetime: Duration.days(30) }, ['cron(0 9 1 1 ? *)', 'cron(0 9 8 1 ? *)', 'cron(0 9 8 2 ? *)']],
    ['over the end of the year', { months: [12], day: 28, hour: 0 }, ['cron(0 0 28 12 ? *)', 'cron(0 0 4 1 ? *)', 'cron(0 0 6 1 ? *)']],
    ['over the end of February, in a leap year a day more', { months: [2], day: 27, publishedFor: Duration.days(3) }, ['cron(0 9 27 2 ? *)', 'cron(0 9 2 3 ? *)', 'cron(0 9 4 3 ? *)']],
    ['twice a year', { months: [1, 7] }, ['1 1', '1 7', '8 1', '8 7', '10 1', '10 7'].map((date) => `cron(0 9 ${date} ? *)`)],
  ])('%s', (_, given, expected) => expect(times(given)).toEqual(expected));

  test('by the clock that was named, else UTC', () => {
    expect(schedules({ timeZone: TimeZone.EUROPE_BERLIN })[0].ScheduleExpressionTimezone).toBe('Europe/Berlin');
    expect(schedules()[0].ScheduleExpressionTimezone).toBe('Etc/UTC');
  });
});

describe('what', () => {
  const [announce, activate, retire] = texts({}, { generations: [{ name: 'initial' }, { name: '2027' }, { name: 'old', retired: true }] });

  test.each([
    [announce, /^It is time to announce a new generation of the signing key 'Shop\/Tokens'\. 'initial' signs\. Listed beside it: '2027'\.\n\n1\. Add one to 'generations', with a name that was never used\.\n2\. Deploy[^]*On 8 January you are told to make it active\.$/],
    [activate, /^It is time to make the new generation[^]*\n1\. Name the new one in 'active'\. If none was announced 7 days ago, announce it now instead, and wait[^]*On 10 January you are told to retire it\.$/],
    [retire, /^It is time to retire the old generation[^]*\n1\. Say 'retired: true'[^]*The next change begins on 1 January\.$/],
  ])('%#', (text, expected) => expect(text).toMatch(expected));

  test('of a key that had no generations so far', () => {
    expect(texts({})[0]).toContain("'initial' signs. No other generation is listed.\n\n1. Add one to 'generations', with a name that was never used (the key as it is is called 'initial': list it too).");
  });

  test('of two changes a year, when the other begins', () => {
    expect(texts({ months: [7, 1] }).slice(4).map((text) => /begins on (.*)\.$/.exec(text)![1])).toEqual(['1 July', '1 January']);
  });

  test('what SNS and mail take', () => {
    for (const text of [announce, activate, retire]) expect([text.length < 2000, /^[\x20-\x7e\n]*$/.test(text)]).toEqual([true, true]);
  });
});

describe('who', () => {
  const { app, stack, topic, topicKey, reminder } = reminding();
  const other = new Topic(stack, 'Other', { topicName: 'other' });
  const deployed = new Deployed(app);
  const { role } = reminder;
  const template = Template.fromStack(stack);

  test('a role that publishes to the topic, and does nothing else', () => {
    const policies = template.findResources('AWS::IAM::Policy', { Properties: { Roles: [stack.resolve(role.roleName)] } });
    const [{ Properties: { PolicyDocument } }] = Object.values(policies) as { Properties: { PolicyDocument: { Statement: object[] } } }[];
    expect(PolicyDocument.Statement).toEqual([{ Action: 'sns:Publish', Effect: 'Allow', Resource: stack.resolve(topic.topicArn) }]);
  });

  test('that nobody but Scheduler assumes, for schedules of this group', () => {
    const [{ Properties: { AssumeRolePolicyDocument: { Statement } } }] = Object.values(template.findResources('AWS::IAM::Role')) as { Properties: { AssumeRolePolicyDocument: { Statement: any[] } } }[];
    const [{ Properties: { Name } }] = Object.values(template.findResources('AWS::Scheduler::ScheduleGroup')) as { Properties: { Name: string } }[];
    expect(Statement).toEqual([{
      Action: 'sts:AssumeRole',
      Effect: 'Allow',
      Principal: { Service: 'scheduler.amazonaws.com' },
      Condition: { StringEquals: { 'aws:SourceAccount': HERE.account, 'aws:SourceArn': expect.objectContaining({ 'Fn::GetAtt': [expect.any(String), 'Arn'] }) } },
    }]);
    template.allResourcesProperties('AWS::Scheduler::Schedule', { GroupName: Name });
  });

  test.each<[string, string, string | undefined, string]>([
    ['encrypts messages of the topic through SNS', 'alarms', 'sns', 'Allowed'],
    ['not those of another topic', 'other', 'sns', 'ImplicitlyDenied'],
    ['not by itself', 'alarms', undefined, 'ImplicitlyDenied'],
    ['nor through another service', 'alarms', 'sqs', 'ImplicitlyDenied'],
  ])('the key of an encrypted topic lets it in: %s', (_, name, via, outcome) => {
    expect(other.node.path).toBe('Shop/Other');
    const context = { 'aws:sns:topicArn': `arn:aws:sns:${HERE.region}:${HERE.account}:${name}` };
    expect(deployed.outcome(role as Role, 'kms:GenerateDataKey', topicKey, { via, context })).toBe(outcome);
  });
});

describe('refused', () => {
  test.each<[string, Given, string]>([
    ['no month', { months: [] }, 'Shop/Reminder: months is empty: give at least one'],
    ['month 13', { months: [1, 13] }, 'Shop/Reminder: months has 13: give whole numbers from 1 to 12'],
    ['a month twice', { months: [1, 1] }, 'months has a month twice: 1, 1'],
    ['the day 29, which February has not', { day: 29 }, 'day has 29: give whole numbers from 1 to 28'],
    ['half an hour', { hour: 9.5 }, 'hour has 9.5: give whole numbers from 0 to 23'],
    ['half a day', { publishedFor: Duration.hours(36) }, 'publishedFor is 1.5 days: give whole days, one at least'],
    ['no time', { publishedFor: Duration.days(0) }, 'publishedFor is 0 days: give whole days, one at least'],
    ['no lifetime', { longestLifetime: undefined }, 'longestLifetime is left out: write it out, like Duration.days(7)'],
    ['a change that is not over when the next begins', { months: [1, 2], longestLifetime: Duration.days(24) }, 'a change takes 32 days (publishedFor, and longestLifetime with a day besides), and the next begins after 31: name fewer months'],
    ['tokens of a year', { longestLifetime: Duration.days(365) }, 'a change takes 373 days'],
  ])('%s', (_, given, message) => expect(() => reminding(given)).toThrow(message));

  test('what only deployment knows', () => {
    const stack = new Stack(new App(), 'Shop', { env: HERE });
    const unknown = new CfnParameter(stack, 'Number', { type: 'Number' }).valueAsNumber;
    const [key, topic] = [new SigningKey(stack, 'Tokens'), new Topic(stack, 'Topic')];
    const fixed = { key, topic, longestLifetime: Duration.days(1) };
    const make = (given: Given) => () => new RotationReminder(stack, Object.keys(given)[0], { ...fixed, ...given });
    expect(make({ day: unknown })).toThrow('day has what only deployment knows');
    expect(make({ longestLifetime: Duration.days(unknown) })).toThrow('longestLifetime is not known before deployment');
  });

  test.each<[string, (stack: Stack) => unknown]>([
    ['a data key', (stack) => new SymmetricDataKey(stack, 'Key')],
    ['a key of CDK', (stack) => new Key(stack, 'Key')],
    ['nothing', () => undefined],
  ])('%s', (_, keyOf) => {
    const stack = new Stack(new App(), 'Shop', { env: HERE });
    expect(() => new RotationReminder(stack, 'Reminder', { key: keyOf(stack) as SigningKey, topic: new Topic(stack, 'Topic'), longestLifetime: Duration.days(1) }))
      .toThrow('Shop/Reminder: key is no SigningKey: KMS rotates symmetric keys by itself');
  });
});
