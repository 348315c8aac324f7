import type { Reply } from './answer';
import { bodyOf } from './body';
import { CredentialSource } from './credentials';
import type { AwsCredentials, AwsCredentialsProvider } from './credentials';
import { endpointOf, regionOf } from './endpoint';
import type { EndpointOptions } from './endpoint';
import { send } from './send';
import { signalOf } from '../abort';
import type { Environment } from '../environment';
import { isKeysmithError, refuseInput } from '../errors';
import { kmsFaultOf } from '../kms-errors';
import type { CallOptions, KmsPort } from '../kms-port';
import { attempt } from '../resilience/attempt';
import { SYSTEM_CLOCK } from '../resilience/clock';
import { quoted } from '../text';
import { knownOptions, wholeNumber } from '../whole-numbers';

/** How `fetchKms` reaches KMS. Options that the AWS SDK has too are called as there. */
export interface FetchKmsOptions extends EndpointOptions {
  /**
   * What signs the requests: credentials, or a provider of them, such as those of `@aws-sdk/credential-providers`. A provider is asked for new
   * ones five minutes before the old ones end, or when AWS says that they have ended, and is given a minute. While the old ones hold, they
   * sign where it fails, or gives none within five seconds.
   *
   * @default - `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN` of the environment, read at each call: Lambda sets them
   */
  readonly credentials?: AwsCredentials | AwsCredentialsProvider | undefined;
  /**
   * Attempts of a call that KMS throttles, or that meets a fault of KMS or of the way to it. Waits between them are random, at most 0.1, 0.2,
   * 0.4 seconds and so on (0.5, 1, 2 where KMS throttles). Under `resilientKms`, which tries again itself: 1.
   *
   * @default 3
   */
  readonly maxAttempts?: number | undefined;
  /** Milliseconds after which an attempt is given up and aborted. @default 5000 */
  readonly attemptTimeoutMs?: number | undefined;
  /** How far AWS's clock is ahead of this machine's, in milliseconds. An answer that shows it to be wrong corrects it. @default 0 */
  readonly systemClockOffset?: number | undefined;
  /** Another `fetch`, one that goes through a proxy for instance. @default - the global one, at each call */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** @default process.env */
  readonly env?: Environment | undefined;
}

/** KMS over `fetch`. */
export interface FetchKms extends KmsPort {
  /**
   * Any operation by its name in the API, `call('GenerateMac', { … })`, with members as the AWS SDK has them: `Uint8Array` for blobs, `Date` for
   * timestamps.
   */
  call(operation: string, input?: object, options?: CallOptions): Promise<Reply>;
}

const OPTIONS = ['region', 'endpoint', 'credentials', 'maxAttempts', 'attemptTimeoutMs', 'systemClockOffset'];

/** Further options, by a value of their type: nothing else would tell that what was given is of another. */
const TYPED = { useFipsEndpoint: true, useDualstackEndpoint: true, fetch: () => 0, env: {} };

/** The longest time that timers of Node can be set to. */
const MAX_TIMER_MS = 2_147_483_647;

/** The farthest that a Date goes. */
const MAX_DATE_MS = 8.64e15;

/** KMS refuses signatures that are five minutes off; the Date of an answer is of whole seconds, and has been on its way. */
const SKEW_MS = 240_000;

/** Longest waits, as those of the AWS SDK: before a second attempt, by the faults that another may help with, and ever. */
const WAIT_MS = { throttle: 500, service: 100, most: 20_000 };

/**
 * AWS KMS over the `fetch` of Node, without the AWS SDK: signed requests (Signature Version 4) of AWS JSON 1.1. It fits wherever `new KMS({})`
 * does, and rejects with errors that have the same `name`, `message`, `$fault` and `$metadata`.
 *
 *     const kms = fetchKms();                                        // in a Lambda function
 *     const kms = fetchKms({ region, credentials: fromNodeProviderChain() });
 *
 * Make one and keep it: it holds credentials, and what it learns of the clock. Redirects are not followed. It has no cache of replies.
 *
 * Every method rejects with KMS's own error; with an error named `TimeoutError` when KMS does not answer in time, or one that has the `code` of
 * the socket's; with the reason of the `abortSignal`; and with `ERR_KEYSMITH_INPUT` for what cannot be sent (no Region, no credentials, text
 * where bytes belong). Whatever a provider of credentials throws, a broken connection or a time-out of its own included, is the cause of a
 * `CredentialsProviderError`: to ciphers this is `ERR_KEYSMITH_ACCESS_DENIED`, never an outage of KMS, for which another Region would be asked
 * or a time of grace given.
 *
 * @throws `ERR_KEYSMITH_INPUT` for an option that cannot work
 */
