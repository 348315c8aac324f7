import { createCipheriv, createDecipheriv } from 'node:crypto';
import { Incomplete, Reader } from './bytes';
import type { MessageKeys } from './derive';
import { notAuthentic, overLimit } from './failures';
import { skipHeaderMaterials } from './header-materials';
import type { MessageLimits } from './limits';
import { COMMIT_KEY_BYTES, IV_BYTES, MESSAGE_ID_BYTES, TAG_BYTES, findSuite, gcmCipher } from './suites';
import type { AlgorithmSuite } from './suites';

/** The header of a message. aws-encryption-sdk-specification, data-format/message-header.md. */
export interface MessageHeader {
  readonly suite: AlgorithmSuite;
  readonly messageId: Buffer;
  readonly framed: boolean;
  /** Plaintext bytes of a regular frame; 0 when the body is not framed. */
  readonly frameLength: number;
  readonly commitKey?: Buffer;
  /** Context and encrypted data keys as they stand in the header. */
  readonly materialBytes: Buffer;
  /** The bytes that the tag authenticates. */
  readonly authenticated: Buffer;
  readonly iv: Buffer;
  readonly tag: Buffer;
  /** Bytes of the whole header. */
  readonly length: number;
}

const VERSION_1_TYPE = 0x80;
const UNFRAMED = 1;
const FRAMED = 2;

/** The IV of a version 2 header. Frames count from 1, so that no other use of the message key has it. */
const ZERO_IV = /* @__PURE__ */ Buffer.alloc(IV_BYTES);

/** Bytes that a version 2 header takes beside its context and encrypted data keys. */
const FIXED_BYTES = 1 + 2 + MESSAGE_ID_BYTES[2] + 1 + 4 + COMMIT_KEY_BYTES + TAG_BYTES;

/** What goes into the header of a new message. */
export interface HeaderContent {
  readonly suite: AlgorithmSuite;
  readonly messageId: Buffer;
  /** Context and encrypted data keys as they stand in the header. */
  readonly materialBytes: Buffer;
  readonly frameLength: number;
}

export function headerLength({ materialBytes }: HeaderContent): number {
  return FIXED_BYTES + materialBytes.length;
}

/** Writes a version 2 header at the start of `out`, and returns where it ends. */
export function writeHeader(content: HeaderContent, keys: MessageKeys, out: Buffer): number {
  const { suite, messageId, materialBytes, frameLength } = content;
  let offset = out.writeUInt8(suite.messageVersion, 0);
  offset = out.writeUInt16BE(suite.id, offset);
  offset += messageId.copy(out, offset);
  offset += materialBytes.copy(out, offset);
  offset = out.writeUInt8(FRAMED, offset);
  offset = out.writeUInt32BE(frameLength, offset);
  offset += keys.commitKey!.copy(out, offset);
  const cipher = createCipheriv(gcmCipher(suite), keys.encryptionKey, ZERO_IV);
  cipher.setAAD(out.subarray(0, offset)).final();
  return offset + cipher.getAuthTag().copy(out, offset);
}

/**
 * Reads a header. Everything a length field claims is held against the limits and the bytes at hand before anything
 * is made of it.
 *
 * @throws {Incomplete} when the bytes end before the header does
 */
export function readHeader(bytes: Buffer, limits: MessageLimits): MessageHeader {
  const reader = new Reader(bytes);
  const version = reader.uint8();
  if (version === 1 && reader.uint8() !== VERSION_1_TYPE) throw notAuthentic('the message type is none of the format');
  const suiteId = reader.uint16();
  const suite = findSuite(suiteId);
  if (suite?.messageVersion !== version) throw notAuthentic(`message version ${version} has no algorithm suite 0x${suiteId.toString(16).padStart(4, '0')}`);

  const messageId = reader.take(MESSAGE_ID_BYTES[suite.messageVersion]);
  const materialBytes = skipHeaderMaterials(reader, limits);
  const contentType = reader.uint8();
  if (contentType !== FRAMED && contentType !== UNFRAMED) throw notAuthentic('the content type is none of the format');
  if (suite.messageVersion === 1) checkVersion1Fields(reader);
  const framed = contentType === FRAMED;
  const frameLength = reader.uint32();
  if (framed !== frameLength > 0) throw notAuthentic('the frame length does not go with the content type');
  if (frameLength > limits.frameBytes) throw overLimit('the frame length', frameLength, limits.frameBytes, 'limits.frameBytes');

  const commitKey = suite.commitsKey ? reader.take(COMMIT_KEY_BYTES) : undefined;
  const authenticated = bytes.subarray(0, reader.offset);
  const iv = suite.messageVersion === 1 ? reader.take(IV_BYTES) : ZERO_IV;
  const tag = reader.take(TAG_BYTES);
  return {
    suite,
    messageId,
    materialBytes,
    framed,
    frameLength,
    commitKey,
    authenticated,
    iv,
    tag,
    length: reader.offset,
  };
}

/** Reads a header that must be there whole. */
export function readWholeHeader(bytes: Buffer, limits: MessageLimits): MessageHeader {
  try {
    return readHeader(bytes, limits);
  } catch (error) {
    throw error instanceof Incomplete ? notAuthentic(error) : error;
  }
}

/** Checks the tag over the header. Only after it may anything the header says be believed. */
export function authenticateHeader(header: MessageHeader, keys: MessageKeys): void {
  const decipher = createDecipheriv(gcmCipher(header.suite), keys.encryptionKey, header.iv);
  decipher.setAAD(header.authenticated).setAuthTag(header.tag);
  try {
    decipher.final();
  } catch (error) {
    throw notAuthentic(error);
  }
}

function checkVersion1Fields(reader: Reader): void {
  if (reader.uint32() !== 0) throw notAuthentic('the reserved bytes of the header are not zero');
  if (reader.uint8() !== IV_BYTES) throw notAuthentic('the IV length does not go with the algorithm suite');
}
