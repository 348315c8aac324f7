import { createHash, createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { HttpHandler } from '../../../src/handlers/http';

/** An HTTP API on loopback: who calls is found out by the signature of the request or its token, then the function is called. */
export interface Gateway {
  readonly url: string;
  close(): Promise<void>;
}

/** The only caller who has AWS credentials. */
export const CALLER = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', sessionToken: 'session' };
const USER_ARN = 'arn:aws:sts::111122223333:assumed-role/Caller/session';

const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
const sha256 = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest('hex');

/** IAM User Guide, "Create a signed AWS API request", of a request to execute-api in eu-west-1. */
function isSigned(method: string, path: string, headers: Record<string, string>, body: Buffer): boolean {
  const [, names = '', signature] = /SignedHeaders=([^,]+), Signature=(\w+)$/.exec(headers.authorization ?? '') ?? [];
  const date = headers['x-amz-date'] ?? '';
  const scope = `${date.slice(0, 8)}/eu-west-1/execute-api/aws4_request`;
  const canonical = [method, path, '', ...names.split(';').map((name) => `${name}:${headers[name]}`), '', names, sha256(body)].join('\n');
  const key = scope.split('/').reduce<string | Buffer>((last, part) => hmac(last, part), `AWS4${CALLER.secretAccessKey}`);
  const covers = ['host', 'x-amz-date', 'x-amz-security-token'].every((name) => names.split(';').includes(name));
  return covers && headers['x-amz-security-token'] === CALLER.sessionToken && headers.authorization.includes(`Credential=${CALLER.accessKeyId}/${scope}`)
    && hmac(key, ['AWS4-HMAC-SHA256', date, scope, sha256(canonical)].join('\n')).toString('hex') === signature;
}

/** What API Gateway takes for text (API Gateway Developer Guide, "Working with binary media types for HTTP APIs"). */
const isText = (type = '') => /^(text\/|application\/(json|xml|javascript))/.test(type);

export async function gateway(handler: HttpHandler, token?: string): Promise<Gateway> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => void (async () => {
      const [body, headers, path, method] = [Buffer.concat(chunks), request.headers as Record<string, string>, request.url!, request.method!];
      const authorizer = token === undefined ? { iam: { userArn: USER_ARN } } : { jwt: { claims: { sub: 'c-17' } } };
      const isAllowed = method === 'GET' || (token === undefined ? isSigned(method, path, headers, body) : headers.authorization === `Bearer ${token}`);
      if (!isAllowed) return response.writeHead(403, { 'content-type': 'application/json' }).end('{"message":"Forbidden"}');
      const encoded = !isText(headers['content-type']);
      const event = { routeKey: `${method} ${path}`, headers, body: body.toString(encoded ? 'base64' : 'utf8'), isBase64Encoded: encoded, requestContext: { authorizer } };
      const answer = await handler(event);
      return response.writeHead(answer.statusCode, answer.headers).end(answer.body);
    })());
  });
  await new Promise<void>((ready) => { server.listen(0, '127.0.0.1', ready); });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((done) => { server.close(done); });
    },
  };
}
