import { fieldLines } from './fields';
import type { FieldLines, HttpFields } from './fields';
import { invalid } from '../errors';
import { bytesOf } from '../input';
import type { BytesOrText } from '../input';
import { ofType, quoted } from '../text';

/** A request, as far as signatures look at it. */
export interface HttpRequestParts {
  readonly method: string;
  /** Absolute: what the client asked for, whatever it became behind proxies and stages. A fragment does not count. */
  readonly url: string;
  readonly headers: HttpFields;
  /**
   * The content as it goes over the wire, text in UTF-8: a digest is made of it, and checked against it.
   *
   * @default - an empty one; but a signer takes a `content-digest` that is there for true
   */
  readonly body?: BytesOrText | undefined;
  readonly trailers?: HttpFields;
  /** What stands in the request line, where it is another form than path and query of the URL (RFC 9112 section 3.2). @default - path and query */
  readonly requestTarget?: string;
}

/** A response, as far as signatures look at it. */
export interface HttpResponseParts {
  readonly status: number;
  readonly headers: HttpFields;
  /**
   * The content as it goes over the wire, text in UTF-8: a digest is made of it, and checked against it.
   *
   * @default - an empty one; but a signer takes a `content-digest` that is there for true
   */
  readonly body?: BytesOrText | undefined;
  readonly trailers?: HttpFields;
}

/** A message with its fields read. */
export interface HttpMessage {
  readonly fields: FieldLines;
  readonly trailers: FieldLines;
  readonly body: Uint8Array | undefined;
  /** Of a request. */
  readonly target?: RequestTarget;
  /** Of a response. */
  readonly status?: number;
  /** What a response answers. */
  readonly request?: HttpMessage;
}

interface RequestTarget {
  readonly method: string;
  readonly url: URL;
  readonly requestTarget: string;
}

const METHOD = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const REQUEST_PARTS = ['method', 'url', 'headers'] as const;

/** @throws `ERR_KEYSMITH_INPUT` for what is no request */
export function requestMessage(given: HttpRequestParts): HttpMessage {
  requireParts(given, REQUEST_PARTS, 'the request');
  const { method, url: text, headers, trailers, body } = given;
  if (typeof method !== 'string' || !METHOD.test(method)) throw invalid(`'method' of the request is ${typeof method === 'string' ? quoted(method) : ofType(method)}: give one such as GET`);
  const url = typeof text === 'string' && URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw invalid(`'url' of the request is ${typeof text === 'string' ? quoted(text) : ofType(text)}: give what the client asked for, such as https://api.example/bills?year=2026`);
  }
  // They are not sent.
  Object.assign(url, { hash: '', username: '', password: '' });
  const { requestTarget = method === 'CONNECT' ? authorityWithPort(url) : afterOrigin(url) } = given;
  return { ...contentOf(headers, trailers, body, 'of the request'), target: { method, url, requestTarget } };
}

/** @throws `ERR_KEYSMITH_INPUT` for what is no response */
export function responseMessage(given: HttpResponseParts, request?: HttpRequestParts): HttpMessage {
  requireParts(given, ['status', 'headers'], 'the response');
  const { status, headers, trailers, body } = given;
  if (!Number.isInteger(status) || status < 100 || status > 599) throw invalid(`'status' of the response is ${String(status)}: give a number from 100 to 599`);
  return { ...contentOf(headers, trailers, body, 'of the response'), status, ...(request && { request: requestMessage(request) }) };
}

function requireParts(given: unknown, names: readonly string[], what: string): void {
  if (typeof given !== 'object' || given === null) throw invalid(`${what} is ${ofType(given)}: give { ${names.join(', ')} }`);
  const missing = names.find((name) => (given as Record<string, unknown>)[name] === undefined);
  if (missing) throw invalid(`${what} has no '${missing}': give { ${names.join(', ')} }`);
}

function contentOf(headers: HttpFields, trailers: HttpFields | undefined, body: unknown, what: string): Pick<HttpMessage, 'fields' | 'trailers' | 'body'> {
  return {
    fields: fieldLines(headers, `the headers ${what}`),
    trailers: fieldLines(trailers, `the trailers ${what}`),
    body: body === undefined ? undefined : bytesOf(body, `the body ${what}`),
  };
}

const authorityWithPort = ({ hostname, port, protocol }: URL): string => `${hostname}:${port || (protocol === 'https:' ? '443' : '80')}`;

/** Path and query. An empty query is one: `search` does not tell it from none. */
const afterOrigin = ({ href, origin }: URL): string => href.slice(origin.length);
