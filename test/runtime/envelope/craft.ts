import { createCipheriv, createSign, generateKeyPairSync, hkdfSync, randomBytes } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { KeysmithError } from '../../../src/runtime';
import type { DecryptDataKeyRequest, EncryptedDataKey, GeneratedDataKey, Keyring } from '../../../src/runtime/envelope';

/**
 * Writes messages field by field, on its own and without regard to what is allowed: every suite, framed or not, with
 * any part replaced. Made from the specification (data-format/*.md), and judged by the SDK in `version-1.test.ts`.
 */

interface CraftSuite { readonly keyBytes: number; readonly hash?: string; readonly curve?: 'P-256' | 'P-384'; readonly commits?: true }

export const CRAFT_SUITES: Readonly<Record<number, CraftSuite>> = {
  0x0014: { keyBytes: 16 },
  0x0046: { keyBytes: 24 },
  0x0078: { keyBytes: 32 },
  0x0114: { keyBytes: 16, hash: 'sha256' },
  0x0146: { keyBytes: 24, hash: 'sha256' },
  0x0178: { keyBytes: 32, hash: 'sha256' },
  0x0214: { keyBytes: 16, hash: 'sha256', curve: 'P-256' },
  0x0346: { keyBytes: 24, hash: 'sha384', curve: 'P-384' },
  0x0378: { keyBytes: 32, hash: 'sha384', curve: 'P-384' },
  0x0478: { keyBytes: 32, hash: 'sha512', commits: true },
  0x0578: { keyBytes: 32, hash: 'sha512', curve: 'P-384', commits: true },
};

export interface CraftOptions {
  readonly suiteId: number;
  readonly dataKey: Buffer;
  readonly encryptedDataKeys: readonly EncryptedDataKey[];
  readonly plaintext?: Buffer;
  readonly context?: Record<string, string>;
  /** 0: not framed. */
  readonly frameLength?: number;
  /** What the header says about the length of frames, where it is not true. */
  readonly claimedFrameLength?: number;
  /** The reserved number of a version 1 header, and the bytes of the IV that it claims. */
  readonly fixed?: readonly [reserved: number, ivBytes: number];
  /** Ends a body that is full frames with an empty final frame. */
  readonly emptyFinalFrame?: boolean;
  /** IV of each frame. @default the sequence number */
  readonly ivOf?: (sequence: number) => Buffer;
  /** Sequence numbers written. @default those that belong there */
  readonly sequenceOf?: (index: number) => number;
  /** Commitment to this data key instead. */
  readonly commitTo?: Buffer;
  /** The bytes of the context, instead of those of `context`. */
  readonly contextBytes?: Buffer;
  /** The signing key pair, whose public half is in the context. */
  readonly signer?: { privateKey: KeyObject; compressed: string };
}

const u16 = (value: number) => Buffer.from([Math.floor(value / 256), value % 256]);
const u32 = (value: number) => Buffer.concat([u16(Math.floor(value / 65_536)), u16(value % 65_536)]);
const u64 = (value: number) => Buffer.concat([u32(Math.floor(value / 2 ** 32)), u32(value % 2 ** 32)]);
const field = (bytes: Uint8Array | string) => Buffer.concat([u16(Buffer.from(bytes as string).length), Buffer.from(bytes as string)]);

export function sequenceIv(sequence: number): Buffer {
  return Buffer.concat([Buffer.alloc(8), u32(sequence)]);
}

export function contextBytesOf(context: Record<string, string>): Buffer {
  const pairs = Object.entries(context).sort(([one], [other]) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
  return pairs.length ? Buffer.concat([u16(pairs.length), ...pairs.flatMap(([key, value]) => [field(key), field(value)])]) : Buffer.alloc(0);
}

export function makeSigner(curve: 'P-256' | 'P-384'): { privateKey: KeyObject; compressed: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: curve });
  const { x, y } = publicKey.export({ format: 'jwk' });
  const odd = Buffer.from(y!, 'base64url').at(-1)! % 2;
  return { privateKey, compressed: Buffer.concat([Buffer.from([2 + odd]), Buffer.from(x!, 'base64url')]).toString('base64') };
}

function gcm(key: Buffer, iv: Buffer, aad: Buffer, plaintext: Buffer): [Buffer, Buffer] {
  const cipher = createCipheriv(`aes-${8 * key.length}-gcm` as 'aes-256-gcm', key, iv).setAAD(aad);
  const content = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return [content, cipher.getAuthTag()];
}

