import { KMS } from '@aws-sdk/client-kms';
import { Replay } from './support/replay';
import { fetchKms } from '../../../src/runtime';
import type { FetchKmsOptions } from '../../../src/runtime';
import { endpointOf, regionOf } from '../../../src/runtime/fetch-kms/endpoint';
import { startLocalKms } from '../../../src/testing';

const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };
const INPUT = expect.objectContaining({ code: 'ERR_KEYSMITH_INPUT' });

const REGIONS = [
  'us-east-1', 'eu-west-1', 'ap-southeast-7', 'cn-north-1', 'us-gov-west-1', 'us-iso-east-1', 'us-isob-east-1', 'eu-isoe-west-1', 'us-isof-south-1', 'eusc-de-east-1',
];
const KINDS = [[false, false], [true, false], [false, true], [true, true]] as const;

describe('the endpoint of KMS is the one that the AWS SDK has', () => {
  /** Where a request of the SDK goes, which is not sent. */
  async function ofSdk(options: { region: string; useFipsEndpoint: boolean; useDualstackEndpoint: boolean }): Promise<string> {
    const kms = new KMS({
      ...options,
      credentials: CREDENTIALS,
      maxAttempts: 1,
      requestHandler: { handle: async (request: { protocol: string; hostname: string; path: string }) => Promise.reject(Object.assign(new Error('kept here'), { request })) } as never,
    });
    const { request } = await kms.listKeys({}).catch((reason) => reason);
    return `${request.protocol}//${request.hostname}${request.path}`;
  }

  test.each(REGIONS)('in %s', async (region) => {
    for (const [useFipsEndpoint, useDualstackEndpoint] of KINDS) {
      const options = { region, useFipsEndpoint, useDualstackEndpoint };
      expect(String(endpointOf(region, options, {}))).toBe(await ofSdk(options));
    }
  });
});

describe('what the environment says counts where the options say nothing', () => {
  const ENV = { AWS_REGION: 'eu-west-1', AWS_ENDPOINT_URL: 'http://localhost:1/all', AWS_ENDPOINT_URL_KMS: 'http://localhost:2/kms' };

  test.each<[string, string, FetchKmsOptions, NodeJS.ProcessEnv]>([
    ['the Region', 'https://kms.eu-west-1.amazonaws.com/', {}, { AWS_REGION: 'eu-west-1' }],
    ['the Region of the options', 'https://kms.us-east-1.amazonaws.com/', { region: 'us-east-1' }, { AWS_REGION: 'eu-west-1' }],
    ['an endpoint for KMS, before that for all services', 'http://localhost:2/kms', {}, ENV],
    ['an endpoint for all services', 'http://localhost:1/all', {}, { ...ENV, AWS_ENDPOINT_URL_KMS: '' }],
    ['the endpoint of the options', 'https://vpce-1.kms.eu-west-1.vpce.amazonaws.com/', { endpoint: 'https://vpce-1.kms.eu-west-1.vpce.amazonaws.com' }, ENV],
    ['FIPS', 'https://kms-fips.eu-west-1.amazonaws.com/', {}, { AWS_REGION: 'eu-west-1', AWS_USE_FIPS_ENDPOINT: 'true' }],
    ['no FIPS in the options', 'https://kms.eu-west-1.amazonaws.com/', { useFipsEndpoint: false }, { AWS_REGION: 'eu-west-1', AWS_USE_FIPS_ENDPOINT: 'true' }],
    ['IPv6', 'https://kms.eu-west-1.api.aws/', {}, { AWS_REGION: 'eu-west-1', AWS_USE_DUALSTACK_ENDPOINT: 'true' }],
  ])('%s: %s', (_, url, options, env) => {
    expect(String(endpointOf(regionOf(options, env), options, env))).toBe(url);
  });

  test('a Region that is absent is asked for once: another attempt would not have it', async () => {
    let asked = 0;
    const env = Object.defineProperty({}, 'AWS_REGION', { get: () => void asked++ });
    await expect(fetchKms({ env, credentials: CREDENTIALS }).call('ListKeys')).rejects.toMatchObject({ code: 'ERR_KEYSMITH_INPUT' });
    expect(asked).toBe(1);
  });

  test('it is read at each call', async () => {
    const env: NodeJS.ProcessEnv = {};
    const urls: string[] = [];
    const kms = fetchKms({ env, credentials: CREDENTIALS, fetch: async (url) => (urls.push(String(url)), new Response('{}')) });
    await expect(kms.call('ListKeys')).rejects.toMatchObject({ code: 'ERR_KEYSMITH_INPUT', message: "no Region: give 'region', or set AWS_REGION" });
    for (const region of ['eu-west-1', 'us-east-1']) {
      env.AWS_REGION = region;
      await kms.call('ListKeys');
    }
    expect(urls).toEqual(['https://kms.eu-west-1.amazonaws.com/', 'https://kms.us-east-1.amazonaws.com/']);
  });
});

