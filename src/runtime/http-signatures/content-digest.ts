import { createHash } from 'node:crypto';
import { linesOf, sourceOf } from './components';
import type { Component } from './components';
import type { HttpMessage } from './http-message';
import { readDictionary, writeBytes } from '../../structured-fields';
import type { Dictionary } from '../../structured-fields';

export const CONTENT_DIGEST = 'content-digest';

/** The digests of RFC 9530 section 5 that are not broken. What else stands in the field is passed over. */
const HASHES: Readonly<Record<string, string>> = { 'sha-256': 'sha256', 'sha-512': 'sha512' };

const EMPTY = /* @__PURE__ */ new Uint8Array(0);

/** `Content-Digest` (RFC 9530) of the bytes that go over the wire. */
export const contentDigest = (body: Uint8Array = EMPTY): string => `sha-256=${writeBytes(digestOf('sha256', body))}`;

/** Whether the content is what its covered digests say: at least one that is known, and all of those. */
export function hasCoveredContent(component: Component, message: HttpMessage): boolean {
  if (component.name !== CONTENT_DIGEST) return true;
  const source = sourceOf(component, message);
  const lines = source && linesOf(component, source);
  if (!lines) return false;
  // Of the request that a response answers, the caller knows what it has sent.
  if (source !== message && source.body === undefined) return true;
  return isDigestOf(lines, source.body, component.parameters.get('key') as string | undefined);
}

/** @param only - the one member that counts */
export function isDigestOf(lines: readonly string[], body: Uint8Array = EMPTY, only?: string): boolean {
  let members: Dictionary;
  try {
    members = readDictionary(lines.join(', '));
  } catch {
    return false;
  }
  const known = [...members].filter(([name]) => Object.hasOwn(HASHES, name) && (only === undefined || only === name));
  const isOfBody = (name: string, value: unknown): boolean => value instanceof ArrayBuffer && digestOf(HASHES[name], body).equals(Buffer.from(value));
  return known.length > 0 && known.every(([name, [value]]) => isOfBody(name, value));
}

const digestOf = (hash: string, body: Uint8Array): Buffer => createHash(hash).update(body).digest();
