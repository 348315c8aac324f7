import type { IKey } from 'aws-cdk-lib/aws-kms';
import { problemsOf } from './service-problems';
import { misshapenIn } from './service-shape';
import { ServiceView, viewsOf } from './service-view';
import type { IKmsService, ServeOptions } from '../keys/kms-service';
import type { SymmetricDataKey } from '../keys/symmetric-data-key';
import { SERVICES } from '../spec/services';
import type { KmsServiceProps } from '../spec/services';

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
 * One view, one audience: each call of `key.forService(…)` makes a view, and what is granted through one holds for all the resources that were given that very
 * view. Resources with different readers take a view each, and who may read one bucket does not decrypt the objects of another under the same key, as long as their names
 * can be told. A view that no resource was given, but that somebody grants through, stands for the resources of all other views of the key for the service.
 *
 * The deployer is allowed what creating, changing and deleting the resources takes, through the service.
 */
export class KmsService implements IKmsService {
  /** Amazon S3: objects, by `encryptionKey` of a bucket. */
  public static readonly S3 = new KmsService(SERVICES.S3);

  /** Amazon DynamoDB: tables, their indexes, streams and backups, by `encryptionKey` of a table. */
  public static readonly DYNAMODB = new KmsService(SERVICES.DYNAMODB);

  /** AWS Lambda: environment variables by `environmentEncryption` of a function, filter criteria by `filterEncryption` of an event source mapping. */
  public static readonly LAMBDA = new KmsService(SERVICES.LAMBDA);

  /** AWS Lambda: archives of code that Lambda keeps, by `sourceKMSKey` of `Code.fromAsset` and the like. */
  public static readonly LAMBDA_CODE = new KmsService(SERVICES.LAMBDA_CODE);

  /** AWS Lambda: what durable executions keep, by `durableConfig.kmsKeyArn` of a `CfnFunction`. */
  public static readonly LAMBDA_DURABLE = new KmsService(SERVICES.LAMBDA_DURABLE);

  /** AWS Secrets Manager: secret values, by `encryptionKey` of a secret. */
  public static readonly SECRETS_MANAGER = new KmsService(SERVICES.SECRETS_MANAGER);

  /** Amazon CloudWatch Logs: log groups, by `encryptionKey` of a log group. */
  public static readonly LOGS = new KmsService(SERVICES.LOGS);

  /** Amazon EventBridge: event buses, by `kmsKey` of a bus. */
  public static readonly EVENTBRIDGE = new KmsService(SERVICES.EVENTBRIDGE);

  /** Amazon Kinesis Data Streams: records, by `encryptionKey` of a stream. */
  public static readonly KINESIS = new KmsService(SERVICES.KINESIS);

  /** Amazon EFS: file systems, by `kmsKey` of a file system. */
  public static readonly EFS = new KmsService(SERVICES.EFS);

  /** Amazon ECR: images, by `encryptionKey` of a repository. */
  public static readonly ECR = new KmsService(SERVICES.ECR);

  /** AWS CloudTrail: log files by `encryptionKey` of a trail, and event data stores by `kmsKeyId` of one. */
  public static readonly CLOUDTRAIL = new KmsService(SERVICES.CLOUDTRAIL);

  /** Amazon RDS and Aurora: databases by `storageEncryptionKey`, Performance Insights by `performanceInsightEncryptionKey`. */
  public static readonly RDS = new KmsService(SERVICES.RDS);

  /** Amazon EBS: volumes by `encryptionKey`, and block devices of instances and launch templates by `kmsKey`. */
  public static readonly EBS = new KmsService(SERVICES.EBS);

  /** Amazon SNS: topics, by `masterKey` of a topic. Alarms, rules of EventBridge and buckets of the app that send to one are let in with it. */
  public static readonly SNS = new KmsService(SERVICES.SNS);

  /** Amazon SQS: queues, by `encryptionMasterKey` of a queue. Topics, rules of EventBridge and buckets of the app that send to one are let in with it. */
  public static readonly SQS = new KmsService(SERVICES.SQS);

  /**
   * AWS Systems Manager Parameter Store: secure strings, which no template makes: `key.serve(KmsService.SSM, { resourceNames: ['/orders/db-password'] })`, or by `encryptionKey` of
   * an imported parameter.
   */
  public static readonly SSM = new KmsService(SERVICES.SSM);

  /** AWS Backup: vaults, by `encryptionKey` of a vault. */
  public static readonly BACKUP = new KmsService(SERVICES.BACKUP);

  /** AWS Step Functions: state machines and activities, by a `CustomerManagedEncryptionConfiguration`. */
  public static readonly STEP_FUNCTIONS = new KmsService(SERVICES.STEP_FUNCTIONS);

  /** Amazon Data Firehose: streams that records are put into, by `StreamEncryption.customerManagedKey`. */
  public static readonly FIREHOSE = new KmsService(SERVICES.FIREHOSE);

  /**
   * A service that this library does not know, described by an app: the statements it needs in the key policy, a row each, in which property its resources
   * take a key, and how their names come about. Make it once, and use the one for all keys.
   *
   * Throws for rows that KMS would never match, or that would let in more than a service: the message names the row and what would do.
   */
  public static of(props: KmsServiceProps): KmsService {
    const misshapen = misshapenIn(props);
    if (misshapen.length) throw new Error(`KmsService.of(…): ${misshapen.join('; ')}`);
    const problems = problemsOf(props);
    if (problems.length) throw new Error(`KmsService.of({ name: '${props.name}' … }): ${problems.join('; ')}`);
    return new KmsService(props);
  }

  /** What the service is called in `kms:ViaService`, for example `s3`. */
  public readonly serviceName: string;

  private constructor(private readonly props: KmsServiceProps) {
    this.serviceName = props.rows.map(({ via }) => via?.split('.')[0]).find((via) => via !== undefined) ?? props.name.toLowerCase();
  }

  /** A view of the key as this service uses it: each call makes one of its own. */
  public viewOf(key: SymmetricDataKey, served?: ServeOptions): IKey {
    const foreign = viewsOf(key).find(({ service }) => service.name === this.props.name && service !== this.props);
    if (foreign) throw new Error(`'${key.node.path}' serves another service called '${this.props.name}' already: make the KmsService once, or give it another name`);
    return new ServiceView(key, this.props, served);
  }
}
