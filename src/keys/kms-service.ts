import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { SymmetricDataKey } from './symmetric-data-key';

/** An AWS service that encrypts with KMS keys: how it sees one. `KmsService` holds the services this library knows. */
export interface IKmsService {
  /** What the service is called in messages and in `kms:ViaService`, for example `s3`. */
  readonly serviceName: string;

  /**
   * The key as this service uses it. What a construct of the service grants through the view is translated to the service's
   * least actions, bound to the service.
   */
  viewOf(key: SymmetricDataKey): IKey;
}
