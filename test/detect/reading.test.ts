import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { burst } from './support/day';
import { writeFile, writeTrail } from './support/files';
import { MIDNIGHT } from './support/records';
import { readTrail, trailFiles } from '../../src/detect';
import type { CloudTrailRecord, Unread } from '../../src/detect';
import { RecordSplitter } from '../../src/detect/record-splitter';

const records = burst({ event: 'Decrypt', caller: { kind: 'role', name: 'Billing' }, encryptionContext: { note: 'braces } ] and "quotes" \\ and ü' } }, 300, MIDNIGHT, 3_600, 1);
const ids = (some: readonly CloudTrailRecord[]): string[] => some.map(({ eventID }) => eventID!);

const folder = (): string => mkdtempSync(join(tmpdir(), 'keysmith-trail-'));

interface Read {
  readonly taken: CloudTrailRecord[];
  readonly unread: readonly Unread[];
  readonly settled: number[];
}

async function read(path: string): Promise<Read> {
  const [taken, settled]: [CloudTrailRecord[], number[]] = [[], []];
  const { files, ordered } = trailFiles(path);
  const unread = await readTrail(files, ordered, { accept: (record) => taken.push(record), settle: (second) => settled.push(second) });
  return { taken, unread, settled };
}

function fileWith(content: string | Buffer, name = 'some.json'): string {
  const path = join(folder(), name);
  writeFileSync(path, content);
  return path;
}

describe('the forms in which records come', () => {
  const lines = records.map((record) => JSON.stringify(record)).join('\n');

  test.each([
    ['as CloudTrail delivers them', gzipSync(JSON.stringify({ Records: records }))],
    ['unpacked', JSON.stringify({ Records: records })],
    ['unpacked, with indentation and a byte order mark', `\uFEFF${JSON.stringify({ Records: records }, null, 2)}`],
    ['an array', JSON.stringify(records)],
    ['one a line', lines],
    ['one a line, packed', gzipSync(lines)],
    ['as lookup-events prints them', JSON.stringify({ Events: records.map((record) => ({ EventId: record.eventID, CloudTrailEvent: JSON.stringify(record) })) })],
  ])('%s', async (_, content) => {
    const { taken, unread } = await read(fileWith(content));
    expect(unread).toEqual([]);
    expect(taken).toEqual(records);
  });

  test('one alone', async () => {
    expect((await read(fileWith(JSON.stringify(records[0])))).taken).toEqual([records[0]]);
  });
});

describe('a directory', () => {
  test('is read in the order of delivery, digests and other files left out, whatever their folders', async () => {
    const at = folder();
    const made = writeTrail(at, records, 40);
    const digests = join(at, 'AWSLogs/111122223333/CloudTrail-Digest/us-east-1/2026/11/28');
    mkdirSync(digests, { recursive: true });
    writeFileSync(join(digests, '111122223333_CloudTrail-Digest_us-east-1_company_us-east-1_20261128T000000Z.json.gz'), gzipSync('{"digestStartTime":"x"}'));
    writeFileSync(join(at, 'README.txt'), 'no trail');
    const found = trailFiles(at);
    expect(found).toMatchObject({ ordered: true, digests: 1, others: 1 });
    expect(found.files).toHaveLength(made);
    expect(ids((await read(at)).taken)).toEqual(ids(records));
  });

  test('its links to folders are not followed: they may lead back', () => {
    const at = folder();
    writeTrail(at, records, 200);
    symlinkSync(at, join(at, 'AWSLogs/again'));
    expect(trailFiles(at).files).toHaveLength(2);
  });

  test('what is delivered settles what is six hours older, if all names tell when they were', async () => {
    const at = folder();
    const many = burst({ event: 'Decrypt', caller: { kind: 'role', name: 'Billing' } }, 600, MIDNIGHT, 20 * 3_600, 2);
    writeTrail(at, many, 20);
    const { settled } = await read(at);
    expect(settled.length).toBeGreaterThan(10);
    expect(settled).toEqual([...settled].sort((one, other) => one - other));
    expect(settled[settled.length - 1]).toBeLessThanOrEqual(MIDNIGHT + 14 * 3_600 + 360);
    writeFile(join(at, 'exported.json.gz'), records);
    expect((await read(at)).settled).toEqual([]);
  });
});

