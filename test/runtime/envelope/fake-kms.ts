import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { KmsPort } from '../../../src/runtime';

/** One call that the fake was asked for. */
export interface Call {
  readonly operation: 'GenerateDataKey' | 'Encrypt' | 'Decrypt';
  readonly keyId: string;
  readonly context: Record<string, string>;
  readonly grantTokens?: string[];
}

type Fault = Error | ((call: Call) => unknown);

/** An error as the AWS SDK throws it. */
export function kmsException(name: string, httpStatusCode = 400): Error {
  return Object.assign(new Error(`${name} said by the fake`), { name, $metadata: { httpStatusCode } });
}

/**
 * As much of KMS as keyrings call, in one object: keys that exist once they are used, multi-Region ids with one
 * material for all Regions, and faults on request. Real AES-GCM with the context as authenticated data.
 */
export class FakeKms implements Pick<KmsPort, 'generateDataKey' | 'encrypt' | 'decrypt'> {
  public readonly calls: Call[] = [];
  /** Plaintext keys that were handed out: the caller's to overwrite. */
  public readonly handedOut: Uint8Array[] = [];
  readonly #materials: Map<string, Buffer>;
  #faults: Array<Fault | undefined> = [];
  #lastingFault: Fault | undefined;

  constructor({ sharing }: { sharing?: FakeKms } = {}) {
    this.#materials = sharing ? sharing.#materials : new Map<string, Buffer>();
  }

  /** The next calls meet these, one each; `undefined` lets one through. */
  public failNext(...faults: Array<Fault | undefined>): void {
    this.#faults.push(...faults);
  }

  /** Every call from now on meets this, until called without. */
  public failAll(fault?: Fault): void {
    this.#lastingFault = fault;
  }

  /** This fake where a whole `KmsPort` is asked for. */
  public get port(): KmsPort {
    return this as unknown as KmsPort;
  }

  public async generateDataKey(input: Parameters<KmsPort['generateDataKey']>[0]): ReturnType<KmsPort['generateDataKey']> {
    const overridden = await this.#called('GenerateDataKey', input);
    const plaintext = randomBytes(input.NumberOfBytes);
    this.handedOut.push(plaintext);
    return { Plaintext: plaintext, CiphertextBlob: this.#seal(input.KeyId, plaintext, input.EncryptionContext), KeyId: input.KeyId, ...overridden };
  }

  public async encrypt(input: Parameters<KmsPort['encrypt']>[0]): ReturnType<KmsPort['encrypt']> {
    const overridden = await this.#called('Encrypt', input);
    return { CiphertextBlob: this.#seal(input.KeyId, input.Plaintext, input.EncryptionContext), KeyId: input.KeyId, ...overridden };
  }

  public async decrypt(input: Parameters<KmsPort['decrypt']>[0]): ReturnType<KmsPort['decrypt']> {
    const overridden = await this.#called('Decrypt', input);
    const plaintext = this.#open(input.KeyId, Buffer.from(input.CiphertextBlob), input.EncryptionContext);
    this.handedOut.push(plaintext);
    return { Plaintext: plaintext, KeyId: input.KeyId, ...overridden };
  }

  /** How often `operation` was asked for. */
  public count(operation?: Call['operation']): number {
    return this.calls.filter((call) => !operation || call.operation === operation).length;
  }

  async #called(operation: Call['operation'], input: { KeyId: string; EncryptionContext?: Record<string, string>; GrantTokens?: string[] }): Promise<object> {
    const call: Call = { operation, keyId: input.KeyId, context: { ...input.EncryptionContext }, grantTokens: input.GrantTokens };
    this.calls.push(call);
    await new Promise((resolve) => setImmediate(resolve));
    const fault = this.#faults.length ? this.#faults.shift() : this.#lastingFault;
    if (fault instanceof Error) throw fault;
    return fault ? (await fault(call) ?? {}) as object : {};
  }

  #materialOf(keyId: string): Buffer {
    const name = keyId.includes('/mrk-') ? keyId.slice(keyId.indexOf('/mrk-')) : keyId;
    const material = this.#materials.get(name) ?? randomBytes(32);
    this.#materials.set(name, material);
    return material;
  }

  /** A version, IV, ciphertext, tag. */
  #seal(keyId: string, plaintext: Uint8Array, context: Record<string, string> = {}): Buffer {
    const iv = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', this.#materialOf(keyId), iv).setAAD(contextBytes(context));
    return Buffer.concat([Buffer.of(0), iv, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
  }

  #open(keyId: string, blob: Buffer, context: Record<string, string> = {}): Buffer {
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.#materialOf(keyId), blob.subarray(1, 13), { authTagLength: 16 });
      decipher.setAAD(contextBytes(context)).setAuthTag(blob.subarray(-16));
      return Buffer.concat([decipher.update(blob.subarray(13, -16)), decipher.final()]);
    } catch {
      throw kmsException('InvalidCiphertextException');
    }
  }
}

function contextBytes(context: Record<string, string>): Buffer {
  return Buffer.from(JSON.stringify(Object.entries(context).sort(([one], [other]) => (one < other ? -1 : 1))));
}
