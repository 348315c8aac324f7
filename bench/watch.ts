/**
 * `keysmith watch` on 1,000,000 records in 500 gzip files, of CloudTrail's shape and size, beside JSON.parse alone on the same files; and memory, there and on
 * one file of 50,000 records.
 *
 *   tsx bench/watch.ts [records, default 1000000]
 *
 * Processor time counts beside the clock: other programs lengthen the one only.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { shippedDetect } from './shipped';
import { DAY, normalDay } from '../test/detect/support/day';
import { writeFile, writeTrail } from '../test/detect/support/files';
import { MIDNIGHT } from '../test/detect/support/records';

const { readTrail, trailFiles, Watch } = shippedDetect();
const PER_FILE = 2_000;
const ROUNDS = 3;
const BIG = 50_000;
const MB = 1024 * 1024;

interface Cost {
  readonly seconds: number;
  readonly processorSeconds: number;
}

async function costOf(work: () => unknown): Promise<Cost> {
  const [started, before] = [performance.now(), process.cpuUsage()];
  await work();
  const { user, system } = process.cpuUsage(before);
  return { seconds: (performance.now() - started) / 1000, processorSeconds: (user + system) / 1e6 };
}

/** Only the time within JSON.parse. */
function parseAlone(paths: readonly string[]): Cost {
  let [seconds, processorSeconds] = [0, 0];
  for (const path of paths) {
    const text = gunzipSync(readFileSync(path)).toString('utf8');
    const [started, before] = [performance.now(), process.cpuUsage()];
    JSON.parse(text);
    const { user, system } = process.cpuUsage(before);
    seconds += (performance.now() - started) / 1000;
    processorSeconds += (user + system) / 1e6;
  }
  return { seconds, processorSeconds };
}

async function watch(path: string): Promise<{ readonly records: number; readonly peak: number; readonly peakEarly: number }> {
  const { files, ordered } = trailFiles(path);
  const watching = new Watch();
  let [peak, peakEarly] = [0, 0];
  await readTrail(files, ordered, watching, ({ files: done }) => {
    peak = Math.max(peak, process.memoryUsage.rss());
    if (done <= files.length / 5) peakEarly = peak;
  });
  return { records: watching.finish().kmsRecords, peak: Math.max(peak, process.memoryUsage.rss()), peakEarly };
}

/** In a process of its own, so that its memory is its own. */
function memoryOf(path: string): { readonly records: number; readonly peak: number; readonly peakEarly: number } {
  const { stdout, status, stderr } = spawnSync(process.execPath, [...process.execArgv, __filename, '--memory', path], { encoding: 'utf8', maxBuffer: MB });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as { records: number; peak: number; peakEarly: number };
}

function* days(records: number): Generator<ReturnType<typeof normalDay> extends Generator<infer T> ? T : never> {
  let made = 0;
  for (let day = 0; made < records; day++) {
    for (const record of normalDay(MIDNIGHT + day * DAY, day + 1)) {
      if (made++ >= records) return;
      yield record;
    }
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)];
}

async function main(): Promise<void> {
  if (process.argv[2] === '--memory') {
    process.stdout.write(JSON.stringify(await watch(process.argv[3])));
    return;
  }
  const wanted = Number(process.argv[2] ?? 1_000_000);
  if (!Number.isInteger(wanted) || wanted < 1) throw new Error(`expected a number of records, got '${process.argv[2]}'`);
  const directory = mkdtempSync(join(tmpdir(), 'keysmith-watch-'));
  try {
    const made = writeTrail(join(directory, 'trail'), days(wanted), PER_FILE);
    const bigFile = join(directory, 'big', 'one.json.gz');
    writeFile(bigFile, [...days(BIG)]);
    const paths = trailFiles(join(directory, 'trail')).files.map(({ path }) => path);
    process.stdout.write(`${wanted.toLocaleString('en-US')} records in ${made} files, ${ROUNDS} rounds, the median counts\n\n`);

    const rounds: { parse: Cost; unpack: Cost; watch: Cost }[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const parse = parseAlone(paths);
      const unpack = await costOf(() => paths.forEach((path) => JSON.parse(gunzipSync(readFileSync(path)).toString('utf8'))));
      rounds.push({ parse, unpack, watch: await costOf(() => watch(join(directory, 'trail'))) });
    }
    const row = (name: string, of: 'parse' | 'unpack' | 'watch'): string => {
      const [clock, processor] = [median(rounds.map((round) => round[of].seconds)), median(rounds.map((round) => round[of].processorSeconds))];
      return `${name.padEnd(34)}${clock.toFixed(2).padStart(8)} s${processor.toFixed(2).padStart(8)} s`;
    };
    process.stdout.write([`${''.padEnd(34)}${'clock'.padStart(10)}${'processor'.padStart(10)}`,
      row('JSON.parse alone', 'parse'), row('read, gunzip, JSON.parse', 'unpack'), row('keysmith watch', 'watch'), ''].join('\n'));
    const times = (of: 'parse' | 'unpack', unit: keyof Cost): string => median(rounds.map((round) => round.watch[unit] / round[of][unit])).toFixed(2);
    process.stdout.write(`\nwatch is ${times('parse', 'seconds')} x JSON.parse alone by the clock, ${times('parse', 'processorSeconds')} x by the processor; `
      + `${times('unpack', 'seconds')} x and ${times('unpack', 'processorSeconds')} x with reading and gunzip\n`);

    const [small, big] = [memoryOf(join(directory, 'trail')), memoryOf(bigFile)];
    process.stdout.write(`\nmemory at its peak: ${(small.peakEarly / MB).toFixed(0)} MB in the first fifth of the files, ${(small.peak / MB).toFixed(0)} MB in all of them; `
      + `${(big.peak / MB).toFixed(0)} MB for ${big.records.toLocaleString('en-US')} records in one file\n`);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

void main();
