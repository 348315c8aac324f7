import { ownedBy, role } from './support/policies';
import type { RawRequest, Signing } from './support/raw';
import { errorIn, headersOf, send, sign } from './support/raw';
import { destroyClients, sdkClient } from './support/transports';
import { startLocalKms } from '../../src/testing';
import type { LocalKms } from '../../src/testing';

const OWNER = role('Owner');
const USER = 'arn:aws:iam::111122223333:user/alice';
const NOW = new Date('2026-11-22T12:00:00Z');
const minutes = (count: number, seconds: number = 0) => new Date(NOW.getTime() + count * 60_000 + seconds * 1000);

let local: LocalKms;

beforeAll(async () => {
  const aliceToo = { Sid: 'Alice', Effect: 'Allow', Principal: { AWS: USER }, Action: 'kms:DescribeKey', Resource: '*' };
  local = await startLocalKms({
    keys: [{ aliases: ['alias/data'], policy: ownedBy(OWNER, aliceToo) }],
    principals: [OWNER, USER, role('Stranger')],
    clock: () => NOW,
  });
});

afterAll(async () => {
  destroyClients();
  await local.stop();
});

const describeKey = (): RawRequest => ({ endpoint: local.endpoint, headers: headersOf('DescribeKey'), body: '{"KeyId":"alias/data"}' });
const signed = (signing: Partial<Signing> = {}) => sign(describeKey(), { credentials: local.credentials('Owner'), at: NOW, ...signing });
const withHeader = (request: RawRequest, name: string, value: string): RawRequest => ({ ...request, headers: { ...request.headers, [name]: value } });

function without(request: RawRequest, name: string): RawRequest {
  const { [name]: _left, ...headers } = request.headers ?? {};
  return { ...request, headers };
}

const replaced = (request: RawRequest, from: string | RegExp, to: string | ((found: string) => string)): RawRequest => (
  withHeader(request, 'authorization', request.headers!.authorization.replace(from, to as string))
);

const MISMATCH = { status: 400, __type: 'InvalidSignatureException', message: expect.stringMatching(/^The request signature we calculated does not match/) };
const UNRECOGNIZED = { status: 400, __type: 'UnrecognizedClientException', message: 'The security token included in the request is invalid.' };

describe('who may come in', () => {
  test.each<[string, () => RawRequest]>([
    ['a role with its session token', () => signed()],
    ['a user without any', () => signed({ credentials: local.credentials('alice') })],
    ['a request with a query and header values full of spaces', () => sign({
      ...describeKey(), path: '/?b=2&a=1%202', headers: { ...headersOf('DescribeKey'), 'x-amz-meta': '  a   b ' },
    }, { credentials: local.credentials('Owner'), at: NOW })],
    ['a request for a path', () => sign({ ...describeKey(), path: '/kms' }, { credentials: local.credentials('Owner'), at: NOW })],
    ['a signature five minutes old', () => signed({ at: minutes(-5) })],
    ['a signature from five minutes ahead', () => signed({ at: minutes(5) })],
  ])('%s', async (_, request) => {
    expect((await send(request())).status).toBe(200);
  });

  test('the SDK, whatever the clock says', async () => {
    const { KeyMetadata } = await sdkClient(local, 'Owner').describeKey({ KeyId: 'alias/data' });
    expect(KeyMetadata?.Arn).toBe(local.keyArn('alias/data'));
  });

  test('a client whose clock is off learns the time from the refusal and tries again', async () => {
    const { systemClockOffset: _unknown, ...config } = local.clientConfig('Owner');
    const client = sdkClient(local, 'Owner', undefined, { maxAttempts: 2, ...config, systemClockOffset: 0 } as { maxAttempts: number });
    await expect(client.describeKey({ KeyId: 'alias/data' })).resolves.toHaveProperty('KeyMetadata');
  });
});

