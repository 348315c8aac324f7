import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Event patterns judged by AWS's own matcher, software.amazon.event.ruler 2.0.1, where Java and its jars are at hand (`mvn dependency:get
 * -Dartifact=software.amazon.event.ruler:event-ruler:2.0.1`), and else by what it said when it was: no other matcher agrees with it on arrays of objects.
 *
 * `EVENT_RULER=write npx jest test/monitoring` asks it and keeps what it says, in test/monitoring/verdicts.
 */

type Json = object;

/** What was asked, and what came out: a text of digits for each pattern, one for each event. */
interface Verdicts {
  readonly patterns: Readonly<Record<string, Json>>;
  readonly events: Readonly<Record<string, Json>>;
  readonly verdicts: Readonly<Record<string, string>>;
}

const KEPT = join(__dirname, '..', 'verdicts');
const JARS = /^(event-ruler-2\.0\.1|jackson-(core|databind|annotations)-[\d.]+|jsr305-[\d.]+|fastdoubleparser-[\d.]+)\.jar$/;

/** For each pattern, the names of the events that match it. */
export function matches(name: string, patterns: Readonly<Record<string, Json>>, events: Readonly<Record<string, Json>>): Record<string, string[]> {
  const file = join(KEPT, `${name}.json`);
  const kept = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) as Verdicts : undefined;
  const asked = JSON.stringify([patterns, events]);
  const now = classPath ? judged(patterns, events, classPath) : undefined;
  if (now && process.env.EVENT_RULER === 'write') writeFileSync(file, readable({ patterns, events, verdicts: now }));
  else if (!kept || JSON.stringify([kept.patterns, kept.events]) !== asked || (now && JSON.stringify(now) !== JSON.stringify(kept.verdicts))) {
    throw new Error(`test/monitoring/verdicts/${name}.json is about other patterns or events: run EVENT_RULER=write npx jest test/monitoring, with event-ruler at hand, and look at what changes`);
  }
  const verdicts = now ?? kept!.verdicts;
  const names = Object.keys(events);
  return Object.fromEntries(Object.entries(verdicts).map(([pattern, digits]) => [pattern, names.filter((_, i) => digits[i] === '1')]));
}

function judged(patterns: Readonly<Record<string, Json>>, events: Readonly<Record<string, Json>>, jars: string): Record<string, string> {
  const folder = mkdtempSync(join(tmpdir(), 'event-ruler-'));
  try {
    const input = join(folder, 'asked.json');
    writeFileSync(input, JSON.stringify({ patterns: Object.values(patterns), events: Object.values(events) }));
    const lines = execFileSync('java', ['-cp', jars, join(__dirname, 'Judge.java'), input], { encoding: 'utf8' }).trim().split('\n');
    return Object.fromEntries(Object.keys(patterns).map((pattern, i) => [pattern, lines[i]]));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A line for each pattern and event, so that a change of one is one line. */
function readable(verdicts: Verdicts): string {
  const part = (name: keyof Verdicts) => `  "${name}": {\n${Object.entries(verdicts[name]).map(([key, value]) => `    ${JSON.stringify(key)}: ${JSON.stringify(value)}`).join(',\n')}\n  }`;
  return `{\n${(['patterns', 'events', 'verdicts'] as const).map(part).join(',\n')}\n}\n`;
}

/** The jars, from Maven's repository of this machine. */
const classPath = ((): string | undefined => {
  const repository = process.env.M2_REPOSITORY ?? join(homedir(), '.m2', 'repository');
  const roots = ['software/amazon/event/ruler', 'com/fasterxml/jackson/core', 'com/google/code/findbugs/jsr305', 'ch/randelshofer/fastdoubleparser'].map((root) => join(repository, root));
  if (!existsSync(roots[0]) || process.env.EVENT_RULER === 'kept') return undefined;
  const found = roots.filter(existsSync).flatMap((root) => readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) => JARS.test(file.split('/').at(-1)!)).map((file) => join(root, file)));
  try {
    execFileSync('java', ['-version'], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  return found.join(':');
})();
