import { App, Aws, CfnCondition, CfnParameter, Fn, NestedStack, Size, Stack } from 'aws-cdk-lib';
import { AutoScalingGroup } from 'aws-cdk-lib/aws-autoscaling';
import { BlockDeviceVolume, CfnEC2Fleet, CfnInstance, InstanceType, LaunchTemplate, MachineImage, Volume } from 'aws-cdk-lib/aws-ec2';
import type { CfnLaunchTemplate, LaunchTemplateProps } from 'aws-cdk-lib/aws-ec2';
import { CfnNodegroup } from 'aws-cdk-lib/aws-eks';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Key } from 'aws-cdk-lib/aws-kms';
import { vpcIn } from './support/resources';
import { AccountAccess, KmsService, SymmetricDataKey } from '../../src';
import type { SymmetricDataKeyProps } from '../../src';
import { Deployed, HERE, OTHER_ACCOUNT, almightyRoleIn, roleIn } from '../support/deployed';

/** Who launches instances with encrypted volumes, and attaches those: service-linked roles, for which no policy of the app could ask, and roles of the app. */

const linked = (service: string, role: string, account = HERE.account) => `arn:aws:iam::${account}:role/aws-service-role/${service}.amazonaws.com/${role}`;
const AUTO_SCALING = linked('autoscaling', 'AWSServiceRoleForAutoScaling');
const SPOT = linked('spot', 'AWSServiceRoleForEC2Spot');
const LAUNCHES = ['kms:GenerateDataKeyWithoutPlaintext', 'kms:Decrypt', 'kms:ReEncryptFrom', 'kms:CreateGrant', 'kms:DescribeKey'];
const context = { 'aws:ebs:id': 'vol-1' };

function shop(props: SymmetricDataKeyProps = {}) {
  const app = new App();
  const stack = new Stack(app, 'Shop', { env: HERE });
  const key = new SymmetricDataKey(stack, 'Key', props);
  return { app, stack, key };
}

function templateIn(scope: Stack, kmsKey: IKey, id = 'Template', props: LaunchTemplateProps = {}): LaunchTemplate {
  return new LaunchTemplate(scope, id, {
    machineImage: MachineImage.genericLinux({ [HERE.region]: 'ami-1' }),
    instanceType: new InstanceType('t3.micro'),
    blockDevices: [{ deviceName: '/dev/xvda', volume: BlockDeviceVolume.ebs(8, { encrypted: true, kmsKey }) }],
    ...props,
  });
}
const groupOf = (scope: Stack, launchTemplate: LaunchTemplate) => new AutoScalingGroup(scope, 'Group', { vpc: vpcIn(scope), launchTemplate });

/** What somebody may do of what launching takes. */
function may(deployed: Deployed, who: Parameters<Deployed['outcome']>[0], key: IKey, via: string | undefined = 'ec2', forService = 'true'): string[] {
  const conditionKeys = { 'kms:GrantIsForAWSResource': forService };
  const withContext = (action: string) => (action === 'kms:DescribeKey' ? undefined : context);
  return LAUNCHES.filter((action) => deployed.outcome(who, action, key, { via, context: withContext(action), conditionKeys }) === 'Allowed');
}

