import { ServiceCall, ServiceRowTime, ServiceUser } from './rows';
import type { KmsServiceProps, NamingProperty, WantedProperty } from './rows';

const [TEMPLATE, FLEET] = ['AWS::EC2::LaunchTemplate', 'AWS::EC2::EC2Fleet'];
const ROLE = 'arn:{partition}:iam::{account}:role/aws-service-role';
// The context, aws:ebs:id, holds the id of a volume or snapshot, which nobody knows before.
const THROUGH_EC2 = { shape: ServiceCall.THROUGH_SERVICE, via: 'ec2.{region}.amazonaws.com' };
const USERS = { ...THROUGH_EC2, page: 'https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption-requirements.html', date: '2026-11-29' };
// ReEncrypt where a snapshot is copied, or a volume made of one under another key.
const USES = ['kms:GenerateDataKeyWithoutPlaintext', 'kms:Decrypt', 'kms:ReEncryptFrom', 'kms:ReEncryptTo', 'kms:DescribeKey'];
const GRANTS = ['kms:CreateGrant'];
const LAUNCHES = [
  'kms:Encrypt', 'kms:Decrypt', 'kms:ReEncryptFrom', 'kms:ReEncryptTo', 'kms:GenerateDataKey', 'kms:GenerateDataKeyWithoutPlaintext', 'kms:DescribeKey',
];

const LAUNCHED_BY_GROUPS: NamingProperty[] = [
  { resourceType: 'AWS::AutoScaling::AutoScalingGroup', path: 'LaunchTemplate' },
  { resourceType: 'AWS::AutoScaling::AutoScalingGroup', path: 'MixedInstancesPolicy.LaunchTemplate' },
  { resourceType: 'AWS::EKS::Nodegroup', path: 'LaunchTemplate' },
];
// A template's market may also be that of capacity blocks.
const ASKS_FOR_SPOT: WantedProperty[] = [
  { path: 'LaunchTemplateData.InstanceMarketOptions.MarketType', value: 'spot' },
  { path: 'LaunchTemplateData.InstanceMarketOptions.SpotOptions' },
];
const LAUNCHED_AS_SPOT: NamingProperty[] = [
  ...ASKS_FOR_SPOT.flatMap((namedHaving) => ['AWS::AutoScaling::AutoScalingGroup', 'AWS::EC2::Instance'].map((resourceType) => ({ resourceType, path: 'LaunchTemplate', namedHaving }))),
  { resourceType: 'AWS::AutoScaling::AutoScalingGroup', path: 'MixedInstancesPolicy.LaunchTemplate' },
  // EKS takes no template that asks for Spot Instances, and asks itself, in a group of its own (eksctl User Guide, "Spot instances").
  { resourceType: 'AWS::EKS::Nodegroup', path: 'LaunchTemplate', having: { path: 'CapacityType', value: 'SPOT' } },
  { resourceType: FLEET, path: 'LaunchTemplateConfigs' },
  { resourceType: 'AWS::EC2::SpotFleet', path: 'SpotFleetRequestConfigData.LaunchTemplateConfigs' },
];
const LAUNCHER = { who: ServiceUser.SERVICE_LINKED_ROLE, when: ServiceRowTime.NAMED, resourceTypes: [TEMPLATE], ...THROUGH_EC2, date: '2026-11-29' };
const AUTO_SCALING = {
  ...LAUNCHER,
  principal: `${ROLE}/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling`,
  namedIn: LAUNCHED_BY_GROUPS,
  page: 'https://docs.aws.amazon.com/autoscaling/ec2/userguide/key-policy-requirements-EBS-encryption.html',
};
const SPOT = {
  ...LAUNCHER,
  principal: `${ROLE}/spot.amazonaws.com/AWSServiceRoleForEC2Spot`,
  namedIn: LAUNCHED_AS_SPOT,
  page: 'https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/service-linked-roles-spot-instance-requests.html',
};
// Block devices of a fleet's own, in the place of its template's.
const SPOT_OF_FLEETS = { ...SPOT, when: ServiceRowTime.GIVEN, namedIn: undefined, resourceTypes: [FLEET] };

/**
 * Amazon EBS, by way of Amazon EC2: for whoever makes volumes and launches instances, which may be a service-linked role. An instance decrypts under the grant that
 * EC2 makes for its identity-only role, `aws:ec2-infrastructure/<instance>`, to which no policy gives anything.
 */
export const EBS: KmsServiceProps = {
  name: 'EBS',
  title: 'Amazon EBS',
  keyProperties: [
    { resourceType: 'AWS::EC2::Volume', path: 'KmsKeyId' },
    { resourceType: 'AWS::EC2::Instance', path: 'BlockDeviceMappings.*.Ebs.KmsKeyId' },
    { resourceType: FLEET, path: 'LaunchTemplateConfigs.*.Overrides.*.BlockDeviceMappings.*.Ebs.KmsKeyId' },
    { resourceType: TEMPLATE, path: 'LaunchTemplateData.BlockDeviceMappings.*.Ebs.KmsKeyId' },
  ],
  rows: [
    { sid: 'DeployThroughEBS', who: ServiceUser.DEPLOYER, when: ServiceRowTime.GIVEN, ...USERS, actions: USES },
    { sid: 'GrantThroughEBS', who: ServiceUser.DEPLOYER, when: ServiceRowTime.GIVEN, ...USERS, actions: GRANTS },
    // Roles of the app that make volumes and launch instances; those that only attach volumes are granted the row above.
    { sid: 'LaunchThroughEBS', who: ServiceUser.WRITER, when: ServiceRowTime.GRANTED, ...USERS, actions: USES },
    { sid: 'AttachThroughEBS', who: ServiceUser.WRITER, when: ServiceRowTime.GRANTED, ...USERS, actions: GRANTS },
    { sid: 'AutoScalingThroughEBS', ...AUTO_SCALING, actions: LAUNCHES },
    { sid: 'AutoScalingGrantsThroughEBS', ...AUTO_SCALING, actions: GRANTS },
    // The page has a grant by hand, of these operations.
    { sid: 'SpotThroughEBS', ...SPOT, actions: LAUNCHES },
    { sid: 'SpotGrantsThroughEBS', ...SPOT, actions: GRANTS },
    { sid: 'SpotThroughEBS', ...SPOT_OF_FLEETS, actions: LAUNCHES },
    { sid: 'SpotGrantsThroughEBS', ...SPOT_OF_FLEETS, actions: GRANTS },
  ],
};
