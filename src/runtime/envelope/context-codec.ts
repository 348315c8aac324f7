import { isUtf8 } from 'node:buffer';
import { NO_BYTES, bytesLeft, fields, readField, readUint, readerOf, textBytes } from './bytes';
import { refuse } from './failures';
import type { EncryptionContext } from '../kms-port';

/**
 * Encryption context to bytes and back: a count, then length-prefixed keys and values, sorted by the UTF-8 bytes of
 * the key. aws-encryption-sdk-specification, framework/structures.md, "Encryption Context".
 */

/** The pairs as bytes, without the length field in front of them; empty for an empty context. */
export const serializeContext = (context: EncryptionContext): Buffer => {
  const pairs = Object.entries(context).map((pair) => pair.map((text) => textBytes(text)))
    // By bytes, not by code units: the two orders differ for characters outside the basic plane.
    .sort(([one], [other]) => one.compare(other));
  return pairs.length ? fields(pairs.length, ...pairs.flat()) : NO_BYTES;
};

/**
 * The pairs in `bytes`. Any order is read, since early SDKs sorted by code units; a key that comes twice is not.
 * Whatever the keys are called, they become own properties and nothing else.
 */
export const parseContext = (bytes: Buffer): EncryptionContext => {
  const pairs = new Map<string, string>();
  const reader = readerOf(bytes);
  // Nothing at all stands for no pairs, never a count of none.
  const count = bytesLeft(reader) && (readUint(reader, 2) || NaN);
  while (bytesLeft(reader)) pairs.set(utf8(readField(reader)), utf8(readField(reader)));
  if (pairs.size !== count) refuse('context pairs miscounted');
  return Object.fromEntries(pairs);
};

/** Text from bytes that must be UTF-8: a replacement character would make two contexts one. */
export const utf8 = (bytes: Buffer): string => {
  if (!isUtf8(bytes)) refuse('not UTF-8');
  return `${bytes}`;
};
