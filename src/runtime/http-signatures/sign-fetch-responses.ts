import { hasContent } from './content-of';
import type { HttpSigner } from './http-signer';
import { invalid } from '../errors';
import { requireTypes } from '../option-types';
import { ofType } from '../text';
import { knownOptions } from '../whole-numbers';

/** What goes with handlers whose responses are signed. */
export interface SignFetchResponsesOptions {
  /** The URL that the client asked for, where `request.url` is another: behind a proxy. @default - request.url */
  readonly targetUri?: (request: Request) => string;
}

/**
 * A handler that takes a `Request` and answers with a `Response`, whose responses are signed. Their bodies are read whole before they leave.
 *
 * @throws the codes of `signResponse`: what is not signed does not leave
 */
export function signFetchResponses<More extends unknown[]>(
  handler: (request: Request, ...more: More) => Response | Promise<Response>, signer: HttpSigner, options: SignFetchResponsesOptions = {},
): (request: Request, ...more: More) => Promise<Response> {
  const { targetUri } = requireTypes(knownOptions(options, ['targetUri']), { targetUri: 'function' });
  if (typeof handler !== 'function') throw invalid(`the handler is ${ofType(handler)}: give a function`);
  return async (request, ...more) => {
    const { method, headers: requestHeaders } = request;
    const asked = { method, url: targetUri?.(request) ?? request.url, headers: new Headers(requestHeaders) };
    const response = await handler(request, ...more);
    const { status, statusText } = response;
    const content = hasContent(method, status) ? Buffer.from(await response.arrayBuffer()) : Buffer.alloc(0);
    const headers = new Headers(response.headers);
    for (const [name, value] of Object.entries(await signer.signResponse({ status, headers, body: content }, asked))) headers.set(name, value);
    return new Response(content.length ? content : null, { status, statusText, headers });
  };
}
