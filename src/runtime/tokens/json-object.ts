import { isUtf8 } from 'node:buffer';

/** A JSON object, as it was read. */
export interface JsonObject {
  readonly [member: string]: unknown;
}

export const isJsonObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * The JSON object that the bytes are; undefined where they are not UTF-8, not JSON, not an object, or name a member twice, at any depth: of two values
 * one reader takes the first and another the last (RFC 7515 section 4, RFC 7519 section 4).
 */
export function readJsonObject(bytes: Uint8Array): JsonObject | undefined {
  if (!isUtf8(bytes)) return undefined;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  // A name that comes twice, however it is escaped, is written twice and read once.
  return isJsonObject(value) && membersWritten(text) === membersRead(value) ? value : undefined;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;

/** Colons outside strings, of what is known to be JSON. */
function membersWritten(json: string): number {
  let colons = 0;
  for (let at = 0; at < json.length; at++) {
    const code = json.charCodeAt(at);
    if (code === COLON) {
      colons++;
    } else if (code === QUOTE) {
      for (at++; json.charCodeAt(at) !== QUOTE; at++) if (json.charCodeAt(at) === BACKSLASH) at++;
    }
  }
  return colons;
}

/** Without recursion: how deep it goes is up to whoever wrote it. */
function membersRead(value: object): number {
  let members = 0;
  const open: object[] = [value];
  for (let next = open.pop(); next; next = open.pop()) {
    if (!Array.isArray(next)) members += Object.keys(next).length;
    for (const child of Object.values(next) as unknown[]) if (typeof child === 'object' && child !== null) open.push(child);
  }
  return members;
}
