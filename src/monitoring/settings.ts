import { Token } from 'aws-cdk-lib';
import type { IPrincipal } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { KeyAlarmsProps } from './key-alarms-props';
import type { IKmsTrail } from './kms-trail';
import { arnsOf } from './watched-key';
import { DETECTORS, detector, type Detector, type DetectorId } from '../detect/detectors';

/** What the props come to. */
export interface Settings {
  readonly trail: IKmsTrail;
  readonly deployers: readonly string[];
  readonly grantCreators: readonly string[];
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

export function settingsOf(props: KeyAlarmsProps, { node: { path } }: Construct): Settings {
  if (typeof props?.trail !== 'object') throw new Error(`${path}: there is no trail, and without one no rule sees any call: give it a KmsTrail, KmsTrail.fromTrail(…) or KmsTrail.elsewhere('…')`);
  const { without = [], runbooks = RUNBOOKS, expectedRegions } = props;
  const known = DETECTORS.map(({ id }) => id as string);
  for (const id of without) if (!known.includes(id)) throw new Error(`${path}: without names '${id}', which is no detector: choose of ${known.join(', ')}`);
  if (expectedRegions && !expectedRegions.length) throw new Error(`${path}: expectedRegions names none: name the Regions in which multi-Region keys are used, or leave it out`);
  const positive = (name: 'spikeBandWidth' | 'spikeFloor' | 'spikeCeiling' | 'quotaPercent' | 'materialExpiryDays', usual: number, most = Infinity) => {
    const value = props[name] ?? usual;
    if (Token.isUnresolved(value) || (value > 0 && value <= most)) return value;
    throw new Error(`${path}: ${name} is ${value}: give it a number above 0${most < Infinity ? `, up to ${most}` : ''}`);
  };
  const settings: Settings = {
    trail: props.trail,
    deployers: (props.deployers ?? []).flatMap(arnsOf),
    grantCreators: (props.grantCreators ?? []).flatMap(arnsOf),
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
