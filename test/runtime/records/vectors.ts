import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The published test vectors, as docs/record-format.md names them. Bytes are hexadecimal. */
export interface RecordVector {
  readonly name: string;
  readonly dataKey: string;
  readonly table: string;
  readonly encryptionContext: Readonly<Record<string, string>>;
  readonly recordKey: ReadonlyArray<{ readonly name: string; readonly value: unknown; readonly part: string }>;
  readonly binding: string;
  readonly header: string;
  readonly fieldKey: string;
  readonly fields: ReadonlyArray<{
    readonly path: readonly string[];
    readonly value: unknown;
    readonly encoded: string;
    readonly additionalData: string;
    readonly token: string;
  }>;
}

export interface IndexVector {
  readonly secret: string;
  readonly table: string;
  readonly index: string;
  readonly bits: number;
  readonly value: unknown;
  readonly indexValue: string;
}

export interface Vectors {
  readonly format: 1;
  readonly about: string;
  /** Key namespace, name and AES-256 key of a raw AES keyring that opens the encrypted data keys. */
  readonly rawAes: { readonly keyNamespace: string; readonly keyName: string; readonly wrappingKey: string };
  readonly records: readonly RecordVector[];
  readonly blindIndexes: readonly IndexVector[];
}

export const VECTORS = JSON.parse(readFileSync(join(__dirname, 'vectors/records.json'), 'utf8')) as Vectors;

/** A value as the vectors write it: what JSON cannot say is an object of one member with a dollar. */
export function fromVector(written: unknown): unknown {
  if (Array.isArray(written)) return written.map(fromVector);
  if (typeof written !== 'object' || written === null) return written;
  const { $bytes, $bigint, $number, $set } = written as Record<string, unknown>;
  if (typeof $bytes === 'string') return Uint8Array.from(Buffer.from($bytes, 'hex'));
  if (typeof $bigint === 'string') return BigInt($bigint);
  if (typeof $number === 'string') return Number($number);
  if (Array.isArray($set)) return new Set($set.map(fromVector));
  return Object.fromEntries(Object.entries(written).map(([name, value]) => [name, fromVector(value)]));
}
