import { failure } from './errors';
import type { OwnedBuffer, OwnedBytes } from './owned-bytes';
import { CURVES } from '../spec/curves';
import type { CurveFacts } from '../spec/curves';
import { SIGNING } from '../spec/signing';
import type { SigningAlgorithm } from '../spec/signing';

/**
 * The two forms of an ECDSA signature. KMS and openssl speak DER (RFC 3279 section 2.2.3: a sequence of two integers);
 * JOSE, WebCrypto and HTTP Message Signatures speak r‖s, each as wide as a coordinate (RFC 7518 section 3.4).
 *
 * Both are read strictly: one signature has one encoding. Values of s above half the order are legal ECDSA, KMS makes
 * them, and they are accepted.
 */

/** The algorithms with two forms. */
export type EcdsaAlgorithm = 'ES256' | 'ES384' | 'ES512' | 'ES256K';

/** r‖s of a DER signature. @throws `ERR_KEYSMITH_FORMAT` for anything but strict DER of two integers in range */
export function ecdsaDerToJose(der: Uint8Array, algorithm: EcdsaAlgorithm): OwnedBytes {
  const raw = readDer(der, curveOf(algorithm));
  if (!raw) throw failure('FORMAT', `the input of ${der.length} bytes is not an ${algorithm} signature in DER`);
  return raw;
}

/** DER of an r‖s signature. @throws `ERR_KEYSMITH_FORMAT` for another length, or for integers out of range */
export function ecdsaJoseToDer(raw: Uint8Array, algorithm: EcdsaAlgorithm): OwnedBytes {
  const curve = curveOf(algorithm);
  const checked = readRaw(raw, curve);
  if (!checked) {
    const bytes = 2 * curve.coordinateBytes;
    throw failure('FORMAT', `the input of ${raw.length} bytes is not an ${algorithm} signature of ${bytes} bytes, r‖s`);
  }
  return writeDer(checked);
}

/** The curve of a signing algorithm; undefined where it makes no ECDSA signature. */
export function curveFor(algorithm: `${SigningAlgorithm}`): CurveFacts | undefined {
  return CURVES[SIGNING[algorithm].keySpecs[0]];
}

/** r‖s, where the bytes are r‖s of this curve with both integers in range. */
export function readRaw(raw: Uint8Array, curve: CurveFacts): OwnedBuffer | undefined {
  const width = curve.coordinateBytes;
  if (raw.length !== 2 * width) return undefined;
  const bytes = Buffer.from(raw);
  return inRange(bytes, 0, curve) && inRange(bytes, width, curve) ? bytes : undefined;
}

/** r‖s, where the bytes are strict DER of two integers in range. */
export function readDer(der: Uint8Array, curve: CurveFacts): OwnedBuffer | undefined {
  const sequence = readElement(Buffer.from(der), 0x30);
  if (!sequence || sequence.rest.length) return undefined;
  const r = readElement(sequence.content, 0x02);
  const s = r && readElement(r.rest, 0x02);
  if (!s || s.rest.length) return undefined;
  const halves = [r.content, s.content].map((integer) => fixedWidth(integer, curve.coordinateBytes));
  return halves[0] && halves[1] && readRaw(Buffer.concat([halves[0], halves[1]]), curve);
}

/** The same signature with the lower of the two values that s can have: whoever verifies takes s as well as the order less s. */
export function withLowS(raw: Buffer, curve: CurveFacts): Buffer {
  const width = curve.coordinateBytes;
  const order = BigInt(`0x${curve.order}`);
  const s = BigInt(`0x${raw.toString('hex', width)}`);
  if (2n * s <= order) return raw;
  return Buffer.concat([raw.subarray(0, width), Buffer.from((order - s).toString(16).padStart(2 * width, '0'), 'hex')]);
}

/** DER of an r‖s that has been checked. */
export function writeDer(raw: Uint8Array): OwnedBuffer {
  const width = raw.length / 2;
  const body = Buffer.concat([writeInteger(raw.subarray(0, width)), writeInteger(raw.subarray(width))]);
  return Buffer.concat([Buffer.from(body.length < 0x80 ? [0x30, body.length] : [0x30, 0x81, body.length]), body]);
}

function curveOf(algorithm: EcdsaAlgorithm): CurveFacts {
  const curve = Object.hasOwn(SIGNING, algorithm) ? curveFor(algorithm) : undefined;
  if (!curve) throw failure('INPUT', `${JSON.stringify(algorithm)} is not an ECDSA algorithm: ES256, ES384, ES512 and ES256K are`);
  return curve;
}

/** One DER element with the tag, and what follows it. Lengths must be as short as they can be (X.690 section 10.1). */
function readElement(bytes: Buffer, tag: number): { content: Buffer; rest: Buffer } | undefined {
  if (bytes.length < 2 || bytes[0] !== tag) return undefined;
  // No ECDSA signature of these curves is over 255 bytes long, so that the long form has one byte of length.
  const long = bytes[1] === 0x81;
  const length = long ? bytes[2] : bytes[1];
  const start = long ? 3 : 2;
  const minimal = long ? length >= 0x80 : length < 0x80;
  if (!minimal || start + length > bytes.length) return undefined;
  return { content: bytes.subarray(start, start + length), rest: bytes.subarray(start + length) };
}

/** A positive DER integer, as short as it can be (X.690 section 8.3), padded to the width of a coordinate. */
function fixedWidth(integer: Buffer, width: number): Buffer | undefined {
  const [first, second] = integer;
  if (first === undefined || first >= 0x80) return undefined;
  if (first === 0 && (second === undefined || second < 0x80)) return undefined;
  const magnitude = first === 0 ? integer.subarray(1) : integer;
  if (magnitude.length > width) return undefined;
  return Buffer.concat([Buffer.alloc(width - magnitude.length), magnitude]);
}

function writeInteger(fixed: Uint8Array): Buffer {
  const start = fixed.findIndex((byte) => byte !== 0);
  const magnitude = fixed.subarray(start);
  const padding = magnitude[0] >= 0x80 ? [0] : [];
  return Buffer.from([0x02, padding.length + magnitude.length, ...padding, ...magnitude]);
}

/** Orders as bytes, each made once: every signature is compared with one. */
const ORDERS = /* @__PURE__ */ new Map<string, Buffer>();

/** Whether the integer that starts there is one of 1 … order − 1. */
function inRange(bytes: Buffer, start: number, { order, coordinateBytes }: CurveFacts): boolean {
  let highest = ORDERS.get(order);
  if (!highest) ORDERS.set(order, highest = Buffer.from(order, 'hex'));
  const end = start + coordinateBytes;
  let first = start;
  while (first < end && bytes[first] === 0) first++;
  return first < end && bytes.compare(highest, 0, coordinateBytes, start, end) < 0;
}