describe('refused, when the client is made', () => {
  test.each<[string, FetchKmsOptions]>([
    ['a Region that is another host', { region: 'eu-west-1.example.com/' }],
    ['a Region with a port', { region: 'eu-west-1:80' }],
    ['no text for a Region', { region: '' }],
    ['a function for a Region', { region: (async () => 'eu-west-1') as never }],
    ['an endpoint that is no URL', { endpoint: 'localhost:4566' }],
    ['an endpoint of another protocol', { endpoint: 'file:///tmp/kms' }],
    ['an endpoint for sockets', { endpoint: 'wss://localhost' }],
    ['an endpoint for files', { endpoint: 'ftp://localhost' }],
    ['a query', { endpoint: 'https://localhost/?a=b' }],
    ['a URL instead of its text', { endpoint: new URL('https://localhost') as never }],
    ['FIPS with an endpoint', { endpoint: 'https://localhost', useFipsEndpoint: true }],
    ['text for a boolean', { useFipsEndpoint: 'false' as never }],
    ['a number for a boolean', { useDualstackEndpoint: 0 as never }],
    ['text for a fetch', { fetch: 'x' as never }],
    ['a module for its function', { fetch: { fetch } as never }],
    ['text for an environment', { env: 'AWS_REGION=eu-west-1' as never }],
    ['a fragment', { endpoint: 'https://localhost/#a' }],
    ['no attempt at all', { maxAttempts: 0 }],
    ['a limit that no timer can be set to', { attemptTimeoutMs: 2 ** 31 }],
    ['a clock that is off beyond all dates', { systemClockOffset: 9e15 }],
  ])('%s', (_, options) => expect(() => fetchKms(options)).toThrow(INPUT));

  test.each<[string, FetchKmsOptions, string]>([
    ['text', { useFipsEndpoint: 'false' as never }, "'useFipsEndpoint' takes a boolean"],
    ['text', { fetch: 'x' as never }, "'fetch' takes a function"],
  ])('%s for something else, by its name', (_, options, message) => expect(() => fetchKms(options)).toThrow(expect.objectContaining({ message })));

  test.each(['https://user:hunter2@localhost', 'https://:hunter2@localhost', 'https://user@localhost'])('%s, of which nothing is repeated', (endpoint) => {
    const refusal = { code: 'ERR_KEYSMITH_INPUT', message: expect.not.stringMatching(/user|hunter2/) };
    expect(() => fetchKms({ endpoint })).toThrow(expect.objectContaining(refusal));
  });
});

test('a path of the endpoint is signed as it goes over the wire', async () => {
  const local = await startLocalKms({ keys: [{}], principals: [{ arn: 'arn:aws:iam::111122223333:role/App', managedPolicies: ['AdministratorAccess'] }] });
  try {
    const config = local.clientConfig('App');
    for (const path of ['', '/', "/proxy/a b/!'()*", '/pr%2Foxy//ü']) {
      const { Keys } = await fetchKms({ ...config, endpoint: `${config.endpoint}${path}` }).call('ListKeys');
      expect(Keys).toHaveLength(1);
    }
  } finally {
    await local.stop();
  }
});

test('a redirect is not followed: whoever it leads to would get the signed request', async () => {
  const [kms, elsewhere] = [await Replay.start(), await Replay.start()];
  try {
    for (const status of [301, 302, 307, 308]) {
      kms.says({ status, headers: { location: elsewhere.endpoint }, body: '' });
      await expect(fetchKms({ endpoint: kms.endpoint, region: 'eu-west-1', credentials: CREDENTIALS }).call('ListKeys'))
        .rejects.toMatchObject({ $metadata: { httpStatusCode: status, attempts: 1 } });
    }
    expect([kms.received.length, elsewhere.received.length]).toEqual([1, 0]);
  } finally {
    await Promise.all([kms.stop(), elsewhere.stop()]);
  }
});
