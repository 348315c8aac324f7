import { createRequire } from 'node:module';
import * as sdk from '@aws-sdk/client-kms';
import * as fc from 'fast-check';

/** The service model of KMS, as the AWS SDK carries it. */

/** A schema of the SDK, as far as it is asked here. */
interface Schema {
  isStructSchema(): boolean;
  isListSchema(): boolean;
  isMapSchema(): boolean;
  isBlobSchema(): boolean;
  isTimestampSchema(): boolean;
  isNumericSchema(): boolean;
  isBooleanSchema(): boolean;
  structIterator(): Iterable<[name: string, schema: Schema]>;
  getValueSchema(): Schema;
}

export interface ModelledOperation {
  readonly name: string;
  readonly input: Schema;
  readonly output: Schema;
}

/** Reads the schemas of the SDK: it comes with it. */
const requireOfSdk = createRequire(require.resolve('@aws-sdk/client-kms'));
const { NormalizedSchema } = requireOfSdk('@smithy/core/schema') as { NormalizedSchema: { of(schema: unknown): Schema } };

type Exported = readonly [kind: number, namespace: string, name: string, ...rest: unknown[]];

const exported = Object.values(sdk as Record<string, unknown>).filter(Array.isArray) as unknown as Exported[];

export const OPERATIONS: readonly ModelledOperation[] = exported.filter(([kind]) => kind === 9)
  .map(([, , name, , input, output]) => ({ name, input: NormalizedSchema.of(input), output: NormalizedSchema.of(output) }));

/** Names of the errors that the model has; not that of the class above them. */
export const ERRORS: readonly string[] = exported.filter(([kind, , name]) => kind === -3 && /(?<!Service)Exception$/.test(name)).map(([, , name]) => name);

/** Where a member stands in an input or output, and what it is. */
export interface ModelledMember {
  readonly path: readonly string[];
  readonly kind: 'blob' | 'timestamp' | 'number' | 'other';
}

/** All members, those of structures and of elements too. */
export function membersOf(schema: Schema, path: readonly string[] = []): ModelledMember[] {
  if (schema.isStructSchema()) return [...schema.structIterator()].flatMap(([name, member]) => membersOf(member, [...path, name]));
  if (schema.isListSchema() || schema.isMapSchema()) return membersOf(schema.getValueSchema(), path);
  const kind = schema.isBlobSchema() ? 'blob' : schema.isTimestampSchema() ? 'timestamp' : schema.isNumericSchema() ? 'number' : 'other';
  return [{ path, kind }];
}

/** Values of a schema as the SDK gives and takes them. A name of a blob is a key of maps, too: no name makes a map's value anything else. */
export function valuesOf(schema: Schema): fc.Arbitrary<any> {
  if (schema.isStructSchema()) {
    return fc.record(Object.fromEntries([...schema.structIterator()].map(([name, member]) => [name, valuesOf(member)])), { requiredKeys: [] });
  }
  if (schema.isListSchema()) return fc.array(valuesOf(schema.getValueSchema()), { maxLength: 3 });
  if (schema.isMapSchema()) return fc.dictionary(fc.constantFrom('Plaintext', 'CreationDate', 'Recipient', 'a'), valuesOf(schema.getValueSchema()));
  if (schema.isBlobSchema()) return fc.uint8Array({ maxLength: 40 });
  if (schema.isTimestampSchema()) return fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true });
  if (schema.isNumericSchema()) return fc.integer({ min: 0, max: 1e6 });
  if (schema.isBooleanSchema()) return fc.boolean();
  return fc.string({ unit: 'grapheme', maxLength: 20 });
}

/** The value as AWS JSON 1.1 has it, for what stands in for KMS to say. */
export function onTheWire(schema: Schema, value: any): unknown {
  if (value === undefined || value === null) return value;
  if (schema.isStructSchema()) {
    return Object.fromEntries([...schema.structIterator()].map(([name, member]) => [name, onTheWire(member, value[name])]));
  }
  if (schema.isListSchema()) return value.map((element: unknown) => onTheWire(schema.getValueSchema(), element));
  if (schema.isBlobSchema()) return Buffer.from(value).toString('base64');
  return schema.isTimestampSchema() ? value.getTime() / 1000 : value;
}
