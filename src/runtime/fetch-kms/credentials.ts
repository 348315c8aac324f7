import type { Environment } from '../environment';
import { isKeysmithError, refuseInput } from '../errors';
import type { CallOptions } from '../kms-port';
import { attempt } from '../resilience/attempt';
import { SYSTEM_CLOCK } from '../resilience/clock';

/** What signs requests, as the AWS SDK has it. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** With temporary credentials. */
  readonly sessionToken?: string | undefined;
  /** When they end. They are asked for again five minutes before. @default - never */
  readonly expiration?: Date | undefined;
}

/** Gives credentials when there are none yet, and when those it gave end. What `@aws-sdk/credential-providers` makes is one. */
export type AwsCredentialsProvider = () => Promise<AwsCredentials>;

const REFRESH_MS = 300_000;

/** What a provider is given. */
const PROVIDER_MS = 60_000;

/** What a call waits for new credentials while the old ones hold. */
const PATIENCE_MS = 5000;

/** Visible ASCII. What is no header value would be told, whole, by the error of `fetch`; what has a line end at its end signs nothing. */
const VISIBLE = /^[!-~]+$/;

/** The credentials of a client, whichever way they come. */
export class CredentialSource {
  readonly #given: AwsCredentials | AwsCredentialsProvider | undefined;
  #current: AwsCredentials | undefined;
  #pending: Promise<AwsCredentials> | undefined;
  /** When the provider was asked. */
  #since = 0;

  /** @throws `ERR_KEYSMITH_INPUT` for given credentials that are none */
  constructor(given: AwsCredentials | AwsCredentialsProvider | undefined) {
    this.#given = given && typeof given !== 'function' ? { ...usable(given) } : given;
  }

  /**
   * Credentials for a call at this time. Calls that wait for the provider wait for one answer of it. A provider that fails or hangs
   * before the old ones have ended leaves them in use, and is asked again.
   *
   * @throws `ERR_KEYSMITH_INPUT` for what are none; a `CredentialsProviderError` with whatever the provider throws, or with a time-out, as its
   *   cause; the reason of the signal
   */
  public async at(now: number, env: Environment, { abortSignal }: CallOptions): Promise<AwsCredentials> {
    const given = this.#given;
    if (typeof given !== 'function') return usable(given ?? inEnvironment(env));
    const current = this.#current;
    const left = current ? endOf(current) - now : 0;
    const waited = SYSTEM_CLOCK.now() - this.#since;
    if (waited >= PROVIDER_MS) this.#pending = undefined;
    // One call at a time waits for what is not needed yet.
    if (current && left > (this.#pending ? 0 : REFRESH_MS)) return current;
    const timeoutMs = left > 0 ? PATIENCE_MS : PROVIDER_MS - (this.#pending ? waited : 0);
    const answer = this.#pending ?? this.#ask(given);
    try {
      return await attempt(async () => answer as object, { timeoutMs, clock: SYSTEM_CLOCK, abortSignal }) as AwsCredentials;
    } catch (error) {
      if (current && left > 0) return current;
      if (abortSignal?.aborted) throw error;
      this.#settle(answer);
      throw isKeysmithError(error) ? error : providerError(error);
    }
  }

  /** Whether others may be had in place of these, which AWS no longer takes. */
  public drop(refused: AwsCredentials): boolean {
    if (this.#current === refused) this.#current = undefined;
    return typeof this.#given === 'function';
  }

  #ask(provider: AwsCredentialsProvider): Promise<AwsCredentials> {
    const answer = (async () => usable(await provider()))();
    this.#since = SYSTEM_CLOCK.now();
    this.#pending = answer;
    answer.then((credentials) => this.#settle(answer, credentials), () => this.#settle(answer));
    return answer;
  }

  /** Nothing is heard of an answer that has been given up. */
  #settle(answer: Promise<AwsCredentials>, credentials = this.#current): void {
    if (this.#pending !== answer) return;
    this.#pending = undefined;
    this.#current = credentials;
  }
}

/**
 * What the SDK's providers throw, whatever this one throws. A broken connection of STS, or of a metadata service, is none of KMS: no request was
 * sent, none could be signed for another Region either, and a role that was taken away must not get a time of grace for how that looks.
 */
const providerError = (cause: unknown): Error => (
  Object.assign(new Error(String((Object(cause) as Partial<Error>).message ?? cause), { cause }), { name: 'CredentialsProviderError' })
);

const endOf = ({ expiration }: AwsCredentials): number => (expiration ? Number(expiration) : Infinity);

const inEnvironment = ({ AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN }: Environment): AwsCredentials => (
  AWS_ACCESS_KEY_ID && AWS_SECRET_ACCESS_KEY
    ? { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY, sessionToken: AWS_SESSION_TOKEN || undefined }
    : refuseInput("no credentials: give 'credentials', or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
);

/** What is wrong is told by its name: no part of a secret goes into a message. */
const usable = (credentials: AwsCredentials): AwsCredentials => {
  const { accessKeyId, secretAccessKey, sessionToken } = Object(credentials) as AwsCredentials;
  for (const [name, value] of Object.entries({ accessKeyId, secretAccessKey, sessionToken: sessionToken ?? '-' })) {
    if (!VISIBLE.test(value) || typeof value !== 'string') {
      refuseInput(`'${name}' of the credentials takes text without spaces`);
    }
  }
  return credentials;
};
