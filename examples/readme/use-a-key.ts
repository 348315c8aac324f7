import { KMS } from '@aws-sdk/client-kms';
import { dataKeyFromEnvironment } from 'cdk-keysmith/runtime';

// The stack has told this function of its key, and granted it these duties:
//   data.attachTo(fn, { name: 'ORDERS', duties: [
//     DataKeyDuty.GENERATE_DATA_KEYS, DataKeyDuty.DECRYPT,
//   ] });
const kms = new KMS({});

export async function handler(order: string): Promise<string> {
  const { envelope } = dataKeyFromEnvironment('ORDERS', { kms });

  // Any number of bytes. Project=Orders goes along, and is asked for again.
  // The AWS Encryption SDKs of other languages open the message.
  const message = await envelope.encrypt(Buffer.from(order));
  const { plaintext } = await envelope.decrypt(message);
  return plaintext.toString();
}
