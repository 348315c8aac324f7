import { CfnResource, Stack } from 'aws-cdk-lib';
import type { AlarmBase, IAlarmAction } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { IRuleTarget, Rule, RuleTargetConfig, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { KeyAlarmTopic, letAlarmsIn } from './key-alarm-topic';
import type { KeyAlarmsProps } from './key-alarms-props';
import { asCustomNotification, asText, type Told } from './notifications';
import { encrypts, statementsOf } from './watched-key';
import { differ, keyOfResource, quoted } from '../app/constructs';
import type { KeyUses } from '../app/key-uses';
import { warn } from '../app/warnings';
import { takesIn } from '../policy/requested-actions';
import { RULE_TARGETS } from '../spec/limits';

/** Where alarms go: topics, and what an app brings. */
export class Delivery {
  public readonly topic?: ITopic;
  /** Whether anybody is told of what is no alarm. */
  public readonly informs: boolean;

  private readonly slackTopic?: ITopic;
  private readonly writesPolicy: boolean;
  private readonly topics: readonly ITopic[];

  constructor(scope: Construct, private readonly props: KeyAlarmsProps) {
    const { alarmActions = [], eventTargets = [], informationTargets = [], slack } = props;
    if (props.topic) refuseTopic(props.topic, scope);
    const isLeftToOthers = alarmActions.length > 0 && eventTargets.length > 0;
    const made = props.topic || isLeftToOthers ? undefined : new KeyAlarmTopic(scope, 'Topic');
    this.topic = props.topic ?? made?.topic;
    if (slack) {
      this.slackTopic = new KeyAlarmTopic(scope, 'SlackTopic', { key: made?.key }).topic;
      slack.addNotificationTopic(this.slackTopic);
    }
    this.writesPolicy = !props.topic || letAlarmsIn(props.topic);
    this.topics = [this.topic, this.slackTopic].filter((topic) => topic !== undefined);
    this.informs = informationTargets.length > 0;
    const targets = this.topics.length + eventTargets.length;
    if (targets > RULE_TARGETS) throw new Error(`${scope.node.path}: each rule would have ${targets} targets, and EventBridge takes ${RULE_TARGETS}: leave out some of eventTargets, or send to a bus`);
  }

  public alarm(alarm: AlarmBase): void {
    const actions: IAlarmAction[] = [...this.topics.map((topic) => new SnsAction(topic)), ...this.props.alarmActions ?? []];
    alarm.addAlarmAction(...actions);
  }

  /** Sends what a rule sees to people, in words, and to whatever else as it is. */
  public rule(rule: Rule, told: Told, runbook: string): void {
    const { eventTargets = [], informationTargets = [] } = this.props;
    if (told.level === 'info') {
      for (const target of informationTargets) rule.addTarget(target);
      return;
    }
    if (this.topic) rule.addTarget(new ToTopic(this.topic, asText(told, runbook)));
    if (this.slackTopic) rule.addTarget(new ToTopic(this.slackTopic, asCustomNotification(told, runbook)));
    for (const target of eventTargets) rule.addTarget(target);
  }

  public isEncryptedWith(key: IKey, uses: KeyUses): boolean {
    return this.topics.some(({ node: { defaultChild } }) => encrypts(key, defaultChild, uses));
  }

  /** Warns of a topic whose policy, or whose key, may keep senders out: nothing else tells. */
  public warnOfLostMessages(uses: KeyUses): void {
    if (this.topic && !this.writesPolicy) {
      warn(this.topic, 'cdk-keysmith:topic-policy', `'${this.topic.node.path}' is imported, and its policy is not written here: it has to let in cloudwatch.amazonaws.com and `
        + 'events.amazonaws.com, as the policy of a KeyAlarmTopic does');
    }
    for (const topic of this.topics) {
      const use = uses.all.find(({ resource }) => resource === topic.node.defaultChild);
      if (!use || use.view || keyOfResource(use.target)) continue;
      const lost = CfnResource.isCfnResource(use.target) ? SENDERS.filter((service) => !letsIn(use.target as CfnResource, service)) : SENDERS;
      if (!lost.length) continue;
      const what = CfnResource.isCfnResource(use.target) ? quoted(use.target) : use.text.startsWith('{') ? 'a key' : use.text;
      warn(topic, 'cdk-keysmith:lost-alarms', `'${topic.node.path}' is encrypted with ${what}, which ${use.target ? 'does not let in' : 'nobody here sees let in'} ${lost.join(' and ')}: `
        + 'alarms that are sent to it get lost, and nothing else tells. Use a KeyAlarmTopic, or a topic with key.forService(KmsService.SNS)');
    }
  }
}

/** Source: CloudWatch API Reference, PutMetricAlarm; EventBridge User Guide, "Event bus targets": no FIFO topics. */
function refuseTopic(topic: ITopic, scope: Construct): void {
  const here = Stack.of(scope);
  const { region, account } = topic.env;
  if (differ(region, here.region) || differ(account, here.account)) {
    throw new Error(`${scope.node.path}: topic '${topic.node.path}' is in account ${account}, Region ${region}, and alarms and rules send to topics of their own account and Region. `
      + 'Leave topic out for a new one, and have that tell the other');
  }
  if (topic.fifo) throw new Error(`${scope.node.path}: topic '${topic.node.path}' is a FIFO topic, which EventBridge cannot send to: give it a standard one`);
}

const SENDERS = ['cloudwatch.amazonaws.com', 'events.amazonaws.com'];

function letsIn(key: CfnResource, service: string): boolean {
  return statementsOf(key).some(({ Effect, Principal, Action }) => Effect === 'Allow' && typeof Principal === 'object'
    && ([] as string[]).concat(Principal.Service ?? []).includes(service)
    && ([] as string[]).concat(Action).some((pattern) => takesIn(pattern, 'kms:GenerateDataKey')));
}

/** A topic as a target, whose policy lets rules in already: CDK's own target would add a statement for each rule. */
class ToTopic implements IRuleTarget {
  constructor(private readonly to: ITopic, private readonly input: RuleTargetInput) {}

  public bind(): RuleTargetConfig {
    return { arn: this.to.topicArn, input: this.input, targetResource: this.to };
  }
}
