import type { Caller } from './support/callers';
import { OPERATIONS } from './support/operations';
import { ALIAS, everyRecord, KEY_ARN, OTHER_KEY_ARN, Records } from './support/records';
import type { Made, Outcome } from './support/records';
import { DETECTORS, Watch } from '../../src/detect';
import type { DetectorId } from '../../src/detect';
import { iso, secondOf } from '../../src/detect/record';

/** What the records alone tell, by which events, callers and outcomes: written apart from the predicates. */
interface Expected {
  readonly events: readonly string[];
  readonly by?: (kind: Caller['kind']) => boolean;
  readonly outcomes: readonly Outcome[];
}

const USE = ['Encrypt', 'Decrypt', 'ReEncrypt', 'GenerateDataKey', 'GenerateDataKeyWithoutPlaintext', 'GenerateDataKeyPair', 'GenerateDataKeyPairWithoutPlaintext',
  'Sign', 'Verify', 'GenerateMac', 'VerifyMac', 'DeriveSharedSecret', 'Encapsulate', 'Decapsulate'];
const CHANGES = ['ScheduleKeyDeletion', 'DisableKey', 'PutKeyPolicy', 'CreateGrant', 'RevokeGrant', 'CreateAlias', 'UpdateAlias', 'DeleteAlias',
  'DeleteImportedKeyMaterial', 'ReplicateKey', 'DisableKeyRotation'];
const SUCCESS: readonly Outcome[] = ['success'];
const people = (kind: Caller['kind']): boolean => kind !== 'service' && kind !== 'through a service';

const EXPECTED: Partial<Record<DetectorId, Expected>> = {
  'key-deletion-scheduled': { events: ['ScheduleKeyDeletion'], outcomes: SUCCESS },
  'key-disabled': { events: ['DisableKey'], outcomes: SUCCESS },
  'key-policy-changed': { events: ['PutKeyPolicy'], outcomes: SUCCESS },
  'grant-created': { events: ['CreateGrant'], by: people, outcomes: SUCCESS },
  'grant-revoked': { events: ['RevokeGrant'], by: people, outcomes: SUCCESS },
  'alias-changed': { events: ['CreateAlias', 'UpdateAlias', 'DeleteAlias'], outcomes: SUCCESS },
  'key-material-deleted': { events: ['DeleteImportedKeyMaterial'], outcomes: SUCCESS },
  'key-replicated': { events: ['ReplicateKey'], outcomes: SUCCESS },
  'rotation-disabled': { events: ['DisableKeyRotation'], outcomes: SUCCESS },
  'key-deleted': { events: ['DeleteKey'], outcomes: SUCCESS },
  'key-rotated': { events: ['RotateKey'], outcomes: SUCCESS },
  'key-material-expired': { events: ['DeleteExpiredKeyMaterial'], outcomes: SUCCESS },
  'use-while-pending-deletion': { events: USE, outcomes: ['pending deletion'] },
  'denied-call': { events: [...USE, ...CHANGES, 'GetPublicKey'], outcomes: ['denied', 'denied, no resources'] },
};

const isExpected = ({ events, by = () => true, outcomes }: Expected, { event, caller, outcome }: Made): boolean => (
  events.includes(event) && by(caller.kind) && outcomes.includes(outcome));

const all = everyRecord();

function alertsOf(...records: readonly object[]) {
  const watch = new Watch();
  for (const record of records) watch.accept(record);
  return watch.finish().alerts;
}

test('there are records of every operation, by every kind of caller, and every end', () => {
  expect(new Set(all.map(({ event }) => event))).toEqual(new Set(Object.keys(OPERATIONS)));
  expect(all.length).toBeGreaterThan(2_000);
});

describe.each(Object.entries(EXPECTED) as [DetectorId, Expected][])('%s', (id, expected) => {
  test('tells of these records and of no other', () => {
    const told = all.filter(({ record }) => alertsOf(record).some(({ detector }) => detector === id)).map(({ name }) => name);
    expect(told).toEqual(all.filter((made) => isExpected(expected, made)).map(({ name }) => name));
    expect(told.length).toBeGreaterThan(0);
  });
});

test('what no detector is for raises nothing', () => {
  const known = Object.values(EXPECTED);
  const others = all.filter((one) => !known.some((expected) => isExpected(expected, one)));
  expect(others.filter(({ record }) => alertsOf(record).length > 0).map(({ name }) => name)).toEqual([]);
});

