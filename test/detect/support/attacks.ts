import type { Caller } from './callers';
import { CONTEXT, GLOBAL_REPLICA, KEYS, READERS, role, SIGNERS, TRAVELLER, WRITERS } from './company';
import { burst, principalOf } from './day';
import { Random } from './random';
import { Records } from './records';
import type { CloudTrailRecord, DetectorId } from '../../../src/detect';

/** What one detector has to say of an attack, by one principal. */
export interface Expectation {
  readonly detector: DetectorId;
  readonly principal: string;
}

export interface Attack {
  readonly name: string;
  readonly records: readonly CloudTrailRecord[];
  readonly expected: readonly Expectation[];
}

const HOUR = 3600;

type Make = (seed: number, from: number) => Attack;

const expecting = (caller: Caller, ...detectors: DetectorId[]): Expectation[] => (
  detectors.map((detector) => ({ detector, principal: principalOf(caller) })));

const thief = (name: string): Caller => ({ kind: 'role', name });
const insider = (name: string): Caller => ({ kind: 'user', name });

/** A single call of somebody. */
function call(seed: number, event: string, caller: Caller, second: number, rest: object = {}): CloudTrailRecord {
  return new Records(seed).make({ event, caller, second, keyArn: KEYS.data, ...rest });
}

const ATTACKS: readonly Make[] = [
  (seed, from) => ({
    name: 'scenario 2: a new role decrypts 700 times within an hour',
    records: [
      new Records(seed + 2).roleMade('Reports', insider('mallory'), from - 300),
      ...burst({ event: 'Decrypt', caller: thief('Reports'), keyArn: KEYS.data, encryptionContext: CONTEXT }, 700, from, HOUR - 10, seed),
    ],
    expected: expecting(thief('Reports'), 'decrypt-spike', 'ungranted-use', 'unusual-use'),
  }),
  (seed, from) => ({
    name: 'a new role decrypts slowly, 60 times in six hours',
    records: burst({ event: 'Decrypt', caller: thief('SlowReports'), keyArn: KEYS.data, encryptionContext: CONTEXT }, 60, from, 6 * HOUR, seed),
    expected: expecting(thief('SlowReports'), 'ungranted-use', 'unusual-use'),
  }),
  (seed, from) => ({
    name: 'a granted reader is taken over and decrypts 4,000 times within an hour',
    records: burst({ event: 'Decrypt', caller: role(READERS[4]), keyArn: KEYS.data, encryptionContext: CONTEXT }, 4_000, from, HOUR, seed),
    expected: expecting(role(READERS[4]), 'decrypt-spike'),
  }),
  (seed, from) => ({
    name: 'a reader that may not sign signs five times',
    records: burst({ event: 'Sign', caller: role(READERS[5]), keyArn: KEYS.signing }, 5, from, 600, seed),
    expected: expecting(role(READERS[5]), 'ungranted-use', 'unusual-use'),
  }),
  (seed, from) => ({
    name: 'a signer signs 3,000 times within 20 minutes',
    records: burst({ event: 'Sign', caller: role(SIGNERS[1]), keyArn: KEYS.signing }, 3_000, from, 1_200, seed),
    expected: expecting(role(SIGNERS[1]), 'sign-spike'),
  }),
  (seed, from) => {
    const partner: Caller = { kind: 'role of another account', name: 'Partner' };
    return {
      name: 'a role of another account takes 900 data keys: ransom',
      records: burst({ event: 'GenerateDataKeyWithoutPlaintext', caller: partner, keyArn: KEYS.data }, 900, from, 1_800, seed),
      expected: expecting(partner, 'data-key-spike', 'ungranted-use', 'unusual-use'),
    };
  },
  (seed, from) => ({
    name: 'a user widens the key policy and schedules the deletion; a reader still needs the key',
    records: [
      call(seed, 'PutKeyPolicy', insider('mallory'), from), call(seed + 1, 'ScheduleKeyDeletion', insider('mallory'), from + 60),
      ...burst({ event: 'Decrypt', caller: role(READERS[6]), keyArn: KEYS.data, outcome: 'pending deletion' }, 4, from + 120, 600, seed + 2),
    ],
    expected: [
      ...expecting(insider('mallory'), 'key-policy-changed', 'key-deletion-scheduled'), ...expecting(role(READERS[6]), 'use-while-pending-deletion'),
    ],
  }),
  (seed, from) => ({
    name: 'a user makes a grant for a role, which then decrypts',
    records: [
      call(seed, 'CreateGrant', insider('trudy'), from, { grantee: principalOf(thief('Backdoor')) }),
      ...burst({ event: 'Decrypt', caller: thief('Backdoor'), keyArn: KEYS.data, encryptionContext: CONTEXT }, 20, from + 60, 600, seed + 1),
    ],
    expected: [...expecting(insider('trudy'), 'grant-created'), ...expecting(thief('Backdoor'), 'ungranted-use', 'unusual-use')],
  }),
  (seed, from) => ({
    name: 'a user revokes the grant of a service',
    records: [call(seed, 'RevokeGrant', insider('eve'), from)],
    expected: expecting(insider('eve'), 'grant-revoked'),
  }),
  (seed, from) => ({
    name: 'a role moves the alias to a key of its own',
    records: [call(seed, 'UpdateAlias', thief('Swapper'), from, { aliasName: 'alias/company-data', keyArn: 'arn:aws:kms:us-east-1:111122223333:key/eeeeeeee-7c55-4f2b-9a86-20b1f1f0c00e' })],
    expected: expecting(thief('Swapper'), 'alias-changed'),
  }),
  (seed, from) => ({
    name: 'the trail loses sight of KMS, and is stopped',
    records: [
      new Records(seed).trailCall('PutEventSelectors', insider('oscar'), {
        trailName: 'company', eventSelectors: [{ readWriteType: 'All', includeManagementEvents: true, excludeManagementEventSources: ['kms.amazonaws.com'] }],
      }, from),
      new Records(seed + 1).trailCall('StopLogging', insider('oscar'), { name: 'company' }, from + 30),
    ],
    expected: expecting(insider('oscar'), 'trail-blinded'),
  }),
  (seed, from) => ({
    name: 'a user replicates the key to Ireland, where it is used',
    records: [
      call(seed, 'ReplicateKey', insider('peggy'), from, { keyArn: KEYS.global }),
      ...burst({ event: 'Decrypt', caller: role(TRAVELLER), keyArn: GLOBAL_REPLICA, encryptionContext: CONTEXT }, 12, from + 900, 900, seed + 1),
    ],
    expected: [...expecting(insider('peggy'), 'key-replicated'), ...expecting(role(TRAVELLER), 'unexpected-region')],
  }),
  (seed, from) => ({
    name: 'a role tries 40 calls that it is refused',
    records: new Random(seed).of([['Decrypt', 'Sign', 'GetPublicKey', 'CreateGrant'], ['Decrypt', 'PutKeyPolicy', 'Encrypt']]).flatMap((event, index) => (
      burst({ event, caller: thief('Prober'), keyArn: KEYS.data, outcome: index % 2 ? 'denied' : 'denied, no resources' }, 10, from, 900, seed + index))),
    expected: expecting(thief('Prober'), 'denied-call'),
  }),
  (seed, from) => ({
    name: 'the root user decrypts',
    records: [call(seed, 'Decrypt', { kind: 'root' }, from, { encryptionContext: CONTEXT })],
    expected: expecting({ kind: 'root' }, 'ungranted-use', 'unusual-use'),
  }),
  (seed, from) => ({
    name: 'a user disables a key, and its rotation, and deletes imported material',
    records: ['DisableKey', 'DisableKeyRotation', 'DeleteImportedKeyMaterial'].map((event, index) => call(seed + index, event, insider('victor'), from + index * 10)),
    expected: expecting(insider('victor'), 'key-disabled', 'rotation-disabled', 'key-material-deleted'),
  }),
  (seed, from) => ({
    name: 'a stranger reads the public key',
    records: [call(seed, 'GetPublicKey', thief('Curious'), from, { keyArn: KEYS.signing })],
    expected: expecting(thief('Curious'), 'ungranted-public-key', 'unusual-use'),
  }),
  (seed, from) => ({
    name: 'a writer that goes through S3 calls KMS itself',
    records: burst({ event: 'GenerateDataKey', caller: role(WRITERS[1]), keyArn: KEYS.data, encryptionContext: CONTEXT }, 3, from, 60, seed),
    expected: expecting(role(WRITERS[1]), 'ungranted-use'),
  }),
];

/** All attacks, at times of one day that the seed chooses. */
export function attacks(midnight: number, seed: number): Attack[] {
  const random = new Random(seed);
  return ATTACKS.map((make, index) => make(seed * 100 + index * 10, midnight + 3 * HOUR + random.below(14 * HOUR)));
}

/** The first of them, alone. */
export function scenario2(midnight: number, seed = 1): Attack {
  return ATTACKS[0](seed, midnight + 10 * HOUR);
}
