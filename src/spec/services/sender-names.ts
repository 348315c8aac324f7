import { GeneratedName } from './rows';
import type { NamingProperty, ResourceName } from './rows';
import { S3 } from './s3';

/**
 * How the names come about of resources that take no key and have a service send to others, for `aws:SourceArn`. The ARN of a rule on another bus than the default one
 * is `rule/<bus>/<name>` (Service Authorization Reference, "Amazon EventBridge").
 */
export const SENDER_NAMES: readonly ResourceName[] = [
  ...['AWS::CloudWatch::Alarm', 'AWS::CloudWatch::CompositeAlarm'].map((resourceType) => (
    { resourceType, property: 'AlarmName', generated: GeneratedName.STACK_AND_ID, maxLength: 255 })),
  { resourceType: 'AWS::Events::Rule', property: 'Name', parentProperty: 'EventBusName', generated: GeneratedName.STACK_AND_ID, maxLength: 64 },
  { resourceType: 'AWS::GameLift::MatchmakingConfiguration', property: 'Name' },
  { resourceType: 'AWS::Events::EventBus', property: 'Name' },
  ...S3.resourceNames ?? [],
];

/** Where alarms name what they notify, by its ARN. */
export function alarmsTo(arn: string): NamingProperty[] {
  return ['AWS::CloudWatch::Alarm', 'AWS::CloudWatch::CompositeAlarm'].flatMap((resourceType) => (
    ['AlarmActions', 'OKActions', 'InsufficientDataActions'].map((path) => ({ resourceType, path, arn }))));
}

/** Where buckets name what they notify. CDK's Bucket has it done by a resource of its own, after the queue or topic lets S3 in. */
export function notificationsTo(arn: string): NamingProperty[] {
  return [
    { resourceType: 'AWS::S3::Bucket', path: 'NotificationConfiguration', arn },
    { resourceType: 'Custom::S3BucketNotifications', path: 'NotificationConfiguration', arn, senderPath: 'BucketName' },
  ];
}

/** Where rules name their targets. One that is called under a role of the app's is that role's business. */
export function rulesTo(arn: string): NamingProperty[] {
  return [{ resourceType: 'AWS::Events::Rule', path: 'Targets.*.Arn', unlessPath: 'Targets.*.RoleArn', arn }];
}

/** What `aws:SourceArn` of a service is that acts for a resource which sends. */
export const SOURCE_ARNS = {
  ALARM: 'arn:{partition}:cloudwatch:{region}:{account}:alarm:{sender}',
  BUCKET: 'arn:{partition}:s3:::{sender}',
  BUS: 'arn:{partition}:events:{region}:{account}:event-bus/{sender}',
  MATCHMAKER: 'arn:{partition}:gamelift:{region}:{account}:matchmakingconfiguration/{sender}',
  RULE: 'arn:{partition}:events:{region}:{account}:rule/{sender}',
  TOPIC: 'arn:{partition}:sns:{region}:{account}:{sender}',
} as const;
