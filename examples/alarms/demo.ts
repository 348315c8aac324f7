/**
 * The incident of docs/monitoring.md, replayed without an AWS account: alarms are synthesized, a normal day and an attack are made as CloudTrail would have recorded
 * them, `keysmith watch` judges both, and each alarm is shown as the notification that the synthesized rule would send.
 *
 *   npm run demo:alarms
 *
 * Ends with 1 where the normal day raises an alarm, or the attack does not raise those that it should.
 */
import { join } from 'node:path';
import { defineApp } from './app';
import { ATTACKER, INSIDER, incident, normalHours, writeTrail } from './trail';
import type { TrailRecord } from './trail';
import { hanging } from '../../src/cli/output/text';
import { run } from '../../src/cli/run';
import type { Alert } from '../../src/detect';
import { readAssembly } from '../../src/template';
import type { Deployment } from '../../src/template';
import { temporaryFolder } from '../invoices/temporary-folder';

const MIDNIGHT = Date.UTC(2026, 10, 28) / 1000;
const DAY = 24 * 3600;
const COLUMNS = 80;

/** What has to be told of the attack, and nothing else. */
const EXPECTED = [`key-policy-changed ${INSIDER}`, `ungranted-use ${ATTACKER}`, `decrypt-spike ${ATTACKER}`, `unusual-use ${ATTACKER}`, `trail-blinded ${INSIDER}`];

async function main(): Promise<void> {
  const started = Date.now();
  const folder = temporaryFolder('keysmith-alarms-');
  const { directory } = defineApp(join(folder, 'cdk.out')).synth();
  const deployment = readAssembly(directory);
  const [{ arn }] = deployment.keys.filter(({ path = '' }) => path === 'Orders/Data/Resource');

  const [quiet, attack] = [join(folder, 'quiet'), join(folder, 'attack')];
  const story = incident(MIDNIGHT + DAY, arn);
  writeTrail(quiet, normalHours(MIDNIGHT, arn));
  writeTrail(attack, [...normalHours(MIDNIGHT + DAY, arn, 13, 16), ...story]);

  say('A key with twenty readers, its alarms, and a normal day\n');
  const calm = await watch(['--trail', quiet, '--template', directory]);
  say(`  ${calm.records.toLocaleString('en-US')} calls, the busiest role with some 740 in an hour: ${calm.alerts.length ? `${calm.alerts.length} alarms` : 'no alarm'}`);

  say('\nThe next afternoon: a contractor puts a key policy, a new role decrypts 700 times within an hour, the trail is stopped');
  const found = await watch(['--trail', attack, '--template', directory, '--baseline', quiet]);
  for (const alert of found.alerts) tell(alert, story, deployment);

  say('\nWhat was read, by the encryption contexts of the records\n');
  for (const [tenant, calls] of readBy(ATTACKER, story)) say(`  tenant ${tenant}: ${calls} calls`);

  say('\nWhat to do\n');
  say('  Deploy again: the policy of the template takes the place of the contractor\'s.');
  say('  End the sessions of the role, and start the trail.');
  say('  Encrypt anew, under new data keys, what belongs to these tenants. Rotating the key would change nothing of that: it takes no permission from anybody. The runbook is docs/monitoring.md.');

  const told = found.alerts.map(({ detector, principal }) => `${detector} ${principal.split('/').at(-1)}`).sort();
  const asExpected = calm.alerts.length === 0 && JSON.stringify(told) === JSON.stringify([...EXPECTED].sort());
  say(asExpected ? `\nExactly these had to be told. ${Math.round((Date.now() - started) / 1000)} seconds.` : `\nNot as it had to be: ${told.join(', ')}`);
  process.exitCode = asExpected ? 0 : 1;
}

interface Found {
  readonly alerts: readonly Alert[];
  readonly records: number;
}

/** `keysmith watch`, as people run it. */
async function watch(options: readonly string[]): Promise<Found> {
  let printed = '';
  const silent = { columns: COLUMNS, colours: false, watched: false, readStandardInput: () => Promise.resolve(''), interrupted: () => Promise.resolve() };
  const status = await run(['watch', ...options, '--json'], { ...silent, out: (text) => { printed += text; }, err: () => {} }, '0.0.0');
  if (status > 1) throw new Error(`keysmith watch ended with ${status}: ${printed}`);
  return JSON.parse(printed) as Found;
}

/** An alarm as the topic's subscribers get it, filled in from its first record; what no rule of the template tells, `keysmith watch` does. */
function tell(alert: Alert, records: readonly TrailRecord[], deployment: Deployment): void {
  const rules = deployment.resources('AWS::Events::Rule').flatMap(({ properties }) => properties.Targets as RuleTarget[]);
  const text = rules.flatMap(({ InputTransformer }) => InputTransformer ?? []).find(({ InputTemplate }) => InputTemplate.includes(`, ${alert.detector}: `));
  const first = records.find((each) => each.eventTime === alert.first) ?? {};
  say(`\n  ${alert.first.slice(11, 16)}  ${alert.detector}`);
  say(`   ${alert.message}`);
  if (!text) {
    say('   By `keysmith watch` alone: rules remember nothing, and metrics know keys, not roles.');
    return;
  }
  const lines = filled(text, { detail: first }).split('\n').map((line) => JSON.parse(line) as string);
  for (const line of lines.filter((each) => !each.startsWith('ALARM'))) say(`   ${line.trim().replace(/ +/g, ' ')}`);
}

interface RuleTarget {
  readonly InputTransformer?: Transformer;
}

interface Transformer {
  readonly InputTemplate: string;
  readonly InputPathsMap: Readonly<Record<string, string>>;
}

/** As EventBridge fills an input template; what is absent becomes nothing. */
function filled({ InputTemplate, InputPathsMap }: Transformer, event: object): string {
  return InputTemplate.replace(/<([\w-]+)>/g, (_, name: string) => {
    const path = InputPathsMap[name].replace(/^\$\./, '').replace(/\[(\d+)\]/g, '.$1').split('.');
    return String(path.reduce<unknown>((value, part) => (value as Record<string, unknown> | undefined)?.[part], event) ?? '');
  });
}

function readBy(name: string, records: readonly TrailRecord[]): [tenant: string, calls: number][] {
  const calls = new Map<string, number>();
  for (const { eventName, userIdentity, requestParameters } of records as unknown as readonly Call[]) {
    if (eventName !== 'Decrypt' || userIdentity.sessionContext?.sessionIssuer.userName !== name) continue;
    const { tenant = '' } = requestParameters.encryptionContext ?? {};
    calls.set(tenant, (calls.get(tenant) ?? 0) + 1);
  }
  return [...calls].sort(([, one], [, other]) => other - one);
}

interface Call {
  readonly eventName: string;
  readonly userIdentity: { readonly sessionContext?: { readonly sessionIssuer: { readonly userName: string } } };
  readonly requestParameters: { readonly encryptionContext?: Readonly<Record<string, string>> };
}

/** Paragraphs, in the width of a terminal; each is indented as it begins, and two more where it goes on. */
function say(text: string): void {
  for (const line of text.split('\n')) {
    const indent = /^ */.exec(line)![0];
    console.log(hanging(line.slice(indent.length), COLUMNS, indent, line.startsWith(' ') ? `${indent}  ` : ''));
  }
}

void main();
