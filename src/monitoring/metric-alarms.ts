import { Duration, Stack } from 'aws-cdk-lib';
import {
  Alarm, AlarmRule, AnomalyDetectionAlarm, ComparisonOperator, CompositeAlarm, MathExpression, Metric, TreatMissingData, type AlarmProps,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import type { Delivery } from './delivery';
import { asName, inAlarm } from './notifications';
import type { Settings } from './settings';
import type { Namer, QuotaName, WatchedKey } from './watched-key';
import type { Detector, DetectorId } from '../detect/detectors';

/** What metric alarms are made of. */
export interface Measured {
  readonly all: readonly WatchedKey[];
  /** Those whose use is watched. */
  readonly used: readonly WatchedKey[];
  readonly nameOf: Namer;
  readonly settings: Settings;
  readonly delivery: Delivery;
}

/** A rate that is watched. */
interface Spike {
  readonly detector: Detector;
  readonly operation: string;
  readonly hasBand: boolean;
}

const SPIKES: readonly DetectorId[] = ['decrypt-spike', 'sign-spike', 'data-key-spike'];
/** Of what has a band: new resources and nightly batches make data keys in bursts, so that a band of theirs would be too wide to tell anything. */
const WITH_BAND: readonly DetectorId[] = ['decrypt-spike', 'sign-spike'];
const AN_HOUR = { period: Duration.hours(1), statistic: 'Sum' };
const QUIET: Pick<AlarmProps, 'evaluationPeriods' | 'treatMissingData'> = { evaluationPeriods: 1, treatMissingData: TreatMissingData.NOT_BREACHING };

export function makeMetricAlarms(scope: Construct, measured: Measured): void {
  const { all, used, settings } = measured;
  for (const key of used) {
    for (const id of SPIKES) {
      const detector = settings.detector(id);
      const [operation] = detector?.eventNames ?? [];
      const hasBand = settings.spikeBand && WITH_BAND.includes(id);
      if (detector && key.uses.includes(operation)) watchRate(scope, key, { detector, operation, hasBand }, measured);
    }
  }
  for (const key of all.filter(({ isImported }) => isImported)) watchExpiry(scope, key, measured);
  for (const quota of new Set(used.flatMap((key) => key.quota ?? []))) watchQuota(scope, quota, measured);
}

/**
 * A spike is outside of the band and above the floor, or above the ceiling. KMS counts successful calls, by key and operation.
 * Source: KMS Developer Guide, "Monitoring KMS keys with Amazon CloudWatch"; CloudWatch User Guide, "Using CloudWatch anomaly detection", "Combining alarms".
 */
function watchRate(scope: Construct, key: WatchedKey, { detector, operation, hasBand }: Spike, { nameOf, settings, delivery }: Measured): void {
  const { spikeBandWidth, spikeFloor, spikeCeiling } = settings;
  const id = `${asName(detector.id)}${nameOf(key)}`;
  const metric = new Metric({ namespace: 'AWS/KMS', metricName: 'SuccessfulRequest', dimensionsMap: { KeyArn: key.arn, Operation: operation }, ...AN_HOUR });
  const above = (threshold: number, alarmDescription: string): AlarmProps => (
    { metric, threshold, alarmDescription, comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD, ...QUIET });
  const limit = hasBand ? `More than ${spikeFloor} calls in an hour and above the band of ${spikeBandWidth} standard deviations, or more than ${spikeCeiling}.` : `More than ${spikeCeiling} calls in an hour.`;
  const text = inAlarm(detector, `${key.label}, ${key.arn}`, limit, settings.runbook(detector.id));
  if (!hasBand) {
    delivery.alarm(new Alarm(scope, id, above(spikeCeiling, text)));
    return;
  }
  const part = `Part of ${detector.id} of ${key.label}: tells nobody by itself.`;
  const ceiling = new Alarm(scope, `${id}Ceiling`, above(spikeCeiling, part));
  const floor = new Alarm(scope, `${id}Floor`, above(spikeFloor, part));
  const band = new AnomalyDetectionAlarm(scope, `${id}Band`, {
    metric, stdDevs: spikeBandWidth, comparisonOperator: ComparisonOperator.GREATER_THAN_UPPER_THRESHOLD, alarmDescription: part, ...QUIET,
  });
  const inAlarmState = [AlarmRule.allOf(band, floor), ceiling];
  delivery.alarm(new CompositeAlarm(scope, id, { alarmRule: AlarmRule.anyOf(...inAlarmState), alarmDescription: text }));
}

/** Percent of a quota that all keys of the account share. AWS Security Blog, "Manage your AWS KMS API request rates using Service Quotas and Amazon CloudWatch". */
function watchQuota(scope: Construct, resource: QuotaName, { settings, delivery }: Measured): void {
  const detector = settings.detector('request-quota');
  if (!detector) return;
  const calls = new Metric({
    namespace: 'AWS/Usage', metricName: 'CallCount', dimensionsMap: { Service: 'KMS', Type: 'API', Resource: resource, Class: 'None' }, statistic: 'Sum', period: Duration.minutes(1),
  });
  const percent = new MathExpression({ expression: '(calls/SERVICE_QUOTA(calls))*100', usingMetrics: { calls }, label: '% of the quota', period: Duration.minutes(1) });
  delivery.alarm(new Alarm(scope, `${asName(detector.id)}${resource.replace('CryptographicOperations', '')}`, {
    metric: percent,
    threshold: settings.quotaPercent,
    comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    alarmDescription: inAlarm(detector, `all of the account in ${Stack.of(scope).region}`, `${settings.quotaPercent} % of the request quota ${resource} or more.`, settings.runbook(detector.id)),
    ...QUIET,
  }));
}

function watchExpiry(scope: Construct, key: WatchedKey, { nameOf, settings, delivery }: Measured): void {
  const detector = settings.detector('key-material-expiring');
  if (!detector) return;
  const days = settings.materialExpiryDays;
  delivery.alarm(new Alarm(scope, `${asName(detector.id)}${nameOf(key)}`, {
    metric: new Metric({ namespace: 'AWS/KMS', metricName: 'SecondsUntilKeyMaterialExpiration', dimensionsMap: { KeyId: key.key.keyId }, statistic: 'Minimum', period: Duration.hours(1) }),
    threshold: Duration.days(days).toSeconds(),
    comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
    alarmDescription: inAlarm(detector, `${key.label}, ${key.arn}`, `Less than ${days} days are left.`, settings.runbook(detector.id)),
    ...QUIET,
  }));
}
