import { invalid } from '../errors';
import { bindingOf, prefixed } from './binding';
import type { BlindIndexes } from './blind-indexes';
import { checkName, segmentsOf, showPath, valueAt } from './field-path';
import type { FieldPath } from './field-path';
import { fieldAad } from './field-token';
import { hasMembers } from './objects';
import type { Members } from './objects';
import type { RecordCipherOptions } from './record-types';
import { scalarBytes, showScalar } from './scalar';
import type { KeyType, Scalar } from './scalar';

/** A field that is encrypted. */
export interface Field {
  readonly path: readonly string[];
  /** For messages. */
  readonly shown: string;
  readonly aad: Buffer;
}

/** A field of one record, with what stands there. */
export interface PresentField {
  readonly field: Field;
  readonly value: unknown;
}

/** Which parts of a record are what, as the options say. */
export class RecordSchema {
  public readonly headerName: string;
  public readonly table: string;
  /** Names of blind indexes with the field they are made of. */
  public readonly indexed: ReadonlyArray<readonly [name: string, field: Field]>;
  readonly #keyNames: readonly string[];
  readonly #keyTypes: ReadonlyMap<string, KeyType>;
  readonly #fields: readonly Field[];
  readonly #tableBytes: Buffer;
  readonly #partitionName: string | undefined;

