/* eslint-disable no-bitwise -- ids are made of bits */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { ACCOUNT, READERS, REGION } from './app';

/** What a trail of CloudTrail would have recorded, in the shape of its files. */

export type TrailRecord = Readonly<Record<string, unknown>>;

const HOUR = 3600;
const TENANTS = 40;
/** Busiest at noon: of 5,000 calls a day, a role makes about 740 in its busiest hour. */
const RHYTHM = Array.from({ length: 24 }, (_, hour) => 0.1 + Math.exp(-(((hour - 12.5) / 3.2) ** 2)));
const RHYTHM_SUM = RHYTHM.reduce((sum, weight) => sum + weight, 0);

/** The incident, as it will be told: a contractor lets a role in, the role reads, and somebody tries to hide it. */
export const ATTACKER = 'nightly-reports';
export const INSIDER = 'contractor';

let made = 0;

function record(eventName: string, second: number, keyArn: string, who: object, rest: object = {}): TrailRecord {
  const [requestID, eventID] = [uuid(made++), uuid(made++)];
  const read = eventName === 'Decrypt';
  return {
    eventVersion: '1.11',
    userIdentity: who,
    eventTime: new Date(second * 1000).toISOString().replace(/\.\d+Z$/, 'Z'),
    eventSource: 'kms.amazonaws.com',
    eventName,
    awsRegion: REGION,
    sourceIPAddress: '198.51.100.7',
    userAgent: 'aws-sdk-js/3.1162.0',
    requestParameters: { keyId: keyArn },
    responseElements: null,
    requestID,
    eventID,
    readOnly: read,
    resources: [{ accountId: ACCOUNT, type: 'AWS::KMS::Key', ARN: keyArn }],
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: ACCOUNT,
    eventCategory: 'Management',
    ...rest,
  };
}

/** Odd, so that each number has an id of its own. */
const SPREAD = 0x9e3779b1;

function uuid(number: number): string {
  const digits = (by: number): string => (Math.imul(number + by, SPREAD) >>> 0).toString(16).padStart(8, '0');
  const [second, third] = [digits(1e6), digits(2e6)];
  return `${digits(0)}-${second.slice(0, 4)}-4${second.slice(5)}-8${third.slice(1, 4)}-${third.slice(4)}${digits(3e6)}`;
}

function role(name: string): object {
  const sessionIssuer = { type: 'Role', principalId: 'AROAIGDTESTANDEXAMPLE', arn: `arn:aws:iam::${ACCOUNT}:role/${name}`, accountId: ACCOUNT, userName: name };
  return {
    type: 'AssumedRole',
    principalId: 'AROAIGDTESTANDEXAMPLE:session',
    arn: `arn:aws:sts::${ACCOUNT}:assumed-role/${name}/session`,
    accountId: ACCOUNT,
    sessionContext: { sessionIssuer, attributes: { mfaAuthenticated: 'false' } },
  };
}

function user(name: string): object {
  return { type: 'IAMUser', principalId: 'AIDACKCEVSQ6C2EXAMPLE', arn: `arn:aws:iam::${ACCOUNT}:user/${name}`, accountId: ACCOUNT, userName: name };
}

function decrypt(who: object, second: number, keyArn: string, tenant: number): TrailRecord {
  const encryptionContext = { tenant: `t-${String(tenant).padStart(2, '0')}` };
  const requestParameters = { encryptionAlgorithm: 'SYMMETRIC_DEFAULT', keyId: keyArn, encryptionContext };
  return record('Decrypt', second, keyArn, who, { requestParameters });
}

/** Hours of a day on which nothing happens; a day has 100,000 calls. The same each time: what looks like chance is counted. */
export function normalHours(midnight: number, keyArn: string, from = 0, to = 24): TrailRecord[] {
  return READERS.flatMap((name, n) => RHYTHM.flatMap((weight, hour) => {
    const calls = hour < from || hour >= to ? 0 : Math.round((5000 * weight) / RHYTHM_SUM);
    const at = (i: number) => midnight + hour * HOUR + Math.floor((i * HOUR) / calls);
    return Array.from({ length: calls }, (_, i) => decrypt(role(name), at(i), keyArn, (n * 7 + i) % TENANTS));
  }));
}

/** The afternoon of the next day. */
export function incident(midnight: number, keyArn: string): TrailRecord[] {
  const at = (hour: number, minute: number) => midnight + hour * HOUR + minute * 60;
  return [
    record('PutKeyPolicy', at(14, 2), keyArn, user(INSIDER), { requestParameters: { keyId: keyArn, policyName: 'default', policy: '{}' } }),
    ...Array.from({ length: 700 }, (_, i) => decrypt(role(ATTACKER), at(14, 5) + i * 5, keyArn, i < 600 ? 11 : 12)),
    record('StopLogging', at(15, 9), keyArn, user(INSIDER), { eventSource: 'cloudtrail.amazonaws.com', requestParameters: { name: 'orders' }, resources: [] }),
  ];
}

/** Writes records as CloudTrail does: many small files, gzipped. */
export function writeTrail(folder: string, records: readonly TrailRecord[]): void {
  const PER_FILE = 2000;
  mkdirSync(folder, { recursive: true });
  for (let n = 0; n * PER_FILE < records.length; n++) {
    const part = JSON.stringify({ Records: records.slice(n * PER_FILE, (n + 1) * PER_FILE) });
    writeFileSync(join(folder, `${ACCOUNT}_CloudTrail_${REGION}_${String(n).padStart(4, '0')}.json.gz`), gzipSync(part, { level: 1 }));
  }
}
