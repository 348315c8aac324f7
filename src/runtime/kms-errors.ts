import { unlessAborted } from './abort';
import { KMS_UNAVAILABLE, failure, isKeysmithError } from './errors';
import type { FailureKind, KeysmithError } from './errors';
import type { KmsCallOptions } from './kms-port';
import { overwritePlaintext } from './kms-reply';
import { NOT_AUTHENTIC } from './text';

/**
 * What a failed call to KMS means, in the words that decide what happens next.
 *
 * - `caller`: KMS refused whoever called, or there are no credentials to call with; a cached data key of that KMS key goes.
 * - `key`: the key cannot be used now; a cached data key of that KMS key goes.
 * - `message`: the ciphertext, signature or MAC is not what was made. Never tried elsewhere.
 * - `request`: the call itself cannot work, here or anywhere.
 * - `throttle`: too many requests. Another Region has quotas of its own, but the fault is not one of KMS.
 * - `quota`: a resource quota. The SDK retries it as throttling; waiting does not help.
 * - `service`: KMS, or the way to it, is out of order. The only kind that another Region may answer for.
 */
export type KmsFault = 'caller' | 'key' | 'message' | 'request' | 'throttle' | 'quota' | 'service';

/** Said of what is of the kind `service`. */
const NO_ANSWER = 'KMS did not answer';

const NO_CREDENTIALS = 'no credentials';

/**
 * The code of each fault, what is said of it, and the errors that are it, as their name, their message and their HTTP status. The first
 * that fits counts; what never reached KMS (sockets, time-outs, aborts) has no number for one, or 0. A client without the method of the
 * call (`KMSClient` of the SDK is one), and whatever else is a TypeError, is none of KMS's faults. Names are as long as tells them apart.
 * KMS API Reference, "Errors" of each operation and "Common Errors".
 */
const FAULTS: ReadonlyArray<readonly [kind: FailureKind, saying: string, errors: RegExp]> = [
  ['KEY_UNAVAILABLE', 'the key cannot be used now', /^(Disabled|KMSInvalidState|NotFound)Exc/],
  ['NOT_AUTHENTIC', NOT_AUTHENTIC, /^(IncorrectKey|InvalidCiph|KMSInvalid)/],
  [
    'ACCESS_DENIED', 'KMS refused the caller',
    /^(AccessDen|ExpiredTok|Incomplete|Invalid(Cli|Sig)|MissingAu|NotAu|OptIn|RequestExp|Unrecog)/,
  ],
  // Of the AWS SDK's providers, and of `fetchKms`: no request was sent, and no other Region would be asked with credentials either. What else a
  // provider lets through comes from the SDK's client as it is: a time-out of STS cannot be told from one of KMS.
  ['ACCESS_DENIED', NO_CREDENTIALS, /^(Cred\w+|Token)?ProviderErr/],
  [KMS_UNAVAILABLE, 'KMS quota used up: do not retry', /^LimitExc/],
  [KMS_UNAVAILABLE, 'KMS throttled the call', /^Throttling| 429$/],
  // Of a mistake in the program; but fetch tells so of a connection that failed.
  ['INPUT', 'give KMS, not KMSClient', /^TypeError (?!fetch failed|terminated)/],
  [KMS_UNAVAILABLE, NO_ANSWER, /^(?!(Inval|Unsup)\w+Exc|Validation)[^]* (5..|[^\d ]+|0)$/],
  ['INPUT', 'KMS refused the request', /$/],
];

/** What the faults are called, one by one: apart from them, so that it is in no bundle that asks for codes alone. */
const NAMES: readonly KmsFault[] = ['key', 'message', 'caller', 'caller', 'quota', 'throttle', 'request', 'service', 'request'];

/** The first of the faults that fits. The SDK's errors have `$metadata`, those of a KMS without HTTP in front may have `statusCode`. */
const faultOf = ({ name, message, $metadata, statusCode = $metadata?.httpStatusCode }: ErrorParts): typeof FAULTS[number] => (
  FAULTS.find(([,, errors]) => errors.test(`${name} ${message} ${statusCode}`))!
);

/** Whether KMS, or the way to it, is out of order. */
export const isServiceFault = (error: unknown): boolean => faultOf(Object(error) as ErrorParts)[1] === NO_ANSWER;

/** Whether no request was sent, for want of credentials. */
export const lacksCredentials = (error: unknown): boolean => faultOf(Object(error) as ErrorParts)[1] === NO_CREDENTIALS;

/** What went wrong, told from the error's name, else its HTTP status. */
export const kmsFaultOf = (error: unknown): KmsFault => NAMES[FAULTS.indexOf(faultOf(Object(error) as ErrorParts))];

/**
 * The error of a failed call, with its stable code and the original as `cause`.
 *
 * KMS's own sentence is kept where it helps (who was denied what, which state the key is in). It is left out where
 * the message was not authentic: every such failure reads the same.
 */
export const kmsError = (operation: string, error: unknown): KeysmithError => {
  if (isKeysmithError(error)) return error;
  const parts = Object(error) as ErrorParts;
  const [kind, saying] = faultOf(parts);
  const said = [operation, saying, ...saying === NOT_AUTHENTIC ? [] : [parts.name, parts.code, parts.message]];
  return failure(kind, said.filter(Boolean).join(': '), error);
};

/**
 * Makes a call to KMS; whatever it rejects with becomes a `KeysmithError`, and an abort its signal's reason. Every call of the
 * run time goes through here, with a signal of its own: clients listen to it. No reply, as of a mock that was not told what to say,
 * is one without members: it names no key, and is refused for that.
 */
export const callKms = <Reply>(
  operation: string, abortSignal: AbortSignal | undefined, call: (options?: KmsCallOptions) => Promise<Reply>,
): Promise<Reply> => unlessAborted(abortSignal, async (own) => {
  try {
    return await call(own && { abortSignal: own }) ?? {} as Reply;
  } catch (error) {
    throw kmsError(operation, error);
  }
}, overwritePlaintext);

/** The one answer to an input that the key did not make, whoever finds out. */
export const notRecognised = (operation: string, cause: unknown): KeysmithError => (
  failure('NOT_AUTHENTIC', `${operation}: ${NOT_AUTHENTIC}`, cause)
);

/** The parts that are looked at, of whatever was thrown. */
interface ErrorParts {
  readonly name?: string;
  readonly code?: string;
  readonly message?: string;
  readonly statusCode?: number;
  readonly $metadata?: { readonly httpStatusCode?: number };
}
