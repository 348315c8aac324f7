/**
 * HTTP status codes of KMS errors that are not 400. The service model (and the SDKs made from it) declares 404, 409 and 412 for
 * NotFoundException, DisabledException, KMSInvalidStateException and DryRunOperationException; the service itself answers 400 to each,
 * as years of logged requests show ("NotFoundException: Alias … is not found. status code: 400"). Clients go by the error's name.
 */
const STATUS: Readonly<Record<string, number>> = {
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
