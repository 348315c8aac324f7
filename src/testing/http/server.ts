import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { CredentialStore } from '../credentials';
import { conditionKeysOf } from '../credentials';
import type { Dispatcher } from '../dispatcher';
import { requireOperation } from '../dispatcher';
import { KmsException } from '../engine';
import { ConnectionFault } from '../faults';
import { decodeInput, encodeOutput, parseBody } from './json';
import type { SignedRequest } from './sigv4';
import { verifySignature } from './sigv4';

const CONTENT_TYPE = 'application/x-amz-json-1.1';
const TARGET_PREFIX = 'TrentService.';
// The longest member KMS takes is a policy of 131,072 characters (API Reference, PutKeyPolicy); escapes in JSON take six bytes at most.
const MAX_BODY_BYTES = 1024 * 1024;

/** A request comes over loopback, in one go: half of one keeps its connection for seconds. How long the answer takes is another matter. */
const RECEIVE_MS = 5000;
const TIMEOUTS = { keepAliveTimeout: 60_000, requestTimeout: RECEIVE_MS, connectionsCheckingInterval: 500 } as const;

/** What the HTTP side of the local KMS needs. */
export interface HttpOptions {
  /** 0 for any that is free. */
  readonly port: number;
  readonly clock: () => Date;
  readonly dispatcher: Dispatcher;
  readonly credentials: CredentialStore;
}

/** A listening endpoint. */
export interface HttpEndpoint {
  readonly url: string;
  /** Closes it and every connection at once. Once more does nothing. */
  stop(): Promise<void>;
}

/** Serves AWS JSON 1.1 on the loopback interface, to whoever signs with credentials that were issued here. */
export async function serveHttp(options: HttpOptions): Promise<HttpEndpoint> {
  const server = createServer(TIMEOUTS, (request, response) => {
    answer(request, response, options).catch(() => response.destroy());
  });
  await listen(server, options.port);
  const { port } = server.address() as AddressInfo;
  let stopped: Promise<void> | undefined;
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () => {
      stopped ??= new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      return stopped;
    },
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}

async function answer(request: IncomingMessage, response: ServerResponse, options: HttpOptions): Promise<void> {
  const requestId = randomUUID();
  // SDKs learn from this header how far their clock is off.
  response.setHeader('Date', options.clock().toUTCString());
  response.setHeader('x-amzn-RequestId', requestId);
  const body = await bodyOf(request);
  if (!body) {
    response.writeHead(413, { 'Content-Length': 0, 'Connection': 'close' }).end();
    return;
  }
  if (request.method !== 'POST' || !isJson(request)) {
    send(response, 404, '<UnknownOperationException/>\n', 'application/xml');
    return;
  }
  try {
    const output = await serve(request, body, requestId, options);
    send(response, 200, Object.keys(output).length ? encodeOutput(output) : '');
  } catch (error) {
    if (error instanceof ConnectionFault) await breakConnection(error, request);
    else sendError(response, error instanceof KmsException ? error : new KmsException('KMSInternalException', `the local KMS failed: ${String(error)}`));
  }
}

/** In the order in which AWS JSON services look at a request: body, operation, signature, members. */
async function serve(request: IncomingMessage, body: Uint8Array, requestId: string, options: HttpOptions): Promise<Record<string, unknown>> {
  const members = parseBody(body);
  const operation = operationOf(request);
  const signed: SignedRequest = { method: request.method!, url: request.url!, headers: request.headersDistinct, body };
  const signer = verifySignature(signed, options.clock(), (accessKeyId) => options.credentials.find(accessKeyId)?.credentials);
  const issued = options.credentials.find(signer.accessKeyId)!;
  const { principal } = issued;
  const userAgent = request.headers['user-agent'];
  return options.dispatcher.call(operation, decodeInput(operation, members), {
    principal: principal.arn,
    identityArn: principal.identityArn,
    uniqueId: principal.uniqueId,
    account: principal.account,
    region: signer.region,
    conditionKeys: { ...(userAgent !== undefined && { 'aws:UserAgent': userAgent }), ...conditionKeysOf(issued) },
  }, 'http', requestId);
}

/** The body; undefined if it is larger than any request can be. */
function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > MAX_BODY_BYTES) resolve(undefined);
      else chunks.push(chunk);
    });
    request.on('end', () => resolve(Buffer.concat(chunks)));
    request.on('error', reject);
  });
}

function isJson(request: IncomingMessage): boolean {
  return request.headers['content-type']?.split(';')[0].trim().toLowerCase() === CONTENT_TYPE;
}

function operationOf(request: IncomingMessage): string {
  const target = request.headers['x-amz-target'];
  const operation = typeof target === 'string' && target.startsWith(TARGET_PREFIX) ? target.slice(TARGET_PREFIX.length) : '';
  requireOperation(operation);
  return operation;
}

function send(response: ServerResponse, status: number, body: string, contentType: string = CONTENT_TYPE): void {
  response.writeHead(status, { 'Content-Type': contentType, 'Content-Length': Buffer.byteLength(body) }).end(body);
}

function sendError(response: ServerResponse, { name, message, statusCode, fields }: KmsException): void {
  response.setHeader('x-amzn-ErrorType', name);
  send(response, statusCode, encodeOutput({ __type: name, ...(message && { message }), ...fields }));
}

async function breakConnection({ broken }: ConnectionFault, { socket }: IncomingMessage): Promise<void> {
  await broken;
  socket.resetAndDestroy();
}
