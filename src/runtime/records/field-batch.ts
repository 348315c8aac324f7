import { NONCE_BYTES, openToken, sealToken } from './field-token';
import type { Field, PresentField } from './record-schema';
import { ValueWriter } from './value-writer';
import { wipe } from '../envelope/bytes';

/** A field of a stored record, not opened yet. */
export interface StoredField {
  readonly field: Field;
  readonly token: Buffer;
}

/** The fields of one record on their way into tokens. Holds plaintext until it is wiped. */
export class FieldBatch {
  /** Of values. @throws `ERR_KEYSMITH_INPUT` or `ERR_KEYSMITH_LIMIT` for a value that cannot be encrypted */
  public static encode(present: readonly PresentField[], maxFieldBytes: number): FieldBatch {
    const writer = new ValueWriter(maxFieldBytes);
    try {
      const ends = present.map(({ field, value }) => writer.write(value, field.shown));
      return new FieldBatch(present.map(({ field }) => field), ends.map((end, index) => writer.slice(ends[index - 1] ?? 0, end)));
    } catch (error) {
      writer.wipe();
      throw error;
    }
  }

  /** Of tokens under another key, as they are encoded there. @throws `ERR_KEYSMITH_NOT_AUTHENTIC` unless all are authentic */
  public static open(stored: readonly StoredField[], fieldKey: Buffer): FieldBatch {
    const plaintexts: Buffer[] = [];
    try {
      for (const { field, token } of stored) plaintexts.push(openToken(fieldKey, field.aad, token));
      return new FieldBatch(stored.map(({ field }) => field), plaintexts);
    } catch (error) {
      wipe(...plaintexts);
      throw error;
    }
  }

  private constructor(private readonly fields: readonly Field[], private readonly plaintexts: readonly Buffer[]) {}

  /** Bytes of all encoded values. */
  public get plaintextBytes(): number {
    return this.plaintexts.reduce((sum, { length }) => sum + length, 0);
  }

  public get nonceBytes(): number {
    return NONCE_BYTES * this.fields.length;
  }

  /** The encoded value of a field, to be read before it is wiped. */
  public encoded(field: Field): Buffer | undefined {
    return this.plaintexts[this.fields.indexOf(field)];
  }

  /** The token of each field. `nonces` are random and used for nothing else. */
  public seal(fieldKey: Buffer, nonces: Buffer): ReadonlyArray<readonly [field: Field, token: Buffer]> {
    return this.fields.map((field, index) => {
      const nonce = nonces.subarray(NONCE_BYTES * index, NONCE_BYTES * (index + 1));
      return [field, sealToken(fieldKey, nonce, field.aad, this.plaintexts[index])];
    });
  }

  public wipe(): void {
    wipe(...this.plaintexts);
  }
}
