import type { Callers, Granted, Issuer } from './granted';
import type { Json } from './pattern-size';
import type { Detector } from '../detect/detectors';

/**
 * Event patterns. Each comes with near misses in test/monitoring, judged by AWS's own matcher: fields that are absent match nothing but `exists: false`, so that who has no
 * `sessionIssuer` (users, the root user, services) is asked for apart; arrays of objects are matched element by element.
 *
 * Sources: EventBridge User Guide, "Comparison operators for use in event patterns"; KMS Developer Guide, "Logging AWS KMS API calls with AWS CloudTrail"; CloudTrail User
 * Guide, "CloudTrail userIdentity element".
 */
export type Pattern = Fields;

type Fields = Readonly<Record<string, Json>>;

/** A part of the names of roles: those that begin with one of `within`, but for those with one of `without`. */
export interface NameRange {
  readonly within?: readonly string[];
  readonly without?: readonly string[];
}

const ABSENT: Json = { exists: false };

/** A field that is absent, or none of these. */
function noneOf(values: readonly string[]): Json {
  return [ABSENT, { 'anything-but': values }];
}

function fromTrail(source: string, detail: Fields): Pattern {
  return { 'source': [source], 'detail-type': ['AWS API Call via CloudTrail'], detail };
}

/** A change that was made, but for those that are made by these. A name in `resources` may be that of an alias. */
export function change({ eventNames }: Pick<Detector, 'eventNames'>, resources: readonly string[], expected: Callers): Pattern {
  return fromTrail('aws.kms', {
    eventName: eventNames, errorCode: [ABSENT], resources: { ARN: resources }, ...butFor(expected),
  });
}

/** A change that one of these makes: what deployments do. */
export function expectedChange(eventNames: readonly string[], resources: readonly string[], { issuers, users }: Callers): Pattern {
  const roles: Fields = { userIdentity: issuer(issuers.map(({ arn, isPattern }) => (isPattern ? { wildcard: arn } : arn))) };
  const ways: Fields[] = [...issuers.length ? [roles] : [], ...users.length ? [{ userIdentity: { arn: users } }] : []];
  return fromTrail('aws.kms', { eventName: eventNames, errorCode: [ABSENT], resources: { ARN: resources }, ...ways.length > 1 ? { $or: ways } : ways[0] });
}

/** Grants are made and revoked all day by services that work under them: each says so in `invokedBy`, be it a name like `ec2.amazonaws.com` or `AWS Internal`. */
export function grantChange({ eventNames }: Pick<Detector, 'eventNames'>, resources: readonly string[], creators: Callers): Pattern {
  return fromTrail('aws.kms', { eventName: eventNames, errorCode: [ABSENT], resources: { ARN: resources }, userIdentity: { invokedBy: [ABSENT], ...noneOfCallers(creators) } });
}

/** What KMS tells of itself. */
export function native({ detailType = '' }: Pick<Detector, 'detailType'>, keys: readonly string[]): Pattern {
  return { 'source': ['aws.kms'], 'detail-type': [detailType], 'resources': keys };
}

/** A trail is stopped or deleted: one of these, told by name or ARN, or any. */
export function trailStopped(trails: readonly string[] | undefined, expected: Callers): Pattern {
  return fromTrail('aws.cloudtrail', {
    eventName: ['StopLogging', 'DeleteTrail'], errorCode: [ABSENT], ...butFor(expected), ...trails ? { requestParameters: { name: trails } } : {},
  });
}

/**
 * A trail gets selectors that leave KMS out, or read-only events. Whether advanced selectors do cannot be told by a pattern in general, which sees that a value is there and not that
 * it is missing: those count that ask for anything but management events, name KMS as a source to leave out, or narrow by `readOnly`.
 */
export function trailNarrowed(trails: readonly string[] | undefined, expected: Callers): Pattern {
  return fromTrail('aws.cloudtrail', {
    eventName: ['PutEventSelectors'],
    errorCode: [ABSENT],
    ...butFor(expected),
    requestParameters: {
      ...trails ? { trailName: trails } : {},
      $or: [
        { eventSelectors: { excludeManagementEventSources: ['kms.amazonaws.com'] } },
        { eventSelectors: { includeManagementEvents: [false] } },
        { eventSelectors: { readWriteType: [{ 'anything-but': 'All' }] } },
        { advancedEventSelectors: { fieldSelectors: { field: ['eventCategory'], equals: [{ 'anything-but': 'Management' }] } } },
        { advancedEventSelectors: { fieldSelectors: { notEquals: ['kms.amazonaws.com'] } } },
        { advancedEventSelectors: { fieldSelectors: { field: ['readOnly'] } } },
      ],
    },
  });
}

/**
 * A use of keys by somebody outside the granted set. Roles are told by their ARN; users, the root user and services have no issuer, callers of other accounts have nothing but
 * an account id; a service that calls for itself tells its name alone.
 *
 * @param range the roles that this pattern is for, where the set is too long for one; whoever is no role is the last pattern's, which has no `within`
 */