describe('who may not', () => {
  test.each<[string, () => RawRequest, object]>([
    ['nobody signed', () => describeKey(), { status: 400, __type: 'MissingAuthenticationTokenException', message: 'Missing Authentication Token' }],
    ['another scheme', () => withHeader(signed(), 'authorization', 'Bearer abc'), { status: 400, __type: 'IncompleteSignatureException' }],
    ['no credential', () => replaced(signed(), /Credential=[^,]+, /, ''), {
      status: 400, __type: 'IncompleteSignatureException', message: expect.stringContaining('requires \'Credential\' parameter'),
    }],
    ['no signature', () => replaced(signed(), /, Signature=.*/, ''), { status: 400, __type: 'IncompleteSignatureException' }],
    ['no date', () => without(signed(), 'x-amz-date'), {
      status: 400, __type: 'IncompleteSignatureException', message: expect.stringContaining('requires existence of either a \'X-Amz-Date\''),
    }],
    ['a date in another format', () => withHeader(signed(), 'x-amz-date', '2026-11-22T12:00:00Z'), {
      status: 400, __type: 'IncompleteSignatureException', message: expect.stringContaining('ISO-8601 \'basic format\''),
    }],
    ['a month that does not exist', () => withHeader(signed(), 'x-amz-date', '20261322T120000Z'), { status: 400, __type: 'IncompleteSignatureException' }],
    ['another algorithm', () => replaced(signed(), 'AWS4-HMAC-SHA256', 'AWS4-HMAC-SHA512'), {
      status: 400, __type: 'IncompleteSignatureException', message: expect.stringContaining('\'AWS4-HMAC-SHA512\''),
    }],
    ['a credential of four parts', () => replaced(signed(), '/aws4_request', ''), { status: 400, __type: 'IncompleteSignatureException' }],
    ['a host that is not signed', () => signed({ signedHeaders: ['content-type', 'x-amz-date'] }), { status: 400, __type: 'InvalidSignatureException' }],
    ['a signature older than five minutes', () => signed({ at: minutes(-5, -1) }), {
      status: 400, __type: 'InvalidSignatureException', message: 'Signature expired: 20261122T115459Z is now earlier than 20261122T115500Z (20261122T120000Z - 5 min.)',
    }],
    ['a signature from the future', () => signed({ at: minutes(5, 1) }), {
      status: 400,
      __type: 'InvalidSignatureException',
      message: 'Signature not yet current: 20261122T120501Z is still later than 20261122T120500Z (20261122T120000Z + 5 min.)',
    }],
    ['the scope of another service', () => signed({ service: 's3' }), {
      status: 400, __type: 'InvalidSignatureException', message: 'Credential should be scoped to correct service: \'kms\'. ',
    }],
    ['a scope without a Region', () => signed({ region: 'aws-global' }), {
      status: 400, __type: 'InvalidSignatureException', message: 'Credential should be scoped to a valid region, not \'aws-global\'. ',
    }],
    ['a scope of another day', () => signed({ scopeDate: '20261121' }), {
      status: 400, __type: 'InvalidSignatureException', message: expect.stringContaining('\'20261121\' != \'20261122\''),
    }],
    ['a scope that ends otherwise', () => signed({ terminator: 'aws5_request' }), { status: 400, __type: 'InvalidSignatureException' }],
    ['an access key id nobody was given', () => signed({ credentials: { ...local.credentials('Owner'), accessKeyId: 'ASIAIOSFODNN7EXAMPLE' } }), UNRECOGNIZED],
    ['a secret that is not the one', () => signed({ credentials: { ...local.credentials('Owner'), secretAccessKey: 'not it' } }), MISMATCH],
    ['the access key id of another role', () => (
      signed({ credentials: { ...local.credentials('Owner'), accessKeyId: local.credentials('Stranger').accessKeyId } })
    ), MISMATCH],
    ['a session token that is missing', () => signed({ credentials: { ...local.credentials('Owner'), sessionToken: undefined } }), UNRECOGNIZED],
    ['the session token of another role', () => (
      signed({ credentials: { ...local.credentials('Owner'), sessionToken: local.credentials('Stranger').sessionToken } })
    ), UNRECOGNIZED],
    ['a session token with a user\'s key', () => signed({ credentials: { ...local.credentials('alice'), sessionToken: 'x' } }), UNRECOGNIZED],
    ['a body changed on the way', () => ({ ...signed(), body: '{"KeyId":"alias/dat4"}' }), MISMATCH],
    ['another operation put in', () => withHeader(signed(), 'x-amz-target', 'TrentService.GetKeyPolicy'), MISMATCH],
    ['another path', () => ({ ...signed(), path: '/other' }), MISMATCH],
    ['a query added', () => ({ ...signed(), path: '/?a=1' }), MISMATCH],
    ['a signature with its last character changed', () => replaced(signed(), /.$/, (last: string) => (last === '0' ? '1' : '0')), MISMATCH],
    ['a signature cut short', () => replaced(signed(), /..$/, ''), MISMATCH],
    ['another Region in the scope than was signed for', () => replaced(signed(), 'us-east-1', 'eu-west-1'), MISMATCH],
  ])('%s', async (_, request, expected) => {
    local.requests.clear();
    expect(errorIn(await send(request()))).toMatchObject(expected);
    expect(local.requests).toHaveLength(0);
  });
});

test('credentials are made anew for each local KMS, and one does not take those of another', async () => {
  const other = await startLocalKms({ principals: [OWNER], clock: () => NOW });
  const request = sign({ endpoint: other.endpoint, headers: headersOf('ListKeys'), body: '{}' }, { credentials: local.credentials('Owner'), at: NOW });
  expect(errorIn(await send(request))).toMatchObject(UNRECOGNIZED);
  await other.stop();
});

test('no answer repeats a signature or a token', async () => {
  const request = replaced(signed(), /, SignedHeaders=[^,]+/, '');
  const { body } = await send(request);
  expect(body).toContain('SignedHeaders');
  expect(body).not.toContain(/Signature=(\w+)/.exec(request.headers!.authorization)![1]);
  expect(body).not.toContain(local.credentials('Owner').sessionToken);
});
