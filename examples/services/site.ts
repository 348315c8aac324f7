import type { Stack } from 'aws-cdk-lib';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import type { Role } from 'aws-cdk-lib/aws-iam';
import type { SymmetricDataKey } from 'cdk-keysmith';

/** What the lines of an example find there: a stack with a key and a network, a role that is to read, and one that is to write. */
export interface Site {
  readonly stack: Stack;
  readonly key: SymmetricDataKey;
  readonly vpc: IVpc;
  readonly reader: Role;
  readonly writer: Role;
}
