import { company, eventsOf } from './support/company';
import { matches } from './support/matcher';
import { rulesOf } from './support/scene';
import { KEYS } from '../detect/support/company';
import { everyRecord, KEY_ARN, KEY_ID } from '../detect/support/records';
import type { Made } from '../detect/support/records';

/**
 * Every rule against every operation of KMS, by everybody, with every end that a call can have, and the key named in every way: judged by AWS's own matcher, and by what is written
 * here of what each should see. The company's data key is symmetric, of one Region, and has no imported material.
 */

const { deployed, names } = company();
const rules = rulesOf(deployed);
const KEY = names.find(([inRecords]) => inRecords === KEYS.data)![1];

const SYMMETRIC = ['Encrypt', 'Decrypt', 'ReEncrypt', 'GenerateDataKey', 'GenerateDataKeyWithoutPlaintext', 'GenerateDataKeyPair', 'GenerateDataKeyPairWithoutPlaintext'];
const USES = [...SYMMETRIC, 'Sign', 'Verify', 'GenerateMac', 'VerifyMac', 'DeriveSharedSecret', 'Encapsulate', 'Decapsulate'];
const CHANGES: Readonly<Record<string, string>> = {
  ScheduleKeyDeletion: 'KeyDeletionScheduled',
  DisableKey: 'KeyDisabled',
  PutKeyPolicy: 'KeyPolicyChanged',
  CreateGrant: 'GrantCreated',
  RevokeGrant: 'GrantRevoked',
  CreateAlias: 'AliasChanged',
  UpdateAlias: 'AliasChanged',
  DeleteAlias: 'AliasChanged',
  DisableKeyRotation: 'RotationDisabled',
};
const TOLD_BY_KMS: Readonly<Record<string, string>> = { RotateKey: 'KeyRotated', DeleteKey: 'KeyDeleted' };
const WATCHED_IF_REFUSED = [...USES, 'GetPublicKey', ...Object.keys(CHANGES), 'DeleteImportedKeyMaterial', 'ReplicateKey'];

function expected({ event, caller, outcome }: Made): string | undefined {
  const byService = caller.kind === 'service' || caller.kind === 'through a service';
  switch (outcome) {
    case 'denied': return WATCHED_IF_REFUSED.includes(event) ? 'DeniedCall' : undefined;
    case 'denied, no resources': return WATCHED_IF_REFUSED.includes(event) ? 'DeniedCallInMessage' : undefined;
    case 'pending deletion': return USES.includes(event) ? 'UseWhilePendingDeletion' : undefined;
    case 'disabled': return undefined;
    case 'success':
      // DynamoDB has the key for a table.
      if (SYMMETRIC.includes(event)) return caller.kind === 'service' ? undefined : 'UngrantedUseCompanyData';
      if (event === 'CreateGrant' || event === 'RevokeGrant') return byService ? undefined : CHANGES[event];
      return CHANGES[event] ?? TOLD_BY_KMS[event];
  }
}

/** Of no matter to any pattern, and different in each record: without them the kept file is a tenth of its size. */
const VARYING = /"(eventID|requestID|sharedEventID|accessKeyId|principalId|sourceIPAddress|grantId)":"[^"]*"/g;

const here = (event: object): object => (
  JSON.parse(JSON.stringify(event).replaceAll(KEY_ARN, KEY).replaceAll(KEY_ID, KEY.split('/')[1]).replace(VARYING, '"$1":"-"')) as object);

const made = everyRecord();
const events = Object.fromEntries(made.flatMap(({ name, record }) => eventsOf(record).map((event, n) => [n ? `${name}, told by KMS` : name, here(event)])));
const found = matches('every-operation', Object.fromEntries(rules.map(({ name, pattern }) => [name, pattern])), events);

const seenBy = new Map<string, string[]>();
for (const { name: rule, state } of rules) {
  for (const event of found[rule]) {
    const { detail } = events[event] as { readonly detail: { readonly readOnly?: boolean } };
    if (detail.readOnly === true && state !== 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS') continue;
    const record = event.replace(/, told by KMS$/, '');
    seenBy.set(record, [...seenBy.get(record) ?? [], rule.replace(/\d+$/, '')]);
  }
}

const byOperation = new Map<string, Made[]>();
for (const each of made) byOperation.set(each.event, [...byOperation.get(each.event) ?? [], each]);

test.each([...byOperation])('%s', (_, records) => {
  const told = records.map((record) => `${record.name}: ${(seenBy.get(record.name) ?? []).join(', ')}`);
  expect(told).toEqual(records.map((record) => `${record.name}: ${expected(record) ?? ''}`));
});

test('all operations, callers and ends', () => {
  expect(byOperation.size).toBeGreaterThan(50);
  expect(made.length).toBeGreaterThan(2_500);
});
