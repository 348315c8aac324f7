import { KMS } from '@aws-sdk/client-kms';
import * as fc from 'fast-check';
import { ERRORS, onTheWire, OPERATIONS, valuesOf } from './support/model';
import { Replay } from './support/replay';
import type { Reply } from './support/replay';
import { fetchKms, kmsFaultOf } from '../../../src/runtime';
import { kmsError } from '../../../src/runtime/kms-errors';

/** Both clients are told the same, and must say the same: requests, replies and errors. */

const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY', sessionToken: 'token/+=' };

let kms: Replay;
let sdk: KMS;
const config = () => ({ endpoint: kms.endpoint, region: 'eu-west-1', credentials: CREDENTIALS, maxAttempts: 1 });

beforeAll(async () => {
  kms = await Replay.start();
  sdk = new KMS(config());
});
afterAll(async () => {
  sdk.destroy();
  await kms.stop();
});

type AnyClient = Record<string, (input: unknown) => Promise<Record<string, any>>>;
const throughSdk = (operation: string, input: unknown) => (sdk as unknown as AnyClient)[operation[0].toLowerCase() + operation.slice(1)](input);
const throughFetch = (operation: string, input: object) => fetchKms(config()).call(operation, input);

describe('requests and replies of every operation of the model', () => {
  test.each(OPERATIONS.map((operation) => [operation.name, operation] as const))('%s', async (name, { input, output }) => {
    await fc.assert(fc.asyncProperty(valuesOf(input), valuesOf(output), async (sent, answered) => {
      kms.says({ headers: { 'x-amzn-requestid': 'id' }, body: output.isStructSchema() ? JSON.stringify(onTheWire(output, answered)) : '' });
      const [theirs, ours] = [await throughSdk(name, sent), await throughFetch(name, sent)];
      const [first, second] = kms.received.map(({ url, headers, body }) => ({
        url, target: headers['x-amz-target'], type: headers['content-type'], token: headers['x-amz-security-token'], members: JSON.parse(body) as unknown,
      }));
      expect(second).toEqual(first);
      expect(ours).toEqual({ ...theirs, $metadata: { httpStatusCode: 200, requestId: 'id', attempts: 1 } });
    }), { numRuns: 8 });
  });

  test('no output at all', async () => {
    kms.says({ body: '' });
    expect(await throughFetch('EnableKey', { KeyId: 'alias/a' })).toEqual({ $metadata: { httpStatusCode: 200, requestId: undefined, attempts: 1 } });
  });

  test('a time is of the nearest millisecond', async () => {
    kms.says({ body: '{"KeyMetadata":{"CreationDate":1.001}}' });
    const [theirs, ours] = [await throughSdk('DescribeKey', {}), await throughFetch('DescribeKey', {})];
    expect([ours.KeyMetadata, theirs.KeyMetadata]).toEqual([{ CreationDate: new Date(1001) }, { CreationDate: new Date(1001) }]);
  });

  test('bytes come in memory of their own, which may be overwritten whole', async () => {
    kms.says({ body: JSON.stringify({ Plaintext: Buffer.alloc(32, 7).toString('base64') }) });
    const { Plaintext } = await throughFetch('Decrypt', {});
    expect([Plaintext.constructor, Plaintext.buffer.byteLength]).toEqual([Uint8Array, 32]);
  });
});

const error = (name: string, status = 400, message = 'what KMS says'): Reply => ({ status, body: JSON.stringify({ __type: name, message }) });

/** Errors that the model does not have, and forms that those it has come in. */
const MORE: readonly (readonly [string, Reply])[] = [
  ...[
    'AccessDeniedException', 'ExpiredTokenException', 'InvalidSignatureException', 'UnrecognizedClientException', 'ThrottlingException',
    'ValidationException', 'IncompleteSignatureException', 'MissingAuthenticationTokenException', 'SerializationException', 'SomethingNewException',
  ].map((name) => [name, error(name)] as const),
  ['a name with its namespace', error('com.amazonaws.kms#NotFoundException')],
  ['a name with an address', error('NotFoundException:http://internal.amazon.com/coral/')],
  ['a name in the header only', { status: 400, headers: { 'x-amzn-errortype': 'DisabledException:http://internal' }, body: '{"message":"m"}' }],
  ['a name as a code', { status: 400, body: '{"code":"DisabledException","message":"m"}' }],
  ['a message with a capital', { status: 400, body: '{"__type":"AccessDeniedException","Message":"m"}' }],
  ['nothing but a status', { status: 500, body: '' }],
  ['a status of a gateway', { status: 503, body: '{}' }],
  ['too many requests', { status: 429, body: '{"__type":"TooManyRequestsException"}' }],
];

