import type { HttpRequestParts, HttpResponseParts } from './http-message';
import { failure } from '../errors';

/** `fetch` that hands out what `verify` takes. */
export function verifyingFetch(
  ask: typeof fetch, maxBodyBytes: number, verify: (response: HttpResponseParts, request: HttpRequestParts) => Promise<unknown>,
): typeof fetch {
  return async (input, init) => {
    const given = new Request(input, init);
    const headers = new Headers(given.headers);
    headers.set('accept-encoding', 'identity');
    const request = new Request(given, { headers, redirect: given.redirect === 'manual' ? 'manual' : 'error' });
    const { method, url } = request;
    const response = await ask(request);
    const body = await bodyOf(response, maxBodyBytes);
    const { status, statusText } = response;
    await verify({ status, headers: response.headers, body }, { method, url, headers });
    // Those that have no body take none, not even an empty one.
    const authentic = new Response(body.length ? body : null, { status, statusText, headers: response.headers });
    return Object.defineProperty(authentic, 'url', { value: response.url });
  };
}

async function bodyOf(response: Response, most: number): Promise<Buffer<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    // Leaving the loop cancels the rest.
    if (length > most) throw failure('LIMIT', `the response has a body of more than ${most} bytes (maxBodyBytes)`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
