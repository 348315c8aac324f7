import { KMS } from '@aws-sdk/client-kms';
import { S3 } from '@aws-sdk/client-s3';
import type { S3Event, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { fromEnvironment } from 'cdk-keysmith/runtime';

const kms = new KMS({});
const s3 = new S3({});
const incoming = fromEnvironment.cipher('INCOMING', { kms });
const outgoing = fromEnvironment.cipher('OUTGOING', { kms });

/** Takes on each file that S3 told the queue of. One that fails is tried again, and then lies in the dead-letter queue: the others go on. */
export async function handler(event: SQSEvent): Promise<SQSBatchResponse> {
  const failed: string[] = [];
  for (const { messageId, body } of event.Records) {
    try {
      for (const { s3: { bucket, object } } of (JSON.parse(body) as S3Event).Records) {
        await takeOn(bucket.name, decodeURIComponent(object.key.replace(/\+/g, ' ')));
      }
    } catch (error) {
      console.error(`${messageId}: ${(error as Error).name}`); // no content of a file is in the log
      failed.push(messageId);
    }
  }
  return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
}

/** The name of the file is bound to its content on both sides: a file that somebody renamed does not open. */
async function takeOn(bucket: string, file: string): Promise<void> {
  const { Body } = await s3.getObject({ Bucket: bucket, Key: file });
  const { plaintext } = await incoming.decrypt(await Body!.transformToByteArray(), { encryptionContext: { file } });
  const message = await outgoing.encrypt(Buffer.from(withoutCards(Buffer.from(plaintext).toString())), { encryptionContext: { file } });
  await s3.putObject({ Bucket: process.env.OUTBOX, Key: file, Body: message });
}

/** Recipients need the last four digits of a card. */
function withoutCards(csv: string): string {
  return csv.replace(/\b\d{12}(\d{4})\b/g, '************$1');
}
