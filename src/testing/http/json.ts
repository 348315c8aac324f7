import { KmsException, blobMembersOf, timestampMembersOf } from '../engine';

/**
 * The bodies of AWS JSON 1.1: blobs are base64, timestamps are seconds since the epoch, everything else is as JSON has it.
 * Which members of an input are blobs or timestamps, the operations themselves say.
 *
 * Source: Smithy, "AWS JSON 1.1 protocol".
 */

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/**
 * The members in a request's body.
 *
 * @throws SerializationException if the body is not a JSON object in UTF-8; AWS gives it no message
 */
export function parseBody(body: Uint8Array): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw new KmsException('SerializationException');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new KmsException('SerializationException');
  return value as Record<string, unknown>;
}

/**
 * The input of an operation, from the members of a body.
 *
 * @throws SerializationException for a blob that is no base64 or a timestamp that is no number
 */
export function decodeInput(operation: string, members: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const input = { ...members };
  for (const name of blobMembersOf(operation)) if (isThere(input[name])) input[name] = blob(input[name]);
  for (const name of timestampMembersOf(operation)) if (isThere(input[name])) input[name] = timestamp(input[name]);
  return input;
}

/** The body of a reply; empty where the operation has no output. */
export function encodeOutput(output: Readonly<Record<string, unknown>> | undefined): string {
  return output === undefined ? '' : JSON.stringify(wireForm(output));
}

function isThere(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function blob(value: unknown): Uint8Array {
  if (typeof value !== 'string' || !BASE64.test(value)) throw new KmsException('SerializationException');
  return Buffer.from(value, 'base64');
}

function timestamp(value: unknown): Date {
  if (typeof value !== 'number') throw new KmsException('SerializationException');
  return new Date(value * 1000);
}

function wireForm(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
  if (value instanceof Date) return value.getTime() / 1000;
  if (Array.isArray(value)) return value.map(wireForm);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, wireForm(member)]));
}
