import { invalid } from '../errors';
import { scalarBytes } from './scalar';
import type { KeyType } from './scalar';
import { uint16 } from '../envelope/bytes';

/** What a record's keys and fields are bound to, as bytes that read in one way only. docs/record-format.md, "Binding". */

const MAX_PART_BYTES = 0xffff;

/** Behind its length. @throws `ERR_KEYSMITH_INPUT` when the length does not fit */
export function prefixed(bytes: Buffer, what: string): Buffer {
  if (bytes.length > MAX_PART_BYTES) throw invalid(`${what} takes ${bytes.length} bytes: the format holds ${MAX_PART_BYTES}`);
  return Buffer.concat([uint16(bytes.length), bytes]);
}

/** Table, encryption context and record key. */
export function bindingOf(table: Buffer, contextBytes: Buffer, key: ReadonlyArray<readonly [name: string, value: unknown, type?: KeyType]>): Buffer {
  const parts = key.map(([name, value, type]) => {
    const what = `the record key ${JSON.stringify(name)}`;
    if (value === undefined || value === null) throw invalid(`${what} is missing: encrypted fields are bound to it, so it has to be there`);
    return prefixed(scalarBytes(value, what, type), what);
  });
  return Buffer.concat([table, uint16(contextBytes.length), contextBytes, uint16(parts.length), ...parts]);
}