export function fetchKms(options: FetchKmsOptions = {}): FetchKms {
  const call = callsOf({ ...knownOptions(options, [...OPTIONS, ...Object.keys(TYPED)]) });
  const methods = METHODS.split(' ').map((name) => (
    [name, (input: object, given?: CallOptions) => call(name[0].toUpperCase() + name.slice(1), input, given)]
  ));
  return { call, ...Object.fromEntries(methods) as KmsPort };
}

const METHODS = 'encrypt decrypt generateDataKey sign verify describeKey getPublicKey';

const callsOf = (options: FetchKmsOptions): FetchKms['call'] => {
  for (const [name, like] of Object.entries(TYPED)) {
    const given = options[name as keyof FetchKmsOptions];
    if (typeof (given ?? like) !== typeof like) refuseInput(`'${name}' takes a ${typeof like}`);
  }
  const { region } = options;
  const env = options.env ?? process.env;
  const source = new CredentialSource(options.credentials);
  const maxAttempts = wholeNumber('maxAttempts', options.maxAttempts ?? 3);
  const attemptTimeoutMs = wholeNumber('attemptTimeoutMs', options.attemptTimeoutMs ?? 5000, 1, MAX_TIMER_MS);
  let offset = wholeNumber('systemClockOffset', options.systemClockOffset ?? 0, -MAX_DATE_MS, MAX_DATE_MS);
  endpointOf(region === undefined ? region : regionOf(options, {}), options, {});

  const now = () => Date.now() + offset;

  /** Whether the call may work when it is signed again: by the clock of the server, or with newer credentials. */
  const correct = (error: Error, date: number, credentials: AwsCredentials, signedWith: number): boolean => {
    if (kmsFaultOf(error) !== 'caller') return false;
    // By the offset that the request was signed with: another call may have corrected it since.
    const ahead = date - Date.now();
    const isSkewed = Math.abs(ahead - signedWith) > SKEW_MS;
    if (isSkewed) offset = ahead;
    return isSkewed || (error.name.startsWith('ExpiredToken') && source.drop(credentials));
  };

  return async (operation, input, given) => {
    if (!/^[A-Z][A-Za-z]+$/.test(operation)) refuseInput(`${quoted(operation)} is no operation like GenerateMac`);
    const body = bodyOf(input);
    const abortSignal = signalOf(given?.abortSignal);
    const within = <T>(timeoutMs: number, work: (signal: AbortSignal) => Promise<T>) => (
      attempt(work as (signal: AbortSignal) => Promise<object>, { timeoutMs, clock: SYSTEM_CLOCK, abortSignal }) as Promise<T>
    );
    let corrected = false;
    for (let attempts = 1; ; attempts++) {
      const credentials = await source.at(now(), env, { abortSignal });
      const signedWith = offset;
      try {
        const signedRegion = regionOf(options, env);
        const url = endpointOf(signedRegion, options, env);
        const request = { operation, body, url, region: signedRegion, credentials, now: now(), attempts, fetch: options.fetch };
        const { members, error, date } = await within(attemptTimeoutMs, (signal) => send(request, signal));
        if (members) return members;
        if (corrected || !correct(error!, date, credentials, signedWith)) throw error!;
        corrected = true;
      } catch (error) {
        const fault = kmsFaultOf(error);
        if (!(fault in WAIT_MS) || attempts >= maxAttempts || isKeysmithError(error)) throw error;
        // An abort ends the wait before it begins.
        const longest = Math.min(WAIT_MS.most, WAIT_MS[fault as 'throttle' | 'service'] * 2 ** (attempts - 1));
        await within(MAX_TIMER_MS, (signal) => SYSTEM_CLOCK.sleep(Math.random() * longest, signal));
      }
    }
  };
};
