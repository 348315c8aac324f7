import { readFileSync, writeFileSync } from 'node:fs';
import { withRelated } from './output/findings';
import type { LocatedFinding } from './output/findings';
import { fingerprint } from './output/sarif';
import { Unusable } from './unusable';

/** A finding that a team has taken note of. The sentence is for people who read the file. */
interface Entry {
  readonly rule: string;
  readonly resource: string;
  readonly message: string;
  readonly fingerprint: string;
}

interface BaselineFile {
  readonly version: 1;
  readonly findings: readonly Entry[];
}

/** Findings apart: those that are new, and those that the baseline has. */
export interface Compared {
  readonly findings: LocatedFinding[];
  readonly known: LocatedFinding[];
  /** Entries of the baseline that nothing was found for any more. */
  readonly gone: number;
}

/** A finding is known if it and all its effects are: a new effect of an old cause is new. Without a file all are new. */
export function compare(findings: readonly LocatedFinding[], file?: string): Compared {
  if (file === undefined) return { findings: [...findings], known: [], gone: 0 };
  const entries = new Set(read(file).findings.map((entry) => entry.fingerprint));
  const isKnown = (finding: LocatedFinding): boolean => withRelated(finding).every((each) => entries.has(fingerprint(each)));
  const found = new Set(findings.flatMap(withRelated).map(fingerprint));
  return {
    findings: findings.filter((finding) => !isKnown(finding)),
    known: findings.filter(isKnown),
    gone: [...entries].filter((entry) => !found.has(entry)).length,
  };
}

/** Writes all findings down, in an order that makes short diffs. */
export function writeBaseline(findings: readonly LocatedFinding[], file: string): void {
  const entries = findings.flatMap(withRelated).map((finding): Entry => ({
    rule: finding.rule,
    resource: `${finding.resource.stack}/${finding.resource.logicalId}`,
    message: finding.message,
    fingerprint: fingerprint(finding),
  }));
  const sorted = [...new Map(entries.map((entry) => [entry.fingerprint, entry])).values()]
    .sort((one, other) => order(one.resource, other.resource) || order(one.rule, other.rule) || order(one.fingerprint, other.fingerprint));
  const baseline: BaselineFile = { version: 1, findings: sorted };
  try {
    writeFileSync(file, `${JSON.stringify(baseline, null, 2)}\n`);
  } catch (cause) {
    throw new Unusable(`cannot write the baseline '${file}': ${(cause as Error).message}`, { cause });
  }
}

function read(file: string): BaselineFile {
  let baseline: unknown;
  try {
    baseline = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new Unusable(`cannot read the baseline '${file}': ${(cause as Error).message}. Make one with --write-baseline ${file}`, { cause });
  }
  const { version, findings } = (baseline ?? {}) as Partial<BaselineFile>;
  const isBaseline = version === 1 && Array.isArray(findings) && findings.every((entry: unknown) => typeof (entry as Partial<Entry> | null)?.fingerprint === 'string');
  if (!isBaseline) throw new Unusable(`'${file}' is no baseline of keysmith: make one with --write-baseline ${file}`);
  return baseline as BaselineFile;
}

function order(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
