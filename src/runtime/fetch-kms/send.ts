import { readAnswer } from './answer';
import type { Answer } from './answer';
import type { AwsCredentials } from './credentials';
import { amzDate, authorizationOf } from './sigv4';
import { connectionError } from '../connection-error';

/** One attempt of a call. */
export interface KmsRequest {
  readonly operation: string;
  readonly body: string;
  readonly url: URL;
  /** That is signed for. */
  readonly region: string;
  readonly credentials: AwsCredentials;
  /** Time of signing, in milliseconds since the epoch. */
  readonly now: number;
  /** Attempts so far, this one included. */
  readonly attempts: number;
  readonly fetch?: typeof globalThis.fetch | undefined;
}

/** Signs a request, sends it and reads the answer. @throws the reason of the signal, or an error with the `code` of the socket's */
export const send = async (request: KmsRequest, signal: AbortSignal): Promise<Answer> => {
  const { operation, body, url, region, credentials, now, attempts } = request;
  const { sessionToken } = credentials;
  const date = amzDate(now);
  const headers: Record<string, string> = {
    'content-type': 'application/x-amz-json-1.1',
    'host': url.host,
    'x-amz-date': date,
    'x-amz-target': `TrentService.${operation}`,
    ...(sessionToken && { 'x-amz-security-token': sessionToken }),
  };
  const method = 'POST';
  headers.authorization = authorizationOf({ method, path: url.pathname, headers, body }, { ...credentials, region, service: 'kms', date });
  try {
    return await readAnswer(await (request.fetch ?? fetch)(url, { method, headers, body, signal, redirect: 'manual' }), attempts);
  } catch (error) {
    throw connectionError(error, url.host);
  }
};
