import { CfnResource, RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import { ReadWriteType, Trail, type CfnTrail } from 'aws-cdk-lib/aws-cloudtrail';
import { Alarm, ComparisonOperator, Metric, TreatMissingData, type IAlarmAction } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { CfnQueryDefinition, FilterPattern, LogGroup, MetricFilter, RetentionDays, type ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { ACCOUNT_ALARMS } from './cis-alarms';
import { blindTrail, standsFor } from './trail-checks';
import { valueInWords } from '../app/arguments';
import type { SymmetricDataKey } from '../keys';
import { KmsService } from '../services';

/** A trail that records what KMS is asked. Without one, no rule of EventBridge sees any call. `KmsTrail` makes some, or stands for one that exists. */
export interface IKmsTrail {
  /** The ARN of the trail, to be told when somebody stops it; undefined where it is somebody else's, and any trail of the account is meant. */
  readonly trailArn?: string;

  /** The name of the trail. */
  readonly trailName?: string;

  /** Why no trail of this app is meant. */
  readonly elsewhereBecause?: string;
}

/** What a trail for KMS is made of. */
export interface KmsTrailProps {
  /**
   * @default - CloudFormation makes a name
   */
  readonly trailName?: string;

  /**
   * Where the records are kept.
   *
   * @default - a new bucket, which is retained
   */
  readonly bucket?: IBucket;

  /**
   * A key for the records, in the bucket and in the log group. Each file costs a data key, and whoever reads them has to be let decrypt.
   *
   * @default - the keys of S3 and CloudWatch Logs, without charge
   */
  readonly key?: SymmetricDataKey;

  /**
   * Whether Regions besides that of the stack are recorded: a trail sees multi-Region keys nowhere else.
   *
   * @default true
   */
  readonly allRegions?: boolean;

  /**
   * How long records can be searched in the log group. In the bucket they are kept until somebody deletes them.
   *
   * @default RetentionDays.ONE_YEAR
   */
  readonly retention?: RetentionDays;

  /**
   * Whether the account is watched for what the CIS AWS Foundations Benchmark lists: a metric filter and an alarm each, 14 in all, at about 0.40 USD a month each.
   *
   * @default - where `topic` or `alarmActions` are given
   */
  readonly accountAlarms?: boolean;

  /**
   * Where alarms of the account go.
   *
   * @default - nowhere
   */
  readonly topic?: ITopic;

  /**
   * What else alarms of the account do.
   *
   * @default - nothing
   */
  readonly alarmActions?: IAlarmAction[];

  /**
   * How many calls that KMS refuses in five minutes, of all keys of the account together, are an alarm. Single ones are for `KeyAlarms`.
   *
   * @default 20
   */
  readonly deniedCalls?: number;
}

/**
 * A trail of CloudTrail that records KMS, reads and writes, and keeps the records where they can be searched and counted: in a bucket, with digests, and in a log group.
 *
 * Mechanism: CloudTrail, and metric filters on its log group, minutes late. Cost: the first trail of management events in an account is free, the log group is not (about 0.50 USD
 * a GB, and a busy key makes a GB of about a million calls). Blind spots: calls that another account makes and KMS refuses are recorded there; cached data keys and S3 Bucket Keys make no calls.
 *
 * Source: KMS Developer Guide, "Logging AWS KMS API calls with AWS CloudTrail".
 */
export class KmsTrail extends Construct implements IKmsTrail {
  /**
   * A trail of the app. Synthesis fails where it would leave detectors blind: where it excludes KMS, or leaves out read-only events, which Decrypt and Sign are.
   */
  public static fromTrail(trail: Trail): IKmsTrail {
    if (!isTrail(trail)) throw new Error(`KmsTrail.fromTrail(…) got ${valueInWords(trail)}: give it a cloudtrail.Trail of the app. KmsTrail.elsewhere('…') stands for any other`);
    const resource = trail.node.defaultChild as CfnTrail;
    trail.node.addValidation({ validate: () => blindTrail(resource).map((problem) => `'${trail.node.path}' records KMS for alarms, and ${problem}`) });
    return standsFor({ trailArn: trail.trailArn, trailName: resource.ref }, trail);
  }

  /**
   * A trail that is not of this app, as that of an organization: nobody here can look whether it logs, includes KMS and includes read-only events. The reason is shown at synthesis.
   *
   * @param reason which trail it is and who sees to it, in a few words
   */
  public static elsewhere(reason: string): IKmsTrail {
    if (typeof reason !== 'string' || !reason.trim()) throw new Error('KmsTrail.elsewhere(…) gives no reason: say which trail records KMS, in a few words');
    return { elsewhereBecause: reason };
  }

  /** The trail itself. */
  public readonly trail: Trail;
  /** The records as they can be searched. */
  public readonly logGroup: ILogGroup;
  public readonly trailArn?: string;
  public readonly trailName?: string;

  constructor(scope: Construct, id: string, props: KmsTrailProps = {}) {
    super(scope, id);
    const { key, bucket, trailName, topic, alarmActions = [] } = props;
    const logGroup = new LogGroup(this, 'Records', {
      encryptionKey: key?.forService(KmsService.LOGS), retention: props.retention ?? RetentionDays.ONE_YEAR, removalPolicy: RemovalPolicy.RETAIN,
    });
    this.logGroup = logGroup;
    this.trail = new Trail(this, 'Trail', {
      trailName,
      bucket,
      encryptionKey: key?.forService(KmsService.CLOUDTRAIL),
      isMultiRegionTrail: props.allRegions ?? true,
      enableFileValidation: true,
      managementEvents: ReadWriteType.ALL,
      sendToCloudWatchLogs: true,
      cloudWatchLogGroup: logGroup,
    });
    const made = KmsTrail.fromTrail(this.trail);
    this.trailArn = made.trailArn;
    this.trailName = made.trailName;
    standsFor(this, this.trail);
    const actions = [...topic ? [new SnsAction(topic)] : [], ...alarmActions];
    if (props.accountAlarms ?? actions.length > 0) this.watchAccount(actions);
    this.watchDenials(props.deniedCalls ?? 20, actions);
  }

  /**
   * Lets somebody see who used which key when, and no content: records hold key, caller, time and encryption context, and neither plaintext nor ciphertext. For whoever is billed, or
   * reviews access. They ask by CloudWatch Logs Insights, where a saved query has the answer; they read neither the files in the bucket nor the log group as a whole.
   *
   * CloudWatch Logs permits queries by log group and looks at nothing within, so that a query of their own sees the calls of other services too: who may not know of these is given
   * the answer instead. Source: Service Authorization Reference, "Actions, resources, and condition keys for Amazon CloudWatch Logs".
   */
  public grantReadUsage(grantee: IGrantable): Grant {
    if (!this.node.tryFindChild('Usage')) {
      new CfnQueryDefinition(this, 'Usage', { name: `${Stack.of(this).stackName}/who used which key when`, queryString: USAGE, logGroupNames: [this.logGroup.logGroupName] });
    }
    // These know no log group: they are about queries, and whoever has the id of one started it.
    const answers = Grant.addToPrincipal({ grantee, actions: ['logs:GetQueryResults', 'logs:StopQuery', 'logs:DescribeQueryDefinitions'], resourceArns: ['*'] });
    return this.logGroup.grant(grantee, 'logs:StartQuery').combine(answers);
  }

  private watchAccount(actions: readonly IAlarmAction[]): void {
    for (const { id, tellsWhen, pattern } of ACCOUNT_ALARMS) this.count(id, pattern, 1, `ALARM, account: tells when ${tellsWhen}.`, actions);
  }

  private watchDenials(limit: number, actions: readonly IAlarmAction[]): void {
    if (!Token.isUnresolved(limit) && !(Number.isSafeInteger(limit) && limit > 0)) throw new Error(`${this.node.path}: deniedCalls is ${valueInWords(limit)}: give it a whole number from 1`);
    this.count('DeniedCalls', DENIED, limit, `ALARM, account: KMS refuses ${limit} calls or more in five minutes, of all keys together.`, actions);
  }

  private count(id: string, pattern: string, threshold: number, alarmDescription: string, actions: readonly IAlarmAction[]): void {
    const stack = Stack.of(this);
    const ids = this.node.scopes.slice(stack.node.scopes.length).map(({ node }) => node.id);
    const name = { metricNamespace: 'KmsTrail', metricName: [stack.stackName, ...ids, id].join('-') };
    new MetricFilter(this, `${id}Filter`, { logGroup: this.logGroup, filterPattern: FilterPattern.literal(pattern), ...name, metricValue: '1', defaultValue: 0 });
    const alarm = new Alarm(this, `${id}Alarm`, {
      metric: new Metric({ namespace: name.metricNamespace, metricName: name.metricName, statistic: 'Sum' }),
      alarmDescription,
      threshold,
      evaluationPeriods: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(...actions);
  }
}

/** One of the app, of whichever copy of CDK. */
function isTrail(trail: Trail): boolean {
  const resource = (trail as Trail | undefined)?.node?.defaultChild;
  return CfnResource.isCfnResource(resource) && resource.cfnResourceType === 'AWS::CloudTrail::Trail';
}

const DENIED = '{ ($.eventSource = "kms.amazonaws.com") && ($.errorCode = "AccessDenied*") }';

/** By hour, key (of ReEncrypt the source), operation and caller: a role, else a user, a service, or the account of a caller of another one. CloudWatch Logs User Guide, "CloudWatch Logs Insights language query syntax". */
const USAGE = [
  'filter eventSource = "kms.amazonaws.com" and ispresent(resources.0.ARN)',
  'fields coalesce(userIdentity.sessionContext.sessionIssuer.arn, userIdentity.arn, userIdentity.invokedBy, userIdentity.accountId) as who',
  'stats count(*) as calls, count(errorCode) as refusedOrFailed by bin(1h) as hour, resources.0.ARN as key, eventName as operation, who',
  'sort hour desc, calls desc',
].join('\n| ');
