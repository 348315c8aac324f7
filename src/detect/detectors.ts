import { USE } from '../spec/actions';

/**
 * What is looked for, as facts: which events or metrics tell it, how loud it is, what it cannot see, and what to do.
 * How a record is matched is written twice, apart: as event patterns for EventBridge, and as predicates over CloudTrail records.
 *
 * Sources: KMS Developer Guide, "Logging AWS KMS API calls with AWS CloudTrail", "Monitoring KMS keys with Amazon EventBridge", "Monitoring
 * KMS keys with Amazon CloudWatch"; EventBridge User Guide, "Receiving read-only management events from AWS services".
 */

/** `alarm` wakes somebody; `info` is kept for whoever looks. */
export type AlertLevel = 'alarm' | 'info';

/**
 * How AWS tells it:
 * - `write event`: a rule of EventBridge in its ordinary state sees the CloudTrail record, while a trail logs;
 * - `read-only event`: the rule needs the state ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS besides;
 * - `native event`: KMS sends it itself, without a trail (source `aws.kms`);
 * - `metric`: a metric of CloudWatch, which knows keys and operations and no principals.
 */
export type Mechanism = 'write event' | 'read-only event' | 'native event' | 'metric';

/** What `keysmith watch` has to be given besides the trail: who is granted, or what is normal. */
export type Need = 'template' | 'baseline';

export interface Detector {
  readonly id: string;
  /** What it looks for: ends the phrase "tells when …". */
  readonly tellsWhen: string;
  readonly level: AlertLevel;
  /** Whether it is information only when the deployer of the key does it: that is what a deployment is. */
  readonly deployersAreExpected: boolean;
  readonly mechanism: Mechanism;
  /** Who writes the record. */
  readonly eventSource: 'kms.amazonaws.com' | 'cloudtrail.amazonaws.com';
  /** Of CloudTrail records; for metrics, the records that the metric counts. */
  readonly eventNames: readonly string[];
  /** `detail-type` of a native event. */
  readonly detailType?: string;
  /** Namespace and name of a metric. */
  readonly metric?: { readonly namespace: string; readonly name: string };
  /** Any one of them is enough; none: it works on the records alone. */
  readonly watchNeeds: readonly Need[];
  /** Why `keysmith watch` cannot judge it at all: no record tells it. */
  readonly notInRecords?: string;
  readonly blindSpots: readonly string[];
  /**
   * US dollars a month for each key (of `request-quota` for each quota), by list prices of November 2026 in us-east-1: 0.10 for each metric of an alarm, of which a
   * band has three, and 0.50 for a composite alarm. Rules on events of AWS services cost nothing, and `keysmith watch` reads files.
   */
  readonly dollarsAMonth: number;
  /** What to do, in order. */
  readonly nextSteps: readonly [string, string, string];
}

/** ReEncrypt is two actions of policies and one event. */
export const USE_EVENTS: readonly string[] = [...new Set(Object.keys(USE).map((action) => action.replace(/^kms:/, '').replace(/^ReEncrypt(From|To)$/, 'ReEncrypt')))];

const SUCCESSFUL_REQUESTS = { namespace: 'AWS/KMS', name: 'SuccessfulRequest' };

const NEEDS_TRAIL = 'Nothing while no trail logs management events with KMS among them.';
const OUTSIDERS = 'A refused call from another account is logged in that account only.';
const NAMELESS = 'A refusal whose record names the key neither among its resources nor in its message.';
const CACHED = 'Data keys that are cached, and S3 Bucket Keys, are used without a call to KMS.';
const NO_PRINCIPAL = 'The metric counts by key and operation, not by principal, and successful calls only.';

type Facts = Omit<Detector, 'id'>;

/** A change to a key that its deployer makes as part of a deployment. */
function change(eventNames: readonly string[], facts: Pick<Facts, 'tellsWhen' | 'nextSteps'> & Partial<Facts>): Facts {
  return {
    level: 'alarm',
    deployersAreExpected: true,
    mechanism: 'write event',
    eventSource: 'kms.amazonaws.com',
    eventNames,
    watchNeeds: [],
    blindSpots: [NEEDS_TRAIL],
    dollarsAMonth: 0,
    ...facts,
  };
}

/** What KMS itself tells of a key. The CloudTrail record is of type AwsServiceEvent. */
function told(detailType: string, serviceEvent: string, facts: Pick<Facts, 'tellsWhen' | 'nextSteps' | 'level' | 'blindSpots'>): Facts {
  return {
    deployersAreExpected: false,
    mechanism: 'native event',
    eventSource: 'kms.amazonaws.com',
    eventNames: [serviceEvent],
    detailType,
    watchNeeds: [],
    dollarsAMonth: 0,
    ...facts,
  };
}

