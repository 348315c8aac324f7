import { EventField, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import type { Detector } from '../detect/detectors';

/** What a notification tells besides the event. */
export type Told = Pick<Detector, 'id' | 'tellsWhen' | 'nextSteps' | 'level' | 'mechanism' | 'eventSource'>;

/** The id of a detector as ids of constructs are written: `KeyDisabled`. */
export function asName(id: string): string {
  return id.split('-').map((word) => `${word[0].toUpperCase()}${word.slice(1)}`).join('');
}

const field = (path: string) => EventField.fromPath(path);

/**
 * Who, what, when and from where. A record has not all of the fields: of a service no ARN, of another account an id alone. What is absent is left out.
 *
 * Text of the caller's own choosing, like the user agent, is left out: EventBridge puts fields into the text as they are.
 */
function story({ mechanism, eventSource }: Told): string[] {
  if (mechanism === 'native event') {
    return [`Key: ${field('$.resources[0]')}`, `What: ${EventField.detailType}, told by KMS itself`, `When: ${EventField.time}`, `Where: account ${EventField.account}, Region ${EventField.region}`];
  }
  const user = (path: string) => field(`$.detail.userIdentity.${path}`);
  return [
    eventSource === 'cloudtrail.amazonaws.com' ? `Trail: ${field('$.detail.requestParameters.name')} ${field('$.detail.requestParameters.trailName')}`
      : `Key: ${field('$.detail.resources[0].ARN')} ${field('$.detail.resources[1].ARN')}`,
    `Who: ${user('type')} ${user('arn')} ${user('invokedBy')} of account ${user('accountId')}`,
    `What: ${field('$.detail.eventName')}, event ${field('$.detail.eventID')} ${field('$.detail.errorCode')}`,
    `When: ${field('$.detail.eventTime')}`,
    `From: ${field('$.detail.sourceIPAddress')}, Region ${field('$.detail.awsRegion')}`,
  ];
}

export function headline({ id, level, tellsWhen }: Told): string {
  return `${level === 'alarm' ? 'ALARM' : 'For information'}, ${id}: ${tellsWhen}`;
}

/** For people who read mail: a line each. */
export function asText(told: Told, runbook: string): RuleTargetInput {
  const [first, second, third] = told.nextSteps;
  return RuleTargetInput.fromMultilineText([
    headline(told), ...story(told), `Next, 1: ${first}`, `Next, 2: ${second}`, `Next, 3: ${third}`, `Runbook: ${runbook}`,
  ].join('\n'));
}

/** For Slack: Amazon Q Developer in chat applications (AWS Chatbot) shows nothing but its own schema. Administrator Guide, "Custom notifications". */
export function asCustomNotification(told: Told, runbook: string): RuleTargetInput {
  return RuleTargetInput.fromObject({
    version: '1.0',
    source: 'custom',
    content: {
      textType: 'client-markdown',
      title: headline(told),
      description: story(told).join('\n'),
      nextSteps: [...told.nextSteps, `Runbook: ${runbook}`],
      keywords: ['KMS', told.id],
    },
    metadata: { threadId: `${told.id} ${EventField.region}`, summary: headline(told), eventType: told.id },
  });
}

/** Characters of an alarm's description (CloudWatch API Reference, PutMetricAlarm), less some for ARNs that only deployment knows. */
const DESCRIPTION = 1024 - 100;

/** What a metric alarm says: CloudWatch adds metric, value and time. */
export function inAlarm(told: Told, key: string, limit: string, runbook: string): string {
  const text = (steps: readonly string[]) => [`${headline(told)}.`, `Key: ${key}.`, limit, ...steps.map((step, i) => `Next, ${i + 1}: ${step}`), `Runbook: ${runbook}`].join('\n');
  const whole = text(told.nextSteps);
  return whole.length <= DESCRIPTION ? whole : text([]);
}
