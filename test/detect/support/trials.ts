import { attacks } from './attacks';
import type { Attack } from './attacks';
import { DAY, normalDay } from './day';
import { isSeen, score, watchOf } from './evaluate';
import type { Score } from './evaluate';
import { MIDNIGHT } from './records';
import type { Alert } from '../../../src/detect';

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

/** The day of a seed, normal and with all attacks, watched in each way. The baseline is the day before, normal. */
export function trialsOf(seed: number, ways: readonly Way[] = WAYS): Trial[] {
  const day = [...normalDay(MIDNIGHT, seed)];
  const before = ways.some(({ baseline }) => baseline) ? [...normalDay(MIDNIGHT - DAY, seed + 1_000)] : [];
  const made = attacks(MIDNIGHT, seed);
  // They come last, and some come twice.
  const lateAndTwice = made.flatMap(({ records }) => records).flatMap((record, index) => index % 9 === 0 ? [record, record] : [record]);
  return ways.map((way) => {
    const alerts = (attacked: boolean): { readonly alerts: readonly Alert[]; readonly options: ReturnType<typeof watchOf>['options'] } => {
      const { watch, options } = watchOf({ template: way.template, ...(way.baseline ? { baseline: before } : {}) });
      for (const record of day) watch.accept(record);
      if (attacked) for (const record of lateAndTwice) watch.accept(record);
      return { alerts: watch.finish().alerts, options };
    };
    const normal = alerts(false).alerts;
    const { alerts: attacked, options } = alerts(true);
    const unseen = made.filter((attack) => !isSeen(attack, attacked)).map(({ name }) => name);
    return { way, normal, attacked, attacks: made, scores: score(attacked, made, options), unseen };
  });
}

/** Of what was told, how much was right; of what was to be told, how much was. Undefined where there was nothing. */
export function precisionAndRecall({ right, wrong, missed }: Pick<Score, 'right' | 'wrong' | 'missed'>): { readonly precision?: number; readonly recall?: number } {
  return {
    ...(right + wrong > 0 ? { precision: right / (right + wrong) } : {}),
    ...(right + missed > 0 ? { recall: right / (right + missed) } : {}),
  };
}