describe('the service-linked role of Auto Scaling', () => {
  test('launches nothing under a plain key, as IAM gives it nothing of keys', () => {
    const app = new App();
    const stack = new Stack(app, 'Shop', { env: HERE });
    const key = new Key(stack, 'Key');
    groupOf(stack, templateIn(stack, key));
    expect(may(new Deployed(app), AUTO_SCALING, key)).toEqual([]);
  });

  test.each(Object.values(AccountAccess))('launches what a group has, through EC2 only, under %s', (accountAccess) => {
    const { app, stack, key } = shop({ accountAccess, encryptionContext: { Project: 'Orders' } });
    groupOf(stack, templateIn(stack, key.forService(KmsService.EBS)));
    const deployed = new Deployed(app);
    expect(may(deployed, AUTO_SCALING, key)).toEqual(LAUNCHES);
    expect(may(deployed, AUTO_SCALING, key, 'ec2', 'false')).not.toContain('kms:CreateGrant');
    const [custom, theirs] = [linked('autoscaling', 'AWSServiceRoleForAutoScaling_Custom'), linked('autoscaling', 'AWSServiceRoleForAutoScaling', OTHER_ACCOUNT.account)];
    const others: readonly [string, string?][] = [[AUTO_SCALING, 's3'], [SPOT], [custom], [theirs]];
    expect(others.map(([who, via]) => may(deployed, who, key, via))).toEqual(others.map(() => []));
    expect(deployed.outcome(AUTO_SCALING, 'kms:Decrypt', key, { context })).not.toBe('Allowed');
  });

  test('is named by no Principal, which KMS refuses while it is not there; and EC2\'s own role for instances neither', () => {
    const { app, stack, key } = shop({ encryptionContext: { Project: 'Orders' } });
    groupOf(stack, templateIn(stack, key.forService(KmsService.EBS)));
    const statements = new Deployed(app).keyOf(key).policy.Statement as readonly { readonly Principal?: unknown }[];
    const principals = statements.map(({ Principal }) => JSON.stringify(Principal));
    expect(principals.filter((text) => /aws-service-role|ec2-infrastructure/.test(text))).toEqual([]);
  });

  test('is not let in where no group has the template', () => {
    const { app, stack, key } = shop();
    templateIn(stack, key.forService(KmsService.EBS));
    groupOf(stack, new LaunchTemplate(stack, 'Plain', { machineImage: MachineImage.genericLinux({ [HERE.region]: 'ami-1' }), instanceType: new InstanceType('t3.micro') }));
    expect(may(new Deployed(app), AUTO_SCALING, key)).toEqual([]);
  });

  test.each<[string, (app: App, stack: Stack) => readonly [Stack, Stack]]>([
    ['the group is of another stack', (app, stack) => [stack, new Stack(app, 'Other', { env: HERE })]],
    ['both are of another stack', (app) => { const other = new Stack(app, 'Other', { env: HERE }); return [other, other]; }],
    ['both are of a nested stack', (_app, stack) => { const nested = new NestedStack(stack, 'Nested'); return [nested, nested]; }],
  ])('launches where %s', (_, place) => {
    const { app, stack, key } = shop();
    const [ofTemplate, ofGroup] = place(app, stack);
    groupOf(ofGroup, templateIn(ofTemplate, key.forService(KmsService.EBS)));
    expect(may(new Deployed(app), AUTO_SCALING, key)).toEqual(LAUNCHES);
  });

  test('launches the nodes of an EKS cluster', () => {
    const { app, stack, key } = shop();
    const { launchTemplateId: id } = templateIn(stack, key.forService(KmsService.EBS));
    new CfnNodegroup(stack, 'Nodes', { clusterName: 'c', nodeRole: roleIn(stack, 'Node').roleArn, subnets: ['subnet-1'], launchTemplate: { id } });
    expect(may(new Deployed(app), AUTO_SCALING, key)).toEqual(LAUNCHES);
  });
});

