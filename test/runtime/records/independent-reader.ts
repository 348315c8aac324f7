import { createDecipheriv, createHmac, hkdfSync } from 'node:crypto';

/** Reads records by docs/record-format.md alone: nothing of src is used, so that the page and the code check each other. */

export interface Surroundings {
  readonly dataKey: Buffer;
  readonly table: string;
  readonly encryptionContext: Readonly<Record<string, string>>;
  /** The values of the record key, in order. */
  readonly recordKey: readonly unknown[];
}

const u16 = (value: number) => Buffer.from([value >> 8, value & 0xff]); // eslint-disable-line no-bitwise
const lp = (bytes: Uint8Array) => Buffer.concat([u16(bytes.length), bytes]);
const text = (value: string) => Buffer.from(value, 'utf8');

export function part(value: unknown): Buffer {
  if (typeof value === 'string') return Buffer.concat([text('S'), text(value)]);
  if (value instanceof Uint8Array) return Buffer.concat([text('B'), value]);
  return text(`N${Number.isInteger(value) ? BigInt(value as number) : String(value)}`);
}

function serializedContext(context: Readonly<Record<string, string>>): Buffer {
  const pairs = Object.entries(context).map(([key, value]) => [text(key), text(value)]).sort(([one], [other]) => Buffer.compare(one, other));
  return pairs.length ? Buffer.concat([u16(pairs.length), ...pairs.flat().map(lp)]) : Buffer.alloc(0);
}

export function bindingOf({ table, encryptionContext, recordKey }: Surroundings): Buffer {
  const parts = recordKey.map((value) => lp(part(value)));
  return Buffer.concat([lp(text(table)), lp(serializedContext(encryptionContext)), u16(parts.length), ...parts]);
}

const derive = (dataKey: Buffer, salt: Buffer, ...info: Buffer[]) => Buffer.from(hkdfSync('sha256', dataKey, salt, Buffer.concat(info), 32));

/** The field key, when the authenticator is right. */
export function fieldKeyOf(surroundings: Surroundings, header: Buffer): Buffer {
  if (header[0] !== 1) throw new Error('version');
  const salt = header.subarray(1, 17);
  const binding = bindingOf(surroundings);
  const authenticator = derive(surroundings.dataKey, salt, text('keysmith record v1 header\0'), header.subarray(0, header.length - 32), binding);
  if (!authenticator.equals(header.subarray(header.length - 32))) throw new Error('authenticator');
  return derive(surroundings.dataKey, salt, text('keysmith record v1 field key\0'), binding);
}

export function additionalData(path: readonly string[]): Buffer {
  return Buffer.concat([Buffer.from([1]), u16(path.length), ...path.map((name) => lp(text(name)))]);
}

/** The encoded value of a token. */
export function encodedValueOf(fieldKey: Buffer, path: readonly string[], token: Buffer): Buffer {
  if (token[0] !== 1) throw new Error('version');
  const decipher = createDecipheriv('aes-256-gcm', fieldKey, token.subarray(1, 13), { authTagLength: 16 });
  decipher.setAAD(additionalData(path)).setAuthTag(token.subarray(token.length - 16));
  return Buffer.concat([decipher.update(token.subarray(13, token.length - 16)), decipher.final()]);
}

/** The value, by RFC 8949 as far as the page uses it. */
export function valueOf(encoded: Buffer): unknown {
  let at = 0;
  const bytes = (length: number) => encoded.subarray(at, (at += length));
  const item = (): unknown => {
    const head = encoded[at++];
    const low = head % 32;
    if (head === 0xfb) return bytes(8).readDoubleBE();
    if (head >= 0xe0) return new Map<number, unknown>([[0xf4, false], [0xf5, true], [0xf6, null]]).get(head);
    const n = low < 24 ? low : Number(BigInt(`0x${bytes(2 ** (low - 24)).toString('hex')}`));
    switch (Math.floor(head / 32)) {
      case 0: return n;
      case 1: return -1 - n;
      case 2: return new Uint8Array(bytes(n));
      case 3: return bytes(n).toString('utf8');
      case 4: return Array.from({ length: n }, item);
      case 5: return Object.fromEntries(Array.from({ length: n }, () => [item(), item()]));
      default: return tagged(n, item());
    }
  };
  const value = item();
  if (at !== encoded.length) throw new Error('length');
  return value;
}

function tagged(tag: number, content: unknown): unknown {
  if (tag === 258) return new Set(content as unknown[]);
  const magnitude = BigInt(`0x0${Buffer.from(content as Uint8Array).toString('hex')}`);
  return tag === 2 ? magnitude : -1n - magnitude;
}

/** The value of a blind index. */
export function indexValueOf(secret: Buffer, table: string, name: string, bits: number, value: unknown): Buffer {
  const key = derive(secret, Buffer.alloc(0), text('keysmith blind index v1\0'), lp(text(table)), lp(text(name)));
  const digest = createHmac('sha256', key).update(part(value)).digest();
  const binary = [...digest].map((byte) => byte.toString(2).padStart(8, '0')).join('').slice(0, bits);
  const whole = binary.padEnd(Math.ceil(bits / 8) * 8, '0');
  return Buffer.from(whole.match(/.{8}/g)!.map((byte) => parseInt(byte, 2)));
}
