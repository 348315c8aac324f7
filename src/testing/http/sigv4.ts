import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { KmsException } from '../engine';

/**
 * Signature Version 4 as AWS JSON services check it, with their words.
 * Source: IAM User Guide, "Create a signed AWS API request".
 */

/** What a signature covers. */
export interface SignedRequest {
  readonly method: string;
  /** Path and query as they came. */
  readonly url: string;
  /** Lower-case names; every value of a header that came more than once. */
  readonly headers: Readonly<Record<string, readonly string[] | undefined>>;
  readonly body: Uint8Array;
}

/** The secret behind an access key id. */
export interface SigningSecret {
  readonly secretAccessKey: string;
  /** The token that goes with temporary credentials. */
  readonly sessionToken?: string;
}

/** Who signed, and for which Region. */
export interface Signer {
  readonly accessKeyId: string;
  readonly region: string;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';
const TERMINATOR = 'aws4_request';
const SERVICE = 'kms';
const MINUTES_OF_SKEW = 5;
const BASIC_ISO = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;
const REGION = /^[a-z]+(?:-[a-z]+)+-\d+$/;

interface Authorization {
  readonly algorithm: string;
  readonly credential: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

interface Scope extends Signer {
  readonly date: string;
}

/**
 * Who signed this request.
 *
 * @throws MissingAuthenticationTokenException, IncompleteSignatureException, InvalidSignatureException, UnrecognizedClientException
 */
export function verifySignature(request: SignedRequest, now: Date, secretOf: (accessKeyId: string) => SigningSecret | undefined): Signer {
  const authorization = parseAuthorization(request);
  const timestamp = signingTime(request);
  requireFresh(timestamp, now);
  if (!authorization.signedHeaders.includes('host')) {
    throw new KmsException('InvalidSignatureException', '\'Host\' must be a \'SignedHeader\' in the AWS Authorization.');
  }
  if (authorization.algorithm !== ALGORITHM) {
    throw incomplete(`Unsupported AWS 'algorithm': '${authorization.algorithm}' (only ${ALGORITHM} for now). `);
  }
  const scope = parseScope(authorization.credential, timestamp);
  const secret = secretOf(scope.accessKeyId);
  if (!secret) throw unrecognized();
  requireSignature(request, authorization, timestamp, scope, secret);
  if (!equal(header(request, 'x-amz-security-token') ?? '', secret.sessionToken ?? '')) throw unrecognized();
  return { accessKeyId: scope.accessKeyId, region: scope.region };
}

function parseAuthorization(request: SignedRequest): Authorization {
  const value = header(request, 'authorization');
  if (!value) throw new KmsException('MissingAuthenticationTokenException', 'Missing Authentication Token');
  const [algorithm, ...rest] = value.split(/[\s,]+/);
  const parameters = new Map(rest.map((pair) => {
    const at = pair.indexOf('=');
    return at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)];
  }));
  const missing = ['Credential', 'Signature', 'SignedHeaders'].filter((name) => !parameters.get(name));
  const complaints = [
    ...missing.map((name) => `Authorization header requires '${name}' parameter.`),
    ...(dateHeader(request) ? [] : ['Authorization header requires existence of either a \'X-Amz-Date\' or a \'Date\' header.']),
  ];
  if (complaints.length) throw incomplete(`${complaints.join(' ')} ${withoutSignature(value)}`);
  return {
    algorithm,
    credential: parameters.get('Credential')!,
    signedHeaders: parameters.get('SignedHeaders')!.toLowerCase().split(';'),
    signature: parameters.get('Signature')!,
  };
}

// AWS repeats the whole header; the signature and what comes with it need not go into a log a second time.
function withoutSignature(authorization: string): string {
  return `(Hashed with SHA-256 and encoded with Base64) Authorization=${createHash('sha256').update(authorization).digest('base64')}`;
}

function dateHeader(request: SignedRequest): string | undefined {
  return header(request, 'x-amz-date') ?? header(request, 'date');
}

/** The time of signing in the basic format of ISO 8601. */
function signingTime(request: SignedRequest): string {
  const value = dateHeader(request)!;
  if (BASIC_ISO.test(value) && !Number.isNaN(timeOf(value))) return value;
  const date = header(request, 'x-amz-date') === undefined ? new Date(value) : undefined;
  if (!date || Number.isNaN(date.getTime())) {
    throw incomplete(`Date must be in ISO-8601 'basic format'. Got '${value}'. See http://en.wikipedia.org/wiki/ISO_8601`);
  }
  return basic(date);
}

