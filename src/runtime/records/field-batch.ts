import { NONCE_BYTES, sealToken } from './field-token';
import type { PresentField } from './record-schema';
import { ValueWriter } from './value-writer';

/** The fields of one record on their way into tokens. Holds plaintext until it is wiped. */
export class FieldBatch {
  readonly #writer: ValueWriter;
  readonly #ends: number[] = [];

  /** @throws `ERR_KEYSMITH_INPUT` or `ERR_KEYSMITH_LIMIT` for a value that cannot be encrypted */
  constructor(private readonly fields: readonly PresentField[], maxFieldBytes: number) {
    this.#writer = new ValueWriter(maxFieldBytes);
    try {
      for (const { field, value } of fields) this.#ends.push(this.#writer.write(value, field.shown));
    } catch (error) {
      this.wipe();
      throw error;
    }
  }

  /** Bytes of all encoded values. */
  public get plaintextBytes(): number {
    return this.#writer.length;
  }

  public get nonceBytes(): number {
    return NONCE_BYTES * this.fields.length;
  }

  /** The token of each field. `nonces` are random and used for nothing else. */
  public seal(fieldKey: Buffer, nonces: Buffer): Buffer[] {
    let start = 0;
    return this.fields.map(({ field }, index) => {
      const plaintext = this.#writer.slice(start, this.#ends[index]);
      start = this.#ends[index];
      return sealToken(fieldKey, nonces.subarray(NONCE_BYTES * index, NONCE_BYTES * (index + 1)), field.aad, plaintext);
    });
  }

  public wipe(): void {
    this.#writer.wipe();
  }
}
