import type { DetectorId } from './detectors';
import { aliasesOf, isService, keysOf, principalOf } from './record';
import type { CloudTrailRecord } from './record';

/** What records do not tell by themselves. */
export interface Knowledge {
  /** Whether this principal deploys: changes by it are expected. */
  isDeployer(principal: string, record: CloudTrailRecord): boolean;
  /** Whether this principal may make and revoke grants on the key as part of its work. */
  isGrantCreator(principal: string, key: string | undefined): boolean;
}

/** What a record is about, where the detector has to be told: else its keys. */
export interface Hit {
  readonly about?: readonly string[];
}

type Predicate = (record: CloudTrailRecord, knowledge: Knowledge) => Hit | undefined;

const HIT: Hit = {};

const succeeded: Predicate = ({ errorCode }) => errorCode === undefined || errorCode === null ? HIT : undefined;

/**
 * The detectors that look at one record at a time, beyond the event names of their rows. Those that compare with the template, with history, or
 * count, are in watch.ts.
 */
export const PREDICATES = {
  'key-deletion-scheduled': succeeded,
  'key-disabled': succeeded,
  'key-policy-changed': succeeded,
  'grant-created': grantByPerson,
  'grant-revoked': grantByPerson,
  'alias-changed': (record, knowledge) => succeeded(record, knowledge) && { about: aliasesOf(record) },
  'key-material-deleted': succeeded,
  'key-replicated': succeeded,
  'rotation-disabled': succeeded,
  'trail-blinded': (record, knowledge) => succeeded(record, knowledge) && blinds(record) ? { about: [trailOf(record)] } : undefined,
  'key-deleted': ofService,
  'key-rotated': ofService,
  'key-material-expired': ofService,
  'use-while-pending-deletion': ({ errorMessage, errorCode }) => isText(errorCode) && /is pending deletion/.test(errorMessage ?? '') ? HIT : undefined,
  'denied-call': ({ errorCode }) => isText(errorCode) && /^(Client\.)?(AccessDenied|UnauthorizedOperation)/.test(errorCode) ? HIT : undefined,
} as const satisfies Partial<Record<DetectorId, Predicate>>;

/** A detector that looks at one record at a time. */
export type RecordDetectorId = keyof typeof PREDICATES;

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function ofService(record: CloudTrailRecord): Hit | undefined {
  return isService(record) && succeeded(record, undefined as never) ? HIT : undefined;
}

/** Services make grants in the name of whoever creates the resource. `invokedBy` tells it, be it a host name or "AWS Internal". */
function grantByPerson(record: CloudTrailRecord, knowledge: Knowledge): Hit | undefined {
  if (!succeeded(record, knowledge) || isService(record) || isText(record.userIdentity?.invokedBy)) return undefined;
  return knowledge.isGrantCreator(principalOf(record), keysOf(record)[0]) ? undefined : HIT;
}

interface EventSelector {
  readonly readWriteType?: unknown;
  readonly includeManagementEvents?: unknown;
  readonly excludeManagementEventSources?: unknown;
}

interface AdvancedEventSelector {
  readonly fieldSelectors?: readonly FieldSelector[];
}

interface FieldSelector {
  readonly field?: unknown;
  readonly equals?: readonly unknown[];
  readonly notEquals?: readonly unknown[];
}

/** Whether the trail sees less of KMS from now on: stopped, deleted, or told to leave KMS or read-only events out. */
function blinds({ eventName, requestParameters }: CloudTrailRecord): boolean {
  if (eventName !== 'PutEventSelectors') return true;
  const selectors = objects<EventSelector>(requestParameters?.eventSelectors);
  const advanced = objects<AdvancedEventSelector>(requestParameters?.advancedEventSelectors);
  return !(selectors.some(seesUse) || advanced.some(seesUseAdvanced));
}

/** "By default, management events are included", read and write (CloudTrail API Reference, EventSelector). */
function seesUse({ includeManagementEvents = true, readWriteType = 'All', excludeManagementEventSources }: EventSelector): boolean {
  const excluded = Array.isArray(excludeManagementEventSources) && excludeManagementEventSources.includes('kms.amazonaws.com');
  return includeManagementEvents === true && readWriteType !== 'WriteOnly' && readWriteType !== 'ReadOnly' && !excluded;
}

/** A trail's selectors are one for each kind of event (CloudTrail User Guide, "Filtering management events by using advanced event selectors"). */
function seesUseAdvanced({ fieldSelectors }: AdvancedEventSelector): boolean {
  const fields = objects<FieldSelector>(fieldSelectors);
  const of = (name: string): FieldSelector[] => fields.filter(({ field }) => field === name);
  return of('eventCategory').some(({ equals }) => Array.isArray(equals) && equals.includes('Management'))
    && of('readOnly').length === 0
    && of('eventSource').every(({ equals, notEquals }) => (
      !(Array.isArray(notEquals) && notEquals.includes('kms.amazonaws.com')) && (!Array.isArray(equals) || equals.includes('kms.amazonaws.com'))
    ));
}

/** CloudTrail takes a trail's name or ARN. */
function trailOf({ requestParameters }: CloudTrailRecord): string {
  const { name, trailName } = requestParameters ?? {};
  return [trailName, name].find(isText) ?? 'a trail';
}

function objects<T>(value: unknown): T[] {
  return (Array.isArray(value) ? value : []).filter((each): each is T => typeof each === 'object' && each !== null);
}