export function craft(options: CraftOptions): Buffer {
  const { suiteId, dataKey, encryptedDataKeys, plaintext = Buffer.alloc(0), frameLength = 4096, ivOf = sequenceIv } = options;
  const { keyBytes, hash, curve, commits } = CRAFT_SUITES[suiteId];
  const signer = curve ? options.signer ?? makeSigner(curve) : undefined;
  const context = signer ? { ...options.context, 'aws-crypto-public-key': signer.compressed } : options.context ?? {};
  const contextBytes = options.contextBytes ?? contextBytesOf(context);
  const messageId = randomBytes(commits ? 32 : 16);

  const info = (label: Buffer) => Buffer.concat([u16(suiteId), label]);
  const derive = (secret: Buffer, salt: Buffer, with_: Buffer, length: number) => Buffer.from(hkdfSync(hash!, secret, salt, with_, length));
  const key = !hash ? dataKey
    : commits ? derive(dataKey, messageId, info(Buffer.from('DERIVEKEY')), keyBytes)
      : derive(dataKey, Buffer.alloc(0), info(messageId), keyBytes);

  const materials = [field(contextBytes), u16(encryptedDataKeys.length), ...encryptedDataKeys.flatMap(({ providerId, providerInfo, ciphertext }) => (
    [field(providerId), field(providerInfo), field(ciphertext)]))];
  const [reserved, ivBytes] = options.fixed ?? [0, 12];
  const claimed = u32(options.claimedFrameLength ?? frameLength);
  const contentType = Buffer.from([frameLength ? 2 : 1]);
  const header = commits
    ? Buffer.concat([
      Buffer.from([2]), u16(suiteId), messageId, ...materials, contentType, claimed,
      derive(options.commitTo ?? dataKey, messageId, Buffer.from('COMMITKEY'), 32),
    ])
    : Buffer.concat([Buffer.from([1, 0x80]), u16(suiteId), messageId, ...materials, contentType, u32(reserved), Buffer.from([ivBytes]), claimed]);
  const headerTag = gcm(key, Buffer.alloc(12), header, Buffer.alloc(0))[1];
  const parts = [header, ...commits ? [] : [Buffer.alloc(12)], headerTag];

  const seal = (words: string, sequence: number, piece: Buffer) => (
    gcm(key, ivOf(sequence), Buffer.concat([messageId, Buffer.from(words), u32(sequence), u64(piece.length)]), piece));
  if (frameLength === 0) {
    parts.push(ivOf(1), u64(plaintext.length), ...seal('AWSKMSEncryptionClient Single Block', 1, plaintext));
  } else {
    const full = options.emptyFinalFrame ? plaintext.length / frameLength : Math.max(0, Math.ceil(plaintext.length / frameLength) - 1);
    for (let index = 1; index <= full; index++) {
      const sequence = options.sequenceOf?.(index) ?? index;
      parts.push(u32(sequence), ivOf(sequence), ...seal('AWSKMSEncryptionClient Frame', sequence, plaintext.subarray((index - 1) * frameLength, index * frameLength)));
    }
    const rest = plaintext.subarray(full * frameLength);
    const last = options.sequenceOf?.(full + 1) ?? full + 1;
    parts.push(u32(0xffffffff), u32(last), ivOf(last), u32(rest.length), ...seal('AWSKMSEncryptionClient Final Frame', last, rest));
  }
  const message = Buffer.concat(parts);
  if (!signer) return message;
  const signature = createSign(curve === 'P-256' ? 'sha256' : 'sha384').update(message).sign(signer.privateKey);
  return Buffer.concat([message, field(signature)]);
}

/** A keyring that knows its data keys by name, in plaintext. */
export class KnownKeys implements Keyring {
  /** The encrypted data key that opens to the key of this name. */
  public static edk(name: string): EncryptedDataKey {
    return { providerId: 'known', providerInfo: Buffer.from(name), ciphertext: Buffer.alloc(1) };
  }

  public asked = 0;

  constructor(private readonly keys: Readonly<Record<string, Buffer>>) {}

  public async generateDataKey(): Promise<GeneratedDataKey> {
    const [[name, key]] = Object.entries(this.keys);
    return { plaintext: Buffer.from(key), encryptedDataKeys: [KnownKeys.edk(name)] };
  }

  public async wrapDataKey(): Promise<EncryptedDataKey[]> {
    throw new Error('known keys wrap nothing');
  }

  public async decryptDataKey({ encryptedDataKeys }: DecryptDataKeyRequest): Promise<Uint8Array> {
    this.asked += 1;
    const name = encryptedDataKeys.map(({ providerInfo }) => Buffer.from(providerInfo).toString()).find((candidate) => candidate in this.keys);
    if (name === undefined) throw new KeysmithError('ERR_KEYSMITH_NO_KEY', 'not one of the known keys');
    return Buffer.from(this.keys[name]);
  }
}
