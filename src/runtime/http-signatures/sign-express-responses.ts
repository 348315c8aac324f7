import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { askedUrl } from './asked-url';
import { hasContent } from './content-of';
import type { HttpRequestParts } from './http-message';
import type { HttpSigner } from './http-signer';
import { requireTypes } from '../option-types';
import { knownOptions } from '../whole-numbers';

/** What goes with responses that are signed. */
export interface SignExpressResponsesOptions<Incoming> {
  /** The URL that the client asked for, where the server sees another: behind a proxy that Express does not trust. @default - protocol, host and original URL */
  readonly targetUri?: (request: Incoming) => string;
}

/** What Express adds to a request. */
interface ExpressRequest extends IncomingMessage {
  readonly protocol?: string;
  readonly originalUrl?: string;
}

/**
 * Middleware of Express, and of anything that calls `(request, response, next)`, such as Node's own servers, by which responses are signed. They are kept until
 * they end, signed, and sent whole. Use it first: what other middleware makes of a body, such as a compressed one, is then what is signed. Where signing fails, `next`
 * is called with the error, and whoever handles that answers unsigned.
 */
export function signExpressResponses<Incoming extends IncomingMessage>(
  signer: HttpSigner, options: SignExpressResponsesOptions<Incoming> = {},
): (request: Incoming, response: ServerResponse, next: (error?: unknown) => void) => void {
  const { targetUri } = requireTypes(knownOptions(options, ['targetUri']), { targetUri: 'function' });
  return (request, response, next) => {
    const asked = (): HttpRequestParts => ({ method: request.method!, url: targetUri?.(request) ?? urlOf(request), headers: request.headers });
    hold(response, async (body) => {
      const { statusCode: status } = response;
      const content = hasContent(request.method!, status) ? body : Buffer.alloc(0);
      const headers = Object.fromEntries(Object.entries(response.getHeaders()).map(([name, value]) => [name, typeof value === 'number' ? String(value) : value]));
      return signer.signResponse({ status, headers, body: content }, asked());
    }, next);
    next();
  };
}

function urlOf(request: ExpressRequest): string {
  const protocol = request.protocol ?? ('encrypted' in request.socket ? 'https' : 'http');
  const target = request.originalUrl ?? request.url!;
  const query = target.indexOf('?');
  return askedUrl(protocol, request.headers.host, query < 0 ? target : target.slice(0, query), query < 0 ? '' : target.slice(query));
}

type Encoding = BufferEncoding | (() => void) | undefined;

/** Keeps what is written until the response ends; then it is sent with further headers. */
function hold(
  response: ServerResponse, headersFor: (body: Buffer) => Promise<Readonly<Record<string, string>>>, next: (error?: unknown) => void,
): void {
  const chunks: Buffer[] = [];
  const { write, end, writeHead, flushHeaders } = response;
  let isEnded = false;
  const keep = (chunk: unknown, encoding: Encoding): void => {
    if (typeof chunk === 'string') chunks.push(Buffer.from(chunk, typeof encoding === 'string' ? encoding : 'utf8'));
    else if (chunk instanceof Uint8Array) chunks.push(Buffer.from(chunk));
  };
  const send = async (done: (() => void) | undefined): Promise<void> => {
    const body = Buffer.concat(chunks);
    try {
      const more = await headersFor(body);
      Object.assign(response, { write, end, writeHead, flushHeaders });
      for (const [name, value] of Object.entries(more)) response.setHeader(name, value);
      const isSized = ['transfer-encoding', 'content-length'].some((name) => response.hasHeader(name));
      if (!isSized && hasContent(response.req.method!, response.statusCode)) response.setHeader('content-length', body.length);
      response.end(body, done);
    } catch (error) {
      Object.assign(response, { write, end, writeHead, flushHeaders });
      next(error);
    }
  };
  Object.assign(response, {
    write(chunk: unknown, encoding?: Encoding, done?: () => void): boolean {
      keep(chunk, encoding);
      const written = typeof encoding === 'function' ? encoding : done;
      if (written) process.nextTick(written);
      return true;
    },
    end(...given: unknown[]): ServerResponse {
      const [chunk, encoding] = typeof given[0] === 'function' ? [] : given;
      if (!isEnded) {
        isEnded = true;
        keep(chunk, encoding as Encoding);
        void send(given.find((one): one is () => void => typeof one === 'function'));
      }
      return response;
    },
    writeHead(status: number, ...given: unknown[]): ServerResponse {
      response.statusCode = status;
      const [message, headers] = typeof given[0] === 'string' ? given : [undefined, given[0]];
      if (message !== undefined) response.statusMessage = message as string;
      setAll(response, headers as OutgoingHttpHeaders | string[] | undefined);
      return response;
    },
    // They are sent with the signature, which is not there yet.
    flushHeaders: () => undefined,
  });
}

/** `writeHead` takes an object, or names and values in turn. */
function setAll(response: ServerResponse, headers: OutgoingHttpHeaders | string[] = {}): void {
  if (!Array.isArray(headers)) {
    for (const [name, value] of Object.entries(headers)) if (value !== undefined) response.setHeader(name, value);
    return;
  }
  const flat = headers.flat();
  for (let at = 0; at + 1 < flat.length; at += 2) response.appendHeader(flat[at], flat[at + 1]);
}
