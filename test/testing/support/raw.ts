import { createHash, createHmac } from 'node:crypto';
import { Agent, request } from 'node:http';
import type { LocalCredentials } from '../../../src/testing';

/** What came back over the wire, before any SDK has had a look at it. */
export interface RawReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** What a request says of itself; a signature is made over what is here, and may then be spoilt. */
export interface RawRequest {
  readonly endpoint: string;
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  readonly agent?: Agent;
}

const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest('hex');
const hmac = (key: string | Buffer, data: string) => createHmac('sha256', key).update(data).digest();

/** UriEncode of the IAM User Guide: all but the unreserved characters of RFC 3986. */
const uriEncode = (text: string) => [...Buffer.from(text, 'utf8')]
  .map((byte) => (/[A-Za-z0-9_.~-]/.test(String.fromCharCode(byte)) ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`))
  .join('');

/** By name, then by value: not by what the two are together, since `=` comes after some characters of names. */
const byCodePoint = ([nameA, valueA]: string[], [nameB, valueB]: string[]) => (
  Buffer.compare(Buffer.from(nameA), Buffer.from(nameB)) || Buffer.compare(Buffer.from(valueA), Buffer.from(valueB))
);

/** Headers of a call to an operation, unsigned. */
export function headersOf(operation: string): Record<string, string> {
  return { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `TrentService.${operation}` };
}

/** What to sign differently from what is right. */
export interface Signing {
  readonly credentials: LocalCredentials;
  readonly at?: Date;
  readonly region?: string;
  readonly service?: string;
  readonly terminator?: string;
  readonly scopeDate?: string;
  readonly signedHeaders?: readonly string[];
}

/** The same request with a signature of version 4, written from the IAM User Guide and not from what is tested. */
export function sign(unsigned: RawRequest, signing: Signing): RawRequest {
  const { credentials, at = new Date(), region = 'us-east-1', service = 'kms', terminator = 'aws4_request' } = signing;
  const stamp = at.toISOString().replace(/[-:]|\.\d+/g, '');
  const date = signing.scopeDate ?? stamp.slice(0, 8);
  const url = new URL(unsigned.path ?? '/', unsigned.endpoint);
  const headers: Record<string, string> = {
    ...unsigned.headers,
    'host': url.host,
    'x-amz-date': stamp,
    ...(credentials.sessionToken && { 'x-amz-security-token': credentials.sessionToken }),
  };
  const names = [...signing.signedHeaders ?? Object.keys(headers)].sort();
  const canonical = [
    unsigned.method ?? 'POST',
    url.pathname,
    [...url.searchParams].map(([name, value]) => [uriEncode(name), uriEncode(value)]).sort(byCodePoint).map((pair) => pair.join('=')).join('&'),
    ...names.map((name) => `${name}:${(headers[name] ?? '').trim().replace(/ +/g, ' ')}`),
    '',
    names.join(';'),
    sha256(unsigned.body ?? ''),
  ].join('\n');
  const scope = `${date}/${region}/${service}/${terminator}`;
  const key = [date, region, service, terminator].reduce<string | Buffer>((secret, part) => hmac(secret, part), `AWS4${credentials.secretAccessKey}`);
  const signature = hmac(key as Buffer, ['AWS4-HMAC-SHA256', stamp, scope, sha256(canonical)].join('\n')).toString('hex');
  return {
    ...unsigned,
    headers: {
      ...headers,
      authorization: `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`,
    },
  };
}

export function send({ endpoint, method = 'POST', path = '/', headers = {}, body = '', agent }: RawRequest): Promise<RawReply> {
  return new Promise((resolve, reject) => {
    const outgoing = request(new URL(path, endpoint), { method, headers: { ...headers, 'content-length': Buffer.byteLength(body) }, agent }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => resolve({ status: incoming.statusCode!, headers: incoming.headers, body: Buffer.concat(chunks).toString('utf8') }));
      incoming.on('error', reject);
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** `{ status, __type, message }` of an error. */
export function errorIn({ status, body }: RawReply): Record<string, unknown> {
  return { status, ...JSON.parse(body) as object };
}
