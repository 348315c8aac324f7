/**
 * What the CIS AWS Foundations Benchmark has metric filters and alarms for: changes to an account, in the records of its trail.
 * Source: AWS Security Hub User Guide, "CloudWatch controls", CloudWatch.1 to CloudWatch.14, which print these patterns; the names of fields are CloudTrail's.
 */
export interface AccountAlarm {
  readonly id: string;
  /** Ends the phrase "tells when …". */
  readonly tellsWhen: string;
  readonly pattern: string;
}

/** Events of one source, by name. */
function events(source: string, ...names: readonly string[]): string {
  const each = names.map((name) => `($.eventName = "${name}")`);
  return each.length > 1 ? `{ ($.eventSource = "${source}") && (${each.join(' || ')}) }` : `{ ($.eventSource = "${source}") && ${each[0]} }`;
}

export const ACCOUNT_ALARMS: readonly AccountAlarm[] = [
  {
    id: 'RootUse',
    tellsWhen: 'the root user is used',
    pattern: '{ ($.userIdentity.type = "Root") && ($.userIdentity.invokedBy NOT EXISTS) && ($.eventType != "AwsServiceEvent") }',
  },
  {
    id: 'UnauthorizedCalls',
    tellsWhen: 'calls are refused for want of permission',
    pattern: '{ ($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*") }',
  },
  {
    id: 'SignInWithoutMfa',
    tellsWhen: 'somebody signs in to the console without MFA',
    pattern: '{ ($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed != "Yes") && ($.userIdentity.type = "IAMUser") && ($.responseElements.ConsoleLogin = "Success") }',
  },
  {
    id: 'FailedSignIns',
    tellsWhen: 'signing in to the console fails',
    pattern: '{ ($.eventName = "ConsoleLogin") && ($.errorMessage = "Failed authentication") }',
  },
  {
    id: 'IamPolicyChanges',
    tellsWhen: 'IAM policies change',
    pattern: events(
      'iam.amazonaws.com', 'DeleteGroupPolicy', 'DeleteRolePolicy', 'DeleteUserPolicy', 'PutGroupPolicy', 'PutRolePolicy', 'PutUserPolicy', 'CreatePolicy', 'DeletePolicy',
      'CreatePolicyVersion', 'DeletePolicyVersion', 'AttachRolePolicy', 'DetachRolePolicy', 'AttachUserPolicy', 'DetachUserPolicy', 'AttachGroupPolicy', 'DetachGroupPolicy',
    ),
  },
  { id: 'TrailChanges', tellsWhen: 'a trail is changed or stopped', pattern: events('cloudtrail.amazonaws.com', 'CreateTrail', 'UpdateTrail', 'DeleteTrail', 'StartLogging', 'StopLogging', 'PutEventSelectors') },
  { id: 'KeysDisabledOrDeleted', tellsWhen: 'a key of the account is disabled, or its deletion scheduled', pattern: events('kms.amazonaws.com', 'DisableKey', 'ScheduleKeyDeletion') },
  {
    id: 'BucketPolicyChanges',
    tellsWhen: 'the policy of a bucket changes',
    pattern: events(
      's3.amazonaws.com', 'PutBucketAcl', 'PutBucketPolicy', 'PutBucketCors', 'PutBucketLifecycle', 'PutBucketReplication', 'DeleteBucketPolicy', 'DeleteBucketCors',
      'DeleteBucketLifecycle', 'DeleteBucketReplication',
    ),
  },
  { id: 'ConfigChanges', tellsWhen: 'AWS Config is changed or stopped', pattern: events('config.amazonaws.com', 'StopConfigurationRecorder', 'DeleteDeliveryChannel', 'PutDeliveryChannel', 'PutConfigurationRecorder') },
  {
    id: 'SecurityGroupChanges',
    tellsWhen: 'security groups change',
    pattern: events(
      'ec2.amazonaws.com', 'AuthorizeSecurityGroupIngress', 'AuthorizeSecurityGroupEgress', 'RevokeSecurityGroupIngress', 'RevokeSecurityGroupEgress', 'CreateSecurityGroup',
      'DeleteSecurityGroup',
    ),
  },
  {
    id: 'NetworkAclChanges',
    tellsWhen: 'network ACLs change',
    pattern: events(
      'ec2.amazonaws.com', 'CreateNetworkAcl', 'CreateNetworkAclEntry', 'DeleteNetworkAcl', 'DeleteNetworkAclEntry', 'ReplaceNetworkAclEntry', 'ReplaceNetworkAclAssociation',
    ),
  },
  {
    id: 'GatewayChanges',
    tellsWhen: 'network gateways change',
    pattern: events(
      'ec2.amazonaws.com', 'CreateCustomerGateway', 'DeleteCustomerGateway', 'AttachInternetGateway', 'CreateInternetGateway', 'DeleteInternetGateway', 'DetachInternetGateway',
    ),
  },
  {
    id: 'RouteTableChanges',
    tellsWhen: 'route tables change',
    pattern: events(
      'ec2.amazonaws.com', 'CreateRoute', 'CreateRouteTable', 'ReplaceRoute', 'ReplaceRouteTableAssociation', 'DeleteRouteTable', 'DeleteRoute', 'DisassociateRouteTable',
    ),
  },
  {
    id: 'VpcChanges',
    tellsWhen: 'VPCs change',
    pattern: events(
      'ec2.amazonaws.com', 'CreateVpc', 'DeleteVpc', 'ModifyVpcAttribute', 'AcceptVpcPeeringConnection', 'CreateVpcPeeringConnection', 'DeleteVpcPeeringConnection',
      'RejectVpcPeeringConnection', 'AttachClassicLinkVpc', 'DetachClassicLinkVpc', 'DisableVpcClassicLink', 'EnableVpcClassicLink',
    ),
  },
];