describe('a file that cannot be read', () => {
  test.each([
    ['gzip that is cut off', gzipSync(JSON.stringify({ Records: records })).subarray(0, 900), /unexpected end/],
    ['JSON that is cut off', JSON.stringify({ Records: records }).slice(0, 5_000), /JSON/],
    ['JSON without records', '{"Resources":{}}', /holds no records of CloudTrail/],
    ['no JSON', 'hello', /JSON/],
  ])('%s is told with why, and the others are read', async (_, content, because) => {
    const at = folder();
    writeFileSync(join(at, 'a.json.gz'), content);
    writeFile(join(at, 'b.json.gz'), records);
    const { taken, unread } = await read(at);
    expect(unread).toEqual([{ path: join(at, 'a.json.gz'), because: expect.stringMatching(because) }]);
    expect(ids(taken)).toEqual(ids(records));
  });
});

describe('a large file is cut into records as it comes', () => {
  const cut = (text: string, size: number): CloudTrailRecord[] => {
    const found: CloudTrailRecord[] = [];
    const splitter = new RecordSplitter((each) => found.push(JSON.parse(each) as CloudTrailRecord));
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += size) splitter.write(bytes.subarray(at, at + size));
    others = splitter.end();
    return found;
  };
  let others = 0;
  const few = records.slice(0, 12);

  test.each([
    ['as CloudTrail writes it', JSON.stringify({ Records: few })],
    ['with indentation', JSON.stringify({ Records: few }, null, 2)],
    ['an array', JSON.stringify(few)],
    ['one a line', few.map((record) => JSON.stringify(record)).join('\n')],
  ])('%s, in pieces of any size', (_, text) => {
    for (const size of [1, 2, 3, 7, 100, 1_000, 100_000]) expect(cut(text, size)).toEqual(few);
  });

  test.each([
    ['in Records', '{"Records":[null, 7,{"a":[1,"x"]},"{",[{"b":2}],true],"more":[1,2]}', [{ a: [1, 'x'] }], 5],
    ['in an array', '[1,{"a":2},null]', [{ a: 2 }], 2],
    ['one a line', '{"a":1}\nnull\n{"b":2}\n[3, 4]\n', [{ a: 1 }, { b: 2 }], 2],
  ])('what is no object is counted, %s', (_, text, expected, count) => {
    for (const size of [1, 3, 100]) expect([cut(text, size), others]).toEqual([expected, count]);
  });

  test.each([
    ['is cut off within a record', JSON.stringify({ Records: few }).slice(0, -40), /ends within a record/],
    ['begins as something else', `"${'x'.repeat(400)}"`, /does not begin as a file of CloudTrail/],
    ['has a record without end', `{"Records":[{"a":"${'x'.repeat(5 * 1024 * 1024)}"}]}`, /larger than 4 MiB/],
  ])('what %s is refused', (_, text, because) => {
    expect(() => cut(text, 65_536)).toThrow(because);
  });

  test('17 MB and more are read that way, packed or not', async () => {
    const padded = Array.from({ length: 9_000 }, (_, index) => ({ ...records[index % 300], eventID: String(index), note: 'x'.repeat(1_000) }));
    const text = JSON.stringify({ Records: padded });
    expect(text.length).toBeGreaterThan(16 * 1024 * 1024);
    for (const content of [text, gzipSync(text)]) {
      const { taken, unread } = await read(fileWith(content));
      expect(unread).toEqual([]);
      expect(ids(taken)).toEqual(ids(padded));
    }
  });
});