  /** @throws `ERR_KEYSMITH_INPUT` for names that are missing, come twice, or stand for two things */
  constructor(options: RecordCipherOptions) {
    const { table, recordKey, fields, headerName = 'keysmith_header', indexedFields = {}, indexPartition, blindIndexes } = options;
    this.table = checkName(table, "'table'");
    this.#tableBytes = prefixed(Buffer.from(table), "'table'");
    this.headerName = checkName(headerName, "'headerName'");
    this.#keyNames = (typeof recordKey === 'string' ? [recordKey] : [...recordKey]).map((name) => checkName(name, "'recordKey'"));
    if (this.#keyNames.length === 0) throw invalid("'recordKey' is empty: name what tells one record from all others");
    this.#fields = [...fields].map((path) => fieldFrom(segmentsOf(path, "'fields'")));
    if (this.#fields.length === 0) throw invalid("'fields' is empty: name what is to be encrypted");
    this.indexed = Object.entries(indexedFields).map(([name, path]) => [checkName(name, "'indexedFields'"), this.#field(path, "'indexedFields'")]);
    this.#partitionName = indexPartition === undefined ? undefined : checkName(indexPartition, "'indexPartition'");
    checkIndexes(table, this.indexed.map(([name]) => name), blindIndexes);
    this.#keyTypes = keyTypesOf(options.keyTypes, [...this.#keyNames, ...(this.#partitionName === undefined ? [] : [this.#partitionName])]);
    this.#refuseClashes();
  }

  /** Names that are the cipher's own, and no part of the record. */
  public get ownNames(): string[] {
    return [this.headerName, ...this.indexed.map(([name]) => name)];
  }

  /** Names under which a stored record holds what the cipher wrote. */
  public get attributes(): string[] {
    return [...new Set([...this.ownNames, ...this.#fields.map(({ path: [name] }) => name)])];
  }

  /** What the blind indexes of this record are partitioned by, if they are. @throws `ERR_KEYSMITH_INPUT` when the record does not tell */
  public indexPartition(record: Members): Scalar | undefined {
    const name = this.#partitionName;
    const value = name === undefined ? undefined : ownValue(record, name) ?? undefined;
    if (name !== undefined && value === undefined) throw invalid(`${JSON.stringify(name)} is missing, which the blind indexes are partitioned by`);
    return value as Scalar | undefined;
  }

  /** The type that the partition of blind indexes is to have. */
  public get partitionType(): KeyType | undefined {
    return this.#partitionName === undefined ? undefined : this.#keyTypes.get(this.#partitionName);
  }

  /** The record key, column by column. @throws `ERR_KEYSMITH_INPUT` when one is missing */
  public keyOf(record: Members): Members {
    this.binding(record, Buffer.alloc(0));
    return Object.fromEntries(this.#keyNames.map((name) => [name, record[name]]));
  }

  /** The record key for messages, also where some of it is missing. */
  public shownKey(record: Members): string {
    return this.#keyNames.map((name) => `${JSON.stringify(name)} ${showScalar(ownValue(record, name))}`).join(', ');
  }

  /** Whether a change writes a field or takes it away: at its path there is something, or nothing that could hold it. */
  public isTouched({ path }: Field, changes: Members): boolean {
    let value: unknown = changes;
    for (const segment of path) {
      if (value === undefined || value === null) return true;
      if (!hasMembers(value) || !Object.hasOwn(value, segment)) return false;
      value = value[segment];
    }
    return true;
  }

  /** The changes with what stands beside the changed fields in the objects of the stored record that hold them: these are written whole. */
  public withSiblings(changes: Members, stored: Members): Members {
    const whole = { ...changes };
    for (const { path: [name, ...rest] } of this.#fields) {
      if (rest.length && Object.hasOwn(whole, name)) whole[name] = mergedAlong(rest, whole[name], ownValue(stored, name));
    }
    return whole;
  }

  /** What the keys of this record are bound to. @throws `ERR_KEYSMITH_INPUT` when the record key is not there */
  public binding(record: Members, contextBytes: Buffer): Buffer {
    return bindingOf(this.#tableBytes, contextBytes, this.#keyNames.map((name) => [name, ownValue(record, name), this.#keyTypes.get(name)]));
  }

  /** Refuses a member whose name is the path of a field, as expressions of DynamoDB write it: it is not that field, and would stay as it is. */
  public refuseDotted(record: Members, what: string): void {
    const isField = (name: string) => this.#fields.some(({ path }) => path.length === 1 && path[0] === name);
    const field = this.#fields.find(({ path }) => path.length > 1 && ownValue(record, path.join('.')) !== undefined && !isField(path.join('.')));
    if (!field) return;
    const nested = field.path.reduceRight((inner, name) => `{ ${JSON.stringify(name)}: ${inner} }`, '…');
    throw invalid(`${what}: there is a member called ${JSON.stringify(field.path.join('.'))}, which would not be encrypted: the field is ${nested}`);
  }

  /** The fields that the record has. @throws with `code` when a path leads through something else than an object */
  public present(record: Members, code: 'ERR_KEYSMITH_INPUT' | 'ERR_KEYSMITH_FORMAT'): PresentField[] {
    return this.#fields.map((field) => ({ field, value: valueAt(record, field.path, code) })).filter(({ value }) => value !== undefined);
  }

  /** Whether a field is among those asked for. @throws `ERR_KEYSMITH_INPUT` when one asked for is not encrypted at all */
  public selector(fields: readonly FieldPath[] | undefined): (field: Field) => boolean {
    if (fields === undefined) return () => true;
    const chosen = new Set([...fields].map((path) => this.#field(path, "'fields'").shown));
    return ({ shown }) => chosen.has(shown);
  }

  /** @throws `ERR_KEYSMITH_INPUT` when `changes` would move the record to another key */
  public withoutKey(changes: Members, stored: Members): Members {
    const rest = { ...changes };
    for (const name of this.#keyNames) {
      if (Object.hasOwn(rest, name) && !this.#isSame(name, rest, stored, 'the record key ')) {
        throw invalid(`the changes hold ${JSON.stringify(name)}, which the record's fields are bound to: decrypt the record and encrypt it whole`);
      }
      delete rest[name];
    }
    const partition = this.#partitionName;
    if (partition !== undefined && Object.hasOwn(changes, partition) && !this.#isSame(partition, changes, stored)) {
      throw invalid(`the changes hold ${JSON.stringify(partition)}, which the blind indexes are partitioned by: decrypt the record and encrypt it whole`);
    }
    return rest;
  }

  #isSame(name: string, one: Members, other: Members, prefix = ''): boolean {
    const bytes = (members: Members) => scalarBytes(ownValue(members, name), `${prefix}${JSON.stringify(name)}`, this.#keyTypes.get(name));
    return bytes(one).equals(bytes(other));
  }

  #field(path: FieldPath, what: string): Field {
    const shown = showPath(segmentsOf(path, what));
    const field = this.#fields.find((known) => known.shown === shown);
    if (!field) throw invalid(`${what} names ${shown}, which is not encrypted: encrypted are ${this.#fields.map((known) => known.shown).join(', ')}`);
    return field;
  }

  #refuseClashes(): void {
    const partition = this.#partitionName;
    const taken = [...this.ownNames, ...this.#fields.map(({ path: [name] }) => name)];
    if (partition !== undefined && taken.includes(partition)) {
      throw invalid(`'indexPartition' names ${JSON.stringify(partition)}, which is encrypted or the cipher's own: name an attribute that stands there as it is`);
    }
    const paths = [...this.#keyNames, ...this.ownNames].map((name) => [name]).concat(this.#fields.map(({ path }) => [...path]));
    for (const [index, path] of paths.entries()) {
      const other = paths.slice(index + 1).find((candidate) => startsWith(candidate, path) || startsWith(path, candidate));
      if (other) throw invalid(`${showPath(path)} and ${showPath(other)} overlap: record key, header, blind indexes and fields each need a place of their own`);
    }
  }
}

function fieldFrom(path: readonly string[]): Field {
  return { path, shown: showPath(path), aad: fieldAad(path) };
}

function mergedAlong([name, ...rest]: readonly string[], change: unknown, old: unknown): unknown {
  if (name === undefined || !hasMembers(change) || !hasMembers(old)) return change;
  const merged: Members = { ...old, ...change };
  if (Object.hasOwn(change, name)) merged[name] = mergedAlong(rest, change[name], ownValue(old, name));
  return merged;
}

function startsWith(path: readonly string[], start: readonly string[]): boolean {
  return start.every((segment, index) => path[index] === segment);
}

function checkIndexes(table: string, names: readonly string[], blindIndexes: BlindIndexes | undefined): void {
  if (names.length === 0) return;
  if (!blindIndexes) throw invalid("'indexedFields' takes 'blindIndexes' beside it, which makes their values");
  if (blindIndexes.table !== table) throw invalid(`'blindIndexes' is for table ${JSON.stringify(blindIndexes.table)}, the cipher for ${JSON.stringify(table)}`);
  const unknown = names.filter((name) => !blindIndexes.names.includes(name));
  if (unknown.length) throw invalid(`'blindIndexes' has no ${unknown.map((name) => JSON.stringify(name)).join(', ')}`);
}

function keyTypesOf(types: Readonly<Record<string, KeyType>> = {}, names: readonly string[]): ReadonlyMap<string, KeyType> {
  for (const [name, type] of Object.entries(types)) {
    if (!names.includes(name)) throw invalid(`'keyTypes' has ${JSON.stringify(name)}, which is no part of the record key, nor 'indexPartition'`);
    if (!['text', 'number', 'bytes'].includes(type)) throw invalid(`'keyTypes' takes 'text', 'number' or 'bytes' for ${JSON.stringify(name)}`);
  }
  return new Map(Object.entries(types));
}

function ownValue(record: Members, name: string): unknown {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
