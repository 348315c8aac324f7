import { Token } from 'aws-cdk-lib';
import type { IPrincipal } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { allCallers, callersOf, type Callers } from './granted';
import type { KeyAlarmsProps } from './key-alarms-props';
import type { IKmsTrail } from './kms-trail';
import { whereElse } from './trail-checks';
import { valueInWords } from '../app/arguments';
import { DETECTORS, detector, type Detector, type DetectorId } from '../detect/detectors';

/** What the props come to. */
export interface Settings {
  readonly trail: IKmsTrail;
  /** Where the trail is, if it is not in the account and Region of the alarms: rules here see nothing of who stops it. */
  readonly trailIsElsewhere?: string;
  readonly deployers: Callers;
  readonly grantCreators: Callers;
  readonly granted: readonly IPrincipal[];
  readonly expectedRegions?: readonly string[];
  readonly spikeBand: boolean;
  readonly spikeBandWidth: number;
  readonly spikeFloor: number;
  readonly spikeCeiling: number;
  readonly quotaPercent: number;
  readonly materialExpiryDays: number;
  /** The detector, unless it was left out. */
  detector(id: DetectorId): Detector | undefined;
  /** Where it is said what to do. */
  runbook(id: string): string;
}

const RUNBOOKS = 'https://github.com/cdk-keysmith/cdk-keysmith/blob/main/docs/monitoring.md';

export function settingsOf(props: KeyAlarmsProps, scope: Construct): Settings {
  const { path } = scope.node;
  const { trailArn, trailName, elsewhereBecause } = (props?.trail ?? {}) as IKmsTrail;
  if ([trailArn, trailName, elsewhereBecause].every((each) => each === undefined)) {
    throw new Error(`${path}: there is no trail, and without one no rule sees any call: give it a KmsTrail, KmsTrail.fromTrail(…) or KmsTrail.elsewhere('…')`);
  }
  const { without = [], runbooks = RUNBOOKS, expectedRegions } = props;
  const known = DETECTORS.map(({ id }) => id as string);
  for (const id of without) if (!known.includes(id)) throw new Error(`${path}: without names ${typeof id === 'string' ? `'${id}'` : valueInWords(id)}, which is no detector: choose of ${known.join(', ')}`);
  if (expectedRegions && !expectedRegions.length) throw new Error(`${path}: expectedRegions names none: name the Regions in which multi-Region keys are used, or leave it out`);
  const positive = (name: 'spikeBandWidth' | 'spikeFloor' | 'spikeCeiling' | 'quotaPercent' | 'materialExpiryDays', usual: number, most = Infinity) => {
    const value = props[name] ?? usual;
    if (Token.isUnresolved(value) || (Number.isFinite(value) && value > 0 && value <= most)) return value;
    throw new Error(`${path}: ${name} is ${valueInWords(value)}: give it a number above 0${most < Infinity ? `, up to ${most}` : ''}`);
  };
  const callers = (name: 'deployers' | 'grantCreators') => allCallers((props[name] ?? []).map((principal, i) => {
    const { issuers, users, isMore } = callersOf(principal, scope);
    if (isMore) throw new Error(`${path}: number ${i + 1} of ${name} is no role or user, or more than that, and records name whoever it was: name roles and users (new ArnPrincipal('arn:…:role/…'))`);
    return { issuers, users };
  }));
  const settings: Settings = {
    trail: props.trail,
    trailIsElsewhere: whereElse(props.trail, scope),
    deployers: callers('deployers'),
    grantCreators: callers('grantCreators'),
    granted: props.granted ?? [],
    expectedRegions,
    spikeBand: props.spikeBand ?? true,
    spikeBandWidth: positive('spikeBandWidth', 3),
    spikeFloor: positive('spikeFloor', 2000),
    spikeCeiling: positive('spikeCeiling', 20_000),
    quotaPercent: positive('quotaPercent', 80, 100),
    materialExpiryDays: positive('materialExpiryDays', 14),
    detector: (id) => (without.includes(id) ? undefined : detector(id)),
    runbook: (id) => `${runbooks}#${id}`,
  };
  const { spikeBand, spikeFloor, spikeCeiling } = settings;
  if (spikeBand && spikeFloor > spikeCeiling) throw new Error(`${path}: spikeFloor is ${spikeFloor}, above spikeCeiling, ${spikeCeiling}: the floor is for the band, and the ceiling above it`);
  return settings;
}
