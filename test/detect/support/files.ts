import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { ACCOUNT, REGION } from './callers';
import type { CloudTrailRecord } from '../../../src/detect';

/** Writes records as CloudTrail delivers them: small gzip files by day, named by the minute of delivery. @returns their number */
export function writeTrail(directory: string, records: Iterable<CloudTrailRecord>, perFile = 2_000): number {
  let files = 0;
  let some: CloudTrailRecord[] = [];
  const flush = (): void => {
    if (some.length === 0) return;
    writeFile(join(directory, trailPath(some[some.length - 1], files++)), some);
    some = [];
  };
  for (const record of records) {
    some.push(record);
    if (some.length >= perFile) flush();
  }
  flush();
  return files;
}

export function writeFile(path: string, records: readonly CloudTrailRecord[]): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, gzipSync(JSON.stringify({ Records: records }), { level: 1 }));
}

/** `AWSLogs/…/CloudTrail/<region>/<yyyy>/<mm>/<dd>/<account>_CloudTrail_<region>_<time>_<unique>.json.gz`, five minutes after the last record. */
function trailPath({ eventTime }: CloudTrailRecord, number: number): string {
  const delivered = new Date(Date.parse(eventTime!) + 300_000).toISOString();
  const [day, time] = [delivered.slice(0, 10), delivered.slice(11, 16)];
  const unique = number.toString(36).padStart(16, '0');
  return join('AWSLogs', ACCOUNT, 'CloudTrail', REGION, ...day.split('-'), `${ACCOUNT}_CloudTrail_${REGION}_${day.replace(/-/g, '')}T${time.replace(':', '')}Z_${unique}.json.gz`);
}
