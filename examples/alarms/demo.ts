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
import { ATTACKER, INSIDER, incident, normalDay, writeTrail } from './trail';
import type { TrailRecord } from './trail';
import { run } from '../../src/cli/run';
import type { Alert } from '../../src/detect';
import { readAssembly } from '../../src/template';
import type { Deployment } from '../../src/template';
import { temporaryFolder } from '../invoices/temporary-folder';

const MIDNIGHT = Date.UTC(2026, 10, 28) / 1000;
const DAY = 24 * 3600;

/** What has to be told of the attack, and nothing else. */
const EXPECTED = [`key-policy-changed ${INSIDER}`, `ungranted-use ${ATTACKER}`, `decrypt-spike ${ATTACKER}`, `unusual-use ${ATTACKER}`, `trail-blinded ${INSIDER}`];

async function main(): Promise<void> {
  const started = Date.now();
  const folder = temporaryFolder('keysmith-alarms-');
  const { directory } = defineApp(join(folder, 'cdk.out')).synth();
  const deployment = readAssembly(directory);
  const [{ arn }] = deployment.keys.filter(({ path = '' }) => path === 'Orders/Data/Resource');

  const [yesterday, quiet, attack] = [normalDay(MIDNIGHT - DAY, arn), normalDay(MIDNIGHT, arn), incident(MIDNIGHT + DAY, arn)];
  writeTrail(join(folder, 'baseline'), yesterday);
  writeTrail(join(folder, 'quiet'), quiet);
  writeTrail(join(folder, 'attack'), [...normalDay(MIDNIGHT + DAY, arn), ...attack]);
  const given = ['--template', directory, '--baseline', join(folder, 'baseline')];

  say('A key with twenty readers, its alarms, and a normal day');
  const calm = await watch(['--trail', join(folder, 'quiet'), ...given]);
  say(`  ${calm.records.toLocaleString('en-US')} calls by ${deployment.identities.length} roles, the busiest with some 740 in an hour: ${calm.alerts.length ? `${calm.alerts.length} alarms` : 'no alarm'}.`);

  say('\nThe next day: a contractor puts a key policy, a new role decrypts 700 times within an hour, the trail is stopped');
  const found = await watch(['--trail', join(folder, 'attack'), ...given]);
  for (const alert of found.alerts) tell(alert, attack, deployment);

  say('\nWhat was read, from the encryption contexts of the records');
  for (const [tenant, calls] of readBy(ATTACKER, attack)) say(`  ${tenant}  ${calls} calls`);
  say('  Rotation would change nothing of that: it takes no permission from anybody. Deploy the policy again, end the role\'s sessions,');
  say('  and encrypt anew, under new data keys, what belongs to these tenants. The runbook: docs/monitoring.md');

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
  const quiet = { columns: 80, colours: false, watched: false, readStandardInput: () => Promise.resolve(''), interrupted: () => Promise.resolve() };
  const status = await run(['watch', ...options, '--json'], { ...quiet, out: (text) => { printed += text; }, err: () => {} }, '0.0.0');
  if (status > 1) throw new Error(`keysmith watch ended with ${status}: ${printed}`);
  return JSON.parse(printed) as Found;
}

/** An alarm as the topic's subscribers get it, filled in from its first record; what no rule of the template tells, `keysmith watch` does. */
function tell(alert: Alert, records: readonly TrailRecord[], deployment: Deployment): void {
  const rules = deployment.resources('AWS::Events::Rule').flatMap(({ properties }) => properties.Targets as RuleTarget[]);
  const text = rules.flatMap(({ InputTransformer }) => InputTransformer ?? []).find(({ InputTemplate }) => InputTemplate.includes(`, ${alert.detector}: `));
  const first = records.find((each) => each.eventTime === alert.first) ?? {};
  say(`\n  ${alert.first.slice(11, 16)}  ${alert.message}`);
  if (!text) return;
  const lines = filled(text, { detail: first }).split('\n').map((line) => JSON.parse(line) as string);
  for (const line of lines.filter((each) => !each.startsWith('ALARM'))) say(`         ${line.replace(/ +/g, ' ')}`);
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

function say(line: string): void {
  console.log(line);
}

void main();
