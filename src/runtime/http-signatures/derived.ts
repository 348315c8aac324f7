import type { Component } from './components';
import type { HttpMessage } from './http-message';
import { invalid } from '../errors';

/** What is derived of a request (RFC 9421 section 2.2). Paths and queries are those of the URL standard, which is what `Request` and `fetch` know. */
const OF_REQUESTS: Readonly<Record<string, (target: NonNullable<HttpMessage['target']>, component: Component) => string>> = {
  '@method': ({ method }) => method,
  '@target-uri': ({ url }) => url.href,
  // Without the port that the scheme implies, and in lower case.
  '@authority': ({ url }) => url.host,
  '@scheme': ({ url }) => url.protocol.slice(0, -1),
  '@request-target': ({ requestTarget }) => requestTarget,
  '@path': ({ url }) => url.pathname,
  // A question mark where there is no query, too.
  '@query': ({ url }) => url.search || '?',
  '@query-param': ({ url }, component) => queryParameter(url, component),
};

export const isDerived = (name: string): boolean => name.startsWith('@');

/** Whether the derived component is one of requests: a response has it of the request that it answers. */
export const isOfRequests = (name: string): boolean => Object.hasOwn(OF_REQUESTS, name);

/** @throws `ERR_KEYSMITH_INPUT` where the message has no such component */
export function derivedValue(component: Component, { target, status }: HttpMessage): string {
  const { name, id } = component;
  if (name === '@status' && status !== undefined) return String(status);
  if (target && isOfRequests(name)) return OF_REQUESTS[name](target, component);
  throw invalid(`the component ${id} is none that a ${target ? 'request' : 'response'} has${isOfRequests(name) ? `: cover '${name};req'` : ''}`);
}

/** Decoded and written again, name and value (section 2.2.8). */
function queryParameter(url: URL, { parameters, id }: Component): string {
  const values = [...url.searchParams].filter(([name]) => encoded(name) === parameters.get('name')).map(([, value]) => value);
  if (values.length !== 1) throw invalid(`the component ${id} stands for ${values.length ? 'several parameters' : 'no parameter'} of the query`);
  // Bytes that are no UTF-8 are all read as this character.
  if (values[0].includes('\ufffd')) throw invalid(`the component ${id} is a parameter that is not UTF-8`);
  return encoded(values[0]);
}

/** As forms are encoded, but with %20 for a space. */
const encoded = (text: string): string => encodeURIComponent(text).replace(/[!'()~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);