test('the detectors that look at one record are all tried here, besides the one of the trail', () => {
  const others: DetectorId[] = ['trail-blinded', 'ungranted-use', 'unusual-use', 'ungranted-public-key', 'unexpected-region', 'decrypt-spike', 'sign-spike', 'data-key-spike',
    'request-quota', 'key-material-expiring'];
  expect(DETECTORS.map(({ id }) => id).sort()).toEqual([...Object.keys(EXPECTED), ...others].sort());
});

describe('what an alert is about', () => {
  const records = new Records(3);
  const user: Caller = { kind: 'user', name: 'alice' };

  test.each([
    ['the alias, not its new key', records.make({ event: 'UpdateAlias', caller: user }), [`arn:aws:kms:us-east-1:111122223333:${ALIAS}`]],
    ['the key, where the record has its ARN', records.make({ event: 'DisableKey', caller: user }), [KEY_ARN]],
    ['both keys of a refused ReEncrypt', records.make({ event: 'ReEncrypt', caller: user, outcome: 'denied' }), [KEY_ARN, OTHER_KEY_ARN]],
    ['the key that only the message of a refusal names', records.make({ event: 'Decrypt', caller: user, outcome: 'denied, no resources' }), [KEY_ARN]],
    ['the key of which only the id is told', {
      ...records.make({ event: 'DisableKey', caller: user, reference: 'id' }), resources: undefined, responseElements: null,
    }, [KEY_ARN]],
    ['nothing, where a record names no key at all', {
      ...records.make({ event: 'Decrypt', caller: user, outcome: 'denied, no resources' }), errorMessage: 'The ciphertext refers to a key that you may not access.',
    }, ['']],
  ])('%s', (_, record, expected) => {
    expect(alertsOf(record).map(({ key }) => key)).toEqual(expected);
  });
});

describe('who an alert is about', () => {
  const records = new Records(4);

  test.each([
    ['the role of a session', { kind: 'role', name: 'Billing', path: '/app/' }, 'arn:aws:iam::111122223333:role/app/Billing'],
    ['a user', { kind: 'user', name: 'alice' }, 'arn:aws:iam::111122223333:user/alice'],
    ['the root user', { kind: 'root' }, 'arn:aws:iam::111122223333:root'],
    ['a service in its own name', { kind: 'service', service: 'backup.amazonaws.com' }, 'backup.amazonaws.com'],
    ['another account, of which no more is told', { kind: 'other account' }, '444455556666'],
  ] satisfies [string, Caller, string][])('%s', (_, caller, expected) => {
    expect(alertsOf(records.make({ event: 'DisableKey', caller })).map(({ principal }) => principal)).toEqual([expected]);
  });
});

describe('trail-blinded', () => {
  const records = new Records(6);
  const caller: Caller = { kind: 'user', name: 'oscar' };
  const blinded = (eventName: string, parameters: Readonly<Record<string, unknown>>): boolean => (
    alertsOf(records.trailCall(eventName, caller, parameters)).length > 0);
  const simple = (selector: object): object => ({ trailName: 't', eventSelectors: [selector] });
  const advanced = (...fieldSelectors: object[]): object => ({ trailName: 't', advancedEventSelectors: [{ fieldSelectors }] });
  const management = { field: 'eventCategory', equals: ['Management'] };

  test.each([
    ['StopLogging', { name: 't' }, true],
    ['DeleteTrail', { name: 't' }, true],
    ['UpdateTrail', { name: 't' }, false],
    ['StartLogging', { name: 't' }, false],
    ['PutEventSelectors', simple({}), false],
    ['PutEventSelectors', simple({ readWriteType: 'All', includeManagementEvents: true, excludeManagementEventSources: ['rdsdata.amazonaws.com'] }), false],
    ['PutEventSelectors', simple({ excludeManagementEventSources: ['kms.amazonaws.com'] }), true],
    ['PutEventSelectors', simple({ includeManagementEvents: false }), true],
    ['PutEventSelectors', simple({ readWriteType: 'WriteOnly' }), true],
    ['PutEventSelectors', advanced(management), false],
    ['PutEventSelectors', advanced(management, { field: 'eventSource', notEquals: ['kms.amazonaws.com', 'rdsdata.amazonaws.com'] }), true],
    ['PutEventSelectors', advanced(management, { field: 'eventSource', notEquals: ['rdsdata.amazonaws.com'] }), false],
    ['PutEventSelectors', advanced(management, { field: 'readOnly', equals: ['false'] }), true],
    ['PutEventSelectors', advanced({ field: 'eventCategory', equals: ['Data'] }), true],
  ] as [string, Readonly<Record<string, unknown>>, boolean][])('%s %j: %s', (eventName, parameters, expected) => {
    expect(blinded(eventName, parameters)).toBe(expected);
  });
});

