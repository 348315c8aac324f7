import { App, Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { print } from './measure';
import { KeyAlarms, KmsTrail, SigningAlgorithm, SigningKey, SymmetricDataKey } from '../src';
import { EVENT_PATTERN_CHARACTERS, RULES_PER_BUS } from '../src/spec/limits';
import { readAssembly } from '../src/template';
import { PRICES, priceOf } from '../test/monitoring/support/prices';

/**
 * What alarms add to an app: resources, bytes of the template, rules and the longest of their patterns, and list prices a month. Keys are granted to roles of their own, or to the same.
 *
 * `CDK_VALIDATION=false npx tsx bench/alarms.ts [--json]`
 */

/** CloudFormation takes 500 resources and 1 MB a template (CloudFormation User Guide, "Understand CloudFormation quotas"). */
const TEMPLATE = { resources: 500, bytes: 1_000_000 };

interface Case {
  readonly name: string;
  readonly keys: number;
  readonly props?: { readonly spikeBand?: boolean };
  readonly shared?: boolean;
}

const CASES: Case[] = [
  { name: '1 key', keys: 1 },
  { name: '1 key, ceilings alone', keys: 1, props: { spikeBand: false } },
  { name: '50 keys, the same role', keys: 50, shared: true },
  { name: '50 keys, the same role, ceilings alone', keys: 50, props: { spikeBand: false }, shared: true },
  { name: '50 keys, a role each, ceilings alone', keys: 50, props: { spikeBand: false } },
];

function templateOf({ keys, props, shared }: Case, isWatched: boolean): Deployed {
  const app = new App({ analyticsReporting: false });
  const stack = new Stack(app, 'Orders', { env: { account: '111122223333', region: 'eu-west-1' } });
  const alarms = isWatched ? new KeyAlarms(stack, 'Alarms', { trail: KmsTrail.elsewhere('measured'), ...props }) : undefined;
  const role = (id: string) => new Role(stack, id, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
  const one = shared ? role('Backend') : undefined;
  for (let n = 0; n < keys; n++) {
    if (n === 1 && !shared) new SigningKey(stack, 'Signatures', { alias: 'orders/signatures', algorithm: SigningAlgorithm.ES256, alarms }).grants.sign(role('Signer'));
    else new SymmetricDataKey(stack, `Data${n}`, { alias: `orders/data${n}`, alarms }).grants.decrypt(one ?? role(`Reader${n}`));
  }
  const assembly = app.synth();
  return { bytes: JSON.stringify(assembly.getStackByName('Orders').template).length, resources: readAssembly(assembly.directory).resources() };
}

interface Deployed {
  readonly bytes: number;
  readonly resources: ReturnType<ReturnType<typeof readAssembly>['resources']>;
}

const rows = CASES.map((each) => {
  const [before, after] = [templateOf(each, false), templateOf(each, true)];
  const rules = after.resources.filter(({ type }) => type === 'AWS::Events::Rule');
  return {
    keys: each.name,
    resources: after.resources.length,
    added: after.resources.length - before.resources.length,
    kB: Math.round(after.bytes / 100) / 10,
    addedKB: Math.round((after.bytes - before.bytes) / 100) / 10,
    rules: rules.length,
    longestPattern: Math.max(...rules.map(({ properties }) => JSON.stringify(properties.EventPattern).length)),
    dollarsAMonth: Math.round(priceOf(after.resources) * 100) / 100,
  };
});
const fits = rows.every(({ resources, kB, rules, longestPattern }) => resources <= TEMPLATE.resources && kB * 1000 <= TEMPLATE.bytes
  && rules <= RULES_PER_BUS && longestPattern < EVENT_PATTERN_CHARACTERS);
const { alarmMetric, bandMetrics, compositeAlarm, key, date } = PRICES;
const list = `${alarmMetric.toFixed(2)} USD a metric of an alarm, a band has ${bandMetrics}; ${compositeAlarm.toFixed(2)} a composite alarm; ${key.toFixed(2)} the key of the topic; rules and a first trail free`;
print(`What alarms add, a month by list prices of ${date} in us-east-1: ${list}`, rows, { limit: TEMPLATE.resources, withinLimit: fits });
