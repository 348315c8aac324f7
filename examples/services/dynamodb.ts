import { AttributeType, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import type { Site } from './site';
import { KmsService } from 'cdk-keysmith';

export function define({ stack, key, reader, writer }: Site): void {
  const table = new Table(stack, 'Orders', {
    tableName: 'orders',
    partitionKey: { name: 'id', type: AttributeType.STRING },
    encryption: TableEncryption.CUSTOMER_MANAGED,
    encryptionKey: key.forService(KmsService.DYNAMODB),
  });
  table.grantReadData(reader);
  table.grantWriteData(writer);
}
