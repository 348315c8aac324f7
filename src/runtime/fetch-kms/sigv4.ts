import { createHash } from 'node:crypto';
import { createHmac } from '../node-crypto';

/**
 * Signature Version 4 of a request without a query. node:crypto rather than WebCrypto: everything else of the run time asks for node:crypto,
 * so that this alone would run nowhere else, and five keyed hashes in a row are microseconds there, and five turns of the event loop here.
 * Source: IAM User Guide, "Create a signed AWS API request".
 */

/** What is signed. */
export interface UnsignedRequest {
  readonly method: string;
  /** As it goes over the wire: encoded, `/` at least. */
  readonly path: string;
  /** All of them are signed. Names are in lower case; values have no space at their ends, nor two in a row. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

/** For whom and for what a signature holds. */
export interface SigningScope {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
  readonly service: string;
  /** As in `x-amz-date`: `20150830T123600Z`. */
  readonly date: string;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';

/** A time as `x-amz-date` has it. */
export const amzDate = (ms: number): string => new Date(ms).toISOString().replace(/[-:]|\.\d+/g, '');

/** The value of the header `authorization`. */
export const authorizationOf = ({ method, path, headers, body }: UnsignedRequest, scope: SigningScope): string => {
  const { accessKeyId, secretAccessKey, region, service, date } = scope;
  const names = Object.keys(headers).sort();
  const signed = names.join(';');
  const lines = names.map((name) => `${name}:${headers[name]}\n`).join('');
  // What came encoded is encoded once more, for every service but S3.
  const canonical = [method, path.split('/').map(encode).join('/'), '', lines, signed, sha256(body)].join('\n');
  const parts = [date.slice(0, 8), region, service, 'aws4_request'];
  const key = parts.reduce<string | Buffer>((secret, part) => hmac(secret, part), `AWS4${secretAccessKey}`);
  const signature = hmac(key, [ALGORITHM, date, parts.join('/'), sha256(canonical)].join('\n')).toString('hex');
  return `${ALGORITHM} Credential=${[accessKeyId, ...parts].join('/')}, SignedHeaders=${signed}, Signature=${signature}`;
};

const sha256 = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex');

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/** `encodeURIComponent` leaves five characters that RFC 3986 reserves. */
const encode = (text: string): string => encodeURIComponent(text).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
