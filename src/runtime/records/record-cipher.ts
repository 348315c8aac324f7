import { randomFillSync } from 'node:crypto';
import { failure, invalid, isKeysmithError, KeysmithError } from '../errors';
import type { BlindIndexes } from './blind-indexes';
import { numberLike } from './decimal';
import { FieldBatch } from './field-batch';
import type { StoredField } from './field-batch';
import { RecordDraft } from './field-path';
import { checkToken, openToken, TOKEN_OVERHEAD } from './field-token';
import { recordLimits } from './limits';
import type { RecordLimits } from './limits';
import { hasMembers, kindOf } from './objects';
import type { Members } from './objects';
import { inspectHeader, openHeader, readHeader, sealHeader } from './record-header';
import { SALT_BYTES } from './record-keys';
import { RecordSchema } from './record-schema';
import type { Field, PresentField } from './record-schema';
import type {
  DecryptRecordOptions, InspectedRecord, RecordCipher, RecordCipherOptions, RecordOptions, ReEncryptRecordOptions, StoredRecord,
} from './record-types';
import type { Scalar } from './scalar';
import { checkEncoding, fromStored, toStored } from './stored-form';
import type { StoredEncoding } from './stored-form';
import { readValue } from './value-reader';
import type { WrapNumber } from './value-reader';
import { wipe } from '../envelope/bytes';
import { contextRules } from '../envelope/context-rules';
import type { ContextRules } from '../envelope/context-rules';
import { freshDataKeys } from '../envelope/data-keys';
import type { DataKeys } from '../envelope/data-keys';
import { COMMITTING_SUITES } from '../envelope/suites';
import type { CallOptions, EncryptionContext } from '../kms-port';
import type { OwnedBuffer } from '../owned-bytes';
import { knownOptions } from '../whole-numbers';

const CALL_OPTIONS = ['encryptionContext', 'abortSignal'];
const RE_ENCRYPTING = ['keyring', 'sourceEncryptionContext', 'destinationEncryptionContext', 'abortSignal'];
/** The last ones are those of an attached data key, which may be spread into the options. */
const OPTIONS = [
  'keyring', 'table', 'recordKey', 'keyTypes', 'fields', 'headerName', 'encoding', 'indexedFields', 'indexPartition', 'wrapNumber', 'blindIndexes', 'cache',
  'cachePartition', 'limits',
  'encryptionContext', 'contextKeys', 'kind', 'keyArn', 'previousKeyArns', 'keyState', 'encrypt', 'decrypt', 'envelope',
];

/** Data keys are asked for as for messages of this suite: 32 bytes. Its format is not used. */
const SUITE_ID = 0x0478;

/**
 * A cipher for fields of records in DynamoDB, SQL or any other table: each field becomes a token of 29 bytes over its
 * encoded value, and the record gets one header with the wrapped data key. Format: docs/record-format.md.
 *
 * @throws `ERR_KEYSMITH_INPUT` for an option that cannot work
 */
export function createRecordCipher(options: RecordCipherOptions): RecordCipher {
  return new FieldCipher(options);
}

class FieldCipher implements RecordCipher {
  readonly #schema: RecordSchema;
  readonly #encoding: StoredEncoding;
  readonly #limits: RecordLimits;
  readonly #prepareContext: ContextRules[0];
  readonly #suite = COMMITTING_SUITES[SUITE_ID];
  readonly #dataKeys: DataKeys;
  readonly #blindIndexes: BlindIndexes | undefined;
  readonly #isPartitioned: boolean;
  readonly #wrapNumber: WrapNumber | undefined;

