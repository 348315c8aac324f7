import { invalidCiphertext } from './exceptions';

/**
 * The ciphertext of a symmetric key. KMS keeps its own format to itself; this one is documented, and carries what Decrypt
 * needs to find key and material by itself:
 *
 * | bytes | what |
 * |---|---|
 * | 1 | version, 1 |
 * | 1 | length of the key id, n |
 * | n | key id, ASCII: `1234abcd-…` or `mrk-…` (the same in every Region) |
 * | 32 | key material id |
 * | 12 | initialization vector of AES-256-GCM |
 * | m | ciphertext, as long as the plaintext |
 * | 16 | authentication tag |
 *
 * Authenticated data: everything before the vector, then the encryption context (see encryption-context.ts).
 */
export interface CiphertextBlob {
  readonly keyId: string;
  /** 32 bytes. */
  readonly materialId: Buffer;
  readonly iv: Buffer;
  readonly ciphertext: Buffer;
  readonly tag: Buffer;
}

const VERSION = 1;
const MATERIAL_ID_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** What comes before the vector. */
export function blobHeader({ keyId, materialId }: Pick<CiphertextBlob, 'keyId' | 'materialId'>): Buffer {
  const id = Buffer.from(keyId, 'ascii');
  return Buffer.concat([Buffer.of(VERSION, id.length), id, materialId]);
}

export function writeBlob(blob: CiphertextBlob): Buffer {
  return Buffer.concat([blobHeader(blob), blob.iv, blob.ciphertext, blob.tag]);
}

/** The key id in a blob; undefined for bytes of another format. */
export function blobKeyId(bytes: Uint8Array): string | undefined {
  try {
    return readBlob(bytes).keyId;
  } catch {
    return undefined;
  }
}

/** @throws InvalidCiphertextException for anything that does not have the form. */
export function readBlob(bytes: Uint8Array): CiphertextBlob {
  const buffer = Buffer.from(bytes);
  const idEnd = 2 + (buffer[1] ?? 0);
  const ivStart = idEnd + MATERIAL_ID_BYTES;
  const start = ivStart + IV_BYTES;
  const end = buffer.length - TAG_BYTES;
  if (buffer[0] !== VERSION || idEnd === 2 || end < start) throw invalidCiphertext();
  return {
    keyId: buffer.toString('latin1', 2, idEnd),
    materialId: buffer.subarray(idEnd, ivStart),
    iv: buffer.subarray(ivStart, start),
    ciphertext: buffer.subarray(start, end),
    tag: buffer.subarray(end),
  };
}
