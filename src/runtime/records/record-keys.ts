import { expand, extract, infoOf } from '../hkdf';

/** What is derived from the data key for one record. docs/record-format.md, "Keys". */

export const SALT_BYTES = 16;
export const AUTHENTICATOR_BYTES = 32;
const FIELD_KEY_BYTES = 32;
const HASH = 'sha256';

/** Labels of the two derived values. As bytes: node:crypto is slow with text. */
const FIELD_KEY = /* @__PURE__ */ Buffer.from('keysmith record v1 field key\0');
const HEADER = /* @__PURE__ */ Buffer.from('keysmith record v1 header\0');

/** Belongs to whoever asked; wiped after use. */
export interface RecordKeys {
  readonly fieldKey: Buffer;
  /** What stands at the end of the header: only this data key makes it, for this header and this record. */
  readonly authenticator: Buffer;
}

/** @param header - the header up to its authenticator @param binding - what the record is bound to */
export function deriveRecordKeys(dataKey: Uint8Array, salt: Uint8Array, header: Uint8Array, binding: Uint8Array): RecordKeys {
  const prk = extract(HASH, salt, dataKey);
  try {
    return {
      fieldKey: expand(HASH, prk, FIELD_KEY_BYTES, infoOf(FIELD_KEY, binding)),
      authenticator: expand(HASH, prk, AUTHENTICATOR_BYTES, infoOf(HEADER, header, binding)),
    };
  } finally {
    prk.fill(0);
  }
}
