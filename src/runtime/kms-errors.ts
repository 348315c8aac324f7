import { KMS_UNAVAILABLE, failure, isKeysmithError } from './errors';
import type { FailureKind, KeysmithError } from './errors';
import { NOT_AUTHENTIC } from './text';

/**
 * What a failed call to KMS means, in the words that decide what happens next.
 *
 * - `caller`: KMS refused whoever called; a cached data key of that KMS key goes.
 * - `key`: the key cannot be used now; a cached data key of that KMS key goes.
 * - `message`: the ciphertext, signature or MAC is not what was made. Never tried elsewhere.
 * - `request`: the call itself cannot work, here or anywhere.
 * - `throttle`: too many requests. Another Region has quotas of its own, but the fault is not one of KMS.
 * - `quota`: a resource quota. The SDK retries it as throttling; waiting does not help.
 * - `service`: KMS, or the way to it, is out of order. The only kind that another Region may answer for.
 */
export type KmsFault = 'caller' | 'key' | 'message' | 'request' | 'throttle' | 'quota' | 'service';

/**
 * The faults, the code of each, what is said of it, and the errors that are it, as their name and their HTTP status. The
 * first that fits counts; what never reached KMS (sockets, time-outs, aborts) has no status.
 * KMS API Reference, "Errors" of each operation and "Common Errors".
 */
const FAULTS: ReadonlyArray<readonly [fault: KmsFault, kind: FailureKind, saying: string, errors: RegExp]> = [
  ['key', 'KEY_UNAVAILABLE', 'the key cannot be used now', /^(Disabled|KMSInvalidState|NotFound)/],
  ['message', 'NOT_AUTHENTIC', NOT_AUTHENTIC, /^(IncorrectKey|InvalidCiphertext|KMSInvalid)/],
  [
    'caller', 'ACCESS_DENIED', 'KMS refused the caller',
    /^(AccessDenied|Expired|IncompleteSig|Invalid(Client|Sig)|MissingAuth|NotAuth|OptIn|RequestExp|Unrecog)/,
  ],
  ['quota', KMS_UNAVAILABLE, 'a KMS quota is used up: a retry will not help', /^LimitExc/],
  ['throttle', KMS_UNAVAILABLE, 'KMS throttled the call', /^Throttling| 429$/],
  ['service', KMS_UNAVAILABLE, 'KMS did not answer', /^KMSInternal|^(?!Invalid|Unsupported|Validation).* (5..|undefined)$/],
  ['request', 'INPUT', 'KMS refused the request', /$/],
];

/** The first of the faults that fits the error. */
function faultOf(error: unknown): typeof FAULTS[number] {
  // The SDK's errors have `$metadata`, those of a KMS without HTTP in front may have `statusCode`.
  const { name, $metadata, statusCode = $metadata?.httpStatusCode } = Object(error) as ErrorParts;
  return FAULTS.find(([,,, errors]) => errors.test(`${name} ${statusCode}`))!;
}

/** What went wrong, told from the error's name, else its HTTP status. */
export const kmsFaultOf = (error: unknown): KmsFault => faultOf(error)[0];

/**
 * The error of a failed call, with its stable code and the original as `cause`.
 *
 * KMS's own sentence is kept where it helps (who was denied what, which state the key is in). It is left out where
 * the message was not authentic: every such failure reads the same.
 */
export function kmsError(operation: string, error: unknown): KeysmithError {
  if (isKeysmithError(error)) return error;
  const [, kind, saying] = faultOf(error);
  const { name, code, message } = Object(error) as ErrorParts;
  const said = saying === NOT_AUTHENTIC ? [] : [name, code, message].filter(Boolean);
  return failure(kind, [operation, saying, ...said].join(': '), error);
}

/**
 * Makes a call to KMS; whatever it rejects with becomes a `KeysmithError`. Every call of the run time goes through here.
 * No reply, as of a mock that was not told what to say, is one without members: it names no key, and is refused for that.
 */
export async function callKms<Reply>(operation: string, call: () => Promise<Reply>): Promise<Reply> {
  try {
    return await call() ?? {} as Reply;
  } catch (error) {
    throw kmsError(operation, error);
  }
}

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
