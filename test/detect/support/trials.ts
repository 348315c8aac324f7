import { attacks } from './attacks';
import type { Attack } from './attacks';
import { DAY, normalDay } from './day';
import { historyOf, isSeen, score, watchOf } from './evaluate';
import type { Score } from './evaluate';
import { MIDNIGHT } from './records';
import type { Alert, CloudTrailRecord, WatchOptions } from '../../../src/detect';

/** What a watch is given, by name. */
export const WAYS = [
  { name: 'records alone', template: false, baseline: false },
  { name: 'with --baseline', template: false, baseline: true },
  { name: 'with --template', template: true, baseline: false },
  { name: 'with both', template: true, baseline: true },
] as const;

export type Way = (typeof WAYS)[number];

/** One day, normal and attacked, as one watch sees it. */
export interface Trial {
  readonly way: Way;
  readonly normal: readonly Alert[];
  readonly attacked: readonly Alert[];
  readonly attacks: readonly Attack[];
  readonly scores: readonly Score[];
  /** Attacks of which nothing was told that should have been. */
  readonly unseen: readonly string[];
}

/** Normal days are dear: each is made once. */
const made = new Map<string, readonly CloudTrailRecord[]>();

export function dayOf(seed: number, midnight = MIDNIGHT): readonly CloudTrailRecord[] {
  const name = `${midnight} ${seed}`;
  let day = made.get(name);
  if (!day) made.set(name, day = [...normalDay(midnight, seed)]);
  return day;
}

/** The day of a seed, normal and with all attacks, watched in each way. The baseline is the day before, normal. */
export function trialsOf(seed: number, ways: readonly Way[] = WAYS): Trial[] {
  const [day, before] = [dayOf(seed), dayOf(seed + 1_000, MIDNIGHT - DAY)];
  const planned = attacks(MIDNIGHT, seed);
  // They come last, and some come twice.
  const lateAndTwice = planned.flatMap(({ records }) => records).flatMap((record, index) => index % 9 === 0 ? [record, record] : [record]);
  const history = historyOf(before);
  return ways.map((way) => {
    const watched = (...parts: (readonly CloudTrailRecord[])[]): { readonly alerts: readonly Alert[]; readonly options: WatchOptions } => {
      const { watch, options } = watchOf({ template: way.template, ...(way.baseline ? { baseline: before, history } : {}) });
      for (const part of parts) for (const record of part) watch.accept(record);
      return { alerts: watch.finish().alerts, options };
    };
    const { alerts: attacked, options } = watched(day, lateAndTwice);
    const unseen = planned.filter((attack) => !isSeen(attack, attacked)).map(({ name }) => name);
    return { way, normal: watched(day).alerts, attacked, attacks: planned, scores: score(attacked, planned, options), unseen };
  });
}

/** Of what was told, how much was right; of what was to be told, how much was. Undefined where there was nothing. */
export function precisionAndRecall({ right, wrong, missed }: Pick<Score, 'right' | 'wrong' | 'missed'>): { readonly precision?: number; readonly recall?: number } {
  return {
    ...(right + wrong > 0 ? { precision: right / (right + wrong) } : {}),
    ...(right + missed > 0 ? { recall: right / (right + missed) } : {}),
  };
}
