/**
 * Times contenders side by side: in interleaved rounds, so that what disturbs the machine disturbs all of them alike.
 * On a busy machine `--cpu` counts processor time, which waiting for the processor does not lengthen.
 */

const CPU = process.argv.includes('--cpu');

export interface Contender {
  readonly name: string;
  readonly run: () => unknown;
}

export interface MeasureOptions {
  /** Rounds after the warm-up; the median of them counts. @default 15 */
  readonly rounds?: number;
  /** Milliseconds that one contender runs in one round, at least. @default 20 */
  readonly roundMs?: number;
}

/** Microseconds of one run of each contender: the median over the rounds. */
export async function measure(contenders: readonly Contender[], options?: MeasureOptions): Promise<Record<string, number>> {
  return medians(await measureRounds(contenders, options));
}

/** Microseconds of one run of each contender, round by round: the same place in each list is the same while. */
export async function measureRounds(
  contenders: readonly Contender[], { rounds = 15, roundMs = 20 }: MeasureOptions = {},
): Promise<Record<string, number[]>> {
  const repeats = new Map<string, number>();
  const samples = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
  for (const { name, run } of contenders) repeats.set(name, await calibrate(run, roundMs));
  for (let turn = 0; turn < rounds; turn++) {
    for (const { name, run } of contenders) samples.get(name)!.push(await timed(run, repeats.get(name)!));
  }
  return Object.fromEntries(samples);
}

/** The median of each contender. */
export function medians(rounds: Readonly<Record<string, readonly number[]>>): Record<string, number> {
  return Object.fromEntries(Object.entries(rounds).map(([name, times]) => [name, median(times)]));
}

/** How many times as long one contender takes as another: the median of what each round says, so that a slow while counts for both. */
export function timesAsLong(rounds: Readonly<Record<string, readonly number[]>>, name: string, other: string): number {
  return median(rounds[name].map((time, turn) => time / rounds[other][turn]));
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Warms up, and finds how many runs fill a round. */
async function calibrate(run: () => unknown, roundMs: number): Promise<number> {
  const start = performance.now();
  let runs = 0;
  while (performance.now() - start < 3 * roundMs || runs < 3) {
    await run();
    runs += 1;
  }
  return Math.max(1, Math.round(runs / 3));
}

async function timed(run: () => unknown, repeats: number): Promise<number> {
  const start = microseconds();
  for (let repeat = 0; repeat < repeats; repeat++) await run();
  return (microseconds() - start) / repeats;
}

function microseconds(): number {
  if (!CPU) return performance.now() * 1000;
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** A table for people, or with `--json` one line for programs. */
export function print(title: string, rows: ReadonlyArray<Record<string, string | number>>, facts: Record<string, unknown> = {}): void {
  if (process.argv.includes('--json')) {
    console.log(JSON.stringify({ title, node: process.version, rows, ...facts }));
    return;
  }
  console.log(`\n${title} (Node ${process.version})`);
  console.table(rows);
  for (const [name, value] of Object.entries(facts)) console.log(`${name}: ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`);
}

export function round(value: number, digits = 2): number {
  return Number(value.toFixed(digits));
}
