import { lstatSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';

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
}

/** `AWSLogs/o-…/111122223333/CloudTrail/us-east-1/2026/11/28/` is nine deep. */
const DEEPEST = 32;

/** The files below a directory, or the one. Links to directories are not followed: they may lead back. */
export function trailFiles(path: string): TrailFiles {
  const stats = statSync(path);
  if (!stats.isDirectory()) return { files: [fileOf(path, stats.size)], ordered: true, digests: 0, others: 0 };
  const found: TrailFile[] = [];
  const left = { digests: 0, others: 0 };
  walk(path, 0, (file) => {
    if (isDigest(file)) left.digests++;
    else if (/\.(json|jsonl|ndjson|gz)$/i.test(file)) found.push(fileOf(file, lstatSync(file).size));
    else left.others++;
  });
  const ordered = found.every(({ delivered }) => delivered !== undefined);
  const files = found.sort((one, other) => (ordered ? one.delivered! - other.delivered! : 0) || (one.path < other.path ? -1 : 1));
  return { files, ordered, ...left };
}

function walk(directory: string, depth: number, onFile: (path: string) => void): void {
  if (depth > DEEPEST) return;
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) walk(path, depth + 1, onFile);
    else if (entry.isFile() || (entry.isSymbolicLink() && statSync(path, { throwIfNoEntry: false })?.isFile())) onFile(path);
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
