import { KeysmithError } from './errors';
import type { KeysmithErrorCode } from './errors';

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

/** Errors by the name KMS gives them. KMS API Reference, "Errors" of each operation and "Common Errors". */
const BY_NAME: Readonly<Record<string, KmsFault>> = {
  AccessDeniedException: 'caller',
  AccessDenied: 'caller',
  ExpiredTokenException: 'caller',
  IncompleteSignature: 'caller',
  IncompleteSignatureException: 'caller',
  InvalidClientTokenId: 'caller',
  InvalidSignatureException: 'caller',
  MissingAuthenticationToken: 'caller',
  MissingAuthenticationTokenException: 'caller',
  NotAuthorized: 'caller',
  OptInRequired: 'caller',
  RequestExpired: 'caller',
  UnrecognizedClientException: 'caller',

  DisabledException: 'key',
  KMSInvalidStateException: 'key',
  NotFoundException: 'key',

  IncorrectKeyException: 'message',
  InvalidCiphertextException: 'message',
  KMSInvalidMacException: 'message',
  KMSInvalidSignatureException: 'message',

  InvalidArnException: 'request',
  InvalidGrantTokenException: 'request',
  InvalidKeyUsageException: 'request',
  UnsupportedOperationException: 'request',
  ValidationError: 'request',
  ValidationException: 'request',

  ThrottlingException: 'throttle',
  LimitExceededException: 'quota',

  DependencyTimeoutException: 'service',
  InternalFailure: 'service',
  KeyUnavailableException: 'service',
  KMSInternalException: 'service',
  ServiceUnavailable: 'service',
  ServiceUnavailableException: 'service',
};

const CODES: Readonly<Record<KmsFault, KeysmithErrorCode>> = {
  caller: 'ERR_KEYSMITH_ACCESS_DENIED',
  key: 'ERR_KEYSMITH_KEY_UNAVAILABLE',
  message: 'ERR_KEYSMITH_NOT_AUTHENTIC',
  request: 'ERR_KEYSMITH_INPUT',
  throttle: 'ERR_KEYSMITH_KMS_UNAVAILABLE',
  quota: 'ERR_KEYSMITH_KMS_UNAVAILABLE',
  service: 'ERR_KEYSMITH_KMS_UNAVAILABLE',
};

/** What went wrong, told from the error's name, else its HTTP status. What never reached KMS (sockets, time-outs, aborts) is `service`. */
export function kmsFaultOf(error: unknown): KmsFault {
  const { name, status } = seenIn(error);
  if (Object.hasOwn(BY_NAME, name)) return BY_NAME[name];
  if (status === undefined || status >= 500) return 'service';
  return status === 429 ? 'throttle' : 'request';
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
  return new KeysmithError(CODES[fault], sentence(operation, fault, error), { cause: error });
}

/** Makes a call to KMS; whatever it rejects with becomes a `KeysmithError`. Every call of the run time goes through here. */
export async function callKms<Reply>(operation: string, call: () => Promise<Reply>): Promise<Reply> {
  try {
    return await call();
  } catch (error) {
    throw kmsError(operation, error);
  }
}

/** Told by name and code, not by class: the CommonJS and the ES module form may both be loaded. */
export function isKeysmithError(error: unknown): error is KeysmithError {
  return error instanceof Error && error.name === 'KeysmithError' && String((error as KeysmithError).code).startsWith('ERR_KEYSMITH_');
}

/** The one answer to an input that the key did not make, whoever finds out. */
export function notRecognised(operation: string, cause: unknown): KeysmithError {
  const message = `${operation}: the input was changed, or made under another key or encryption context`;
  return new KeysmithError('ERR_KEYSMITH_NOT_AUTHENTIC', message, { cause });
}

function sentence(operation: string, fault: Exclude<KmsFault, 'message'>, error: unknown): string {
  const { name, text } = seenIn(error);
  const said = [name, text].filter(Boolean).join(': ');
  switch (fault) {
    case 'caller': return `${operation}: KMS refused the caller: ${said}`;
    case 'key': return `${operation}: the key cannot be used now: ${said}`;
    case 'request': return `${operation}: KMS cannot accept the request: ${said}`;
    case 'throttle': return `${operation}: KMS is throttling this account: ${said}`;
    case 'quota': return `${operation}: a KMS quota is used up, and a retry will not help: ${said}`;
    case 'service': return `${operation}: KMS did not answer: ${said}`;
  }
}

interface Seen {
  readonly name: string;
  readonly status?: number;
  readonly text: string;
}

function seenIn(error: unknown): Seen {
  if (!isObject(error)) return { name: '', text: String(error) };
  // The SDK's errors have `$metadata`, those of a KMS without HTTP in front may have `statusCode`.
  const status = isObject(error.$metadata) ? error.$metadata.httpStatusCode : error.statusCode;
  return {
    name: typeof error.name === 'string' ? error.name : '',
    status: typeof status === 'number' ? status : undefined,
    text: [error.code, error.message].filter((part) => typeof part === 'string' && part !== '').join(' '),
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
