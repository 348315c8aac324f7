import { askedUrl, encodedPath } from './asked-url';
import type { HttpRequestParts } from './http-message';
import { invalid } from '../errors';
import { ofType } from '../text';

/** What is looked at of the events of REST APIs, HTTP APIs (formats 1.0 and 2.0) and function URLs. */
interface ProxyEvent {
  readonly version?: string;
  readonly httpMethod?: string;
  readonly headers?: Readonly<Record<string, string | undefined>> | null;
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[] | undefined>> | null;
  readonly queryStringParameters?: Readonly<Record<string, string | undefined>> | null;
  readonly multiValueQueryStringParameters?: Readonly<Record<string, readonly string[] | undefined>> | null;
  readonly rawPath?: string;
  readonly rawQueryString?: string;
  readonly requestContext?: {
    readonly http?: { readonly method?: string };
    readonly domainName?: string;
    readonly path?: string;
    readonly stage?: string;
  };
}

/** Names of API Gateway's own, under which the stage is part of what clients ask for; under a domain of one's own it is not. */
const OWN_NAME = /\.execute-api\.[^.]+\.(amazonaws\.[a-z.]+|api\.aws)$/;

/** Names of function URLs. */
const FUNCTION_URL = /\.lambda-url\.[^.]+\.on\.aws$/;

/**
 * The request as the client has made it, which is not what the event calls its path: a REST API leaves out the stage there, or has it, as the domain is.
 *
 * @param targetUri - what is known better of the URL
 * @throws `ERR_KEYSMITH_INPUT` for events of another kind
 */
export function requestOfEvent(given: unknown, targetUri: string | undefined): HttpRequestParts {
  if (typeof given !== 'object' || given === null) throw invalid(`the event is ${ofType(given)}: signResponses takes handlers of REST APIs, HTTP APIs and function URLs`);
  const event = given as ProxyEvent;
  const method = event.requestContext?.http?.method ?? event.httpMethod;
  const url = targetUri ?? urlOf(event);
  if (!method || !url) throw invalid('the event is none of a REST API, an HTTP API or a function URL: where it is of something else, give \'targetUri\'');
  return { method, url, headers: definedOf(event.multiValueHeaders ?? event.headers ?? {}) };
}

function urlOf({ version, rawPath, rawQueryString, requestContext = {}, ...event }: ProxyEvent): string | undefined {
  const { domainName, stage } = requestContext;
  const given = rawPath ?? requestContext.path;
  if (!domainName || given === undefined) return undefined;
  // HTTP APIs hand over the path decoded, in either format; REST APIs and function URLs as it was sent. A REST API names no version.
  const path = version !== undefined && !FUNCTION_URL.test(domainName) ? encodedPath(given) : given;
  if (rawPath === undefined) return askedUrl('https', domainName, path, queryOf(event));
  return askedUrl('https', domainName, withoutStage(path, domainName, stage), rawQueryString ? `?${rawQueryString}` : '');
}

/** Format 2.0 has the stage in the path under any name; a mapping it does not tell of, so that it takes `targetUri`. */
function withoutStage(path: string, domainName: string, stage: string | undefined): string {
  const prefix = `/${stage}`;
  const isShown = !stage || stage === '$default' || OWN_NAME.test(domainName);
  return !isShown && (path === prefix || path.startsWith(`${prefix}/`)) ? path.slice(prefix.length) || '/' : path;
}

/** Format 1.0 has the parameters decoded: they are written as encodeURIComponent does, which may not be how the client wrote them. */
function queryOf({ multiValueQueryStringParameters, queryStringParameters }: ProxyEvent): string {
  const parameters = Object.entries(multiValueQueryStringParameters ?? queryStringParameters ?? {}).flatMap(([name, values]) => (
    [values ?? []].flat().map((value) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
  ));
  return parameters.length ? `?${parameters.join('&')}` : '';
}

const definedOf = (headers: Readonly<Record<string, string | readonly string[] | undefined>>): Record<string, string | readonly string[]> => (
  Object.fromEntries(Object.entries(headers).filter((entry): entry is [string, string | readonly string[]] => entry[1] !== undefined))
);
