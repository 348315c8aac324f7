import { hasContent } from './content-of';
import type { HttpRequestParts } from './http-message';
import type { HttpSigner } from './http-signer';
import { requestOfEvent } from './proxy-request';
import { invalid } from '../errors';
import { requireTypes } from '../option-types';
import { ofType } from '../text';
import { knownOptions } from '../whole-numbers';

/** What a handler of API Gateway or of a function URL returns. */
export interface ProxyResult {
  readonly statusCode?: number;
  readonly headers?: Readonly<Record<string, string | number | boolean | undefined>> | undefined;
  readonly multiValueHeaders?: Readonly<Record<string, ReadonlyArray<string | number | boolean> | undefined>> | undefined;
  readonly body?: string | undefined;
  readonly isBase64Encoded?: boolean | undefined;
  readonly cookies?: string[] | undefined;
}

/** What goes with handlers whose responses are signed. */
export interface SignResponsesOptions<Event> {
  /**
   * The URL that the client asked for, where the event does not tell: behind a CDN or proxy of its own name, and in HTTP APIs under a domain with a mapping path.
   *
   * @default - https, with name, path and query of the event
   */
  readonly targetUri?: (event: Event) => string;
}

/**
 * A handler whose responses are signed: of REST APIs, HTTP APIs (formats 1.0 and 2.0) and function URLs, with proxy integration. By default the signature covers
 * status, content type, a digest of the bytes that leave (of a base64 body the decoded ones), method and URL. What has no content type is given
 * `application/json`, as the services do by themselves. What is not signed does not leave: where KMS fails, so does the handler.
 *
 * API Gateway must not compress responses (`minimumCompressionSize`): it would do so after they are signed.
 *
 * @throws `ERR_KEYSMITH_INPUT` for events and results of another kind; the codes of `signResponse`
 */
export function signResponses<Event, Context, Result extends ProxyResult>(
  handler: (event: Event, context: Context) => Result | Promise<Result>, signer: HttpSigner, options: SignResponsesOptions<Event> = {},
): (event: Event, context: Context) => Promise<Result> {
  const { targetUri } = requireTypes(knownOptions(options, ['targetUri']), { targetUri: 'function' });
  if (typeof handler !== 'function') throw invalid(`the handler is ${ofType(handler)}: give a function`);
  return async (event, context) => {
    const request = requestOfEvent(event, targetUri?.(event));
    return signedResult(await handler(event, context), request, signer, isFormat2(event));
  };
}

const isFormat2 = (event: unknown): boolean => (event as { version?: string }).version === '2.0';

async function signedResult<Result extends ProxyResult>(
  result: Result, request: HttpRequestParts, signer: HttpSigner, mayBeInferred: boolean,
): Promise<Result> {
  const { statusCode, headers = {}, multiValueHeaders = {}, body, isBase64Encoded, ...more } = mayBeInferred ? explicit(result) : result;
  const status = Number(statusCode);
  if (!Number.isInteger(status)) throw invalid(`'statusCode' of what the handler returned is ${ofType(statusCode)}: return { statusCode, headers, body }`);
  const content = hasContent(request.method, status) ? contentOf(body, isBase64Encoded) : new Uint8Array(0);
  const needsType = content.length > 0 && !hasType(headers, multiValueHeaders);
  const own = { ...withoutNames(headers, Object.keys(multiValueHeaders)), ...(needsType && { 'content-type': 'application/json' }) };
  const signed = await signer.signResponse({ status, headers: [...pairsOf(own), ...pairsOf(multiValueHeaders)], body: content }, request);
  const names = Object.keys(signed);
  return {
    ...more,
    statusCode,
    headers: { ...withoutNames(own, names), ...signed },
    ...(Object.keys(multiValueHeaders).length && { multiValueHeaders: withoutNames(multiValueHeaders, names) }),
    ...(body !== undefined && { body }),
    ...(isBase64Encoded !== undefined && { isBase64Encoded }),
  } as unknown as Result;
}

/** What format 2.0 makes of a result without a status. */
function explicit(result: ProxyResult): ProxyResult {
  if (typeof result === 'object' && result !== null && result.statusCode !== undefined) return result;
  const body = typeof result === 'string' ? result : JSON.stringify(result) as string | undefined;
  if (body === undefined) throw invalid(`the handler returned ${result === undefined ? 'nothing' : `what is ${ofType(result)}`}: return { statusCode, headers, body }`);
  return { statusCode: 200, headers: { 'content-type': 'application/json' }, body, isBase64Encoded: false };
}

function contentOf(body: unknown, isBase64Encoded: boolean | undefined): Uint8Array {
  if (body === undefined || body === null) return new Uint8Array(0);
  if (typeof body !== 'string') throw invalid(`the handler returned a body that is ${ofType(body)}: give text, or base64 with isBase64Encoded`);
  return Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
}

type Values = Readonly<Record<string, string | number | boolean | ReadonlyArray<string | number | boolean> | undefined>>;

const pairsOf = (headers: Values): Array<[string, string]> => (
  Object.entries(headers).flatMap(([name, values]) => [values ?? []].flat().map((value): [string, string] => [name, String(value)]))
);

/** Without these, in whatever case: of a name in `headers` and `multiValueHeaders` API Gateway takes the latter. */
function withoutNames<Headers extends Values>(headers: Headers, names: readonly string[]): Headers {
  const gone = names.map((name) => name.toLowerCase());
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !gone.includes(name.toLowerCase()))) as Headers;
}

const hasType = (...all: Values[]): boolean => all.some((headers) => Object.keys(headers).some((name) => name.toLowerCase() === 'content-type'));
