import { AutoScalingGroup } from 'aws-cdk-lib/aws-autoscaling';
import { BlockDeviceVolume, InstanceType, LaunchTemplate, MachineImage } from 'aws-cdk-lib/aws-ec2';
import type { Site } from './site';
import { KmsService } from 'cdk-keysmith';

export function define({ stack, key, vpc }: Site): void {
  const volume = BlockDeviceVolume.ebs(20, { encrypted: true, kmsKey: key.forService(KmsService.EBS) });
  const launchTemplate = new LaunchTemplate(stack, 'Template', {
    machineImage: MachineImage.genericLinux({ 'eu-west-1': 'ami-0abcdef1234567890' }),
    instanceType: new InstanceType('t3.micro'),
    blockDevices: [{ deviceName: '/dev/xvda', volume }],
  });
  new AutoScalingGroup(stack, 'Group', { vpc, launchTemplate });
}
