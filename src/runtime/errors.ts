/**
 * The causes a caller may want to tell apart. Stable: a code is never renamed nor reused for something else.
 * Told apart by `code`, never by `instanceof`: the CommonJS and the ES module form may both be loaded.
 */
export type KeysmithErrorCode =
  /** An argument or option that cannot work; the message says what would. */
  | 'ERR_KEYSMITH_INPUT'
  /** The environment variable that `attachTo` writes is absent, or not what this version reads. */
  | 'ERR_KEYSMITH_ENVIRONMENT'
  /** The encryption context does not keep the contract declared on the key. */
  | 'ERR_KEYSMITH_CONTEXT'
  /** The input is not a message of the format at all: text, PEM, JWE, empty. */
  | 'ERR_KEYSMITH_FORMAT'
  /** The one answer to everything that was tampered with, truncated, or made under another key or context. */
  | 'ERR_KEYSMITH_NOT_AUTHENTIC'
  /** An authentic token whose time is over: get a new one (HTTP 401). */
  | 'ERR_KEYSMITH_EXPIRED'
  /** An authentic token that is not for this verifier, not valid yet, or whose claims are none (HTTP 401 or 403). */
  | 'ERR_KEYSMITH_CLAIMS'
  /** The keys to verify with could not be had, so that nothing is known of the token (HTTP 503, never 401). */
  | 'ERR_KEYSMITH_KEYS_UNAVAILABLE'
  /** A well-formed message over a limit this process has set (encrypted data keys, frame length, body size, context size). */
  | 'ERR_KEYSMITH_LIMIT'
  /** The message was made with an algorithm suite that the commitment policy does not accept. */
  | 'ERR_KEYSMITH_COMMITMENT_POLICY'
  /** KMS refused the caller: AccessDeniedException. */
  | 'ERR_KEYSMITH_ACCESS_DENIED'
  /** The key cannot be used now: disabled, pending deletion, pending import, not found. */
  | 'ERR_KEYSMITH_KEY_UNAVAILABLE'
  /** A signing API did not answer, throttled the call, or answered with a fault of its own: try again later (HTTP 503). */
  | 'ERR_KEYSMITH_API_UNAVAILABLE'
  /** KMS did not answer, or answered with a fault of its own, within the budget. */
  | 'ERR_KEYSMITH_KMS_UNAVAILABLE'
  /** KMS answered, but not with what was asked: another key, no plaintext, a wrong length. */
  | 'ERR_KEYSMITH_KMS_RESPONSE'
  /** A stored record kept changing while it was moved. */
  | 'ERR_KEYSMITH_CONFLICT'
  /** No configured key can open the message. */
  | 'ERR_KEYSMITH_NO_KEY';

/** Every error of the run time. The message never holds key material, plaintext or a full ciphertext. */
export class KeysmithError extends Error {
  public declare readonly code: KeysmithErrorCode;

  constructor(code: KeysmithErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'KeysmithError';
    this.code = code;
  }
}

/** The kind that most of what KMS may fail with is of. */
export const KMS_UNAVAILABLE = 'KMS_UNAVAILABLE';

/** The part of a code that tells it from the others. */
export type FailureKind = KeysmithErrorCode extends infer Code ? Code extends `ERR_KEYSMITH_${infer Ending}` ? Ending : never : never;

export const failure = (kind: FailureKind, message: string, cause?: unknown): KeysmithError => (
  new KeysmithError(`ERR_KEYSMITH_${kind}`, message, (cause && { cause }) as ErrorOptions)
);

/** Whether an error is one of the run time. Told by code, not by class: the CommonJS and the ES module form may both be loaded. */
export const isKeysmithError = (error: unknown): error is KeysmithError => (
  // A code that is no text has no such method.
  Boolean((Object(error) as { code?: Partial<string> }).code?.startsWith?.('ERR_KEYSMITH_'))
);

/** An argument or option that cannot work. */
export const invalid = (message: string, cause?: unknown): KeysmithError => failure('INPUT', message, cause);

/** Throws that, where an expression is wanted. */
export const refuseInput = (message: string): never => {
  throw invalid(message);
};
