import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { folderWith, keysmith, width } from './support/console';
import { faultsBy } from './support/schemas';
import type { WatchJson } from '../../src/cli/commands/watch';
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

describe('input that cannot be used', () => {
  test.each([
    ['no trail', [], /required option '--trail <path>'/],
    ['a path that is not there', ['--trail', '/nowhere'], /there is no '\/nowhere'/],
    ['an empty directory', ['--trail', folder()], /no file that ends in \.json or \.gz/],
    ['a baseline that is not there', ['--trail', normal, '--baseline', '/nowhere'], /--baseline takes/],
    ['a template that is not there', ['--trail', normal, '--template', '/nowhere'], /there is no '\/nowhere'/],
    ['a key that no template has', ['--trail', normal, '--template', template, '--key', `Nothing=${KEYS.data}`], /no key 'Nothing'/],
  ])('%s', async (_, words, message) => {
    const { status, err, out } = await keysmith(['watch', ...words]);
    expect(status).toBe(2);
    expect(err.replace(/\s+/g, ' ')).toMatch(message);
    expect(out).toBe('');
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