describe('errors', () => {
  const STATUS: Record<string, number> = { KMSInternalException: 500, DependencyTimeoutException: 503, KeyUnavailableException: 500 };
  const seen = async (call: Promise<unknown>) => {
    const thrown = await call.then(() => undefined, (reason) => reason);
    const { name, $fault, $metadata } = thrown;
    const { code } = kmsError('Decrypt', thrown);
    const isError = thrown instanceof Error;
    return { isError, name, $fault, status: $metadata.httpStatusCode, requestId: $metadata.requestId, fault: kmsFaultOf(thrown), code };
  };

  test('the model has those that are asked for', () => expect(ERRORS).toEqual(expect.arrayContaining(['InvalidCiphertextException', 'KMSInvalidMacException', ...Object.keys(STATUS)])));

  test.each([...ERRORS.map((name) => [name, error(name, STATUS[name])] as const), ...MORE])('%s', async (_, reply) => {
    const headers = { 'x-amzn-requestid': 'id' };
    kms.says({ ...reply, headers: { ...headers, ...('headers' in reply ? reply.headers : {}) } } as Reply);
    const input = { CiphertextBlob: Buffer.of(1) };
    const theirs = await seen(throughSdk('Decrypt', input));
    expect(await seen(throughFetch('Decrypt', input))).toEqual(theirs);
    expect(theirs.isError).toBe(true);
    const message = (call: Promise<unknown>) => call.catch(({ message: said }: Error) => said);
    if ('body' in reply && /message/.test(String(reply.body))) expect(await message(throughFetch('Decrypt', input))).toBe(await message(throughSdk('Decrypt', input)));
  });

  test('a sentence is kept also where its member has a capital, as in errors of the front end', async () => {
    kms.says({ status: 400, body: '{"__type":"AccessDeniedException","Message":"User: x is not authorized"}' });
    await expect(throughFetch('Decrypt', {})).rejects.toThrow(/^User: x is not authorized$/);
  });

  test('a connection that is refused, reset or cut', async () => {
    const outcomes = async (make: (endpoint: string) => Promise<unknown>, endpoint: string) => {
      const thrown = await make(endpoint).catch((reason) => reason);
      return [thrown instanceof Error, kmsFaultOf(thrown), kmsError('Decrypt', thrown).code];
    };
    const theirs = (endpoint: string) => new KMS({ ...config(), endpoint }).decrypt({ CiphertextBlob: Buffer.of(1) });
    const ours = (endpoint: string) => fetchKms({ ...config(), endpoint }).decrypt({ KeyId: 'a', CiphertextBlob: Buffer.of(1) });
    kms.says((response) => void response.socket!.destroy());
    const closed = await Replay.start();
    const { endpoint } = closed;
    await closed.stop();
    for (const where of [kms.endpoint, endpoint]) {
      expect(await outcomes(ours, where)).toEqual(await outcomes(theirs, where));
      expect(await outcomes(ours, where)).toEqual([true, 'service', 'ERR_KEYSMITH_KMS_UNAVAILABLE']);
    }
    await expect(ours(endpoint)).rejects.toMatchObject({ code: 'ECONNREFUSED', message: expect.stringMatching(/^127\.0\.0\.1:\d+: connect ECONNREFUSED/) });
    kms.says((response) => void response.writeHead(200, { 'content-length': 100 }).write('{', () => response.socket!.destroy()));
    expect(await outcomes(ours, kms.endpoint)).toEqual([true, 'service', 'ERR_KEYSMITH_KMS_UNAVAILABLE']);
  });
});
