import { ACCOUNT, identityOf, ONE_OF_EACH, REGION } from './callers';
import type { Caller } from './callers';
import { OPERATIONS } from './operations';
import type { Asked, ResourceShape } from './operations';
import { Random } from './random';
import type { CloudTrailRecord } from '../../../src/detect';

/** How the caller named the key. `absent`: not at all, as Decrypt may, or in a record that carries no parameters. */
export type KeyReference = 'id' | 'arn' | 'alias' | 'alias arn' | 'absent';

/**
 * How a call ended. A refused one carries no parameters; whether it tells its resources differs from record to record, so that there are both.
 * The others fail after it was allowed.
 */
export type Outcome = 'success' | 'denied' | 'denied, no resources' | 'pending deletion' | 'disabled';

export interface RecordOptions {
  readonly event: string;
  readonly caller: Caller;
  readonly keyArn?: string;
  readonly destinationKeyArn?: string;
  readonly aliasName?: string;
  readonly reference?: KeyReference;
  readonly outcome?: Outcome;
  /** Seconds since 1970. */
  readonly second?: number;
  readonly encryptionContext?: Readonly<Record<string, string>>;
  readonly grantee?: string;
  readonly eventID?: string;
  readonly sourceIPAddress?: string;
  /** In place of what the operation makes, whole. */
  readonly requestParameters?: Readonly<Record<string, unknown>>;
}

export const KEY_ID = '1234abcd-12ab-34cd-56ef-1234567890ab';
export const KEY_ARN = `arn:aws:kms:${REGION}:${ACCOUNT}:key/${KEY_ID}`;
export const OTHER_KEY_ARN = `arn:aws:kms:${REGION}:${ACCOUNT}:key/0987dcba-09fe-87dc-65ba-ab0987654321`;
export const ALIAS = 'alias/invoices';
/** 28 November 2026, midnight UTC. */
export const MIDNIGHT = Date.UTC(2026, 10, 28) / 1000;

/** Makes records of the shape that AWS documents. The same seed makes the same records. */
export class Records {
  private readonly random: Random;
  private readonly materialId: string;
  private readonly previousMaterialId: string;

  constructor(seed = 1) {
    this.random = new Random(seed);
    this.materialId = this.random.hex(64);
    this.previousMaterialId = this.random.hex(64);
  }

  make(options: RecordOptions): CloudTrailRecord & Readonly<Record<string, unknown>> {
    const { event, caller, keyArn = KEY_ARN, outcome = 'success', second = MIDNIGHT } = options;
    const operation = OPERATIONS[event];
    if (operation === undefined) throw new Error(`no operation '${event}'`);
    const { random } = this;
    const [, , , region] = keyArn.split(':');
    const eventTime = iso(second);
    const identity = identityOf(caller, random, iso(second - 600));
    const asked: Asked = {
      keyId: referenceTo(keyArn, options.aliasName ?? ALIAS, options.reference ?? 'arn'),
      keyArn,
      destinationKeyId: options.destinationKeyArn ?? OTHER_KEY_ARN,
      aliasName: options.aliasName ?? ALIAS,
      ...(options.encryptionContext === undefined ? {} : { encryptionContext: options.encryptionContext }),
      grantee: options.grantee ?? `arn:aws:iam::${ACCOUNT}:role/Auditor`,
      materialId: this.materialId,
      previousMaterialId: this.previousMaterialId,
      get grantId() { return random.hex(64); },
    };
    const denied = outcome === 'denied' || outcome === 'denied, no resources';
    const failed = outcome !== 'success';
    const resources = outcome === 'denied, no resources' ? undefined : resourcesOf(operation.resources, asked, options.destinationKeyArn ?? OTHER_KEY_ARN);
    const additional = failed ? undefined : operation.additional?.(asked);
    return {
      eventVersion: '1.11',
      userIdentity: operation.serviceEvent ? { accountId: ACCOUNT, invokedBy: 'AWS Internal' } : identity.userIdentity,
      eventTime,
      eventSource: 'kms.amazonaws.com',
      eventName: event,
      awsRegion: region,
      sourceIPAddress: operation.serviceEvent ? 'AWS Internal' : options.sourceIPAddress ?? identity.sourceIPAddress,
      userAgent: operation.serviceEvent ? 'AWS Internal' : identity.userAgent,
      ...errorOf(outcome, event, keyArn, identity.arn),
      requestParameters: denied ? null : options.requestParameters ?? operation.request(asked),
      responseElements: failed ? null : operation.response?.(asked) ?? null,
      ...(additional ? { additionalEventData: additional } : {}),
      requestID: random.uuid(),
      eventID: options.eventID ?? random.uuid(),
      readOnly: operation.readOnly,
      ...(resources ? { resources } : {}),
      eventType: operation.serviceEvent ? 'AwsServiceEvent' : 'AwsApiCall',
      managementEvent: true,
      recipientAccountId: ACCOUNT,
      ...(operation.serviceEvent ? { serviceEventDetails: operation.details?.(asked) ?? null } : {}),
      ...(caller.kind === 'other account' || caller.kind === 'role of another account' ? { sharedEventID: random.uuid() } : {}),
      eventCategory: 'Management',
      ...(identity.arn !== undefined && !operation.serviceEvent && caller.kind !== 'through a service' ? {
        tlsDetails: { tlsVersion: 'TLSv1.3', cipherSuite: 'TLS_AES_128_GCM_SHA256', clientProvidedHostHeader: `kms.${region}.amazonaws.com`, keyExchange: 'X25519MLKEM768' },
      } : {}),
    };
  }

  /** The same call once more, of the same session: at another time, by ids of its own. */
  again<T extends CloudTrailRecord>(record: T, second: number): T {
    return { ...record, eventTime: iso(second), requestID: this.random.uuid(), eventID: this.random.uuid() };
  }

