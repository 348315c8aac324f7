import { Stack } from 'aws-cdk-lib';
import { AttributeType, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Code, Function, Runtime } from 'aws-cdk-lib/aws-lambda';
import type { FunctionProps } from 'aws-cdk-lib/aws-lambda';
import { Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import type { CfnSecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct, IConstruct } from 'constructs';
import type { Deployed } from '../../support/deployed';

// TableV2 of aws-cdk-lib warns of properties that it sets itself.
process.env.JSII_DEPRECATED = 'quiet';

export const partitionKey = { name: 'id', type: AttributeType.STRING };

export function bucketIn(scope: Construct, id: string, encryptionKey: IKey, bucketName?: string): Bucket {
  return new Bucket(scope, id, { encryption: BucketEncryption.KMS, encryptionKey, bucketName });
}

export function tableIn(scope: Construct, id: string, encryptionKey: IKey, tableName?: string): Table {
  return new Table(scope, id, { partitionKey, encryption: TableEncryption.CUSTOMER_MANAGED, encryptionKey, tableName });
}

export function secretIn(scope: Construct, id: string, encryptionKey: IKey, secretName?: string): Secret {
  return new Secret(scope, id, { encryptionKey, secretName });
}

export function functionIn(scope: Construct, id: string, props: Partial<FunctionProps> = {}): Function {
  return new Function(scope, id, { runtime: Runtime.NODEJS_22_X, handler: 'index.handler', code: Code.fromInline('exports.handler = () => {}'), ...props });
}

/** An imported VPC: nothing of it is in the template. */
export function vpcIn(scope: Construct, id = 'Vpc'): IVpc {
  return Vpc.fromVpcAttributes(scope, id, {
    vpcId: 'vpc-0a1b2c3d4e5f60718', availabilityZones: ['a'], privateSubnetIds: ['subnet-0a1b2c3d4e5f60718'], privateSubnetRouteTableIds: ['rtb-0a1b2c3d4e5f60718'],
  });
}

/** ARN of a bucket, table, function or secret. CloudFormation tells a secret's as its id. */
export function resourceArn(deployed: Deployed, construct: IConstruct): string {
  if (!Secret.isSecret(construct)) return deployed.arnOf(construct);
  return deployed.deployment.physicalId(Stack.of(construct).stackName, Stack.of(construct).getLogicalId(construct.node.defaultChild as CfnSecret))!;
}
