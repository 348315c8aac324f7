import { existsSync, realpathSync } from 'node:fs';
import { History, readTrail, resting, shortArn, trailFiles, Watch } from '../../detect';
import type { Alert, CloudTrailRecord, TrailFiles, Unread, Watched } from '../../detect';
import type { Console } from '../console';
import { readInput } from '../input/input';
import { inputOptions } from '../options';
import type { ReadSettings } from '../options';
import { table } from '../output/table';
import { count, hanging, listed, paint } from '../output/text';
import { Unusable } from '../unusable';
import { Granted } from '../watch/granted';

/** Options of `keysmith watch`. */
export interface WatchSettings {
  readonly trail: string;
  readonly template?: string;
  readonly baseline?: string;
  readonly key?: Readonly<Record<string, string>>;
  readonly json?: boolean;
}

/** What `keysmith watch --json` prints. */
export interface WatchJson {
  readonly alerts: readonly Alert[];
  readonly records: number;
  readonly kmsRecords: number;
  readonly seconds: number;
}

/** @returns 0 without alarms, 1 with, 2 if a file, an entry of one or the time of a record could not be read: what it tells is not known */
export async function watch(settings: ReadSettings & WatchSettings, console: Console): Promise<number> {
  const started = performance.now();
  const files = filesAt(settings.trail, '--trail');
  const grants = settings.template === undefined ? undefined : await grantsOf(settings.template, files, settings, console);
  const learnt = settings.baseline === undefined ? undefined : await learn(settings.baseline, files, grants, console);
  const { history, unread = [] }: Partial<Learnt> = learnt ?? {};

  const watching = new Watch({ grants, history });
  const unreadTrail = await reading(files, watching, 'trail', console);
  const found = watching.finish();
  const seconds = Math.round(performance.now() - started) / 1000;
  const failed = [...unread, ...files.unread, ...unreadTrail];

  if (settings.json) {
    const { alerts, records, kmsRecords } = found;
    console.out(`${JSON.stringify({ alerts, records, kmsRecords, seconds } satisfies WatchJson, null, 2)}\n`);
  } else {
    console.out(report(found, seconds, files, console));
  }
  for (const note of notes({ grants, history }, found, failed)) console.err(`${hanging(note, console.columns, '', '  ')}\n`);
  if (failed.length || found.unreadable) return 2;
  return found.alerts.some(({ level }) => level === 'alarm') ? 1 : 0;
}

function filesAt(path: string, option: string): TrailFiles {
  if (!existsSync(path)) throw new Unusable(`there is no '${path}': ${option} takes a file of CloudTrail or a directory of them`);
  const found = trailFiles(path);
  if (found.files.length) return found;
  const [first] = found.unread;
  const else_ = first ? `what cannot be read (${first.path}: ${first.because})` : found.digests ? `only ${count(found.digests, 'digest')}, which hold no records` : 'no file that ends in .json or .gz';
  throw new Unusable(`'${path}' holds ${else_}: ${option} takes a directory of trail files, AWSLogs for example`);
}

async function reading(files: TrailFiles, taker: Pick<Watch, 'accept' | 'settle'>, what: string, console: Console): Promise<readonly Unread[]> {
  let shown = 0;
  const unread = await readTrail(files.files, files.ordered, taker, ({ files: done, records }) => {
    if (!console.watched || performance.now() - shown < 100) return;
    shown = performance.now();
    console.err(`\r\u001b[K${what}: ${done} of ${count(files.files.length, 'file')}, ${records.toLocaleString('en-US')} records`);
  });
  if (console.watched) console.err('\r\u001b[K');
  return unread;
}

/** Stacks that name no account or Region are taken to be where the trail is. */
async function grantsOf(path: string, files: TrailFiles, settings: ReadSettings & WatchSettings, console: Console): Promise<Granted> {
  let first: CloudTrailRecord | undefined;
  const peek = (record: CloudTrailRecord): void => { if (record.eventSource === 'kms.amazonaws.com') first ??= record; };
  await readTrail(files.files.slice(0, 1), false, { accept: peek, settle: () => undefined });
  const input = await readInput(path, inputOptions({
    ...settings, account: settings.account ?? first?.recipientAccountId, region: settings.region ?? first?.awsRegion,
  }), console);
  return new Granted(input.deployment, settings.key);
}

interface Learnt {
  readonly history: History;
  readonly unread: readonly Unread[];
}

