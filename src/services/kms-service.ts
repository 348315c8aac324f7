import type { IKey } from 'aws-cdk-lib/aws-kms';
import { ServiceView, viewId } from './service-view';
import type { IKmsService } from '../keys/kms-service';
import type { SymmetricDataKey } from '../keys/symmetric-data-key';
import { SERVICE_USES } from '../spec/services';
import type { ViewedService } from '../spec/services';

/**
 * The AWS services that a key can be handed to: `key.forService(KmsService.S3)`.
 *
 * What a construct of the service then grants (`bucket.grantRead(fn)`) becomes the service's least KMS actions, allowed through that
 * service only, for callers of one account, and with the encryption context the service sends: that of the resources in this app that were
 * handed the key, by their literal names or by the beginning of the names that CloudFormation makes. Where a name cannot be told, the
 * statement holds for every resource of the service, and synthesis says so. A resource that was imported into its stack, or moved there
 * from another, keeps the name it had, and a template that is deployed under another name than its stack's, by a stack set say, makes other
 * names: name such resources literally.
 *
 * One key, one audience: a view serves all the resources that have it, and its statements hold for all of them alike. Who may read one bucket
 * may, as far as KMS is concerned, decrypt the objects of the others under the same key; only the service's own policies tell them apart. Resources
 * with different readers take keys of their own.
 *
 * The deployer is allowed what creating, changing and deleting the resources takes, through the service.
 */
export class KmsService implements IKmsService {
  /** Amazon S3: objects, by `encryptionKey` of a bucket. */
  public static readonly S3 = new KmsService('S3');

  /** Amazon DynamoDB: tables, their indexes, streams and backups, by `encryptionKey` of a table. */
  public static readonly DYNAMODB = new KmsService('DYNAMODB');

  /** AWS Lambda: environment variables by `environmentEncryption` of a function, filter criteria by `filterEncryption` of an event source mapping. */
  public static readonly LAMBDA = new KmsService('LAMBDA');

  /** AWS Secrets Manager: secret values, by `encryptionKey` of a secret. */
  public static readonly SECRETS_MANAGER = new KmsService('SECRETS_MANAGER');

  /** What the service is called in `kms:ViaService`, for example `s3`. */
  public readonly serviceName: string;

  private constructor(private readonly service: ViewedService) {
    this.serviceName = SERVICE_USES[service].prefix;
  }

  /** The key as this service uses it: the same one, however often it is asked for. */
  public viewOf(key: SymmetricDataKey): IKey {
    return (key.node.tryFindChild(viewId(this.service)) as ServiceView | undefined) ?? new ServiceView(key, this.service);
  }
}
