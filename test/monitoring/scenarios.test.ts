import { company, eventsOf } from './support/company';
import { matches } from './support/matcher';
import { rulesOf } from './support/scene';
import type { CloudTrailRecord } from '../../src/detect';
import { attacks } from '../detect/support/attacks';
import { REGION } from '../detect/support/callers';
import { normalDay } from '../detect/support/day';
import { MIDNIGHT } from '../detect/support/records';

/**
 * The normal day and the attacks of test/detect, as rules of EventBridge see them: judged by AWS's own matcher, in the Region and the states that the rules have. Rates are for
 * metric alarms, and what a granted role does is granted: these rules say nothing of it.
 */

const SEED = 11;

const { deployed, names } = company();
const rules = rulesOf(deployed);

/** Whether a rule has a look at an event: read-only ones reach rules of one state alone, and no rule sees another Region. */
const reaches = ({ region, detail: { readOnly } }: Judged, state: string): boolean => (
  region === REGION && (readOnly !== true || state === 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS'));

interface Judged {
  readonly region: string;
  readonly detail: { readonly readOnly?: boolean };
}

/** Differ from call to call and session to session, and no pattern looks at them. */
const NEVER_LOOKED_AT = ['time', 'eventTime', 'eventID', 'requestID', 'sharedEventID', 'accessKeyId', 'principalId', 'creationDate', 'sourceIPAddress', 'grantId', 'keyMaterialId'];

const blurred = (value: object): string => JSON.stringify(value, (name, inner: unknown) => (NEVER_LOOKED_AT.includes(name) ? '' : inner));

/** The records call keys and roles by the names that another deployment made up. */
function here(event: object): object {
  const text = names.reduce((all, [inRecords, name]) => all.replaceAll(inRecords, name), JSON.stringify(event));
  return JSON.parse(text) as object;
}

/** Calls of a kind are judged once. Those of a session that differ in time and ids alone have one identity in common. */
function kindsOf(records: Iterable<CloudTrailRecord>): object[] {
  const sessions = new Map<unknown, CloudTrailRecord>();
  for (const record of records) if (!sessions.has(record.userIdentity)) sessions.set(record.userIdentity, record);
  const kinds = new Map([...sessions.values()].reverse().map((record) => [blurred(record), record]));
  return [...kinds.values()].reverse().flatMap(eventsOf).map(here);
}

const NORMAL = [...normalDay(MIDNIGHT, SEED)];
const DAYS: Readonly<Record<string, readonly CloudTrailRecord[]>> = {
  'a normal day': NORMAL,
  ...Object.fromEntries(attacks(MIDNIGHT, SEED).map(({ name, records }) => [name, records])),
};

const judged = Object.fromEntries(Object.entries(DAYS).flatMap(([day, records]) => kindsOf(records).map((event, n) => [`${day}, ${n + 1}`, event as Judged])));
const found = matches('scenarios', Object.fromEntries(rules.map(({ name, pattern }) => [name, pattern])), judged);

const firing = (day: string): string[] => rules.filter(({ name, state }) => (
  found[name].some((event) => event.replace(/, \d+$/, '') === day && reaches(judged[event], state)))).map(({ name }) => name.replace(/\d+$/, '')).sort();

test('no pattern looks at what differs from call to call', () => {
  const looked = new Set<string>();
  JSON.stringify(rules.map(({ pattern }) => pattern), (name, value: unknown) => { looked.add(name); return value; });
  expect(NEVER_LOOKED_AT.filter((name) => looked.has(name))).toEqual([]);
});

const ROWS: readonly [day: string, rules: readonly string[]][] = [
  // Two deployments and a rotation, which go to informationTargets.
  ['a normal day', ['Deployment', 'KeyRotated']],
  ['scenario 2: a new role decrypts 700 times within an hour', ['UngrantedUseCompanyData']],
  ['a new role decrypts slowly, 60 times in six hours', ['UngrantedUseCompanyData']],
  ['a granted reader is taken over and decrypts 4,000 times within an hour', []],
  ['a reader that may not sign signs five times', ['UngrantedUseCompanySigning']],
  ['a signer signs 3,000 times within 20 minutes', []],
  ['a role of another account takes 900 data keys: ransom', ['UngrantedUseCompanyData']],
  ['a user widens the key policy and schedules the deletion; a reader still needs the key', ['KeyDeletionScheduled', 'KeyPolicyChanged', 'UseWhilePendingDeletion']],
  ['a user makes a grant for a role, which then decrypts', ['GrantCreated', 'UngrantedUseCompanyData']],
  ['a user revokes the grant of a service', ['GrantRevoked']],
  ['a role moves the alias to a key of its own', ['AliasChanged']],
  ['the trail loses sight of KMS, and is stopped', ['TrailBlindedBySelectors', 'TrailBlindedByStop']],
  // What the replica is used for is seen in Ireland alone.
  ['a user replicates the key to Ireland, where it is used', ['KeyReplicated']],
  ['a role tries 40 calls that it is refused', ['DeniedCall', 'DeniedCallInMessage']],
  ['the root user decrypts', ['UngrantedUseCompanyData']],
  // Material can be deleted of keys that have some imported: none here.
  ['a user disables a key, and its rotation, and deletes imported material', ['KeyDisabled', 'RotationDisabled']],
  ['a stranger reads the public key', ['UngrantedPublicKeyCompanySigning']],
  // Rules know who, not which way: `keysmith watch` does.
  ['a writer that goes through S3 calls KMS itself', []],
];

test('the table has each day once', () => expect(ROWS.map(([day]) => day)).toEqual(Object.keys(DAYS)));

test.each(ROWS)('%s: %j', (day, expected) => {
  expect(firing(day)).toEqual([...expected].sort());
});

test('every rule fires for some day, but for a deletion that is over and a key that nobody attacks', () => {
  const silent = rules.map(({ name }) => name.replace(/\d+$/, '')).filter((name) => !Object.keys(DAYS).some((day) => firing(day).includes(name)));
  expect(silent).toEqual(['KeyDeleted', 'UngrantedUseCompanyGlobal']);
});

describe('metric alarms on the normal day', () => {
  interface Measured {
    readonly Dimensions?: readonly { readonly Name: string; readonly Value: string }[];
    readonly Threshold: number;
  }
  const alarms = deployed.deployment.resources('AWS::CloudWatch::Alarm').map(({ path = '', properties }) => ({ name: path.split('/').at(-2)!, ...properties as unknown as Measured }));
  const dimension = ({ Dimensions = [] }: Measured, of: string): string => Dimensions.find(({ Name }) => Name === of)?.Value ?? '';
  /** As the metric counts: successful calls of an hour of the clock, by key and operation. */
  const counts = new Map<string, number>();
  for (const { eventName, eventTime = '', errorCode, resources } of NORMAL) {
    const hour = `${resources?.[0]?.ARN} ${eventName} ${eventTime.slice(0, 13)}`;
    if (errorCode === undefined) counts.set(hour, (counts.get(hour) ?? 0) + 1);
  }
  const busiestHour = (alarm: Measured): number => {
    const key = names.find(([, here_]) => here_ === dimension(alarm, 'KeyArn'))?.[0];
    return Math.max(0, ...[...counts].filter(([hour]) => hour.startsWith(`${key} ${dimension(alarm, 'Operation')} `)).map(([, calls]) => calls));
  };

  test('no ceiling is reached, while a key has no band', () => {
    const ceilings = alarms.filter(({ name, Dimensions }) => Dimensions !== undefined && !name.endsWith('Floor'));
    expect(ceilings.map((alarm) => `${alarm.name} ${dimension(alarm, 'Operation')}`).sort()).toEqual([
      'DataKeySpikeCompanyData GenerateDataKeyWithoutPlaintext', 'DataKeySpikeCompanyGlobal GenerateDataKeyWithoutPlaintext',
      'DecryptSpikeCompanyDataCeiling Decrypt', 'DecryptSpikeCompanyGlobalCeiling Decrypt', 'SignSpikeCompanySigningCeiling Sign',
    ]);
    expect(ceilings.filter((alarm) => busiestHour(alarm) >= alarm.Threshold).map(({ name }) => name)).toEqual([]);
  });

  test('the floor alone would tell of the busiest key: it counts with the band', () => {
    const noisy = alarms.filter((alarm) => alarm.name.endsWith('Floor') && busiestHour(alarm) > alarm.Threshold);
    expect(noisy.map(({ name }) => name)).toEqual(['DecryptSpikeCompanyDataFloor']);
  });
});