describe('who deploys is expected to change keys', () => {
  const records = new Records(7);
  const name = 'cdk-hnb659fds-cfn-exec-role-111122223333-us-east-1';

  test.each([
    ['CDK\'s execution role, by CloudFormation', { kind: 'through a service', name, service: 'cloudformation.amazonaws.com' }, 'info'],
    ['CDK\'s execution role, by somebody\'s hand', { kind: 'role', name }, 'alarm'],
    ['another role, by CloudFormation', { kind: 'through a service', name: 'Admin', service: 'cloudformation.amazonaws.com' }, 'alarm'],
  ] satisfies [string, Caller, string][])('%s', (_, caller, level) => {
    expect(alertsOf(records.make({ event: 'PutKeyPolicy', caller })).map((alert) => alert.level)).toEqual([level]);
  });
});

describe('records of any kind', () => {
  test.each([
    [{}], [{ eventSource: 'kms.amazonaws.com' }], [{ eventSource: 'kms.amazonaws.com', eventName: 'Decrypt', eventTime: 'soon' }],
    [{ eventSource: 'kms.amazonaws.com', eventName: 'DisableKey', eventTime: '2026-11-28T00:00:00Z', userIdentity: null, resources: [null, 7], requestParameters: 'x' }],
    [{ eventSource: 'cloudtrail.amazonaws.com', eventName: 'PutEventSelectors', eventTime: '2026-11-28T00:00:00Z', requestParameters: { eventSelectors: [null, 'x'] } }],
  ])('%j breaks nothing', (record) => {
    expect(() => alertsOf(record)).not.toThrow();
  });
});

describe('a record of which a field is not what CloudTrail writes', () => {
  const WEIRD = [null, 7, '', 'x', {}, [], true, [null], { arn: 7 }, -1, 1e300];
  const made = new Records(8);
  const whole = (event: string): object => ({ ...made.make({ event, caller: { kind: 'role', name: 'Billing' } }), errorCode: null, responseElements: { role: { arn: 'x' } } });
  /** The value, each of its members in turn replaced by each of those. */
  const mutants = (value: object): object[] => Object.entries(value).flatMap(([name, member]: [string, unknown]) => {
    const replaced: unknown[] = [...WEIRD, ...typeof member === 'object' && member !== null && !Array.isArray(member) ? mutants(member) : []];
    return replaced.map((each) => ({ ...value, [name]: each }));
  });

  test.each(['Decrypt', 'CreateGrant', 'UpdateAlias', 'RotateKey'])('%s: it is told of by texts, or not at all', (event) => {
    for (const record of mutants(whole(event))) {
      const watch = new Watch({ spike: { floor: 1, times: 3 } });
      watch.accept(record);
      for (const { principal, key, message, first } of watch.finish().alerts) {
        expect([principal, key, message, first].map((each) => typeof each)).toEqual(['string', 'string', 'string', 'string']);
        expect(message).not.toContain('[object');
      }
    }
  });
});

test.each([
  ['2026-11-28T10:00:30Z', '2026-11-28T10:00:30Z'],
  ['2026-11-28T10:00:30.750Z', '2026-11-28T10:00:30Z'],
  ['2026-11-28T10:00:30', '2026-11-28T10:00:30Z'],
  ['2026-11-28T10:00:30+09:00', '2026-11-28T01:00:30Z'],
  ['2026-11-28', undefined],
  ['2026-11-28T10:00:75Z', undefined],
  ['1960-01-01T00:00:00Z', undefined],
  ['2300-01-01T00:00:00Z', undefined],
  ['November 28', undefined],
])('%s is %s', (eventTime, expected) => {
  const second = secondOf({ eventTime });
  expect(second === undefined ? undefined : iso(second)).toBe(expected);
});