function requireFresh(timestamp: string, now: Date): void {
  const skew = MINUTES_OF_SKEW * 60_000;
  const signed = timeOf(timestamp);
  const earliest = new Date(now.getTime() - skew);
  const latest = new Date(now.getTime() + skew);
  if (signed < earliest.getTime()) {
    throw new KmsException(
      'InvalidSignatureException',
      `Signature expired: ${timestamp} is now earlier than ${basic(earliest)} (${basic(now)} - ${MINUTES_OF_SKEW} min.)`,
    );
  }
  if (signed > latest.getTime()) {
    throw new KmsException(
      'InvalidSignatureException',
      `Signature not yet current: ${timestamp} is still later than ${basic(latest)} (${basic(now)} + ${MINUTES_OF_SKEW} min.)`,
    );
  }
}

function parseScope(credential: string, timestamp: string): Scope {
  const parts = credential.split('/');
  if (parts.length !== 5) {
    throw incomplete(`Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '${credential}'`);
  }
  const [accessKeyId, date, region, service, terminator] = parts;
  const day = timestamp.slice(0, 8);
  const complaints = [
    ...(REGION.test(region) ? [] : [`Credential should be scoped to a valid region, not '${region}'. `]),
    ...(service === SERVICE ? [] : [`Credential should be scoped to correct service: '${SERVICE}'. `]),
    ...(terminator === TERMINATOR ? [] : [`Credential should be scoped with a valid terminator: '${TERMINATOR}', not '${terminator}'. `]),
    ...(date === day ? []
      : [`Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${date}' != '${day}', from '${timestamp}'.`]),
  ];
  if (complaints.length) throw new KmsException('InvalidSignatureException', complaints.join(''));
  return { accessKeyId, date, region };
}

function requireSignature(
  request: SignedRequest, { signedHeaders, signature }: Authorization, timestamp: string, scope: Scope, secret: SigningSecret,
): void {
  const { date, region } = scope;
  const stringToSign = [
    ALGORITHM, timestamp, `${date}/${region}/${SERVICE}/${TERMINATOR}`, sha256(canonicalRequest(request, signedHeaders)),
  ].join('\n');
  const expected = hmac(signingKey(secret, date, region), stringToSign).toString('hex');
  if (equal(signature, expected)) return;
  throw new KmsException(
    'InvalidSignatureException',
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. '
    + 'Consult the service documentation for details.',
  );
}

function canonicalRequest(request: SignedRequest, signedHeaders: readonly string[]): string {
  const [path, query = ''] = request.url.split('?', 2);
  const names = [...signedHeaders].sort();
  return [
    request.method,
    // Every service but S3 encodes the path that came, which is encoded already, once more.
    path.split('/').map(encode).join('/'),
    canonicalQuery(query),
    ...names.map((name) => `${name}:${canonicalHeader(request, name)}`),
    '',
    names.join(';'),
    sha256(request.body),
  ].join('\n');
}

function canonicalQuery(query: string): string {
  return [...new URLSearchParams(query)]
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort(([nameA, valueA], [nameB, valueB]) => compare(nameA, nameB) || compare(valueA, valueB))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

function canonicalHeader(request: SignedRequest, name: string): string {
  return (request.headers[name] ?? []).map((value) => value.trim().replace(/\s+/g, ' ')).join(',');
}

// A day's key serves every request of that day: four HMACs saved on each.
const signingKeys = new WeakMap<SigningSecret, Map<string, Buffer>>();

function signingKey(secret: SigningSecret, date: string, region: string): Buffer {
  const known = signingKeys.get(secret) ?? new Map<string, Buffer>();
  signingKeys.set(secret, known);
  const id = `${date}/${region}`;
  let key = known.get(id);
  if (!key) {
    const root = Buffer.from(`AWS4${secret.secretAccessKey}`);
    key = [date, region, SERVICE, TERMINATOR].reduce<Buffer>((previous, part) => hmac(previous, part), root);
    known.set(id, key);
  }
  return key;
}

function header(request: SignedRequest, name: string): string | undefined {
  return request.headers[name]?.[0];
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** In a time that says nothing of where two texts differ; how long they have to be is no secret. */
function equal(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

function hmac(key: Uint8Array, data: string): Buffer {
  return createHmac('sha256', key).update(data).digest();
}

function timeOf(timestamp: string): number {
  const [, year, month, day, hour, minute, second] = BASIC_ISO.exec(timestamp)!;
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

function basic(date: Date): string {
  return `${date.toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
}

function incomplete(message: string): KmsException {
  return new KmsException('IncompleteSignatureException', message);
}

function unrecognized(): KmsException {
  return new KmsException('UnrecognizedClientException', 'The security token included in the request is invalid.');
}
