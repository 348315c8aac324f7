import { failure, isKeysmithError } from './errors';
import type { FailureKind, KeysmithError } from './errors';
import { unexpected } from './kms-reply';
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
 * The code of each fault, what is said of it, and the errors that KMS names it by. The first that fits counts.
 * KMS API Reference, "Errors" of each operation and "Common Errors".
 */
const FAULTS: Readonly<Record<KmsFault, readonly [kind: FailureKind, saying: string, names: RegExp]>> = {
  key: ['KEY_UNAVAILABLE', 'the key cannot be used now', /^(Disabled|KMSInvalidState|NotFound)/],
  message: ['NOT_AUTHENTIC', NOT_AUTHENTIC, /^(IncorrectKey|InvalidCiphertext|KMSInvalid)/],
  caller: [
    'ACCESS_DENIED', 'KMS refused the caller',
    /^(AccessDenied|ExpiredToken|IncompleteSig|InvalidClient|InvalidSig|MissingAuth|NotAuth|OptIn|RequestExpired|Unrecognized)/,
  ],
  request: ['INPUT', 'KMS cannot accept the request', /^(Invalid|Unsupported|Validation)/],
  throttle: ['KMS_UNAVAILABLE', 'KMS is throttling this account', /^Throttling/],
  quota: ['KMS_UNAVAILABLE', 'a KMS quota is used up, and a retry will not help', /^LimitExceeded/],
  // Told by status 5xx, or by none at all.
  service: ['KMS_UNAVAILABLE', 'KMS did not answer', /^KMSInternal/],
};

/** What went wrong, told from the error's name, else its HTTP status. What never reached KMS (sockets, time-outs, aborts) is `service`. */
export function kmsFaultOf(error: unknown): KmsFault {
  // The SDK's errors have `$metadata`, those of a KMS without HTTP in front may have `statusCode`.
  const { name = '', $metadata, statusCode: status = $metadata?.httpStatusCode } = partsOf(error);
  const known = (Object.keys(FAULTS) as KmsFault[]).find((fault) => FAULTS[fault][2].test(name));
  return known ?? (!status || status >= 500 ? 'service' : status === 429 ? 'throttle' : 'request');
}

/**
 * The error of a failed call, with its stable code and the original as `cause`.
 *
 * KMS's own sentence is kept where it helps (who was denied what, which state the key is in). It is left out where
 * the message was not authentic: every such failure reads the same.
 */
export function kmsError(operation: string, error: unknown): KeysmithError {
  if (isKeysmithError(error)) return error;
  const fault = kmsFaultOf(error);
  if (fault === 'message') return notRecognised(operation, error);
  const [kind, saying] = FAULTS[fault];
  const { name, code, message = typeof error === 'object' ? '' : String(error) } = partsOf(error);
  const said = [name && `${name}:`, code, message].filter(Boolean).join(' ');
  return failure(kind, `${operation}: ${saying}: ${said}`, error);
}

/** Makes a call to KMS; whatever it rejects with becomes a `KeysmithError`. Every call of the run time goes through here. */
export async function callKms<Reply>(operation: string, call: () => Promise<Reply>): Promise<Reply> {
  try {
    const reply = await call();
    // As of a mock that was not told what to say.
    if (reply === undefined || reply === null) throw unexpected(operation, 'there is no reply');
    return reply;
  } catch (error) {
    throw kmsError(operation, error);
  }
}

/** The one answer to an input that the key did not make, whoever finds out. */
export function notRecognised(operation: string, cause: unknown): KeysmithError {
  return failure('NOT_AUTHENTIC', `${operation}: the input is ${NOT_AUTHENTIC}`, cause);
}

/** The parts that are looked at, of whatever was thrown. */
interface ErrorParts {
  readonly name?: string;
  readonly code?: string;
  readonly message?: string;
  readonly statusCode?: number;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

function partsOf(error: unknown): ErrorParts {
  return Object(error) as ErrorParts;
}