  /** A call to CloudTrail itself. */
  trailCall(eventName: string, caller: Caller, requestParameters: Fields, second = MIDNIGHT): WholeRecord {
    return this.otherCall('cloudtrail', REGION, eventName, caller, { requestParameters }, second);
  }

  /** A role is made (IAM User Guide, "Logging IAM and AWS STS API calls with AWS CloudTrail"): IAM records in us-east-1. */
  roleMade(roleName: string, caller: Caller, second = MIDNIGHT, rest: Fields = {}): WholeRecord {
    const role = { path: '/', roleName, roleId: this.random.id('AROA'), arn: `arn:aws:iam::${ACCOUNT}:role/${roleName}` };
    return this.otherCall('iam', 'us-east-1', 'CreateRole', caller, { requestParameters: { roleName, path: '/' }, responseElements: { role }, ...rest }, second);
  }

  private otherCall(service: string, awsRegion: string, eventName: string, caller: Caller, fields: Fields, second: number): WholeRecord {
    const identity = identityOf(caller, this.random, iso(second - 600));
    return {
      eventVersion: '1.11',
      userIdentity: identity.userIdentity,
      eventTime: iso(second),
      eventSource: `${service}.amazonaws.com`,
      eventName,
      awsRegion,
      sourceIPAddress: identity.sourceIPAddress,
      userAgent: identity.userAgent,
      responseElements: null,
      ...fields,
      requestID: this.random.uuid(),
      eventID: this.random.uuid(),
      readOnly: false,
      eventType: 'AwsApiCall',
      managementEvent: true,
      recipientAccountId: ACCOUNT,
      eventCategory: 'Management',
    };
  }
}

type Fields = Readonly<Record<string, unknown>>;
type WholeRecord = CloudTrailRecord & Fields;

/** A record and what makes it differ from the others. */
export interface Made {
  readonly name: string;
  readonly event: string;
  readonly caller: Caller;
  readonly outcome: Outcome;
  readonly reference: KeyReference;
  readonly record: CloudTrailRecord & Readonly<Record<string, unknown>>;
}

/** Every operation, by every kind of caller, with every end that it can have, and the key named in every way. */
export function everyRecord(seed = 1): Made[] {
  const records = new Records(seed);
  return Object.entries(OPERATIONS).flatMap(([event, operation]) => {
    const callers = operation.serviceEvent ? ONE_OF_EACH.slice(4, 5) : ONE_OF_EACH;
    const namesKey = operation.resources !== 'none' && !operation.serviceEvent;
    const outcomes: readonly Outcome[] = operation.serviceEvent ? ['success'] : namesKey ? ['success', 'denied', 'denied, no resources', 'pending deletion', 'disabled'] : ['success', 'denied'];
    return callers.flatMap((caller) => outcomes.flatMap((outcome) => {
      const references: readonly KeyReference[] = namesKey && outcome === 'success' ? ['id', 'arn', 'alias', 'alias arn', 'absent'] : ['arn'];
      return references.map((reference) => ({
        name: `${event} by ${caller.kind}, ${outcome}, key by ${reference}`, event, caller, outcome, reference, record: records.make({ event, caller, outcome, reference }),
      }));
    }));
  });
}

/** The minute of the last time that was written: times come in order, and a date is dear. */
let minute = { start: NaN, text: '' };

function iso(second: number): string {
  const past = second % 60;
  if (second - past !== minute.start) minute = { start: second - past, text: new Date((second - past) * 1000).toISOString().slice(0, 17) };
  return `${minute.text}${past < 10 ? '0' : ''}${past}Z`;
}

function referenceTo(keyArn: string, aliasName: string, reference: KeyReference): string | undefined {
  const start = keyArn.slice(0, keyArn.indexOf(':key/'));
  return { 'id': keyArn.split('/')[1], 'arn': keyArn, 'alias': aliasName, 'alias arn': `${start}:${aliasName}`, 'absent': undefined }[reference];
}

type Resource = Readonly<Record<string, string>>;

/** The order of the members is AWS's: typed ones begin with the account, others with the ARN. */
function resourcesOf(shape: ResourceShape, { keyArn, aliasName }: Asked, destination: string): readonly Resource[] | undefined {
  const accountId = keyArn.split(':')[4];
  const key = (ARN: string): Resource => ({ accountId, type: 'AWS::KMS::Key', ARN });
  const aliasArn = `${keyArn.slice(0, keyArn.indexOf(':key/'))}:${aliasName}`;
  switch (shape) {
    case 'typed': return [key(keyArn)];
    case 'untyped': return [{ ARN: keyArn, accountId }];
    case 'two keys': return [key(keyArn), key(destination)];
    case 'alias and key': return [{ accountId, type: 'AWS::KMS::Alias', ARN: aliasArn }, key(keyArn)];
    case 'alias and key, untyped': return [{ ARN: aliasArn, accountId }, { ARN: keyArn, accountId }];
    case 'none': return undefined;
  }
}

function errorOf(outcome: Outcome, event: string, keyArn: string, caller: string | undefined): Readonly<Record<string, string>> {
  switch (outcome) {
    case 'success': return {};
    case 'pending deletion': return { errorCode: 'KMSInvalidStateException', errorMessage: `${keyArn} is pending deletion.` };
    case 'disabled': return { errorCode: 'DisabledException', errorMessage: `${keyArn} is disabled.` };
    default: return {
      errorCode: 'AccessDenied',
      errorMessage: `User: ${caller ?? 'anonymous'} is not authorized to perform: kms:${event} on resource: ${keyArn} because no resource-based policy allows the kms:${event} action`,
    };
  }
}
