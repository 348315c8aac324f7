import { createServer, IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What S3 and DynamoDB ask before they touch data: IAM first, then KMS, on behalf of the caller. */
export interface Behind {
  /** Rejects where S3 would refuse. */
  putObject(accessKeyId: string, objectArn: string, body: Uint8Array): Promise<void>;
  getObject(accessKeyId: string, objectArn: string): Promise<Uint8Array>;
  /** Rejects where DynamoDB would refuse. */
  openTable(accessKeyId: string, action: 'PutItem' | 'GetItem', tableName: string): Promise<void>;
}

/** A bucket and a table on loopback. */
export interface LocalServices {
  readonly s3Endpoint: string;
  readonly dynamodbEndpoint: string;
  stop(): Promise<void>;
}

interface DynamoDbInput {
  readonly TableName: string;
  readonly Item?: Record<string, { S: string }>;
  readonly Key?: Record<string, { S: string }>;
}

/** Just enough of S3 and DynamoDB in memory that the handlers run unchanged; `behind` makes the calls the real ones make to KMS. */
export async function startLocalServices(behind: Behind): Promise<LocalServices> {
  const items = new Map<string, unknown>();

  const s3 = await listen(async (request, body) => {
    const objectArn = `arn:aws:s3:::${decodeURIComponent(new URL(request.url!, 'http://127.0.0.1').pathname).slice(1)}`;
    if (request.method === 'GET') return { body: await behind.getObject(accessKeyIdOf(request), objectArn) };
    await behind.putObject(accessKeyIdOf(request), objectArn, body);
    return { headers: { etag: '"stored"' } };
  }, (error) => ({ status: 403, body: `<Error><Code>AccessDenied</Code><Message>${error.name}</Message></Error>` }));

  const dynamodb = await listen(async (request, body) => {
    const { TableName, Item, Key } = JSON.parse(body.toString()) as DynamoDbInput;
    await behind.openTable(accessKeyIdOf(request), Item ? 'PutItem' : 'GetItem', TableName);
    if (Item) items.set(`${TableName}/${Item.invoice.S}`, Item);
    return { body: JSON.stringify(Key ? { Item: items.get(`${TableName}/${Key.invoice.S}`) } : {}) };
  }, (error) => ({ status: 400, body: JSON.stringify({ __type: 'com.amazon.coral.service#AccessDeniedException', message: error.name }) }));

  return {
    s3Endpoint: endpointOf(s3),
    dynamodbEndpoint: endpointOf(dynamodb),
    stop: async () => { await Promise.all([s3, dynamodb].map((server) => new Promise((done) => server.close(done).closeAllConnections()))); },
  };
}

interface Reply {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: Uint8Array | string;
}

async function listen(answer: (request: IncomingMessage, body: Buffer) => Promise<Reply>, refuse: (error: Error) => Reply): Promise<Server> {
  const server = createServer((request, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => void answer(request, Buffer.concat(chunks)).catch(refuse).then(({ status = 200, headers, body }) => {
      response.writeHead(status, headers).end(body);
    }));
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  return server;
}

function endpointOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function accessKeyIdOf(request: IncomingMessage): string {
  return /Credential=([^/]+)\//.exec(request.headers.authorization ?? '')?.[1] ?? '';
}
