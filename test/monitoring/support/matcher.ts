import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';

/**
 * Event patterns judged by AWS's own matcher, software.amazon.event.ruler 2.0.1: no other agrees with it on arrays of objects. What it says is kept in test/monitoring/verdicts,
 * since it needs Java; verdicts.test.ts asks it again where Java and its jars are at hand (`mvn dependency:get -Dartifact=software.amazon.event.ruler:event-ruler:2.0.1`).
 *
 * `EVENT_RULER=write npx jest test/monitoring` asks it about the patterns and events of today, and keeps what it says.
 */

type Json = object;

/** What was asked, and what came out: a text of digits for each pattern, one for each event. */
export interface Verdicts {
  readonly patterns: Readonly<Record<string, Json>>;
  readonly events: Readonly<Record<string, Json>>;
  readonly verdicts: Readonly<Record<string, string>>;
}

const KEPT = join(__dirname, '..', 'verdicts');
const JARS = /^(event-ruler-2\.0\.1|jackson-(core|databind|annotations)-[\d.]+|jsr305-[\d.]+|fastdoubleparser-[\d.]+)\.jar$/;

/** For each pattern, the names of the events that match it. */
export function matches(name: string, patterns: Readonly<Record<string, Json>>, events: Readonly<Record<string, Json>>): Record<string, string[]> {
  if (process.env.EVENT_RULER === 'write') keep(name, { patterns, events, verdicts: judged([{ patterns, events }])[0] });
  const { verdicts, ...kept } = keptOf(name);
  if (JSON.stringify(kept) !== JSON.stringify({ patterns, events })) {
    throw new Error(`test/monitoring/verdicts/${name}.json is about other patterns or events: run EVENT_RULER=write npx jest test/monitoring, with Java and event-ruler at hand, and look at what changes`);
  }
  const names = Object.keys(events);
  return Object.fromEntries(Object.entries(verdicts).map(([pattern, digits]) => [pattern, names.filter((_, i) => digits[i] === '1')]));
}

/** All that is kept. */
export function allKept(): { readonly name: string; readonly kept: Verdicts }[] {
  const names = readdirSync(KEPT).map((file) => file.replace(/\.json(\.gz)?$/, '')).sort();
  return names.map((name) => ({ name, kept: keptOf(name) }));
}

function keptOf(name: string): Verdicts {
  const file = join(KEPT, `${name}.json`);
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as Verdicts;
  if (!existsSync(`${file}.gz`)) throw new Error(`there is no ${file}: run EVENT_RULER=write npx jest test/monitoring, with Java and event-ruler at hand`);
  return JSON.parse(gunzipSync(readFileSync(`${file}.gz`)).toString()) as Verdicts;
}

/** Readable, if it is of a size that somebody may read. */
function keep(name: string, verdicts: Verdicts): void {
  const text = readable(verdicts);
  if (text.length < 200_000) writeFileSync(join(KEPT, `${name}.json`), text);
  else writeFileSync(join(KEPT, `${name}.json.gz`), gzipSync(text, { level: 9 }));
}

/** Asks AWS's matcher, all at once. Throws where it is not at hand. */
export function judged(asked: readonly Pick<Verdicts, 'patterns' | 'events'>[]): Record<string, string>[] {
  const jars = classPath();
  if (jars === undefined) throw new Error('event-ruler is not at hand: it takes Java, and mvn dependency:get -Dartifact=software.amazon.event.ruler:event-ruler:2.0.1');
  const folder = mkdtempSync(join(tmpdir(), 'event-ruler-'));
  try {
    const input = join(folder, 'asked.json');
    writeFileSync(input, JSON.stringify(asked.map(({ patterns, events }) => ({ patterns: Object.values(patterns), events: Object.values(events) }))));
    const lines = execFileSync('java', ['-cp', jars, join(__dirname, 'Judge.java'), input], { encoding: 'utf8' }).trim().split('\n');
    return asked.map(({ patterns }) => Object.fromEntries(Object.keys(patterns).map((pattern) => [pattern, lines.shift()!])));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A line for each pattern and event, so that a change of one is one line. */
function readable(verdicts: Verdicts): string {
  const part = (name: keyof Verdicts) => `  "${name}": {\n${Object.entries(verdicts[name]).map(([key, value]) => `    ${JSON.stringify(key)}: ${JSON.stringify(value)}`).join(',\n')}\n  }`;
  return `{\n${(['patterns', 'events', 'verdicts'] as const).map(part).join(',\n')}\n}\n`;
}

/** The jars, from Maven's repository of this machine; undefined where there is no Java, or no event-ruler. */
export function classPath(): string | undefined {
  const repository = process.env.M2_REPOSITORY ?? join(homedir(), '.m2', 'repository');
  const roots = ['software/amazon/event/ruler', 'com/fasterxml/jackson/core', 'com/google/code/findbugs/jsr305', 'ch/randelshofer/fastdoubleparser'].map((root) => join(repository, root));
  if (!existsSync(roots[0])) return undefined;
  try {
    execFileSync('java', ['-version'], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  const isJar = (file: string) => JARS.test(file.split('/').at(-1)!);
  return roots.filter(existsSync).flatMap((root) => readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(isJar).map((file) => join(root, file))).join(':');
}
