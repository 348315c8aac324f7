import type { Stack } from 'aws-cdk-lib';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import { AccountRootPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { SymmetricDataKey } from 'cdk-keysmith';

/** What the lines of an example find there: a stack with a key and a network, a role that is to read, and one that is to write. */
export interface Site {
  readonly stack: Stack;
  readonly key: SymmetricDataKey;
  readonly vpc: IVpc;
  readonly reader: Role;
  readonly writer: Role;
}

/** Where the examples are tried: account 111122223333, eu-west-1. */
export const ENVIRONMENT = { account: '111122223333', region: 'eu-west-1' };

/** All of that in a stack. */
export function siteIn(stack: Stack): Site {
  const vpc = Vpc.fromVpcAttributes(stack, 'Vpc', {
    vpcId: 'vpc-0abc1234',
    vpcCidrBlock: '10.0.0.0/16',
    availabilityZones: ['eu-west-1a', 'eu-west-1b'],
    privateSubnetIds: ['subnet-0abc1234', 'subnet-0abc1235'],
    privateSubnetRouteTableIds: ['rtb-0abc1234', 'rtb-0abc1235'],
  });
  const [reader, writer] = ['Reader', 'Writer'].map((roleName) => new Role(stack, roleName, { roleName, assumedBy: new AccountRootPrincipal() }));
  return { stack, key: new SymmetricDataKey(stack, 'Key'), vpc, reader, writer };
}
