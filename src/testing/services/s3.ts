import { serviceContext } from './facts';
import { bytesOf, open, seal } from './sealed';
import { ServiceSession } from './session';

/**
 * What Amazon S3 asks of KMS for objects under SSE-KMS. With an S3 Bucket Key the calls are those of the first request: later ones
 * are served from S3's cache and ask KMS nothing.
 *
 * Source: Amazon S3 User Guide, "Using server-side encryption with AWS KMS keys", "Multipart upload API and permissions",
 * "Reducing the cost of SSE-KMS with Amazon S3 Bucket Keys".
 */
export class S3Session extends ServiceSession {
  /** PutObject: GenerateDataKey. */
  public async putObject(body: string | Uint8Array = ''): Promise<void> {
    await this.write(this.resource, body);
  }

  /** GetObject: Decrypt. */
  public async getObject(): Promise<Uint8Array> {
    const { wrapped, context, content } = this.stored(this.resource, 'putObject()');
    const { Plaintext } = await this.call('Decrypt', { CiphertextBlob: wrapped, EncryptionContext: context });
    return open(Plaintext, content!);
  }

  /** Multipart upload: GenerateDataKey when it begins, Decrypt for each part and again when it is completed. */
  public async multipartUpload(parts: readonly (string | Uint8Array)[] = ['', '']): Promise<void> {
    const { Plaintext, CiphertextBlob, KeyId } = await this.call('GenerateDataKey', { KeyId: this.key, KeySpec: 'AES_256' });
    Plaintext.fill(0);
    for (const _part of parts) {
      const { Plaintext: partKey } = await this.call('Decrypt', { CiphertextBlob });
      partKey.fill(0);
    }
    const { Plaintext: objectKey } = await this.call('Decrypt', { CiphertextBlob });
    const content = seal(objectKey, Buffer.concat(parts.map(bytesOf)));
    this.keep(this.resource, { keyArn: KeyId, wrapped: CiphertextBlob, context: this.encryptionContext, content });
  }

  /** CopyObject within the bucket's key: Decrypt for the source, GenerateDataKey for the destination. */
  public async copyObject(destinationArn: string): Promise<void> {
    await this.write(destinationArn, await this.getObject());
  }

  private async write(objectArn: string, body: string | Uint8Array): Promise<void> {
    const context = objectArn === this.resource ? this.encryptionContext : { ...this.encryptionContext, ...this.contextOf(objectArn) };
    const { Plaintext, CiphertextBlob, KeyId } = await this.call('GenerateDataKey', { KeyId: this.key, KeySpec: 'AES_256', EncryptionContext: context });
    this.keep(objectArn, { keyArn: KeyId, wrapped: CiphertextBlob, context, content: seal(Plaintext, bytesOf(body)) });
  }

  private contextOf(objectArn: string) {
    const underBucketKey = this.encryptionContext['aws:s3:arn'] === bucketArnOf(this.resource);
    return serviceContext('s3', underBucketKey ? bucketArnOf(objectArn) : objectArn);
  }
}

/** `arn:aws:s3:::bucket` of an object's ARN. */
export function bucketArnOf(arn: string): string {
  return arn.split('/')[0];
}
