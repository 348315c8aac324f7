import { ServiceCall, ServiceRowTime, ServiceUser } from './rows';
import type { NamingProperty, ServiceContext, ServiceRow } from './rows';
import { SOURCE_ARNS } from './sender-names';

const docs = (path: string) => ({ page: `https://docs.aws.amazon.com/${path}.html`, date: '2026-11-29' });
// "Enable compatibility between event sources from AWS services and encrypted topics": the services, and the actions for each. Which source a service tells KMS is left
// to its own page, and most have none; the topic's context is SNS's in any case.
const EVENT_SOURCES = docs('sns/latest/dg/sns-key-management');

interface EventSource {
  readonly sid: string;
  readonly principal: string;
  /** Resource type → the property that names the topic. */
  readonly in: Readonly<Record<string, string>>;
  readonly page: Pick<ServiceRow, 'page' | 'date'>;
}

/** Who else has a service send to a topic: each its own statement, there while one of these resources names the topic. */
const SOURCES: readonly EventSource[] = [
  { sid: 'DatabasesToSNS', principal: 'events.rds.amazonaws.com', in: { 'AWS::RDS::EventSubscription': 'SnsTopicArn' }, page: EVENT_SOURCES },
  { sid: 'RedshiftToSNS', principal: 'redshift.amazonaws.com', in: { 'AWS::Redshift::EventSubscription': 'SnsTopicArn' }, page: EVENT_SOURCES },
  { sid: 'MigrationsToSNS', principal: 'dms.amazonaws.com', in: { 'AWS::DMS::EventSubscription': 'SnsTopicArn' }, page: EVENT_SOURCES },
  { sid: 'RepositoriesToSNS', principal: 'codecommit.amazonaws.com', in: { 'AWS::CodeCommit::Repository': 'Triggers.*.DestinationArn' }, page: EVENT_SOURCES },
  {
    sid: 'MailToSNS',
    principal: 'ses.amazonaws.com',
    in: { 'AWS::SES::ConfigurationSetEventDestination': 'EventDestination.SnsDestination.TopicARN', 'AWS::SES::ReceiptRule': 'Rule.Actions.*.*.TopicArn' },
    page: EVENT_SOURCES,
  },
  { sid: 'IncidentsToSNS', principal: 'ssm-incidents.amazonaws.com', in: { 'AWS::SSMIncidents::ResponsePlan': 'ChatChannel.ChatbotSns.*' }, page: EVENT_SOURCES },
  { sid: 'ContactsToSNS', principal: 'ssm-contacts.amazonaws.com', in: { 'AWS::SSMIncidents::ResponsePlan': 'ChatChannel.ChatbotSns.*' }, page: EVENT_SOURCES },
  // "If your topic is encrypted, you must include additional permissions": those of the page above.
  {
    sid: 'BackupsToSNS',
    principal: 'backup.amazonaws.com',
    in: { 'AWS::Backup::BackupVault': 'Notifications.SNSTopicArn' },
    page: docs('aws-backup/latest/devguide/backup-notifications'),
  },
  {
    sid: 'BudgetsToSNS',
    principal: 'budgets.amazonaws.com',
    in: { 'AWS::Budgets::Budget': 'NotificationsWithSubscribers.*.Subscribers.*.Address', 'AWS::Budgets::BudgetsAction': 'Subscribers.*.Address' },
    page: docs('cost-management/latest/userguide/budgets-sns-policy'),
  },
  // The page asks for kms:ViaService, which says no more than the topic's context does.
  {
    sid: 'NotificationRulesToSNS',
    principal: 'codestar-notifications.amazonaws.com',
    in: { 'AWS::CodeStarNotifications::NotificationRule': 'Targets.*.TargetAddress' },
    page: docs('dtconsole/latest/userguide/set-up-sns'),
  },
];

/** The rows for senders that no other row is for. AWS Config "does not support encrypted Amazon SNS topics". */
export function otherSendersTo(topics: ServiceContext, arn: string): ServiceRow[] {
  const actions = ['kms:GenerateDataKey', 'kms:Decrypt'];
  const sends = { who: ServiceUser.SERVICE, shape: ServiceCall.AS_SERVICE, when: ServiceRowTime.NAMED, actions, context: topics };
  const named = (properties: EventSource['in']): NamingProperty[] => Object.entries(properties).map(([resourceType, path]) => ({ resourceType, path, arn }));
  return [
    ...SOURCES.map(({ sid, principal, page, in: properties }) => ({ sid, ...sends, principal, namedIn: named(properties), ...page })),
    {
      sid: 'TrailsToSNS',
      ...sends,
      principal: 'cloudtrail.amazonaws.com',
      namedIn: named({ 'AWS::CloudTrail::Trail': 'SnsTopicName' }),
      ...docs('awscloudtrail/latest/userguide/cloudtrail-permissions-for-sns-notifications'),
    },
    {
      sid: 'AnomaliesToSNS',
      ...sends,
      principal: 'costalerts.amazonaws.com',
      sourceAccount: '{account}',
      namedIn: named({ 'AWS::CE::AnomalySubscription': 'Subscribers.*.Address' }),
      ...docs('cost-management/latest/userguide/ad-SNS'),
    },
    {
      sid: 'MatchmakersToSNS',
      ...sends,
      principal: 'gamelift.amazonaws.com',
      sourceArn: SOURCE_ARNS.MATCHMAKER,
      namedIn: named({ 'AWS::GameLift::MatchmakingConfiguration': 'NotificationTarget' }),
      ...docs('gamelift/latest/flexmatchguide/queue-notification-sns-sse'),
    },
    // "Some Amazon SNS event sources require you to provide an IAM role (rather than the service principal)": a group's is the service-linked one.
    {
      sid: 'AutoScalingToSNS',
      who: ServiceUser.SERVICE_LINKED_ROLE,
      shape: ServiceCall.THROUGH_SERVICE,
      when: ServiceRowTime.NAMED,
      via: 'sns.{region}.amazonaws.com',
      principal: 'arn:{partition}:iam::{account}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling',
      actions,
      context: topics,
      namedIn: named({ 'AWS::AutoScaling::AutoScalingGroup': 'NotificationConfigurations.*.TopicARN' }),
      ...EVENT_SOURCES,
    },
  ];
}