async function learn(path: string, trail: TrailFiles, grants: Granted | undefined, console: Console): Promise<Learnt> {
  const files = filesAt(path, '--baseline');
  const judged = new Set(trail.files.map((file) => realpathSync(file.path)));
  const shared = files.files.filter((file) => judged.has(realpathSync(file.path)));
  if (shared.length) {
    throw new Unusable(`--baseline '${path}' holds ${count(shared.length, 'file')} of --trail itself, like ${shared[0].path}, and whatever they show would be normal: give it files of an earlier time`);
  }
  const history = new History(grants);
  const unread = [...files.unread, ...await reading(files, history, 'baseline', console)];
  if (!history.records) {
    throw new Unusable(`--baseline '${path}' holds no use of a key${unread.length ? `, and ${unread[0].path} could not be read: ${unread[0].because}` : ''}: nothing would be normal. Leave it out, or give it files of an earlier time`);
  }
  return { history, unread };
}

const LEVELS = { alarm: 'bad', info: 'aside' } as const;

function report({ alerts, records, kmsRecords, duplicates }: Watched, seconds: number, files: TrailFiles, { columns, colours }: Console): string {
  const painted = paint(colours);
  const summary = `${alarmsOf(alerts)} in ${number(kmsRecords)} KMS records of ${number(records)}, ${count(files.files.length, 'file')}, ${seconds} s`;
  const repeated = duplicates ? ` (${number(duplicates)} more were copies)` : '';
  if (!alerts.length) return `${summary}${repeated}\n`;
  const rows = alerts.map((alert) => [alert.level, alert.detector, shortArn(alert.principal), String(alert.count ?? ''), period(alert)]);
  const columnsOf = [{ head: 'level' }, { head: 'detector' }, { head: 'principal', share: 1 }, { head: 'count' }, { head: 'when (UTC)' }];
  const overview = table(columnsOf, rows, columns);
  const told = alerts.map((alert) => painted[LEVELS[alert.level]](hanging(alert.message, columns, '  ', '    ')));
  return `${overview}\n${told.join('\n')}\n\n${summary}${repeated}\n`;
}

function alarmsOf(alerts: readonly Alert[]): string {
  const alarms = alerts.filter(({ level }) => level === 'alarm').length;
  const others = alerts.length - alarms;
  return `${alarms ? count(alarms, 'alarm') : 'no alarms'}${others ? ` and ${others} for information` : ''}`;
}

function period({ first, last }: Alert): string {
  const [from, to] = [first, last].map((time) => time.slice(0, 16).replace('T', ' '));
  return from === to ? from : from.slice(0, 10) === to.slice(0, 10) ? `${from}-${to.slice(11)}` : `${from} to\n${to}`;
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}

const FILES_SHOWN = 5;

function notes(given: { readonly grants?: Granted; readonly history?: History }, { unreadable }: Watched, failed: readonly Unread[]): string[] {
  const byNeeds = new Map<string, string[]>();
  for (const { id, needs } of resting(given)) {
    const option = needs.map((need) => `--${need}`).join(' or ');
    byNeeds.set(option, [...byNeeds.get(option) ?? [], id]);
  }
  const unnamed = given.grants?.unnamed() ?? [];
  const isEmpty = given.grants?.keys === 0;
  return [
    ...[...byNeeds].map(([option, ids]) => `not looked for without ${option}: ${listed(ids)}`),
    ...(isEmpty ? ['no keys in the template: nobody is granted anything by it, and no use was compared with it'] : []),
    ...(given.history ? [] : ['without --baseline, rates are compared with these records alone: a spike of who did nothing before is for information, '
      + 'unless they reach back a day, it was made while they were written, or a template refuses it the use']),
    ...(unnamed.length ? [`${count(unnamed.length, 'key')} may be of the templates or not, and ${unnamed.length === 1 ? 'was' : 'were'} not compared with them: `
      + `say --key <name>=<arn> for ${listed(unnamed, 3, 'or')}`] : []),
    ...(unreadable ? [`${count(unreadable, 'record')} without a time that can be read: not judged`] : []),
    ...failed.slice(0, FILES_SHOWN).map(({ path, because }) => `not read: ${path}: ${because}`),
    ...(failed.length > FILES_SHOWN ? [`not read: ${failed.length - FILES_SHOWN} more files`] : []),
  ];
}
