import { DynamoDB } from '@aws-sdk/client-dynamodb';
import { KMS } from '@aws-sdk/client-kms';
import { S3 } from '@aws-sdk/client-s3';
import { dataKeyFromEnvironment } from 'cdk-keysmith/runtime';

const key = dataKeyFromEnvironment('INVOICES', { kms: new KMS({}) });
const s3 = new S3({});
const dynamodb = new DynamoDB({});

/** Reads one invoice of one customer: a stored message that was encrypted for another customer is refused. */
export async function handler(wanted: { invoice: string; customer: string }): Promise<{ lines: string[]; total?: string }> {
  const object = await s3.getObject({ Bucket: process.env.BUCKET, Key: `${wanted.customer}/${wanted.invoice}` });
  const message = await object.Body!.transformToByteArray();
  const { plaintext } = await key.envelope.decrypt(message, { encryptionContext: { customer: wanted.customer } });
  const { Item } = await dynamodb.getItem({ TableName: process.env.TABLE, Key: { invoice: { S: wanted.invoice } } });
  return { lines: (JSON.parse(Buffer.from(plaintext).toString()) as { lines: string[] }).lines, total: Item?.total?.S };
}
