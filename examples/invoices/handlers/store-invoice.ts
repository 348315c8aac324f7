import { DynamoDB } from '@aws-sdk/client-dynamodb';
import { KMS } from '@aws-sdk/client-kms';
import { S3 } from '@aws-sdk/client-s3';
import { dataKeyFromEnvironment } from 'cdk-keysmith/runtime';

interface Invoice {
  readonly invoice: string;
  readonly customer: string;
  readonly total: string;
  readonly lines: string[];
}

const key = dataKeyFromEnvironment('INVOICES', { kms: new KMS({}) });
const s3 = new S3({});
const dynamodb = new DynamoDB({});

/** Encrypts an invoice for its customer and stores it; the total goes into the table. This function cannot read either back. */
export async function handler(invoice: Invoice): Promise<{ stored: string }> {
  const message = await key.envelope.encrypt(Buffer.from(JSON.stringify(invoice)), { encryptionContext: { customer: invoice.customer } });
  const stored = `${invoice.customer}/${invoice.invoice}`;
  await s3.putObject({ Bucket: process.env.BUCKET, Key: stored, Body: message });
  await dynamodb.putItem({ TableName: process.env.TABLE, Item: { invoice: { S: invoice.invoice }, total: { S: invoice.total } } });
  return { stored };
}
