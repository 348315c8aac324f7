import type { SlackChannelConfiguration } from 'aws-cdk-lib/aws-chatbot';
import type { IAlarmAction } from 'aws-cdk-lib/aws-cloudwatch';
import type { IRuleTarget } from 'aws-cdk-lib/aws-events';
import type { IPrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IKmsTrail } from './kms-trail';

/** What is watched, from when on it is an alarm, and where alarms go. */
export interface KeyAlarmsProps {
  /**
   * The trail that records what KMS is asked: without one, no rule sees any call. `new KmsTrail(…)`, `KmsTrail.fromTrail(trail)`, or `KmsTrail.elsewhere('…')` with the reason.
   */
  readonly trail: IKmsTrail;

  /**
   * The keys that are watched, of the account and Region of these alarms: keys of this library, of CDK, or imported ones, of which nobody knows who is granted their use. No aliases:
   * records of uses name keys.
   *
   * @default - those that name these alarms in their prop `alarms`, or are handed to `watch`
   */
  readonly keys?: IKey[];

  /**
   * Where alarms are sent: a standard topic of the account and Region of these alarms. One that is encrypted with a key which does not let CloudWatch and EventBridge in would lose them:
   * synthesis says so. Its policy is given both.
   *
   * @default - a new, encrypted one: `alarms.topic`. None if there are both `alarmActions` and `eventTargets`
   */
  readonly topic?: ITopic;

  /**
   * A Slack channel of Amazon Q Developer in chat applications (AWS Chatbot), which shows who did what, and what to do.
   *
   * @default - none
   */
  readonly slack?: SlackChannelConfiguration;

  /**
   * What metric alarms do besides.
   *
   * @default - nothing
   */
  readonly alarmActions?: IAlarmAction[];

  /**
   * What is told of events besides: they get the event as it is. A rule has five targets at most.
   *
   * @default - nothing
   */
  readonly eventTargets?: IRuleTarget[];

  /**
   * What is told of events that are no alarm: changes that deployers make, and rotations.
   *
   * @default - nobody is told
   */
  readonly informationTargets?: IRuleTarget[];

  /**
   * Roles and users that deploy, besides the deployers of the keys: their changes are information, not alarms. Records name whoever it was, so that an account, a service or everybody
   * is refused.
   *
   * @default - none
   */
  readonly deployers?: IPrincipal[];

  /**
   * Roles and users that make and revoke grants in the course of things. Services do without being named.
   *
   * @default - nobody
   */
  readonly grantCreators?: IPrincipal[];

  /**
   * Who may use the keys besides those that their policies name: needed where a policy leaves that to IAM (`DELEGATE_TO_IAM`, or a key of CDK), or is not in the app.
   *
   * @default - nobody. Where nobody can tell who is granted, uses outside of it are not watched, and synthesis says so
   */
  readonly granted?: IPrincipal[];

  /**
   * The Regions in which multi-Region keys are to be used. A rule sees its own Region only: name all of them, and make `KeyAlarms` in the Region that is to stay quiet.
   *
   * @default - any
   */
  readonly expectedRegions?: string[];

  /**
   * Whether a spike of Decrypt or Sign is one by what CloudWatch has learned of the key (an anomaly band, for which it takes up to two weeks of history), or by `spikeCeiling` alone. Of
   * GenerateDataKeyWithoutPlaintext, which comes in bursts, it is always the ceiling.
   *
   * The band costs three metrics of an alarm, one for its floor, and a composite alarm: about 1 USD a month for each key, where the ceiling alone is 0.10 USD. With it, a data key has five alarms, of
   * the 500 resources that a stack may have.
   *
   * @default true
   */
  readonly spikeBand?: boolean;

  /**
   * How many standard deviations wide the band is.
   *
   * @default 3
   */
  readonly spikeBandWidth?: number;

  /**
   * Calls in an hour up to which nothing is a spike, however far outside of the band: one role of a normal application makes some hundreds.
   *
   * @default 2000
   */
  readonly spikeFloor?: number;

  /**
   * Calls in an hour that are a spike whatever the band says, and while a new key has none.
   *
   * @default 20000
   */
  readonly spikeCeiling?: number;

  /**
   * Percent of the Region's request quota for cryptographic operations.
   *
   * @default 80
   */
  readonly quotaPercent?: number;

  /**
   * Days before imported key material expires.
   *
   * @default 14
   */
  readonly materialExpiryDays?: number;

  /**
   * Detectors that are left out, by their ids, like `['denied-call']`. docs/monitoring.md has the list.
   *
   * @default - none
   */
  readonly without?: string[];

  /**
   * Where your runbooks are: the id of the detector is added behind a `#`.
   *
   * @default - docs/monitoring.md of this library
   */
  readonly runbooks?: string;
}
