/**
 * How right the detectors of `keysmith watch` are: a normal day of 100,000 records and 20 roles, without and with seventeen attacks, for each of some seeds, given
 * the records alone, a template, a baseline, or both.
 *
 *   tsx bench/detectors.ts [seeds, default 3]
 */
import { precisionAndRecall, trialsOf, WAYS } from '../test/detect/support/trials';
import type { Trial } from '../test/detect/support/trials';

const percent = (share: number | undefined): string => (share === undefined ? '-' : `${(share * 100).toFixed(0)} %`).padStart(7);

function report(trials: readonly Trial[]): string {
  const [first] = trials;
  const all = first.attacks.length * trials.length;
  const sum = (of: 'right' | 'wrong' | 'missed', index: number): number => trials.reduce((total, { scores }) => total + scores[index][of], 0);
  const alarms = trials.reduce((total, { normal }) => total + normal.filter(({ level }) => level === 'alarm').length, 0);
  const rows = first.scores.map(({ detector, rests }, index) => {
    const [right, wrong, missed] = [sum('right', index), sum('wrong', index), sum('missed', index)];
    if (rests) return `${detector.padEnd(28)}  rests`;
    const { precision, recall } = precisionAndRecall({ right, wrong, missed });
    return `${detector.padEnd(28)}${String(right).padStart(6)}${String(wrong).padStart(7)}${String(missed).padStart(8)}${percent(precision)}${percent(recall)}`;
  });
  const unseen = [...new Set(trials.flatMap((trial) => trial.unseen))];
  return [
    `${first.way.name}: ${alarms} alarms on ${trials.length} normal days; ${all - trials.reduce((total, trial) => total + trial.unseen.length, 0)} of ${all} attacks seen`,
    `${'detector'.padEnd(28)} right  wrong  missed   prec. recall`,
    ...rows,
    ...unseen.map((name) => `not seen: ${name}`),
    '',
  ].join('\n');
}

function main(): void {
  const seeds = Number(process.argv[2] ?? 3);
  if (!Number.isInteger(seeds) || seeds < 1) throw new Error(`expected a number of seeds, got '${process.argv[2]}'`);
  const trials = Array.from({ length: seeds }, (_, index) => trialsOf(index + 1)).flat();
  for (const { name } of WAYS) process.stdout.write(`${report(trials.filter(({ way }) => way.name === name))}\n`);
}

main();