function use(eventNames: readonly string[], facts: Pick<Facts, 'tellsWhen' | 'nextSteps' | 'watchNeeds' | 'blindSpots'>): Facts {
  return { level: 'alarm', deployersAreExpected: false, mechanism: 'read-only event', eventSource: 'kms.amazonaws.com', eventNames, dollarsAMonth: 0, ...facts };
}

const ONE_METRIC = 0.1;
/** Band, floor and ceiling, and the alarm that they come to. */
const WITH_BAND = 5 * ONE_METRIC + 0.5;

function rate(eventNames: readonly string[], facts: Pick<Facts, 'tellsWhen' | 'nextSteps'> & Partial<Facts>): Facts {
  return {
    level: 'alarm',
    deployersAreExpected: false,
    mechanism: 'metric',
    eventSource: 'kms.amazonaws.com',
    eventNames,
    metric: SUCCESSFUL_REQUESTS,
    watchNeeds: [],
    blindSpots: [NO_PRINCIPAL, CACHED],
    dollarsAMonth: ONE_METRIC,
    ...facts,
  };
}

const CHANGES = {
  'key-deletion-scheduled': change(['ScheduleKeyDeletion'], {
    tellsWhen: 'somebody schedules the deletion of the key',
    nextSteps: [
      'Cancel it now if nobody can say why: aws kms cancel-key-deletion, then enable-key.',
      'Find the principal and how it came to the permission kms:ScheduleKeyDeletion.',
      'Look for what is still encrypted under the key before it is scheduled again.',
    ],
  }),
  'key-disabled': change(['DisableKey'], {
    tellsWhen: 'somebody disables the key',
    nextSteps: [
      'Enable it if services fail: aws kms enable-key.',
      'Ask the principal why; a key is disabled before it is deleted, by friend and foe.',
      'Take kms:DisableKey from principals that do not administer the key.',
    ],
  }),
  'key-policy-changed': change(['PutKeyPolicy'], {
    tellsWhen: 'somebody other than the deployer puts a key policy',
    nextSteps: [
      'Compare the policy in the record with the synthesized one: who may do what that could not before?',
      'Deploy again to put the policy of the template back.',
      'Take kms:PutKeyPolicy from the principal: whoever has it can give themselves any use of the key.',
    ],
  }),
  'grant-created': change(['CreateGrant'], {
    tellsWhen: 'somebody other than a service or a known creator of grants makes a grant',
    blindSpots: [NEEDS_TRAIL, 'Grants that an AWS service makes for a principal are left out: they are part of how EBS, RDS and others work.'],
    nextSteps: [
      'Read grantee, operations and constraints in the record.',
      'Revoke the grant if it is not wanted: aws kms revoke-grant with the grant id of the record.',
      'See what the grantee did with the key since, and condition kms:CreateGrant on kms:GrantIsForAWSResource.',
    ],
  }),
  'grant-revoked': change(['RevokeGrant'], {
    tellsWhen: 'somebody other than a service or a known creator of grants revokes a grant',
    blindSpots: [NEEDS_TRAIL, 'RetireGrant, by whom the grant itself names for it, is left out.'],
    nextSteps: [
      'See which grantee lost access: the service or function that used the grant fails from now on.',
      'Make the grant anew if it was needed, the way it was made first.',
      'Ask the principal why, and take kms:RevokeGrant from those that do not administer the key.',
    ],
  }),
  'alias-changed': change(['CreateAlias', 'UpdateAlias', 'DeleteAlias'], {
    tellsWhen: 'an alias of the key is made, moved to another key or deleted',
    blindSpots: [NEEDS_TRAIL, 'The record of UpdateAlias names the alias and its new key, never the key it had: the alias is watched, not the key.'],
    nextSteps: [
      'See which key the alias points to now: aws kms describe-key --key-id alias/….',
      'Move it back: what is written through the alias from now on is under the other key.',
      'Find what was encrypted or signed meanwhile, and who owns the other key.',
    ],
  }),
  'key-material-deleted': change(['DeleteImportedKeyMaterial'], {
    tellsWhen: 'somebody deletes imported key material: the key stops working at once',
    nextSteps: [
      'Import the same key material again: other material is refused.',
      'Find the principal and how it came to kms:DeleteImportedKeyMaterial.',
      'Check that the material is kept outside AWS, and who can reach it there.',
    ],
  }),
  'key-replicated': change(['ReplicateKey'], {
    tellsWhen: 'somebody makes a replica of the key in another Region, with a policy of its own',
    nextSteps: [
      'Read the policy of the replica in the record: it decides alone who uses the same material there.',
      'Schedule the deletion of the replica if it is not wanted.',
      'Read the trail of that Region: what the replica was used for is logged there.',
    ],
  }),
  'rotation-disabled': change(['DisableKeyRotation'], {
    tellsWhen: 'somebody turns automatic rotation off',
    nextSteps: [
      'Turn it on again: aws kms enable-key-rotation, or deploy.',
      'Ask the principal why.',
      'Take kms:DisableKeyRotation from principals that do not administer the key.',
    ],
  }),
  'trail-blinded': change(['StopLogging', 'DeleteTrail', 'PutEventSelectors'], {
    tellsWhen: 'the trail is stopped or deleted, or its selectors leave KMS or read-only events out',
    eventSource: 'cloudtrail.amazonaws.com',
    blindSpots: [
      'Only the first such call is certain to be seen: afterwards nothing is.', 'A bucket policy or a key that keeps CloudTrail from writing raises no event.',
      'A trail is changed in its home Region: elsewhere no rule sees it.',
    ],
    nextSteps: [
      'Start the trail again: aws cloudtrail start-logging; put the selectors back by deploying.',
      'Treat the gap as unwatched: read the event history of CloudTrail for it, which no setting excludes KMS from.',
      'Find the principal, and deny cloudtrail:StopLogging and PutEventSelectors in a service control policy.',
    ],
  }),
} as const satisfies Record<string, Facts>;

