import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import type { CiphertextBlob } from '../blob';
import { blobHeader } from '../blob';
import type { EncryptionContext } from '../encryption-context';
import { contextBytes } from '../encryption-context';
import { invalidCiphertext } from '../exceptions';

const KEY_BYTES = 32;

/** One generation of a symmetric key: what automatic or on-demand rotation replaces. */
export class SymmetricMaterial {
  /** 32 bytes; `KeyMaterialId` of the API in hexadecimal. It follows from the key, so that given material is known again elsewhere. */
  public readonly id: Buffer;
  private readonly key: Buffer;

  /** @param key 32 bytes; random if absent */
  constructor(key: Uint8Array = randomBytes(KEY_BYTES)) {
    if (key.length !== KEY_BYTES) throw new Error(`the material of a symmetric key has ${KEY_BYTES} bytes, got ${key.length}`);
    this.key = Buffer.from(key);
    this.id = createHmac('sha256', this.key).update('key material id').digest();
  }

  /** AES-256-GCM under a fresh vector; the blob's header and the context are authenticated with it. */
  public seal(keyId: string, plaintext: Uint8Array, context: EncryptionContext | undefined): CiphertextBlob {
    const header = { keyId, materialId: this.id };
    const iv = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', this.key, iv).setAAD(authenticated(header, context));
    const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
    return { ...header, iv, ciphertext, tag: cipher.getAuthTag() };
  }

  /** @throws InvalidCiphertextException, whatever is wrong: blob, context or key. */
  public open(blob: CiphertextBlob, context: EncryptionContext | undefined): Buffer {
    const decipher = createDecipheriv('aes-256-gcm', this.key, blob.iv, { authTagLength: 16 })
      .setAAD(authenticated(blob, context)).setAuthTag(blob.tag);
    try {
      return Buffer.concat([decipher.update(blob.ciphertext), decipher.final()]);
    } catch {
      throw invalidCiphertext();
    }
  }
}

function authenticated(header: Pick<CiphertextBlob, 'keyId' | 'materialId'>, context: EncryptionContext | undefined): Buffer {
  return Buffer.concat([blobHeader(header), contextBytes(context)]);
}
