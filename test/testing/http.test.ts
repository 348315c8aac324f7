import { Agent } from 'node:http';
import { connect } from 'node:net';
import { ownedBy, role } from './support/policies';
import type { RawReply, RawRequest } from './support/raw';
import { errorIn, headersOf, send, sign } from './support/raw';
import { startLocalKms } from '../../src/testing';
import type { LocalKms } from '../../src/testing';

const OWNER = role('Owner');

let local: LocalKms;

beforeAll(async () => {
  local = await startLocalKms({ keys: [{ aliases: ['alias/data'], policy: ownedBy(OWNER) }], principals: [OWNER, role('Stranger')] });
});

afterAll(() => local.stop());

/** A signed call with this body. */
function post(operation: string, body: string | Buffer, headers: Record<string, string> = headersOf(operation)): Promise<RawReply> {
  return send(sign({ endpoint: local.endpoint, headers, body }, { credentials: local.credentials('Owner') }));
}

const encrypt = (members: object) => post('Encrypt', JSON.stringify({ KeyId: 'alias/data', ...members }));

describe('the wire format', () => {
  test('blobs are base64, both ways', async () => {
    const plaintext = Buffer.from([0, 1, 254, 255]);
    const encrypted = JSON.parse((await encrypt({ Plaintext: plaintext.toString('base64') })).body);
    expect(Buffer.from(encrypted.CiphertextBlob, 'base64').toString('base64')).toBe(encrypted.CiphertextBlob);
    const decrypted = JSON.parse((await post('Decrypt', JSON.stringify({ CiphertextBlob: encrypted.CiphertextBlob }))).body);
    expect(decrypted.Plaintext).toBe(plaintext.toString('base64'));
  });

  test('timestamps are seconds since the epoch', async () => {
    const { KeyMetadata } = JSON.parse((await post('DescribeKey', '{"KeyId":"alias/data"}')).body);
    expect(Math.abs(KeyMetadata.CreationDate - Date.now() / 1000)).toBeLessThan(600);
  });

  test('a reply says its type, its length and its request id, which the log knows too', async () => {
    const { status, headers } = await post('DescribeKey', '{"KeyId":"alias/data"}');
    expect({ status, type: headers['content-type'] }).toEqual({ status: 200, type: 'application/x-amz-json-1.1' });
    expect(headers['x-amzn-requestid']).toBe(local.requests.last!.requestId);
  });

  test('an operation without output answers with an empty body', async () => {
    const { status, body } = await post('UpdateKeyDescription', JSON.stringify({ KeyId: local.keyArn('alias/data').split('/')[1], Description: 'x' }));
    expect({ status, body }).toEqual({ status: 200, body: '' });
  });

  test('members that are null are as if they were not there, unknown ones are ignored', async () => {
    expect((await encrypt({ Plaintext: 'AAAA', EncryptionContext: null, GrantTokens: null, Surprise: { a: 1 } })).status).toBe(200);
  });

  test('an encryption context named __proto__ is data', async () => {
    const context = '{"__proto__":"x"}';
    const { status, body } = await post('Encrypt', `{"KeyId":"alias/data","Plaintext":"AAAA","EncryptionContext":${context}}`);
    expect(status).toBe(200);
    const { CiphertextBlob } = JSON.parse(body);
    const without = await post('Decrypt', JSON.stringify({ CiphertextBlob }));
    const withIt = await post('Decrypt', `{"CiphertextBlob":"${CiphertextBlob}","EncryptionContext":${context}}`);
    expect([errorIn(without).__type, withIt.status]).toEqual(['InvalidCiphertextException', 200]);
  });

  test('one connection serves one request after the other', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const request = { endpoint: local.endpoint, headers: headersOf('DescribeKey'), body: '{"KeyId":"alias/data"}', agent };
    const ports = new Set<number | undefined>();
    agent.on('free', (socket: { localPort?: number }) => ports.add(socket.localPort));
    for (let round = 0; round < 5; round++) expect((await send(sign(request, { credentials: local.credentials('Owner') }))).status).toBe(200);
    agent.destroy();
    expect(ports.size).toBe(1);
  });
});

describe('a connection', () => {
  /** What comes back, and when the connection closes, in seconds. */
  function closing(first: string, more?: string): Promise<{ seconds: number; reply: string }> {
    const start = performance.now();
    return new Promise((resolve) => {
      let reply = '';
      const socket = connect(Number(new URL(local.endpoint).port), '127.0.0.1', () => socket.write(first));
      const drip = setInterval(() => more && socket.write(more), 200);
      const givenUp = setTimeout(() => socket.destroy(), 9000);
      socket.on('data', (chunk) => { reply += chunk.toString(); }).on('error', () => undefined).on('close', () => {
        clearInterval(drip);
        clearTimeout(givenUp);
        resolve({ seconds: (performance.now() - start) / 1000, reply });
      });
    });
  }

  test('that sends half a request is closed after seconds, however it dawdles; one that waits for its answer is not', async () => {
    const head = 'POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-amz-json-1.1\r\nContent-Length: 1000\r\n';
    local.faults.delay(6500, 1, { operation: 'DescribeKey' });
    const waiting = post('DescribeKey', '{"KeyId":"alias/data"}');
    const halves = await Promise.all([closing(''), closing('POST / HT'), closing(head), closing(`${head}\r\n{"KeyId":`), closing(`${head}\r\n`, 'x')]);
    for (const { seconds, reply } of halves) {
      expect(seconds).toBeGreaterThan(3);
      expect(seconds).toBeLessThan(8);
      expect(reply).toMatch(/^HTTP\/1\.1 408 /);
    }
    expect((await waiting).status).toBe(200);
    expect((await encrypt({ Plaintext: 'AAAA' })).status).toBe(200);
  }, 20_000);
});

