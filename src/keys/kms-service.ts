import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { SymmetricDataKey } from './symmetric-data-key';

/** What a key serves that no template shows. */
export interface ServeOptions {
  /**
   * The names of resources, as the service has them: `['/orders/db-password']` for a parameter. With `*` at its end, a name stands for all that begin so:
   * `['/orders/*']`.
   *
   * @default - the resources that were given the view; where there are none, every resource of the service, and synthesis says so
   */
  readonly resourceNames?: string[];

  /**
   * The names of service-linked roles that use the key for the service, for one with a suffix of your own or for some of those that AWS documents only:
   * `['AWSServiceRoleForAutoScaling_orders']`.
   *
   * @default - all that the service's pages tell of, without a suffix; none where they tell of none
   */
  readonly serviceLinkedRoles?: string[];
}

/** An AWS service that encrypts with KMS keys: how it sees one. `KmsService` holds the services this library knows. */
export interface IKmsService {
  /** What the service is called in messages and in `kms:ViaService`, for example `s3`. */
  readonly serviceName: string;

  /**
   * The key as this service uses it. What a construct of the service grants through the view is translated to the service's
   * least actions, bound to the service.
   *
   * @param served what no template shows, and the view serves besides the resources that are given it; without it, only those
   */
  viewOf(key: SymmetricDataKey, served?: ServeOptions): IKey;
}
