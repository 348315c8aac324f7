import { KEYS, judge } from './documented/judge';
import { FOREIGN, PLACES, almighty, place } from './documented/places';
import type { Place } from './documented/places';
import { TABLE, fill, requestOf } from './documented/rows';
import type { Values } from './documented/rows';
import { SCENES } from './documented/scenes';
import { decide } from '../../src/authz';
import type { KeyFacts } from '../../src/authz';
import { HERE, executionRole } from '../support/deployed';

/**
 * What AWS's pages say that services ask of KMS, against the keys that somebody gets who writes an app for it: grants by the constructs' own methods, the
 * policies of the synthesized template, and decisions by `authz`.
 *
 * A service gets its view: take it off `NO_VIEW`, and add how an app with it is written to `documented/scenes.ts`.
 */

/** Services that have no view yet, or none for one of their setups: their rows wait. */
const NO_VIEW: readonly string[] = [
  'REDSHIFT', 'REDSHIFT_SERVERLESS',
  'PIPES', 'SCHEDULER', 'GUARDDUTY', 'OPENSEARCH', 'ECS_FARGATE', 'SES', 'ROUTE53_DNSSEC',
];

/** Rows that fail, under which keys, and why. A row that holds again has to leave the list. */
const FAILING: Readonly<Record<string, { readonly under: readonly string[]; readonly because: string }>> = {};

const rowsOf = (service: string, setup: string) => TABLE.get(service)!.filter((row) => (row.setup ?? '') === setup);
const useOf = (service: string, setup = '') => (setup ? `${service} ${setup}` : service);
const scenes = Object.entries(SCENES).flatMap(([service, setups]) => Object.entries(setups).map(([setup, build]) => {
  return { use: useOf(service, setup), service, setup, build };
}));

describe.each(scenes)('$use', ({ service, setup, build }) => {
  const places = new Map<string, Place>();
  const placeUnder = (name: string): Place => {
    const known = places.get(name) ?? place(build, KEYS[name]);
    places.set(name, known);
    return known;
  };

  const judged = rowsOf(service, setup).filter(({ certainty }) => certainty !== 'unsure');
  test.each(judged.map((row) => [row.id, row.expect, row.flow, row] as const))('%s: %s: %s', (id, expected, _, row) => {
    const wrong = Object.keys(KEYS).filter((name) => KEYS[name].judges.includes(expected))
      .map((name) => ({ name, ...judge(row, placeUnder(name)) }))
      .filter(({ allowed }) => allowed !== (expected === 'allow'));
    if (FAILING[id]) expect(wrong.map(({ name }) => name)).toEqual(FAILING[id].under);
    else expect(wrong.map(({ name, reason }) => `a key ${name}: ${reason}`)).toEqual([]);
  });
});

describe('the table', () => {
  const rows = [...TABLE].flatMap(([service, all]) => all.map((row) => ({ service, use: useOf(service, row.setup), ...row })));
  const waits = ({ service, use }: { service: string; use: string }) => NO_VIEW.includes(use) || NO_VIEW.includes(service);

  test('has each row once', () => expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length));

  test('is of uses that an app is written for, or that have no view yet', () => {
    expect([...new Set(rows.filter((row) => !waits(row)).map(({ use }) => use))].sort()).toEqual(scenes.map(({ use }) => use).sort());
    expect(NO_VIEW.filter((use) => !rows.some((row) => row.use === use || row.service === use))).toEqual([]);
  });

  test('has every row that is said to fail', () => {
    expect(Object.keys(FAILING).filter((id) => !rows.some((row) => row.id === id && !waits(row)))).toEqual([]);
  });
});

/** Of rows whose services have no view yet as well: a request that nobody could be allowed, or refused, would show nothing about a policy. */
describe('a request of the table', () => {
  const roles = ['reader', 'writer', 'stranger', 'executionRole'].map((name) => [name, `arn:aws:iam::${HERE.account}:role/${name}`]);
  const arn = `arn:aws:secretsmanager:${HERE.region}:${HERE.account}:secret:orders-AbCdEf`;
  const values: Values = { ...PLACES, ...Object.fromEntries(roles), name: 'orders', arn, distribution: 'E1A2B3C4D5E6F7', zone: 'Z111111QQQQQQQ' };
  const key = { arn: `arn:aws:kms:${HERE.region}:${HERE.account}:key/1234abcd-12ab-34cd-56ef-1234567890ab`, spec: 'SYMMETRIC_DEFAULT', usage: 'ENCRYPT_DECRYPT' };
  const nobody: KeyFacts = { ...key, policy: { Version: '2012-10-17', Statement: [] } };
  const anybody: KeyFacts = { ...key, policy: { Version: '2012-10-17', Statement: { Sid: 'Anybody', Effect: 'Allow', Principal: '*', Action: 'kms:*', Resource: '*' } } };
  const everybody = [...roles.map(([, role]) => role), executionRole(), FOREIGN].map((role) => almighty({ arn: role }));

  test.each([...TABLE])('%s could be allowed, and could be refused', (_, rows) => {
    const outcomes = rows.map((row) => {
      const request = requestOf(fill(row, values), anybody);
      return [row.id, decide({ identities: everybody }, request).allowed, decide({ identities: [] }, { ...request, key: nobody }).allowed];
    });
    expect(outcomes.filter(([, could, must]) => !could || must)).toEqual([]);
  });
});
