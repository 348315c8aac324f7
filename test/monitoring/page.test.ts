import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { CfnKey, Key } from 'aws-cdk-lib/aws-kms';
import { priceOf } from './support/prices';
import { NEW_APP } from './support/scene';
import { KeyAlarms, KmsTrail, SigningAlgorithm, SigningKey, SymmetricDataKey } from '../../src';
import { DETECTORS } from '../../src/detect';
import type { Detector } from '../../src/detect';
import { asName } from '../../src/monitoring/notifications';
import { Deployed, HERE } from '../support/deployed';

/** docs/monitoring.md is what the detectors say, and what they cost is what the template comes to. */

const PAGE = readFileSync(join(__dirname, '../../docs/monitoring.md'), 'utf8');

function deployed(): Deployed {
  const app = new App({ context: NEW_APP });
  const stack = new Stack(app, 'Shop', { env: HERE });
  const alarms = new KeyAlarms(stack, 'Alarms', { trail: KmsTrail.elsewhere('the trail of the organization'), expectedRegions: [HERE.region] });
  new SymmetricDataKey(stack, 'Data', { alarms, multiRegion: true });
  new SigningKey(stack, 'Signatures', { alarms, algorithm: SigningAlgorithm.ES256 });
  alarms.watch(Key.fromCfnKey(new CfnKey(stack, 'Imported', { origin: 'EXTERNAL', keyPolicy: { Statement: [] } })));
  return new Deployed(app);
}

const resources = deployed().deployment.resources();
/** What stands in the template for a detector. */
const partsOf = (id: string): typeof resources => resources.filter(({ path = '' }) => path.split('/').some((name) => name.startsWith(asName(id))));

/** Of one key: several share nothing of a metric alarm. */
function priceOfOne(id: string): number {
  const parts = partsOf(id);
  const keys = new Set(parts.map(({ path = '' }) => path.split('/').find((name) => name.startsWith(asName(id)))!.replace(/(Ceiling|Floor|Band)$/, '')));
  return keys.size === 0 ? 0 : priceOf(parts) / keys.size;
}

const BY: Readonly<Record<Detector['mechanism'], string>> = {
  'write event': 'a rule', 'read-only event': 'a rule for reads', 'native event': 'a rule on what KMS tells', 'metric': 'a metric alarm',
};
/** Said once for all, above and below the table. */
const SAID_ONCE = /while no trail logs/;

function rowOf({ id, tellsWhen, mechanism, level, blindSpots, dollarsAMonth }: Detector): string[] {
  const isWatchOnly = mechanism !== 'metric' && partsOf(id).length === 0 && id === 'unusual-use';
  const by = isWatchOnly ? '`keysmith watch` only: no rule remembers' : `${BY[mechanism]}${level === 'info' ? ', for information' : ''}`;
  const cost = dollarsAMonth === 0 ? '-' : `${dollarsAMonth.toFixed(2)} a ${id === 'request-quota' ? 'quota' : 'key'}`;
  return [`[${id}](#${id})`, tellsWhen, by, cost, blindSpots.filter((spot) => !SAID_ONCE.test(spot)).join(' ')];
}

test('the table has a row for each detector: when, by what, for how much, and what it does not see', () => {
  const rows = [...PAGE.matchAll(/^\| \[[a-z-]+\]\(#.*\|$/gm)].map(([line]) => line.split('|').slice(1, -1).map((cell) => cell.trim()));
  expect(rows).toEqual(DETECTORS.map(rowOf));
});

test('each has a runbook of three steps, in the same order', () => {
  const runbooks = [...PAGE.matchAll(/^### ([a-z-]+)\n\n(.+)\n\n1\. (.+)\n2\. (.+)\n3\. (.+)\n\n/gm)].map(([, ...parts]) => parts);
  const sentence = (text: string): string => `${text[0].toUpperCase()}${text.slice(1)}.`;
  expect(runbooks).toEqual(DETECTORS.map(({ id, tellsWhen, nextSteps }) => [id, sentence(tellsWhen), ...nextSteps]));
});

test.each(DETECTORS.map((each) => [each.id, each.dollarsAMonth] as const))('%s costs %d USD a month', (id, dollars) => {
  expect(priceOfOne(id)).toBeCloseTo(dollars, 10);
});

test('each but those that information is sent to, and what no rule remembers, stands in the template', () => {
  expect(DETECTORS.filter(({ id }) => partsOf(id).length === 0).map(({ id }) => id)).toEqual(['key-rotated', 'unusual-use']);
});
