import { App, NestedStack, Size, Stack } from 'aws-cdk-lib';
import { AutoScalingGroup } from 'aws-cdk-lib/aws-autoscaling';
import { BlockDeviceVolume, CfnEC2Fleet, InstanceType, LaunchTemplate, MachineImage, Volume } from 'aws-cdk-lib/aws-ec2';
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

function templateIn(scope: Stack, kmsKey: IKey, id = 'Template'): LaunchTemplate {
  return new LaunchTemplate(scope, id, {
    machineImage: MachineImage.genericLinux({ [HERE.region]: 'ami-1' }),
    instanceType: new InstanceType('t3.micro'),
    blockDevices: [{ deviceName: '/dev/xvda', volume: BlockDeviceVolume.ebs(8, { encrypted: true, kmsKey }) }],
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

test('the service-linked role of Spot launches what a fleet has, and that of Auto Scaling does not', () => {
  const { app, stack, key } = shop();
  const { launchTemplateId } = templateIn(stack, key.forService(KmsService.EBS));
  new CfnEC2Fleet(stack, 'Fleet', {
    targetCapacitySpecification: { totalTargetCapacity: 1, defaultTargetCapacityType: 'spot' },
    launchTemplateConfigs: [{ launchTemplateSpecification: { launchTemplateId, version: '1' } }],
  });
  const deployed = new Deployed(app);
  expect([may(deployed, SPOT, key), may(deployed, AUTO_SCALING, key)]).toEqual([LAUNCHES, []]);
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
