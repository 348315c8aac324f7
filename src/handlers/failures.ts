import type { HttpAnswer, HttpEvent, HttpHandler } from './http';
import { json, note, Refusal } from './http';
import { isKeysmithError, kmsFaultOf } from '../runtime';

/** What the caller is told of a failure. */
interface Told {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const THROTTLED: Told = { status: 429, code: 'throttled', message: 'too many requests for the key: try again in a second', headers: { 'retry-after': '1' } };
const UNAVAILABLE: Told = { status: 503, code: 'unavailable', message: 'the key cannot be used now', headers: { 'retry-after': '5' } };
const FAILED: Told = { status: 500, code: 'failed', message: 'the request could not be served' };

/**
 * Turns whatever is thrown into an answer. What is the caller's own fault is told in full; of what is wrong with key or permissions the caller learns the
 * status, and the log the rest. Nothing of a body gets into either.
 */
export function answering(handler: HttpHandler): HttpHandler {
  return async (event) => {
    try {
      return await handler(event);
    } catch (error) {
      return refusal(error, event);
    }
  };
}

function refusal(error: unknown, { routeKey, requestContext }: HttpEvent): HttpAnswer {
  const { status, code, message, headers } = toldOf(error);
  if (status >= 500 || status === 429) {
    const { code: cause, message: reason, name } = Object(error) as { code?: string; message?: string; name?: string };
    note({ level: status === 429 ? 'WARN' : 'ERROR', route: routeKey, status, requestId: requestContext?.requestId, error: cause ?? name, reason });
  }
  return json(status, { error: code, message }, headers);
}

function toldOf(error: unknown): Told {
  if (error instanceof Refusal) return error;
  if (!isKeysmithError(error)) return FAILED;
  // Before the call: of the claims, or of the length of what is signed.
  if (error.code === 'ERR_KEYSMITH_INPUT' && !error.cause) return { status: 400, code: 'invalid_request', message: error.message };
  if (error.code === 'ERR_KEYSMITH_KMS_UNAVAILABLE') return error.cause && kmsFaultOf(error.cause) === 'throttle' ? THROTTLED : UNAVAILABLE;
  return error.code === 'ERR_KEYSMITH_KEY_UNAVAILABLE' ? UNAVAILABLE : FAILED;
}
