import { Stream } from 'aws-cdk-lib/aws-kinesis';
import type { Site } from './site';
import { KmsService } from 'cdk-keysmith';

export function define({ stack, key, reader, writer }: Site): void {
  const stream = new Stream(stack, 'Clicks', { streamName: 'clicks', encryptionKey: key.forService(KmsService.KINESIS) });
  stream.grantRead(reader);
  stream.grantWrite(writer);
}
