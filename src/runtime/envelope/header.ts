import { timingSafeEqual } from 'node:crypto';
import { NO_BYTES } from './bytes';
import type { Reader } from './bytes';
import { notAuthentic } from './failures';
import { ivOf } from './frames';
import { skipHeaderMaterials } from './header-materials';
import { keepLimit } from './limits';
import type { MessageLimits } from './limits';
import type { MessageKey } from './message-key';
import { COMMITMENT_BYTES, IV_BYTES, TAG_BYTES, findSuite } from './suites';
import type { AlgorithmSuite } from './suites';

/** The header of a message. aws-encryption-sdk-specification, data-format/message-header.md. */
export interface MessageHeader {
  readonly suite: AlgorithmSuite;
  readonly messageId: Buffer;
  /** Context and encrypted data keys as they stand in the header. */
  readonly materialBytes: Buffer;
  /** Plaintext bytes of a regular frame; 0 when the body is not framed. */
  readonly frameLength: number;
  /**
   * Checks the commitment, in constant time, and the tag over the header. Only then may anything it says be believed.
   *
   * @throws `ERR_KEYSMITH_NOT_AUTHENTIC`
   */
  check(key: MessageKey): void;
}

const VERSION_1_TYPE = 0x80;
const UNFRAMED = 1;
const FRAMED = 2;

/** Bytes that a version 2 header takes beside its context and encrypted data keys. */
const FIXED_BYTES = 1 + 2 + 32 + 1 + 4 + COMMITMENT_BYTES + TAG_BYTES;

/** Frames count from 1, so that none has the IV of a version 2 header. */
const HEADER_IV = /* @__PURE__ */ ivOf(0);

/** A version 2 header, where it ends, and `room` bytes behind it. */
export function sealHeader(key: MessageKey, materialBytes: Buffer, frameLength: number, room = 0): readonly [out: Buffer, end: number] {
  const out = Buffer.allocUnsafe(FIXED_BYTES + materialBytes.length + room);
  let offset = out.writeUInt8(key.suite.messageVersion);
  offset = out.writeUInt16BE(key.suite.id, offset);
  offset += key.messageId.copy(out, offset);
  offset += materialBytes.copy(out, offset);
  offset = out.writeUInt8(FRAMED, offset);
  offset = out.writeUInt32BE(frameLength, offset);
  offset += key.commitment!.copy(out, offset);
  return [out, offset + key.seal(HEADER_IV, out.subarray(0, offset), NO_BYTES)[0].copy(out, offset)];
}

/**
 * Reads a header. Everything a length field claims is held against the limits and the bytes at hand before anything
 * is made of it.
 */
export function readHeader(reader: Reader, limits: MessageLimits): MessageHeader {
  const start = reader.offset;
  const version = reader.uint(1);
  if (version === 1 && reader.uint(1) !== VERSION_1_TYPE) throw notAuthentic('unknown message type');
  const suite = findSuite(reader.uint(2));
  if (suite?.messageVersion !== version) throw notAuthentic('unknown algorithm suite');
  const messageId = reader.take(16 * version);
  const materialBytes = skipHeaderMaterials(reader, limits);
  const contentType = reader.uint(1);
  // Four reserved bytes, which are 0, then the length of the IV.
  const fixed = version === 1 ? reader.uint(5) : IV_BYTES;
  const frameLength = reader.uint(4);
  if (contentType !== (frameLength ? FRAMED : UNFRAMED) || fixed !== IV_BYTES) throw notAuthentic('the header contradicts itself');
  keepLimit(limits, 'frameBytes', frameLength);
  const commitment = reader.take(suite.commitsKey ? COMMITMENT_BYTES : 0);
  const authenticated = reader.bytes.subarray(start, reader.offset);
  const iv = version === 1 ? reader.take(IV_BYTES) : HEADER_IV;
  const tag = reader.take(TAG_BYTES);
  return {
    suite,
    messageId,
    materialBytes,
    frameLength,
    check: (key) => {
      if (key.commitment && !timingSafeEqual(key.commitment, commitment)) throw notAuthentic('the message was made under another data key');
      key.open(iv, authenticated, NO_BYTES, tag);
    },
  };
}
