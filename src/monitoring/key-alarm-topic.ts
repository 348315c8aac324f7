import { Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic, type ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { SymmetricDataKey } from '../keys';
import { KmsService } from '../services';

/** What a topic for alarms is made of. */
export interface KeyAlarmTopicProps {
  /**
   * The key that encrypts the messages. Its use is never watched by the alarms that send to the topic: each would raise the next.
   *
   * @default - a new one
   */
  readonly key?: SymmetricDataKey;

  /**
   * @default - CloudFormation makes a name
   */
  readonly topicName?: string;

  /**
   * What mail comes from.
   *
   * @default 'KMS alarms'
   */
  readonly displayName?: string;
}

/**
 * An encrypted SNS topic to which alarms and rules of this account can send, and nobody else.
 *
 * Alarms that are sent to an encrypted topic get lost in two ways at once, and nothing tells: the key does not let CloudWatch in, and the policy that CDK writes for a rule takes the
 * place of the topic's default one, by which alarms came in. Here the key lets in those that send (`KmsService.SNS` finds them), and the topic's policy both services:
 * CloudWatch for alarms of this account and Region; EventBridge without conditions, as AWS supports none of a source for encrypted topics.
 *
 * Sources: Amazon SNS Developer Guide, "Securing Amazon SNS data with server-side encryption", "Example cases for Amazon SNS access control"; EventBridge User Guide, "Using
 * resource-based policies for Amazon EventBridge".
 */
export class KeyAlarmTopic extends Construct {
  /** The topic: subscribe to it. */
  public readonly topic: Topic;
  /** The key that encrypts its messages. */
  public readonly key: SymmetricDataKey;

  constructor(scope: Construct, id: string, props: KeyAlarmTopicProps = {}) {
    super(scope, id);
    this.key = props.key ?? new SymmetricDataKey(this, 'Key', { description: `Messages of ${this.node.path}` });
    this.topic = new Topic(this, 'Topic', { topicName: props.topicName, displayName: props.displayName ?? 'KMS alarms', masterKey: this.key.forService(KmsService.SNS) });
    letAlarmsIn(this.topic);
  }
}

/** Lets alarms and rules of the account publish: the first statement of a policy takes the place of the default, by which they came in. */
export function letAlarmsIn(topic: ITopic): boolean {
  const { region, account, partition } = Stack.of(topic);
  const statement = (sid: string, service: string, conditions?: Record<string, Record<string, string>>) => new PolicyStatement({
    sid, principals: [new ServicePrincipal(service)], actions: ['sns:Publish'], resources: [topic.topicArn], conditions,
  });
  const alarms = topic.addToResourcePolicy(statement('AlarmsOfThisAccount', 'cloudwatch.amazonaws.com', {
    ArnLike: { 'aws:SourceArn': `arn:${partition}:cloudwatch:${region}:${account}:alarm:*` },
    StringEquals: { 'aws:SourceAccount': account },
  }));
  const rules = topic.addToResourcePolicy(statement('Rules', 'events.amazonaws.com'));
  return alarms.statementAdded && rules.statementAdded;
}
