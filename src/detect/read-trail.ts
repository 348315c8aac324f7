import { createReadStream, readFileSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { createGunzip, gunzip } from 'node:zlib';
import type { CloudTrailRecord } from './record';
import { RecordSplitter } from './record-splitter';
import type { TrailFile } from './trail-files';

/** Files up to this size, unpacked, are parsed at once: CloudTrail's are far below. Others are cut into records as they are read. */
const AT_ONCE = 16 * 1024 * 1024;

const GZIP = Buffer.from([0x1f, 0x8b]);

/**
 * CloudTrail delivers within about 5 minutes on average and promises nothing ("How CloudTrail works"): what is older than this when a file is delivered has come.
 */
const LATEST_SECONDS = 6 * 3600;

/** Who takes records. */
export interface Taker {
  accept(record: CloudTrailRecord): void;
  /** Nothing older than this second comes any more. */
  settle(second: number): void;
}

/** A file that could not be read to its end, or in which not everything is a record, and why. Records are taken. */
export interface Unread {
  readonly path: string;
  readonly because: string;
}

/** How far reading has come. */
export interface Progress {
  readonly files: number;
  readonly records: number;
}

/**
 * Reads trail files one after the other and hands on each record. Of a file that is read the next is fetched meanwhile; no more than that is held.
 */
export async function readTrail(
  files: readonly TrailFile[], ordered: boolean, taker: Taker, onProgress: (progress: Progress) => void = () => undefined,
): Promise<readonly Unread[]> {
  const unread: Unread[] = [];
  let records = 0;
  const accept = (record: CloudTrailRecord): void => { records++; taker.accept(record); };
  let next = files.length ? unpacked(files[0]) : undefined;
  let settled = -Infinity;
  for (const [index, file] of files.entries()) {
    const current = next!;
    next = index + 1 < files.length ? unpacked(files[index + 1]) : undefined;
    try {
      const content = await current;
      if (content !== 'too large' && !Buffer.isBuffer(content)) throw content;
      const others = content === 'too large' ? await acceptSplit(file.path, accept) : acceptAll(content, accept);
      if (others) unread.push({ path: file.path, because: `${others === 1 ? 'one entry is' : `${others} entries are`} no record of CloudTrail` });
    } catch (error) {
      unread.push({ path: file.path, because: (error as Error).message });
    }
    if (ordered && file.delivered !== undefined && file.delivered - settled >= 3600) {
      taker.settle(file.delivered - LATEST_SECONDS);
      settled = file.delivered;
    }
    onProgress({ files: index + 1, records });
  }
  return unread;
}

const unzip = promisify<Buffer, { maxOutputLength: number; chunkSize: number }, Buffer>(gunzip);

/**
 * Never rejects: it is waited for after the file before has been worked on. Whatever takes a turn of the event loop would wait for that work, and not go
 * on beside it: so the packed bytes, which are few, are read at once, and unpacked in one piece.
 */
async function unpacked({ path, bytes }: TrailFile): Promise<Buffer | 'too large' | Error> {
  try {
    if (bytes > AT_ONCE) return 'too large';
    const packed = readFileSync(path);
    return isGzip(packed) ? await unzip(packed, { maxOutputLength: AT_ONCE, chunkSize: pieceFor(packed) }) : packed;
  } catch (error) {
    return (error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE' ? 'too large' : error as Error;
  }
}

/** What the last four bytes of a gzip file say of its length (RFC 1952 section 2.3.1), within reason: they may say anything. */
function pieceFor(packed: Buffer): number {
  const said = packed.length > 4 ? packed.readUInt32LE(packed.length - 4) : 0;
  // One byte more, so that the end is seen with the piece.
  return Math.min(Math.max(said + 1, LEAST_PIECE), AT_ONCE);
}

const LEAST_PIECE = 64 * 1024;

/** By its first bytes: files lose their endings on the way. */
function isGzip(bytes: Buffer): boolean {
  return bytes.subarray(0, GZIP.length).equals(GZIP);
}

/** @returns how many entries are no records */
function acceptAll(content: Buffer, accept: (record: CloudTrailRecord) => void): number {
  const textual = content.toString('utf8').replace(/^\uFEFF/, '');
  let value: unknown;
  try {
    value = JSON.parse(textual);
  } catch (error) {
    // One record a line, perhaps.
    if (!/^\s*\{[^\n]*\}\s*\n\s*\{/.test(textual)) throw textual.trim() === '' ? new Error('it is empty') : error;
    const splitter = new RecordSplitter((line) => accept(JSON.parse(line) as CloudTrailRecord));
    splitter.write(content);
    return splitter.end();
  }
  let others = 0;
  for (const entry of entriesIn(value)) {
    if (isRecord(entry)) accept(entry);
    else others++;
  }
  return others;
}

/** `Records` of a trail file, an array, one record, or what `aws cloudtrail lookup-events` prints. A digest holds none. */
function entriesIn(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  const { Records, Events, eventName, digestStartTime } = Object(value) as Readonly<Record<string, unknown>>;
  if (Array.isArray(Records)) return Records;
  if (Array.isArray(Events)) {
    return Events.map((event: unknown) => {
      const { CloudTrailEvent } = Object(event) as Readonly<Record<string, unknown>>;
      return typeof CloudTrailEvent === 'string' ? JSON.parse(CloudTrailEvent) as unknown : undefined;
    });
  }
  if (eventName !== undefined) return [value];
  if (digestStartTime !== undefined) return [];
  throw new Error('it holds no records of CloudTrail: expected {"Records": […]}');
}

function isRecord(value: unknown): value is CloudTrailRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @returns how many entries are no records */
async function acceptSplit(path: string, accept: (record: CloudTrailRecord) => void): Promise<number> {
  const splitter = new RecordSplitter((textual) => accept(JSON.parse(textual) as CloudTrailRecord));
  const source = createReadStream(path, { highWaterMark: 256 * 1024 });
  const split = async (chunks: AsyncIterable<Buffer>): Promise<void> => {
    for await (const chunk of chunks) splitter.write(chunk);
  };
  if (await startsAsGzip(path)) await pipeline(source, createGunzip({ chunkSize: 256 * 1024 }), split);
  else await pipeline(source, split);
  return splitter.end();
}

async function startsAsGzip(path: string): Promise<boolean> {
  for await (const chunk of createReadStream(path, { end: 1 })) return isGzip(chunk as Buffer);
  return false;
}