describe('errors', () => {
  test.each<[string, () => Promise<RawReply>, object]>([
    ['a body that is no JSON', () => post('Encrypt', '{"KeyId":'), { status: 400, __type: 'SerializationException' }],
    ['an empty body', () => post('Encrypt', ''), { status: 400, __type: 'SerializationException' }],
    ['a body that is a list', () => post('Encrypt', '[]'), { status: 400, __type: 'SerializationException' }],
    ['a body that is null', () => post('Encrypt', 'null'), { status: 400, __type: 'SerializationException' }],
    ['a body that is not UTF-8', () => post('Encrypt', Buffer.from([0x22, 0xff, 0x22])), { status: 400, __type: 'SerializationException' }],
    ['a blob that is a number', () => encrypt({ Plaintext: 5 }), { status: 400, __type: 'SerializationException' }],
    ['a blob that is not base64', () => encrypt({ Plaintext: 'a*c=' }), { status: 400, __type: 'SerializationException' }],
    ['a blob in base64url', () => encrypt({ Plaintext: '_-_-' }), { status: 400, __type: 'SerializationException' }],
    ['a blob without its padding', () => encrypt({ Plaintext: 'AAA' }), { status: 400, __type: 'SerializationException' }],
    ['a key id that is a number', () => encrypt({ KeyId: 5, Plaintext: 'AAAA' }), { status: 400, __type: 'SerializationException' }],
    ['a context that is a list', () => encrypt({ Plaintext: 'AAAA', EncryptionContext: [] }), { status: 400, __type: 'SerializationException' }],
    ['a context whose value is null', () => encrypt({ Plaintext: 'AAAA', EncryptionContext: { a: null } }), { status: 400, __type: 'ValidationException' }],
    ['a context whose value is a number', () => encrypt({ Plaintext: 'AAAA', EncryptionContext: { a: 1 } }), { status: 400, __type: 'SerializationException' }],
    ['a required member left out', () => encrypt({}), { status: 400, __type: 'ValidationException' }],
    ['a plaintext of 4097 bytes', () => encrypt({ Plaintext: Buffer.alloc(4097).toString('base64') }), { status: 400, __type: 'ValidationException' }],
    ['an alias that is not there', () => encrypt({ KeyId: 'alias/nobody', Plaintext: 'AAAA' }), { status: 400, __type: 'NotFoundException' }],
    ['a dry run that would succeed', () => encrypt({ Plaintext: 'AAAA', DryRun: true }), { status: 400, __type: 'DryRunOperationException' }],
    ['an operation KMS does not have', () => post('Encipher', '{}'), { status: 400, __type: 'UnknownOperationException' }],
    ['an operation named like a property of objects', () => post('constructor', '{}'), { status: 400, __type: 'UnknownOperationException' }],
    ['another service', () => post('Encrypt', '{}', { ...headersOf('Encrypt'), 'x-amz-target': 'DynamoDB_20120810.GetItem' }), { status: 400, __type: 'UnknownOperationException' }],
  ])('%s', async (_, call, expected) => {
    const reply = await call();
    expect(errorIn(reply)).toMatchObject(expected);
    expect(reply.headers['x-amzn-errortype']).toBe((expected as { __type: string }).__type);
    expect(reply.headers['x-amzn-requestid']).toMatch(/^[0-9a-f-]{36}$/);
  });

  test.each<[string, Partial<RawRequest>]>([
    ['GET', { method: 'GET' }],
    ['no content type', { headers: { 'x-amz-target': 'TrentService.Encrypt' } }],
    ['the content type of another protocol', { headers: { ...headersOf('Encrypt'), 'content-type': 'application/cbor' } }],
  ])('%s is nothing KMS answers', async (_, request) => {
    const { status, body } = await send({ endpoint: local.endpoint, headers: headersOf('Encrypt'), body: '{}', ...request });
    expect({ status, body }).toEqual({ status: 404, body: '<UnknownOperationException/>\n' });
  });

  test('a body larger than any request is refused without being read to its end', async () => {
    const { status } = await send({ endpoint: local.endpoint, headers: headersOf('Encrypt'), body: Buffer.alloc(1024 * 1024 + 1) });
    expect(status).toBe(413);
    expect((await encrypt({ Plaintext: 'AAAA' })).status).toBe(200);
  });

  test('what is no HTTP closes its own connection only', async () => {
    const { port } = new URL(local.endpoint);
    const reply = await new Promise<string>((resolve) => {
      const socket = connect(Number(port), '127.0.0.1', () => socket.end('this is no request\r\n\r\n'));
      let text = '';
      socket.on('data', (chunk) => { text += chunk.toString(); });
      socket.on('close', () => resolve(text));
    });
    expect(reply).toContain('400 Bad Request');
    expect((await encrypt({ Plaintext: 'AAAA' })).status).toBe(200);
  });
});