  constructor(options: RecordCipherOptions) {
    const { keyring, encoding = 'bytes', limits, cache, cachePartition = '', blindIndexes, indexPartition, wrapNumber } = knownOptions(options, OPTIONS);
    if (!keyring) throw invalid("'keyring' is missing");
    if (cache && !cache.over) throw invalid("'cache' takes a DataKeyCache");
    if (wrapNumber !== undefined && typeof wrapNumber !== 'function') throw invalid("'wrapNumber' takes a function of text, such as NumberValue.from");
    this.#schema = new RecordSchema(options);
    this.#encoding = checkEncoding(encoding);
    this.#limits = recordLimits(limits);
    [this.#prepareContext] = contextRules(options);
    // Apart from envelopes and from other tables: a data key serves one purpose.
    this.#dataKeys = cache ? cache.over(keyring, JSON.stringify(['records', this.#schema.table, cachePartition])) : freshDataKeys(keyring);
    this.#blindIndexes = blindIndexes;
    this.#isPartitioned = indexPartition !== undefined;
    this.#wrapNumber = wrapNumber;
  }

  public attributes(): readonly string[] {
    return this.#schema.attributes;
  }

  public async encrypt(given: object, options: RecordOptions = {}): Promise<StoredRecord> {
    const { encryptionContext, abortSignal } = begun(options, CALL_OPTIONS);
    const record = this.#plainRecord(given, 'the record');
    const { context, contextBytes } = this.#prepareContext(encryptionContext);
    const binding = this.#schema.binding(record, contextBytes);
    const present = this.#schema.present(record, 'ERR_KEYSMITH_INPUT');
    const draft = new RecordDraft(record);
    if (present.length === 0) return draft.record;
    const batch = FieldBatch.encode(present, this.#limits.fieldBytes);
    try {
      for (const [name, value] of await this.#indexValues(present, record, abortSignal)) draft.record[name] = value;
      await this.#sealAll(this.#dataKeys, draft, batch, { context, contextBytes, binding, abortSignal });
      return draft.record;
    } finally {
      batch.wipe();
    }
  }

  public async decrypt<Plain extends object>(given: object, options: DecryptRecordOptions = {}): Promise<Plain> {
    const { fields, ...call } = begun(options, [...CALL_OPTIONS, 'fields']);
    const stored = membersOf(given, 'the stored record');
    const isChosen = this.#schema.selector(fields);
    const present = this.#stored(stored);
    const chosen = present.filter(({ field }) => isChosen(field)).map(tokenOf);
    const draft = new RecordDraft(stored);
    if (chosen.length > 0) {
      const values = await this.#underHeaderOf(stored, call, (fieldKey) => chosen.map((field) => this.#open(fieldKey, field)));
      for (const [index, { field }] of chosen.entries()) draft.set(field.path, values[index]);
    }
    for (const { field } of present) {
      if (!isChosen(field)) draft.remove(field.path);
    }
    for (const name of this.#schema.ownNames) draft.remove([name]);
    return draft.record as Plain;
  }

  public async update(given: object, changes: object, options: RecordOptions = {}): Promise<StoredRecord> {
    const { encryptionContext, abortSignal } = begun(options, CALL_OPTIONS);
    const stored = membersOf(given, 'the stored record');
    const changed = this.#schema.withoutKey(this.#plainRecord(changes, 'the changes'), stored);
    const present = this.#schema.present(changed, 'ERR_KEYSMITH_INPUT');
    const draft = new RecordDraft(this.#schema.withSiblings(changed, stored));
    // An index of a field that goes is to go, too.
    for (const [name, field] of this.#schema.indexed) {
      if (this.#schema.isTouched(field, changed)) draft.record[name] = null;
    }
    if (present.length === 0) return draft.record;
    const batch = FieldBatch.encode(present, this.#limits.fieldBytes);
    try {
      for (const [name, value] of await this.#indexValues(present, stored, abortSignal)) draft.record[name] = value;
      await this.#underHeaderOf(stored, { encryptionContext, abortSignal }, (fieldKey) => {
        this.#seal(draft, batch, fieldKey, randomFillSync(Buffer.allocUnsafe(batch.nonceBytes)));
      });
      return draft.record;
    } finally {
      batch.wipe();
    }
  }

  public async reEncrypt(given: object, options: ReEncryptRecordOptions = {}): Promise<StoredRecord> {
    const { keyring, sourceEncryptionContext: source, destinationEncryptionContext = source, abortSignal } = begun(options, RE_ENCRYPTING);
    const stored = membersOf(given, 'the stored record');
    const present = this.#stored(stored);
    const draft = new RecordDraft(stored);
    if (present.length === 0 && !this.#hasHeader(stored)) return draft.record;
    const { context, contextBytes } = this.#prepareContext(destinationEncryptionContext);
    const binding = this.#schema.binding(stored, contextBytes);
    const tokens = present.map(tokenOf);
    const batch = await this.#underHeaderOf(stored, { encryptionContext: source, abortSignal }, (fieldKey) => FieldBatch.open(tokens, fieldKey));
    try {
      for (const [name] of this.#schema.indexed) delete draft.record[name];
      for (const [name, value] of await this.#indexValues(this.#indexedIn(batch), stored, abortSignal)) draft.record[name] = value;
      await this.#sealAll(keyring ? freshDataKeys(keyring) : this.#dataKeys, draft, batch, { context, contextBytes, binding, abortSignal });
      return draft.record;
    } finally {
      batch.wipe();
    }
  }

  public inspect(given: object): InspectedRecord {
    const stored = membersOf(given, 'the stored record');
    try {
      return this.#inspected(stored);
    } catch (error) {
      if (!isKeysmithError(error)) throw error;
      // Whoever looks through a table wants to know which row it was.
      throw new KeysmithError(error.code, `the record with ${this.#schema.shownKey(stored)}: ${error.message}`, { cause: error.cause });
    }
  }

  #inspected(stored: Members): InspectedRecord {
    const { headerName } = this.#schema;
    const present = this.#stored(stored);
    const fields = present.map(({ field }) => field.shown);
    if (!this.#hasHeader(stored)) return { encryptedDataKeys: [], keyArns: [], fields, staleIndexes: [] };
    const header = inspectHeader(fromStored(stored[headerName], `the header ${JSON.stringify(headerName)}`), this.#limits);
    const keyArns = header.encryptedDataKeys.filter(({ providerId }) => /^aws-kms(-rsa)?$/.test(providerId)).map(({ providerInfo }) => providerInfo);
    const stale = this.#schema.indexed.filter(([name, field]) => this.#isStale(name, field, stored, present));
    return { ...header, keyArns, fields, staleIndexes: stale.map(([name]) => name) };
  }

  public keyOf(record: object): Record<string, unknown> {
    return this.#schema.keyOf(membersOf(record, 'the record'));
  }

  public async blindIndex(name: string, value: Scalar, partition?: Scalar, options: CallOptions = {}): Promise<OwnedBuffer | string> {
    const { abortSignal } = begun(options, ['abortSignal']);
    if (!this.#blindIndexes) throw invalid("there are no blind indexes: give the cipher 'blindIndexes' and 'indexedFields'");
    if (this.#isPartitioned !== (partition !== undefined)) {
      throw invalid(this.#isPartitioned ? "the blind indexes are partitioned: name the 'partition' to search" : "there is no partition to search: give the cipher an 'indexPartition'");
    }
    return toStored(await this.#blindIndexes.valueOf(name, value, partition, this.#schema.partitionType, abortSignal), this.#encoding);
  }

  /** Puts a new header into the record, and the tokens under it. */
  async #sealAll(dataKeys: DataKeys, draft: RecordDraft, batch: FieldBatch, { context, contextBytes, binding, abortSignal }: Place): Promise<void> {
    const request = { suite: this.#suite, context, contextBytes, messageBytes: batch.plaintextBytes, abortSignal };
    await dataKeys.forEncryption(request, (materials) => {
      const random = randomFillSync(Buffer.allocUnsafe(SALT_BYTES + batch.nonceBytes));
      const { header, fieldKey } = sealHeader(materials, random.subarray(0, SALT_BYTES), binding, this.#limits);
      draft.record[this.#schema.headerName] = toStored(header, this.#encoding);
      try {
        this.#seal(draft, batch, fieldKey, random.subarray(SALT_BYTES));
      } finally {
        wipe(fieldKey);
      }
    });
  }

  #seal(draft: RecordDraft, batch: FieldBatch, fieldKey: Buffer, nonces: Buffer): void {
    for (const [field, token] of batch.seal(fieldKey, nonces)) draft.set(field.path, toStored(token, this.#encoding));
  }

  #open(fieldKey: Buffer, { field, token }: StoredField): unknown {
    const plaintext = openToken(fieldKey, field.aad, token);
    try {
      return readValue(plaintext, field.shown, this.#wrapNumber);
    } finally {
      wipe(plaintext);
    }
  }

  /** The fields that a stored record has. A column without a value: the record had no such field. */
  #stored(stored: Members): PresentField[] {
    return this.#schema.present(stored, 'ERR_KEYSMITH_FORMAT').filter(({ value }) => value !== null);
  }

  #hasHeader(stored: Members): boolean {
    const { headerName } = this.#schema;
    return Object.hasOwn(stored, headerName) && stored[headerName] !== undefined && stored[headerName] !== null;
  }

  /** The values that blind indexes are made of. */
  #indexedIn(batch: FieldBatch): PresentField[] {
    return this.#schema.indexed.flatMap(([, field]) => {
      const encoded = batch.encoded(field);
      return encoded ? [{ field, value: readValue(encoded, field.shown, numberLike) }] : [];
    });
  }

  #isStale(name: string, field: Field, stored: Members, present: readonly PresentField[]): boolean {
    const value = present.find((one) => one.field === field)?.value;
    if (value === undefined || fromStored(value, `the field ${field.shown}`).length <= TOKEN_OVERHEAD + 1) return false;
    const index = Object.hasOwn(stored, name) ? stored[name] ?? undefined : undefined;
    return index === undefined || fromStored(index, `the blind index ${JSON.stringify(name)}`).length !== this.#blindIndexes!.bytesOf(name);
  }

  /** Lends the key of the fields under the header of a stored record, once it is known to be authentic. */
  async #underHeaderOf<T>(stored: Members, { encryptionContext, abortSignal }: RecordOptions, use: (fieldKey: Buffer) => T): Promise<T> {
    const { contextBytes } = this.#prepareContext(encryptionContext);
    const binding = this.#schema.binding(stored, contextBytes);
    const { headerName } = this.#schema;
    if (!this.#hasHeader(stored)) {
      throw failure('FORMAT', `the stored record has no ${JSON.stringify(headerName)}: it was not encrypted, or the header was not read with it`);
    }
    const header = readHeader(fromStored(stored[headerName], `the header ${JSON.stringify(headerName)}`), contextBytes, this.#limits);
    return this.#dataKeys.forDecryption({ suite: this.#suite, materialBytes: header.materialBytes }, ({ dataKey }) => {
      const fieldKey = openHeader(header, dataKey, binding);
      try {
        return use(fieldKey);
      } finally {
        wipe(fieldKey);
      }
    }, abortSignal);
  }

  /** The values of the blind indexes over these fields; a field that is null is in none. */
  async #indexValues(present: readonly PresentField[], record: Members, abortSignal?: AbortSignal): Promise<ReadonlyMap<string, Buffer | string>> {
    const values = new Map<string, Buffer | string>();
    for (const [name, field] of this.#schema.indexed) {
      const value = present.find((one) => one.field === field)?.value ?? null;
      if (value !== null) values.set(name, await this.blindIndex(name, value as Scalar, this.#schema.indexPartition(record), { abortSignal }));
    }
    return values;
  }

  /** A record that holds nothing of the cipher's own: encrypted twice, it would not open. */
  #plainRecord(given: unknown, what: string): Members {
    const record = membersOf(given, what);
    const own = this.#schema.ownNames.filter((name) => Object.hasOwn(record, name) && record[name] !== undefined && record[name] !== null);
    if (own.length) throw invalid(`${what} already has ${own.map((name) => JSON.stringify(name)).join(', ')}: it is encrypted, or the name needs to be another`);
    this.#schema.refuseDotted(record, what);
    return record;
  }
}

/** What a record is bound to. */
interface Place extends CallOptions {
  readonly context: EncryptionContext;
  readonly contextBytes: Buffer;
  readonly binding: Buffer;
}

/** The options of a call, whose signal has not aborted. */
function begun<Options extends CallOptions>(given: Options, known: readonly string[]): Options {
  const options = knownOptions(given, known);
  options.abortSignal?.throwIfAborted();
  return options;
}

function tokenOf({ field, value }: PresentField): StoredField {
  return { field, token: checkToken(fromStored(value, `the field ${field.shown}`), field.shown) };
}

function membersOf(given: unknown, what: string): Members {
  if (hasMembers(given)) return given;
  throw invalid(`${what} is ${kindOf(given)}: give an object of names and values`);
}
