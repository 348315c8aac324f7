/**
 * HTTP status codes of KMS errors that are not 400 (KMS API Reference, "Errors" of each operation). Recordings of the live
 * service show 400 for the errors below 500 too; clients go by the error's name.
 */
const STATUS: Readonly<Record<string, number>> = {
  NotFoundException: 404,
  DisabledException: 409,
  KMSInvalidStateException: 409,
  DryRunOperationException: 412,
  KMSInternalException: 500,
  KeyUnavailableException: 500,
  DependencyTimeoutException: 503,
};

/** An error of the KMS API. `name` is the error code; an empty message means that KMS sends none. */
export class KmsException extends Error {
  public readonly statusCode: number;
  /** Further members of the error's shape, in the API's spelling. */
  public readonly fields: Readonly<Record<string, unknown>>;

  constructor(name: string, message: string = '', fields: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.name = name;
    this.statusCode = STATUS[name] ?? 400;
    this.fields = fields;
  }
}

export const validation = (message: string) => new KmsException('ValidationException', message);
export const notFound = (message: string) => new KmsException('NotFoundException', message);
export const unsupported = (message: string = '') => new KmsException('UnsupportedOperationException', message);
export const invalidUsage = (message: string) => new KmsException('InvalidKeyUsageException', message);
export const invalidState = (message: string) => new KmsException('KMSInvalidStateException', message);

/** One answer to every ciphertext that cannot be opened, whatever is wrong with it; KMS gives it no message. */
export const invalidCiphertext = () => new KmsException('InvalidCiphertextException');