describe('the service-linked role of Spot', () => {
  const both = (app: App, key: IKey) => { const deployed = new Deployed(app); return [may(deployed, SPOT, key), may(deployed, AUTO_SCALING, key)]; };
  const [SPOT_ONLY, ON_DEMAND, BOTH] = [[LAUNCHES, []], [[], LAUNCHES], [LAUNCHES, LAUNCHES]];
  const fleetOf = (scope: Stack, { launchTemplateId }: LaunchTemplate) => new CfnEC2Fleet(scope, 'Fleet', {
    targetCapacitySpecification: { totalTargetCapacity: 1, defaultTargetCapacityType: 'spot' },
    launchTemplateConfigs: [{ launchTemplateSpecification: { launchTemplateId, version: '1' } }],
  });
  const mixedOf = (scope: Stack, launchTemplate: LaunchTemplate) => new AutoScalingGroup(scope, 'Group', { vpc: vpcIn(scope), mixedInstancesPolicy: { launchTemplate } });
  const instanceOf = (scope: Stack, { launchTemplateId }: LaunchTemplate) => new CfnInstance(scope, 'Instance', { launchTemplate: { launchTemplateId, version: '1' } });
  const nodesOf = (capacityType?: (scope: Stack) => string) => (scope: Stack, { launchTemplateId: id }: LaunchTemplate) =>
    new CfnNodegroup(scope, 'Nodes', { clusterName: 'c', nodeRole: roleIn(scope, 'Node').roleArn, subnets: ['subnet-1'], launchTemplate: { id }, capacityType: capacityType?.(scope) });

  test.each<[string, (scope: Stack, template: LaunchTemplate) => unknown, LaunchTemplateProps, string[][]]>([
    ['a fleet', fleetOf, {}, SPOT_ONLY],
    ['a group of mixed instances', mixedOf, {}, BOTH],
    ['a group whose template asks for Spot Instances', groupOf, { spotOptions: {} }, BOTH],
    ['an instance whose template does', instanceOf, { spotOptions: {} }, SPOT_ONLY],
    ['nodes of Spot Instances', nodesOf(() => 'SPOT'), {}, BOTH],
    ['nodes of which only deployment knows what they are', nodesOf((scope) => new CfnParameter(scope, 'Capacity').valueAsString), {}, BOTH],
  ])('launches what %s has', (_, use, props, expected) => {
    const { app, stack, key } = shop();
    use(stack, templateIn(stack, key.forService(KmsService.EBS), 'Template', props));
    expect(both(app, key)).toEqual(expected);
  });

  test.each<[string, (scope: Stack, template: LaunchTemplate) => unknown, LaunchTemplateProps, string[][]]>([
    ['a group has', groupOf, {}, ON_DEMAND],
    ['an instance has', instanceOf, {}, [[], []]],
    ['nodes have', nodesOf(), {}, ON_DEMAND],
    ['nodes on demand have', nodesOf(() => 'ON_DEMAND'), {}, ON_DEMAND],
    ['nobody has', () => undefined, { spotOptions: {} }, [[], []]],
  ])('does not launch what %s', (_, use, props, expected) => {
    const { app, stack, key } = shop();
    use(stack, templateIn(stack, key.forService(KmsService.EBS), 'Template', props));
    expect(both(app, key)).toEqual(expected);
  });

  const marketOf = (market: (scope: Stack) => unknown) => (scope: Stack, kmsKey: IKey) => {
    const template = templateIn(scope, kmsKey);
    (template.node.defaultChild as CfnLaunchTemplate).addPropertyOverride('LaunchTemplateData.InstanceMarketOptions', market(scope));
    return groupOf(scope, template);
  };
  const conditional = (scope: Stack, value: unknown) => Fn.conditionIf(new CfnCondition(scope, 'Cheap').logicalId, value, Aws.NO_VALUE);

  test.each<[string, (scope: Stack) => unknown, string[][]]>([
    ['options of Spot Instances alone', () => ({ SpotOptions: { MaxPrice: '1' } }), BOTH],
    ['what only deployment knows', (scope) => conditional(scope, { MarketType: 'spot' }), BOTH],
    ['a market that only deployment knows', (scope) => ({ MarketType: new CfnParameter(scope, 'Market').valueAsString }), BOTH],
    ['blocks of capacity', () => ({ MarketType: 'capacity-block' }), ON_DEMAND],
    ['no value', () => ({ Ref: 'AWS::NoValue' }), ON_DEMAND],
  ])('by the market of the template: %s', (_, market, expected) => {
    const { app, stack, key } = shop();
    marketOf(market)(stack, key.forService(KmsService.EBS));
    expect(both(app, key)).toEqual(expected);
  });

  test('not for a template that asks for Spot Instances without the view, beside one with it', () => {
    const { app, stack, key } = shop();
    const [template, other] = [templateIn(stack, key.forService(KmsService.EBS)), templateIn(stack, key.forService(KmsService.EBS), 'Spot', { spotOptions: {}, blockDevices: [] })];
    instanceOf(stack, other);
    groupOf(stack, template);
    expect(both(app, key)).toEqual(ON_DEMAND);
  });

  test('launches what block devices of a fleet have that has a template without the view', () => {
    const { app, stack, key } = shop();
    const { launchTemplateId } = templateIn(stack, key.forService(KmsService.EBS), 'Template', { blockDevices: [] });
    const ebs = { encrypted: true, kmsKeyId: key.forService(KmsService.EBS).keyArn };
    new CfnEC2Fleet(stack, 'Fleet', {
      targetCapacitySpecification: { totalTargetCapacity: 1 },
      launchTemplateConfigs: [{ launchTemplateSpecification: { launchTemplateId, version: '1' }, overrides: [{ blockDeviceMappings: [{ deviceName: '/dev/xvda', ebs }] }] }],
    });
    expect(both(app, key)).toEqual(SPOT_ONLY);
  });

  test('has one pair of statements, however many launch Spot Instances', () => {
    const { app, stack, key } = shop();
    const template = templateIn(stack, key.forService(KmsService.EBS), 'Template', { spotOptions: {} });
    for (const use of [fleetOf, groupOf, instanceOf]) use(stack, template);
    const sids = new Deployed(app).keyOf(key).policy.Statement as readonly { readonly Sid: string }[];
    expect(sids.map(({ Sid }) => Sid).filter((sid) => sid.startsWith('Spot'))).toEqual(['SpotThroughEBS', 'SpotGrantsThroughEBS']);
  });
});

describe('a role of the app', () => {
  test.each(Object.values(AccountAccess))('attaches a volume by volume.grantAttachVolume, and asks for nothing else, under %s', (accountAccess) => {
    const { app, stack, key } = shop({ accountAccess });
    const encryptionKey = key.forService(KmsService.EBS);
    const volume = new Volume(stack, 'Volume', { availabilityZone: `${HERE.region}a`, size: Size.gibibytes(8), encrypted: true, encryptionKey });
    const role = roleIn(stack, 'Attaches');
    volume.grantAttachVolume(role);
    const deployed = new Deployed(app);
    expect([may(deployed, role, key), may(deployed, role, key, 'rds'), may(deployed, role, key, 'ec2', 'false')]).toEqual([['kms:CreateGrant'], [], []]);
  });

  test('launches instances once the view grants it, and an administrator does not', () => {
    const { app, stack, key } = shop();
    const view = key.forService(KmsService.EBS);
    templateIn(stack, view);
    const [launcher, administrator] = [roleIn(stack, 'Launcher'), almightyRoleIn(stack, 'Administrator')];
    view.grantEncrypt(launcher);
    const deployed = new Deployed(app);
    expect([may(deployed, launcher, key), deployed.outcome(launcher, 'kms:Decrypt', key, { context })]).toEqual([LAUNCHES, 'ImplicitlyDenied']);
    expect(may(deployed, administrator, key)).toEqual(['kms:DescribeKey']); // which is administration
  });
});
