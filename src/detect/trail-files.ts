import { readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Unread } from './read-trail';

/** A file of a trail. */
export interface TrailFile {
  readonly path: string;
  readonly bytes: number;
  /** When CloudTrail delivered it, in seconds since 1970, where its name tells. */
  readonly delivered?: number;
}

/** What a directory holds. */
export interface TrailFiles {
  /** In the order of delivery if all names tell it, else by name. */
  readonly files: readonly TrailFile[];
  /** Whether the order is that of delivery. */
  readonly ordered: boolean;
  /** Digests, which tell of files and hold no records, and files of Insights. */
  readonly digests: number;
  /** Files that are no JSON by their names. */
  readonly others: number;
  /** What could not be looked at, and why. */
  readonly unread: readonly Unread[];
}

/** `AWSLogs/o-…/111122223333/CloudTrail/us-east-1/2026/11/28/` is nine deep. */
const DEEPEST = 32;

/** The files below a directory, or the one. Links to directories are not followed: they may lead back. */
export function trailFiles(path: string): TrailFiles {
  const stats = statSync(path);
  if (!stats.isDirectory()) return { files: [fileOf(path, stats.size)], ordered: true, digests: 0, others: 0, unread: [] };
  const found: TrailFile[] = [];
  const left = { digests: 0, others: 0, unread: [] as Unread[] };
  walk(path, 0, left.unread, (file, bytes) => {
    if (isDigest(file)) left.digests++;
    else if (/\.(json|jsonl|ndjson|gz)$/i.test(file)) found.push(fileOf(file, bytes));
    else left.others++;
  });
  const ordered = found.every(({ delivered }) => delivered !== undefined);
  const files = found.sort((one, other) => (ordered ? one.delivered! - other.delivered! : 0) || (one.path < other.path ? -1 : 1));
  return { files, ordered, ...left };
}

/** Of links to nowhere, in a circle, or to what nobody may read the others are looked at all the same. */
function walk(directory: string, depth: number, unread: Unread[], onFile: (path: string, bytes: number) => void): void {
  if (depth > DEEPEST) return;
  const entries = attempted(directory, unread, () => readdirSync(directory, { withFileTypes: true })) ?? [];
  for (const entry of entries) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) {
      walk(path, depth + 1, unread, onFile);
      continue;
    }
    const stats = attempted(path, unread, () => statSync(path));
    if (stats?.isFile()) onFile(path, stats.size);
  }
}

function attempted<T>(path: string, unread: Unread[], look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    unread.push({ path, because: (error as Error).message.replace(/, \w+ '.*$/, '') });
    return undefined;
  }
}

/** Their names and folders say so (CloudTrail User Guide, "CloudTrail digest file structure", "Insights events for trails"). */
function isDigest(path: string): boolean {
  return /_CloudTrail-(Digest|Insight)_/.test(basename(path)) || /[\\/]CloudTrail-(Digest|Insight)[\\/]/.test(path);
}

/** `111122223333_CloudTrail_us-east-1_20261128T1505Z_a1B2c3D4e5F6g7H8.json.gz` (CloudTrail User Guide, "CloudTrail log file name format"). */
function fileOf(path: string, bytes: number): TrailFile {
  const stamp = /_(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)Z_[A-Za-z0-9]+\.json/.exec(basename(path));
  const delivered = stamp ? Date.UTC(+stamp[1], +stamp[2] - 1, +stamp[3], +stamp[4], +stamp[5]) / 1000 : undefined;
  return { path, bytes, ...(delivered === undefined ? {} : { delivered }) };
}