export function ungranted(
  eventNames: readonly string[], keys: readonly string[], granted: Granted, issuers: readonly Issuer[], range: NameRange = {},
): Pattern {
  const through: Fields = granted.throughServices.length ? { invokedBy: noneOf(granted.throughServices) } : {};
  const roles: Fields = { userIdentity: { ...through, sessionContext: { sessionIssuer: { arn: outside(issuers), ...named(range) } } } };
  const users: Fields = granted.users.length ? { arn: noneOf(granted.users) } : {};
  const others: Json[] = range.within ? [] : [
    {
      userIdentity: {
        type: [ABSENT, { 'anything-but': ['AWSService', 'AWSAccount'] }], ...through, ...users, ...issuer([ABSENT]),
      },
    },
    { userIdentity: { type: ['AWSAccount'], ...through, ...granted.accounts.length ? { accountId: [{ 'anything-but': granted.accounts }] } : {} } },
    { userIdentity: { type: ['AWSService'], ...granted.services.length ? { invokedBy: noneOf(granted.services) } : {} } },
  ];
  return fromTrail('aws.kms', { eventName: eventNames, errorCode: [ABSENT], resources: { ARN: keys }, ...others.length ? { $or: [roles, ...others] } : roles });
}

/** A role that is none of these. */
function outside(issuers: readonly Issuer[]): Json {
  return [issuers.length ? otherThan(issuers) : { exists: true }];
}

/** One pattern of an ARN among roles makes all of them patterns: two kinds of `anything-but` would each let the other's pass. */
function otherThan(issuers: readonly Issuer[]): Json {
  const arns = issuers.map(({ arn }) => arn);
  return { 'anything-but': issuers.some(({ isPattern }) => isPattern) ? { wildcard: arns } : arns };
}

function named({ within, without }: NameRange): Fields {
  if (within) return { userName: within.map((prefix) => ({ prefix })) };
  return without?.length ? { userName: [ABSENT, { 'anything-but': { prefix: without } }] } : {};
}

/** Calls that KMS refused for want of permission, where the record says of which key. */
export function denied(eventNames: readonly string[], keys: readonly string[]): Pattern {
  return fromTrail('aws.kms', { eventName: eventNames, errorCode: REFUSED, resources: { ARN: keys } });
}

/**
 * The same of records that name the key in the message alone, by the end of its ARN. Wildcards are dear: three keys are all that EventBridge takes in one rule, so that these are
 * apart from the others. Nothing is told by both.
 */
export function deniedInMessage(eventNames: readonly string[], keyIds: readonly string[]): Pattern {
  return fromTrail('aws.kms', {
    eventName: eventNames, errorCode: REFUSED, resources: { ARN: [ABSENT] }, errorMessage: keyIds.map((id) => ({ wildcard: `*:key/${id}*` })),
  });
}

const REFUSED = ['AccessDenied', 'AccessDeniedException'];

/**
 * Refusals, but for those of whoever may sign with a key, whichever of its generations is active: functions that were told of another before a deployment ask that first, are
 * refused, and go on with the next.
 */
export function butForSigners({ detail, ...rest }: Pattern, signers: Callers): Pattern {
  return { ...rest, detail: { ...detail as Fields, ...butFor(signers) } };
}

/**
 * Calls of keys that are pending deletion, which KMS refuses: "arn:… is pending deletion." Source: KMS Developer Guide, "Create an alarm that detects use of a KMS key pending
 * deletion".
 */
export function pendingDeletion(eventNames: readonly string[], keys: readonly string[]): Pattern {
  return fromTrail('aws.kms', {
    eventName: eventNames, errorCode: ['KMSInvalidStateException'], errorMessage: keys.map((key) => ({ prefix: `${key} is pending deletion` })),
  });
}

/** Uses of multi-Region keys, by the end of their ARNs, in a Region that is none of these. */
export function elsewhere(eventNames: readonly string[], keyIds: readonly string[], regions: readonly string[]): Pattern {
  return fromTrail('aws.kms', {
    eventName: eventNames, errorCode: [ABSENT], awsRegion: [{ 'anything-but': regions }], resources: { ARN: keyIds.map((id) => ({ suffix: `:key/${id}` })) },
  });
}

/** By anybody but these. */
function butFor(expected: Callers): Fields {
  return expected.issuers.length || expected.users.length ? { userIdentity: noneOfCallers(expected) } : {};
}

function noneOfCallers({ issuers, users }: Callers): Fields {
  return { ...users.length ? { arn: noneOf(users) } : {}, ...issuers.length ? issuer([ABSENT, otherThan(issuers)]) : {} };
}

function issuer(arn: Json): Fields {
  return { sessionContext: { sessionIssuer: { arn } } };
}
