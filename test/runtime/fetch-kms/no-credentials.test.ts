import { setTimeout as delay } from 'node:timers/promises';
import { DataKeyCache, createEnvelopeCipher, createDirectCipher, fetchKms, KmsKeyring, kmsFaultOf, resilientKms } from '../../../src/runtime';
import type { AwsCredentials, Clock, ResilienceEvent } from '../../../src/runtime';
import { startLocalKms } from '../../../src/testing';
import type { LocalKms } from '../../../src/testing';

/** A provider without credentials is no outage of KMS, whatever it throws: nothing was asked of KMS, and nothing can be asked in another Region. */

const KEY = { keyId: 'mrk-1234abcd12ab34cd56ef1234567890ab', multiRegion: true } as const;
const [IRELAND, FRANKFURT] = ['eu-west-1', 'eu-central-1'].map((region) => `arn:aws:kms:${region}:111122223333:key/${KEY.keyId}`);
const DENIED = { code: 'ERR_KEYSMITH_ACCESS_DENIED' };

const FAILURES: readonly [what: string, thrown: unknown, message: string][] = [
  ['the error of a provider of the SDK', Object.assign(new Error('no SSO session'), { name: 'CredentialsProviderError' }), 'no SSO session'],
  ['a connection to STS that breaks', Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }), 'connect ECONNREFUSED'],
  ['a time-out of a metadata service', Object.assign(new Error('connection timed out'), { name: 'TimeoutError' }), 'connection timed out'],
  ['a fetch that fails', new TypeError('fetch failed'), 'fetch failed'],
  ['STS that throttles', Object.assign(new Error('slow down'), { name: 'ThrottlingException', $metadata: { httpStatusCode: 400 } }), 'slow down'],
  ['a fault of STS', Object.assign(new Error('oops'), { name: 'InternalFailure', $metadata: { httpStatusCode: 500 } }), 'oops'],
  ['a mistake of its own', new TypeError('x is not a function'), 'x is not a function'],
  ['a text', 'not logged in', 'not logged in'],
  ['nothing', undefined, 'undefined'],
];

let local: LocalKms;
beforeAll(async () => {
  local = await startLocalKms({
    keys: [{ ...KEY, region: 'eu-west-1' }, { ...KEY, region: 'eu-central-1', multiRegionKeyType: 'REPLICA' }],
    principals: [{ arn: 'arn:aws:iam::111122223333:role/App', managedPolicies: ['AdministratorAccess'] }],
  });
});
afterAll(() => local.stop());
beforeEach(() => local.requests.clear());

/** Clients whose one provider throws, or whose hosts do not answer, when they are told to. */
function clients() {
  const { endpoint, credentials: own } = local.clientConfig('App');
  let failing: { readonly error: unknown } | undefined;
  const credentials = async () => {
    if (failing) throw failing.error;
    // Of no use any more when it comes: each call asks again.
    return { ...own as AwsCredentials, expiration: new Date(0) };
  };
  return {
    kms: (region: string) => fetchKms({ region, endpoint, credentials, maxAttempts: 1 }),
    fail: (error: unknown) => { failing = { error }; },
    mend: () => { failing = undefined; },
  };
}

describe.each(FAILURES)('%s', (_, thrown, message) => {
  test('is the cause of an error named as the SDK names it', async () => {
    const { kms, fail } = clients();
    fail(thrown);
    const error = await kms('eu-west-1').call('ListKeys').catch((reason) => reason);
    expect([error instanceof Error, error.name, error.message, error.cause, kmsFaultOf(error)]).toEqual([true, 'CredentialsProviderError', message, thrown, 'caller']);
    const direct = createDirectCipher({ kms: kms('eu-west-1'), keyArn: IRELAND }).encrypt(Buffer.from('x'));
    await expect(direct).rejects.toMatchObject({ ...DENIED, message: `Encrypt: no credentials: CredentialsProviderError: ${message}` });
  });

  test('has no other Region asked, and opens nothing from the time of grace', async () => {
    const { kms, fail, mend } = clients();
    const asked: string[] = [];
    const port = (region: string) => {
      const client = kms(region);
      return { ...client, decrypt: (input: never) => { asked.push(region); return client.decrypt(input); } };
    };
    let now = 0;
    const cache = new DataKeyCache({ now: () => now, maxAgeMs: 1000, outageGraceMs: 1e6 });
    const archive = await createEnvelopeCipher({ keyring: new KmsKeyring({ kms, keyArn: IRELAND }) }).encrypt(Buffer.from('x'));
    const cipher = createEnvelopeCipher({ keyring: new KmsKeyring({ kms: port, keyArn: IRELAND, additionalKeyArns: [FRANKFURT] }), cache });
    await cipher.decrypt(archive);
    now += 2000;
    fail(thrown);
    await expect(cipher.decrypt(archive)).rejects.toMatchObject(DENIED);
    expect([asked, cache.metrics().graceHits]).toEqual([['eu-west-1', 'eu-west-1'], 0]);
    mend();
    expect((await cipher.decrypt(archive)).plaintext.toString()).toBe('x');
  });

  test('says nothing of a Region: it opens no breaker, and closes none that is open', async () => {
    const { kms, fail, mend } = clients();
    const events: ResilienceEvent[] = [];
    let now = 0;
    const clock: Clock = { now: () => now, sleep: (ms, signal) => delay(ms, undefined, { signal }) };
    const onEvent = (event: ResilienceEvent) => void events.push(event);
    const resilient = resilientKms({ kms, breakerFailures: 1, breakerOpenMs: 1, attemptsPerRegion: 1, clock, onEvent });
    const call = () => resilient.generateDataKey({ KeyId: IRELAND, NumberOfBytes: 32 });
    fail(thrown);
    await expect(call()).rejects.toMatchObject({ name: 'CredentialsProviderError' });
    expect(events.map((event) => ('outcome' in event ? event.outcome : event.kind))).toEqual(['abandoned']);
    mend();
    local.faults.internalError(1);
    await expect(call()).rejects.toMatchObject({ code: 'ERR_KEYSMITH_KMS_UNAVAILABLE' });
    now += 5;
    fail(thrown);
    await expect(call()).rejects.toMatchObject({ name: 'CredentialsProviderError' });
    expect(events.flatMap((event) => (event.kind === 'breaker' ? event.state : []))).toEqual(['open', 'half-open']);
    mend();
    await expect(call()).resolves.toBeDefined();
  });
});
