import type { Attack } from './attacks';
import { companyTemplate } from './company';
import { Granted } from '../../../src/cli/watch/granted';
import { DETECTORS, History, resting, Watch } from '../../../src/detect';
import type { Alert, CloudTrailRecord, DetectorId, WatchOptions } from '../../../src/detect';
import { principalOf } from '../../../src/detect/record';

/** What a watch is given. */
export interface Given {
  readonly template: boolean;
  /** Records of earlier days. */
  readonly baseline?: readonly CloudTrailRecord[];
  /** What they come to, if it is known already. */
  readonly history?: History;
}

export function historyOf(records: readonly CloudTrailRecord[]): History {
  const history = new History();
  for (const record of records) history.accept(record);
  return history;
}

/** As `keysmith watch` does it: what the baseline tells of keys and grants, the template's side learns too. */
export function watchOf({ template, baseline, history }: Given): { readonly watch: Watch; readonly options: WatchOptions } {
  const grants = template ? new Granted(companyTemplate()) : undefined;
  for (const record of baseline ?? []) grants?.learn(record, principalOf(record));
  const options = { grants, history: baseline === undefined ? undefined : history ?? historyOf(baseline) };
  return { watch: new Watch(options), options };
}

/** How a detector did: what it should have told and did, told without reason, and missed. */
export interface Score {
  readonly detector: DetectorId;
  readonly right: number;
  readonly wrong: number;
  readonly missed: number;
  readonly rests: boolean;
}

/** Each alarm against what attacks there were. Of a detector that rests nothing is expected. */
export function score(alerts: readonly Alert[], attacks: readonly Attack[], options: WatchOptions): Score[] {
  const rests = new Set(resting(options).map(({ id }) => id));
  const told = new Set(alerts.filter(({ level }) => level === 'alarm').map(({ detector, principal }) => `${detector} ${principal}`));
  const expected = new Set(attacks.flatMap((attack) => attack.expected.map(({ detector, principal }) => `${detector} ${principal}`)));
  return DETECTORS.filter(({ notInRecords }) => notInRecords === undefined).map(({ id }) => {
    const of = (names: ReadonlySet<string>): string[] => [...names].filter((name) => name.startsWith(`${id} `));
    return {
      detector: id,
      right: of(told).filter((name) => expected.has(name)).length,
      wrong: of(told).filter((name) => !expected.has(name)).length,
      missed: rests.has(id) ? 0 : of(expected).filter((name) => !told.has(name)).length,
      rests: rests.has(id),
    };
  });
}

/** Whether any of what was to be told of an attack was. */
export function isSeen(attack: Attack, alerts: readonly Alert[]): boolean {
  return attack.expected.some(({ detector, principal }) => alerts.some((alert) => alert.level === 'alarm' && alert.detector === detector && alert.principal === principal));
}