const TOLD_BY_KMS = {
  'key-deleted': told('KMS CMK Deletion', 'DeleteKey', {
    tellsWhen: 'KMS has deleted the key: the waiting period is over',
    level: 'alarm',
    blindSpots: ['It may be told more than once within seconds.'],
    nextSteps: [
      'There is no way back: what is encrypted under the key alone is lost.',
      'Find who scheduled the deletion, in the trail of 7 to 30 days ago.',
      'Find what fails: services that name the key in their errors.',
    ],
  }),
  'key-rotated': told('KMS CMK Rotation', 'RotateKey', {
    tellsWhen: 'KMS has rotated the key material',
    level: 'info',
    blindSpots: ['Told at best effort.'],
    nextSteps: [
      'Nothing has to be done: older ciphertexts still open.',
      'If the rotation was on demand, see who asked for it: RotateKeyOnDemand in the trail.',
      'Remember that rotation changes no permission.',
    ],
  }),
  'key-material-expired': told('KMS Imported Key Material Expiration', 'DeleteExpiredKeyMaterial', {
    tellsWhen: 'imported key material has expired: the key has stopped working',
    level: 'alarm',
    blindSpots: ['Told at best effort.'],
    nextSteps: [
      'Import the same key material again.',
      'Set a later expiry, or none.',
      'Alarm earlier: SecondsUntilKeyMaterialExpiration counts down.',
    ],
  }),
} as const satisfies Record<string, Facts>;

const USES = {
  'ungranted-use': use(USE_EVENTS, {
    tellsWhen: 'a principal uses the key to which the template grants no such use',
    watchNeeds: ['template'],
    blindSpots: [NEEDS_TRAIL, CACHED, 'A granted role that is misused is granted.'],
    nextSteps: [
      'Find the statement or grant that let the principal in: aws kms get-key-policy, list-grants.',
      'Narrow it: deploy the policy again, revoke the grant.',
      'List what the principal did with the key: its records name the encryption context of each message.',
    ],
  }),
  'unusual-use': use([...USE_EVENTS, 'GetPublicKey'], {
    tellsWhen: 'a principal uses the key, or reads its public key, in a way it never did in the history',
    watchNeeds: ['baseline'],
    blindSpots: [NEEDS_TRAIL, 'What the history already holds is normal, good or bad.'],
    nextSteps: [
      'Ask the owner of the principal whether something new was deployed.',
      'If not, end its sessions: deny what is older than now by aws:TokenIssueTime.',
      'List what it did with the key.',
    ],
  }),
  'ungranted-public-key': use(['GetPublicKey'], {
    tellsWhen: 'a principal reads the public key to which the template grants no such call',
    watchNeeds: ['template'],
    blindSpots: [NEEDS_TRAIL, 'A public key that is published elsewhere is read without KMS.'],
    nextSteps: [
      'Nothing secret was read; somebody learns what the key is for.',
      'See whether Sign or Decrypt by the same principal follow.',
      'Find the statement that let the principal in, and narrow it.',
    ],
  }),
  'use-while-pending-deletion': use(USE_EVENTS, {
    tellsWhen: 'somebody tries to use a key that is pending deletion',
    watchNeeds: [],
    blindSpots: [NEEDS_TRAIL, 'Who uses the key less often than the waiting period is long is not seen.'],
    nextSteps: [
      'Cancel the deletion: aws kms cancel-key-deletion, then enable-key. The data is still needed.',
      'Find what uses the key: principal and encryption context stand in the record.',
      'Move that data to another key before the deletion is scheduled again.',
    ],
  }),
  'unexpected-region': use(USE_EVENTS, {
    tellsWhen: 'a multi-Region key is used in a Region in which it should not be, or never was',
    watchNeeds: ['baseline'],
    blindSpots: [NEEDS_TRAIL, 'A single-Region key can be called in its own Region only: there is nothing to watch.', 'The trail has to cover that Region.'],
    nextSteps: [
      'Ask whether a failover was on.',
      'Read the policy of the replica in that Region.',
      'Delete the replica, or deny it with aws:RequestedRegion, if nobody needs it.',
    ],
  }),
  'denied-call': use([...USE_EVENTS, 'GetPublicKey', ...Object.values(CHANGES).filter(({ eventSource }) => eventSource === 'kms.amazonaws.com').flatMap(({ eventNames }) => eventNames)], {
    tellsWhen: 'KMS refuses a call on the key for want of permission',
    watchNeeds: [],
    blindSpots: [NEEDS_TRAIL, OUTSIDERS, NAMELESS],
    nextSteps: [
      'See who asked for what: a forgotten grant looks like an attempt.',
      'If the principal should have access, grant the one duty it lacks; the error message names the action.',
      'If not, find out who uses the principal, and what else it tried.',
    ],
  }),
} as const satisfies Record<string, Facts>;

