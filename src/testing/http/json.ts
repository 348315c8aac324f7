import { KmsException, inputShapeOf } from '../engine';
import type { Member, Shape } from '../engine';

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
  return decodeMembers(inputShapeOf(operation), members);
}

function decodeMembers(shape: Shape, members: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const decoded = { ...members };
  for (const [name, member] of Object.entries(shape)) if (isThere(decoded[name])) decoded[name] = decode(member, decoded[name]);
  return decoded;
}

/** A value of another type stays what it is, for the operation to refuse. */
function decode({ type, of, members }: Member<unknown>, value: unknown): unknown {
  if (type === 'blob') return blob(value);
  if (type === 'timestamp') return timestamp(value);
  if (of && Array.isArray(value)) return value.map((element) => (isThere(element) ? decode(of, element) : element));
  if (members && typeof value === 'object' && !Array.isArray(value)) return decodeMembers(members, value as Record<string, unknown>);
  return value;
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
