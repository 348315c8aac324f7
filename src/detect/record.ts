/**
 * A record of CloudTrail, as far as it is read here. Any of it may be missing, and may be of another type than AWS documents: records come from files.
 *
 * Source: CloudTrail User Guide, "CloudTrail record contents", "CloudTrail userIdentity element".
 */
export interface CloudTrailRecord {
  readonly eventID?: string;
  readonly eventTime?: string;
  readonly eventSource?: string;
  readonly eventName?: string;
  readonly eventType?: string;
  readonly awsRegion?: string;
  readonly sourceIPAddress?: string;
  readonly recipientAccountId?: string;
  readonly errorCode?: string;
  readonly errorMessage?: string;
  readonly userIdentity?: UserIdentity | null;
  readonly requestParameters?: Readonly<Record<string, unknown>> | null;
  readonly responseElements?: Readonly<Record<string, unknown>> | null;
  readonly resources?: readonly ({ readonly ARN?: string } | null)[] | null;
}

export interface UserIdentity {
  readonly type?: string;
  readonly arn?: string;
  readonly accountId?: string;
  readonly principalId?: string;
  readonly userName?: string;
  /** The service that calls, in its own name or in the caller's. */
  readonly invokedBy?: string;
  readonly sessionContext?: { readonly sessionIssuer?: { readonly arn?: string } | null } | null;
}

/** A service in its own name: `AWSService`, and what KMS does by itself (an event of the service, whose identity has no type). */
export function isService({ userIdentity, eventType }: CloudTrailRecord): boolean {
  return userIdentity?.type === 'AWSService' || eventType === 'AwsServiceEvent';
}

/**
 * Who called, the same for all sessions of a role: the ARN of the role, user or root user, the name of the service, or the account where another account's
 * caller is told by its account only.
 */
export function principalOf(record: CloudTrailRecord): string {
  const { userIdentity } = record;
  if (isService(record)) return text(userIdentity?.invokedBy) ?? 'AWS Internal';
  const arn = text(userIdentity?.arn);
  return text(userIdentity?.sessionContext?.sessionIssuer?.arn) ?? roleOf(arn) ?? arn
    ?? text(userIdentity?.accountId) ?? text(userIdentity?.principalId) ?? text(userIdentity?.invokedBy) ?? 'unknown';
}

const SESSION = /^arn:([^:]+):sts::(\d{12}):assumed-role\/([^/]+)\/[^/]+$/;

/** A session that does not name its issuer. The role's path stands nowhere, then. */
function roleOf(arn: string | undefined): string | undefined {
  const session = SESSION.exec(arn ?? '');
  return session ? `arn:${session[1]}:iam::${session[2]}:role/${session[3]}` : undefined;
}

const KEY_ARN = /^arn:[^:]+:kms:[^:]*:\d{12}:key\//;
/** In the message of a refusal: "… is not authorized to perform: kms:Decrypt on resource: arn:…", "arn:… is pending deletion." */
const IN_MESSAGE = /arn:[a-z-]+:kms:[a-z0-9-]*:\d{12}:(?:key|alias)\/[\w/-]+/;

/**
 * ARNs of the keys that the record is about: source, then destination, for ReEncrypt. A refused call may name its key in the message only,
 * or as an id among the parameters, or not at all.
 */
export function keysOf(record: CloudTrailRecord): readonly string[] {
  const named = resourcesOf(record, ':key/');
  if (named.length) return named;
  const elsewhere = [text(record.responseElements?.keyId), text(record.requestParameters?.keyId), IN_MESSAGE.exec(record.errorMessage ?? '')?.[0]];
  for (const found of elsewhere) {
    const arn = found === undefined ? undefined : asKeyArn(found, record);
    if (arn !== undefined) return [arn];
  }
  return [];
}

export function aliasesOf(record: CloudTrailRecord): readonly string[] {
  return resourcesOf(record, ':alias/');
}

/** This is asked of every record, more than once: no lists in between, and no global looked up. */
const { isArray } = Array;

function resourcesOf({ resources }: CloudTrailRecord, kind: ':key/' | ':alias/'): string[] {
  const found: string[] = [];
  if (!isArray(resources)) return found;
  for (const resource of resources as readonly unknown[]) {
    const arn = (resource as { readonly ARN?: unknown } | null)?.ARN;
    if (typeof arn === 'string' && arn.startsWith('arn:') && arn.includes(kind)) found.push(arn);
  }
  return found;
}

const KEY_ID = /^(?:mrk-[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

function asKeyArn(found: string, { awsRegion, recipientAccountId, userIdentity }: CloudTrailRecord): string | undefined {
  if (KEY_ARN.test(found)) return found;
  const [account, region] = [text(recipientAccountId) ?? text(userIdentity?.accountId), text(awsRegion)];
  if (!KEY_ID.test(found) || region === undefined || account === undefined) return undefined;
  return `arn:${partitionIn(userIdentity?.arn)}:kms:${region}:${account}:key/${found}`;
}

function partitionIn(arn: string | undefined): string {
  return /^arn:([^:]+):/.exec(arn ?? '')?.[1] ?? 'aws';
}

/** A string that is not empty. */
export function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:[0-5]\dZ$/;
/** The same with fractions of a second, or another zone, as tools export it; without a zone it is UTC all the same. */
const OTHER_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)?$/;
/** Seconds of the year 2242: no record is later, and times are counted with. */
const LATEST = 2 ** 33;
const ZERO = '0'.charCodeAt(0);
/** Records of one minute come together: its start is worked out once. */
let minute = { text: '', second: 0 };

/** When it happened, in seconds since 1970; undefined if the record does not tell. CloudTrail's times have seconds and are UTC. */
export function secondOf({ eventTime }: CloudTrailRecord): number | undefined {
  if (typeof eventTime !== 'string') return undefined;
  if (!TIME.test(eventTime)) {
    const read = OTHER_TIME.exec(eventTime);
    return read ? wholeSeconds(Date.parse(read[2] === undefined ? `${eventTime}Z` : eventTime)) : undefined;
  }
  const upToMinute = eventTime.slice(0, 17);
  if (upToMinute !== minute.text) {
    const second = wholeSeconds(Date.parse(`${upToMinute}00Z`));
    if (second === undefined) return undefined;
    minute = { text: upToMinute, second };
  }
  return minute.second + 10 * (eventTime.charCodeAt(17) - ZERO) + eventTime.charCodeAt(18) - ZERO;
}

function wholeSeconds(milliseconds: number): number | undefined {
  const seconds = Math.floor(milliseconds / 1000);
  return seconds >= 0 && seconds < LATEST ? seconds : undefined;
}

export function iso(second: number): string {
  return new Date(second * 1000).toISOString().replace('.000Z', 'Z');
}