const RATES = {
  'decrypt-spike': rate(['Decrypt'], {
    tellsWhen: 'Decrypt is called far more often than usual',
    dollarsAMonth: WITH_BAND,
    nextSteps: [
      'Find the role: the trail names it, the metric does not.',
      'Narrow the statement that let it in; then list what was read, by encryption context.',
      'Rotation changes no permission and protects nothing that was read.',
    ],
  }),
  'sign-spike': rate(['Sign'], {
    tellsWhen: 'Sign is called far more often than usual',
    dollarsAMonth: WITH_BAND,
    nextSteps: [
      'Find the role, and stop it if nobody knows why it signs.',
      'Hold what was signed: digests do not stand in the trail, so compare with the log of the issuer.',
      'If signatures are out that should not be, retire this generation of the key.',
    ],
  }),
  'data-key-spike': rate(['GenerateDataKeyWithoutPlaintext'], {
    tellsWhen: 'GenerateDataKeyWithoutPlaintext is called far more often than usual',
    nextSteps: [
      'Find the role: a loop that creates resources, or data being encrypted by somebody else.',
      'See whether the data that it writes replaces yours: ransom begins this way.',
      'Narrow its statement to the context it needs.',
    ],
  }),
  'request-quota': rate([], {
    tellsWhen: 'cryptographic requests come near the quota of the Region',
    metric: { namespace: 'AWS/Usage', name: 'CallCount' },
    notInRecords: 'the quota is the account\'s, and the trail may not hold all its calls',
    blindSpots: ['The quota is shared by all keys of the account in the Region.'],
    nextSteps: [
      'Find the key with the most calls: AWS/KMS SuccessfulRequest by KeyArn.',
      'Cache data keys, or turn S3 Bucket Keys on.',
      'Ask for a higher quota in Service Quotas.',
    ],
  }),
  'key-material-expiring': rate([], {
    tellsWhen: 'imported key material is about to expire',
    metric: { namespace: 'AWS/KMS', name: 'SecondsUntilKeyMaterialExpiration' },
    notInRecords: 'time alone makes it true',
    blindSpots: ['Keys with imported material that expires, only.'],
    nextSteps: [
      'Import the same key material again with a later expiry, or none.',
      'Check that the material is still at hand.',
      'Put the next date where it is seen.',
    ],
  }),
} as const satisfies Record<string, Facts>;

const TABLE = { ...CHANGES, ...TOLD_BY_KMS, ...USES, ...RATES };

/** Stable: alarms are named by it and `keysmith watch --json` prints it. */
export type DetectorId = keyof typeof TABLE;

export const DETECTORS: readonly (Detector & { readonly id: DetectorId })[] =
  (Object.entries(TABLE) as [DetectorId, Facts][]).map(([id, facts]) => ({ id, ...facts }));

const BY_ID = new Map<DetectorId, Detector>(DETECTORS.map((each) => [each.id, each]));

export function detector(id: DetectorId): Detector {
  return BY_ID.get(id)!;
}
