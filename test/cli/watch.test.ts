import { cpSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { folderWith, keysmith, width } from './support/console';
import { faultsBy } from './support/schemas';
import type { WatchJson } from '../../src/cli/commands/watch';
import { trailFiles } from '../../src/detect';
import type { CloudTrailRecord } from '../../src/detect';
import { scenario2 } from '../detect/support/attacks';
import { COMPANY_TEMPLATE, CONTEXT, DEPLOYER, FOREIGN_KEY, KEYS, READERS, role } from '../detect/support/company';
import { burst } from '../detect/support/day';
import { writeTrail } from '../detect/support/files';
import { MIDNIGHT, Records } from '../detect/support/records';

const folder = (): string => mkdtempSync(join(tmpdir(), 'keysmith-watch-test-'));

function trail(records: readonly CloudTrailRecord[]): string {
  const at = folder();
  writeTrail(at, [...records].sort((one, other) => one.eventTime! < other.eventTime! ? -1 : 1), 250);
  return at;
}

const DAY = 24 * 3_600;
const reads = (name: string, calls: number, from = MIDNIGHT, keyArn = KEYS.data, seed = 5): CloudTrailRecord[] => (
  burst({ event: 'Decrypt', caller: role(name), keyArn, encryptionContext: CONTEXT }, calls, from, 3_600, seed));

const theft = trail([...reads(READERS[0], 200), ...scenario2(MIDNIGHT).records]);
const normal = trail(reads(READERS[0], 200));
const before = trail([...reads(READERS[0], 200, MIDNIGHT - DAY), ...reads(READERS[1], 50, MIDNIGHT - DAY)]);
const template = join(folderWith({ 'company.json': COMPANY_TEMPLATE }), 'company.json');

async function json(...words: string[]): Promise<WatchJson & { readonly status: number }> {
  const { status, out } = await keysmith(['watch', '--json', ...words]);
  return { status, ...JSON.parse(out) as WatchJson };
}

const told = ({ alerts }: WatchJson): string[] => alerts.map(({ level, detector }) => `${level} ${detector}`).sort();

describe('keysmith watch', () => {
  test('tells people in 80 columns what happened, and what it did not look for', async () => {
    const { status, out, err } = await keysmith(['watch', '--trail', theft]);
    expect(status).toBe(1);
    expect(width(out)).toBeLessThanOrEqual(80);
    expect(width(err)).toBeLessThanOrEqual(80);
    expect(out).toMatch(/^level +detector +principal +count +when \(UTC\)\nalarm +decrypt-spike +role\/Reports +700 +2026-11-28 10:00-10:59\n/);
    expect(out.replace(/\s+/g, ' ')).toContain('role/Reports called Decrypt 700 times within an hour on key/5a1fe0de-');
    expect(out).toMatch(/\n1 alarm in 900 KMS records of 901, 4 files, [\d.]+ s\n$/);
    expect(err).toContain('not looked for without --template: ungranted-use and ungranted-public-key');
    expect(err).toContain('not looked for without --baseline: unusual-use and unexpected-region');
    expect(err.replace(/\s+/g, ' ')).toContain('without --baseline, rates are compared with these records alone: a spike of who did nothing before is for information, unless they reach back a day');
  });

  test('ends with 0 and one line where nothing happened', async () => {
    const { status, out } = await keysmith(['watch', '--trail', normal]);
    expect(status).toBe(0);
    expect(out).toMatch(/^no alarms in 200 KMS records of 200, 1 file, [\d.]+ s\n$/);
  });

  test('prints JSON for machines, as its schema says', async () => {
    const { out } = await keysmith(['watch', '--trail', theft, '--json']);
    expect(faultsBy('watch', out)).toEqual([]);
    expect(faultsBy('watch', out.replace('"alarm"', '"alert"'))).not.toEqual([]);
    expect(JSON.parse(out)).toEqual({
      alerts: [{
        detector: 'decrypt-spike',
        level: 'alarm',
        key: KEYS.data,
        principal: 'arn:aws:iam::111122223333:role/Reports',
        count: 700,
        first: expect.stringMatching(/^2026-11-28T10:00:\d\dZ$/),
        last: expect.stringMatching(/^2026-11-28T10:59:\d\dZ$/),
        message: expect.any(String),
      }],
      records: 901,
      kmsRecords: 900,
      seconds: expect.any(Number),
    });
  });

  test('shows to who watches how far it is, and leaves nothing of it', async () => {
    const { err } = await keysmith(['watch', '--trail', theft], { watched: true });
    expect(err).toMatch(/\r\u001b\[Ktrail: \d of 4 files, [\d,]+ records/);
    expect(err.split('\r\u001b[K').pop()).not.toContain('trail:');
  });
});

describe('--template', () => {
  test('tells who is not granted what they did, and the other keys of the account are none of its business', async () => {
    const foreign = burst({ event: 'Decrypt', caller: { kind: 'role', name: 'other-team' }, keyArn: FOREIGN_KEY }, 5, MIDNIGHT, 600, 4);
    const at = trail([...reads(READERS[0], 20), ...scenario2(MIDNIGHT).records, ...foreign]);
    const found = await json('--trail', at, '--template', template);
    expect(told(found)).toEqual(['alarm decrypt-spike', 'alarm ungranted-use']);
    expect(found.alerts.every(({ key }) => key === KEYS.data)).toBe(true);
  });

  test('a key that nothing tells apart is told of, and can be named', async () => {
    const strangers = Array.from({ length: 4 }, (_, index) => burst(
      { event: 'Decrypt', caller: { kind: 'role', name: 'stranger' }, keyArn: FOREIGN_KEY.replace(/9$/, String(index)) }, 5, MIDNIGHT, 600, 4 + index)).flat();
    const at = trail(strangers);
    const { err, status } = await keysmith(['watch', '--trail', at, '--template', template]);
    expect(status).toBe(0);
    expect(err.replace(/\s+/g, ' ')).toContain('4 keys may be of the templates or not, and were not compared with them: say --key <name>=<arn>');
    const found = await json('--trail', at, '--template', template, '--key', `alias/company-data=${FOREIGN_KEY.replace(/9$/, '2')}`);
    expect(found.alerts.map(({ detector, key }) => [detector, key])).toEqual([['ungranted-use', FOREIGN_KEY.replace(/9$/, '2')]]);
  });

  test('an alias in the records tells which key is which', async () => {
    const alias = new Records(1).make({ event: 'UpdateAlias', caller: DEPLOYER, aliasName: 'alias/company-signing', keyArn: KEYS.signing, second: MIDNIGHT });
    const others = Array.from({ length: 3 }, (_, index) => reads(READERS[0], 3, MIDNIGHT, FOREIGN_KEY.replace(/9$/, String(index)), index + 1)).flat();
    const signing = burst({ event: 'Sign', caller: role(READERS[0]), keyArn: KEYS.signing }, 3, MIDNIGHT + 60, 60, 9);
    expect(told(await json('--trail', trail([alias, ...others, ...signing]), '--template', template))).toEqual(['alarm ungranted-use', 'info alias-changed']);
  });

  test('roles are known by their names, also where CloudFormation made up the end', async () => {
    const at = trail([...reads(READERS[0], 5), ...reads(READERS[1], 5)]);
    expect(told(await json('--trail', at, '--template', template))).toEqual([]);
  });

  test('somebody of another account of which the policy names a role, of whom records tell the account alone', async () => {
    const { Data } = structuredClone(COMPANY_TEMPLATE.Resources) as { Data: { Properties: { KeyPolicy: { Statement: object[] } } } };
    Data.Properties.KeyPolicy.Statement.push({ Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::444455556666:role/partner' }, Action: 'kms:Decrypt', Resource: '*' });
    const granting = join(folderWith({ 'company.json': { ...COMPANY_TEMPLATE, Resources: { ...COMPANY_TEMPLATE.Resources, Data } } }), 'company.json');
    const calls = (event: 'Decrypt' | 'Encrypt', account: string) => burst({ event, caller: { kind: 'other account', account }, keyArn: KEYS.data }, 3, MIDNIGHT + 60, 60, 3);
    const found = async (records: readonly CloudTrailRecord[]) => told(await json('--trail', trail(records), '--template', granting, '--key', `alias/company-data=${KEYS.data}`));
    expect(await found(calls('Decrypt', '444455556666'))).toEqual([]);
    expect(await found(calls('Encrypt', '444455556666'))).toEqual(['alarm ungranted-use']);
    expect(await found(calls('Decrypt', '777788889999'))).toEqual(['alarm ungranted-use']);
  });

  test('a template without keys has nothing to compare with, and says so', async () => {
    const empty = join(folderWith({ 'empty.json': { Resources: { Topic: { Type: 'AWS::SNS::Topic' } } } }), 'empty.json');
    const { status, err } = await keysmith(['watch', '--trail', normal, '--template', empty]);
    expect([status, err.replace(/\s+/g, ' ')]).toEqual([0, expect.stringContaining('no keys in the template: nobody is granted anything by it, and no use was compared with it')]);
  });

  test('a stack that names no account is taken to be where the trail is', async () => {
    const elsewhere = scenario2(MIDNIGHT).records.map((record) => JSON.parse(JSON.stringify(record).replaceAll('111122223333', '222233334444').replaceAll('us-east-1', 'eu-west-1')) as CloudTrailRecord);
    expect(told(await json('--trail', trail(elsewhere), '--template', template))).toEqual(['alarm decrypt-spike', 'alarm ungranted-use']);
  });

  test.each([
    ['a service makes it in the name of a role', { kind: 'through a service', name: 'Admin', service: 'rds.amazonaws.com' } as const, []],
    ['a user makes it', { kind: 'user', name: 'trudy' } as const, ['alarm grant-created', 'alarm ungranted-use']],
  ])('a grant lets its grantee in if %s', async (_, caller, expected) => {
    const grantee = 'arn:aws:iam::111122223333:role/Grantee';
    const grant = new Records(2).make({ event: 'CreateGrant', caller, keyArn: KEYS.data, grantee, second: MIDNIGHT });
    const uses = burst({ event: 'Decrypt', caller: { kind: 'role', name: 'Grantee' }, keyArn: KEYS.data }, 3, MIDNIGHT + 60, 60, 3);
    expect(told(await json('--trail', trail([grant, ...uses]), '--template', template))).toEqual(expected);
  });
});

describe('--baseline', () => {
  test('tells what nobody did before', async () => {
    expect(told(await json('--trail', theft, '--baseline', before))).toEqual(['alarm decrypt-spike', 'alarm unusual-use']);
  });

  test('and is silent on what they did', async () => {
    expect(told(await json('--trail', normal, '--baseline', before))).toEqual([]);
  });
});

/** A directory with a file of that content. */
function fileOf(content: string): string {
  const at = folder();
  writeFileSync(join(at, 'a.json'), content);
  return at;
}

/** A directory with the trail of a normal day below it. */
const within = folder();
cpSync(normal, join(within, 'inner'), { recursive: true });

const [file] = trailFiles(normal).files;

function linked(): string {
  const at = folder();
  symlinkSync(file.path, join(at, 'link.json.gz'));
  return at;
}

function selfLinked(): string {
  const at = folder();
  symlinkSync(join(at, 'a.json'), join(at, 'a.json'));
  return at;
}

describe('input that cannot be used', () => {
  test.each([
    ['no trail', [], /required option '--trail <path>'/],
    ['a path that is not there', ['--trail', '/nowhere'], /there is no '\/nowhere'/],
    ['an empty directory', ['--trail', folder()], /no file that ends in \.json or \.gz/],
    ['a baseline that is not there', ['--trail', normal, '--baseline', '/nowhere'], /--baseline takes/],
    ['a baseline that is the trail', ['--trail', normal, '--baseline', normal], /--baseline '.*' holds 1 file of --trail itself, like .*: give it files of an earlier time/],
    ['a baseline around the trail', ['--trail', join(within, 'inner'), '--baseline', within], /holds 1 file of --trail itself/],
    ['a baseline that holds a link to the trail', ['--trail', normal, '--baseline', linked()], /holds 1 file of --trail itself/],
    ['a baseline without a use of a key', ['--trail', normal, '--baseline', fileOf('{"Records":[]}')], /holds no use of a key: nothing would be normal/],
    ['a baseline that cannot be read', ['--trail', normal, '--baseline', fileOf('{"Records":')], /holds no use of a key, and .*a\.json could not be read: .*JSON/],
    ['a link to itself', ['--trail', selfLinked()], /holds what cannot be read \(.*a\.json: ELOOP: too many symbolic links/],
    ['a template that is not there', ['--trail', normal, '--template', '/nowhere'], /there is no '\/nowhere'/],
    ['a key that no template has', ['--trail', normal, '--template', template, '--key', `Nothing=${KEYS.data}`], /no key 'Nothing'/],
  ])('%s', async (_, words, message) => {
    const { status, err, out } = await keysmith(['watch', ...words]);
    expect(status).toBe(2);
    expect(err.replace(/\s+/g, ' ')).toMatch(message);
    expect(out).toBe('');
  });

  const read = (content: unknown) => keysmith(['watch', '--trail', fileOf(JSON.stringify(content))]);

  test.each<[what: string, content: unknown, status: number, message: RegExp]>([
    ['entries that are no records', { Records: [null, 7, 'x', []] }, 2, /not read: .*a\.json: 4 entries are no record of CloudTrail/],
    ['one that is none among records', [{ eventSource: 'ec2.amazonaws.com' }, null], 2, /one entry is no record of CloudTrail/],
    ['looked-up events without a record', { Events: [{ EventId: '1' }] }, 2, /one entry is no record of CloudTrail/],
    ['records without a time', reads(READERS[0], 3).map((record) => ({ ...record, eventTime: undefined })), 2, /3 records without a time that can be read: not judged/],
    ['a time that is none', reads(READERS[0], 3).map((record) => ({ ...record, eventTime: 'yesterday' })), 2, /3 records without a time/],
    ['a time before there was a CloudTrail', reads(READERS[0], 3).map((record) => ({ ...record, eventTime: '1960-01-01T00:00:00Z' })), 2, /3 records without a time/],
    ['a time that is beyond all', reads(READERS[0], 3).map((record) => ({ ...record, eventTime: '9999-01-01T00:00:00Z' })), 2, /3 records without a time/],
    ['records of other services without a time', [{ eventSource: 'ec2.amazonaws.com' }], 0, /not looked for/],
  ])('%s', async (_, content, status, message) => {
    const ran = await read(content);
    expect(ran.status).toBe(status);
    expect(ran.err.replace(/\s+/g, ' ')).toMatch(message);
  });

  test('an empty file', async () => expect((await keysmith(['watch', '--trail', fileOf(' ')])).err.replace(/\s+/g, ' ')).toMatch(/a\.json: it is empty/));

  test('a link that leads nowhere beside files: they are read, and the status says that it is not all', async () => {
    const at = trail(reads(READERS[0], 20));
    symlinkSync('/nowhere/at/all', join(at, 'b.json'));
    const { status, out, err } = await keysmith(['watch', '--trail', at]);
    expect([status, out]).toEqual([2, expect.stringMatching(/^no alarms in 20 KMS records/)]);
    expect(err.replace(/\s+/g, ' ')).toMatch(/not read: .*b\.json: ENOENT: no such file or directory/);
  });

  test('a file that cannot be read: the others are told of, and the status says that it is not all', async () => {
    const at = trail(scenario2(MIDNIGHT).records);
    writeFileSync(join(at, 'broken.json.gz'), 'not gzip');
    const { status, out, err } = await keysmith(['watch', '--trail', at]);
    expect(status).toBe(2);
    expect(out).toContain('decrypt-spike');
    expect(err.replace(/\s+/g, ' ')).toMatch(/not read: .*broken\.json\.gz: .*JSON/);
  });
});
