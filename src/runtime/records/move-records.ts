import { failure, invalid, isKeysmithError } from '../errors';
import type { KeysmithErrorCode } from '../errors';
import { readCursor, writeCursor } from './cursor';
import type { MoveFailure, MoveProgress, MoveRecordsOptions, RecordChange } from './move-types';
import type { Members } from './objects';
import type { InspectedRecord } from './record-types';
import { requireTypes } from '../option-types';
import { knownOptions, wholeNumber } from '../whole-numbers';

const OPTIONS = [
  'cipher', 'keyArns', 'isMoved', 'encryptionContext', 'scan', 'write', 'read', 'cursor', 'wrapNumber', 'concurrency', 'attempts', 'maxFailures',
  'onProgress', 'onFailure', 'abortSignal',
];

/** What is wrong with one record. Whatever else fails, a key or the database, would fail for all. */
const OF_ONE_RECORD: readonly KeysmithErrorCode[] = [
  'ERR_KEYSMITH_NOT_AUTHENTIC', 'ERR_KEYSMITH_FORMAT', 'ERR_KEYSMITH_LIMIT', 'ERR_KEYSMITH_NO_KEY', 'ERR_KEYSMITH_CONTEXT', 'ERR_KEYSMITH_INPUT', 'ERR_KEYSMITH_CONFLICT',
];

/**
 * Moves the records of a table to the key that a cipher writes under: page by page, each record that is not there yet is
 * re-encrypted and written if nobody changed it meanwhile, else read again. It may end at any time, and be called again
 * with the last cursor or none: what was moved is told by `inspect` and passed over.
 *
 * The caller reads and writes the table; docs/rotating-data.md does it for DynamoDB and SQL.
 *
 * @throws `ERR_KEYSMITH_INPUT` for an option that cannot work, and for a cipher that writes under other keys; what `scan`,
 *   `read`, `write` and the callbacks throw; the reason of the signal; what KMS fails with; and the error of the record
 *   that is one too many for `maxFailures`. No write is under way any more when it rejects
 */
export async function moveRecords<Cursor = unknown>(options: MoveRecordsOptions<Cursor>): Promise<MoveProgress> {
  return new Move(options).run();
}

class Move<Cursor> {
  readonly #options: MoveRecordsOptions<Cursor>;
  readonly #isMoved: (inspected: InspectedRecord) => boolean;
  readonly #concurrency: number;
  readonly #attempts: number;
  readonly #maxFailures: number;
  readonly #counts = { seen: 0, moved: 0, passed: 0, gone: 0, failed: 0, conflicts: 0 };

  constructor(options: MoveRecordsOptions<Cursor>) {
    const { cipher, concurrency = 8, attempts = 5, maxFailures = 100 } = knownOptions(options, OPTIONS);
    if (!cipher) throw invalid("'cipher' is missing");
    for (const name of ['scan', 'read', 'write'] as const) {
      if (typeof options[name] !== 'function') throw invalid(`'${name}' takes a function`);
    }
    requireTypes(options, { isMoved: 'function', encryptionContext: 'function', wrapNumber: 'function', onProgress: 'function', onFailure: 'function' });
    this.#options = { ...options };
    this.#isMoved = conditionOf(options);
    this.#concurrency = wholeNumber('concurrency', concurrency, 1, 1000);
    this.#attempts = wholeNumber('attempts', attempts);
    this.#maxFailures = wholeNumber('maxFailures', maxFailures, 0);
  }

  public async run(): Promise<MoveProgress> {
    const { scan, abortSignal, onProgress, wrapNumber } = this.#options;
    let { cursor } = this.#options;
    let position = cursor === undefined ? undefined : readCursor(cursor, wrapNumber) as Cursor;
    do {
      abortSignal?.throwIfAborted();
      const { rows, next } = await scan(position, abortSignal);
      await eachOf(rows, this.#concurrency, async (row) => this.#take(row as Members));
      position = next ?? undefined;
      const before = cursor;
      cursor = position === undefined ? undefined : writeCursor(position);
      if (cursor !== undefined && cursor === before) throw invalid("'scan' returned the cursor that it was given: it would go on there for ever");
      await onProgress?.({ ...this.#counts, cursor });
    } while (position !== undefined);
    return { ...this.#counts };
  }

  /** Moves one row, and says so. */
  async #take(row: Members): Promise<void> {
    this.#options.abortSignal?.throwIfAborted();
    const outcome = await this.#move(row);
    this.#counts.seen += 1;
    if (typeof outcome === 'string') {
      this.#counts[outcome] += 1;
      return;
    }
    this.#counts.failed += 1;
    await this.#options.onFailure?.(outcome);
    if (this.#counts.failed > this.#maxFailures) throw outcome.error;
  }

  async #move(row: Members): Promise<'moved' | 'passed' | 'gone' | MoveFailure> {
    const { cipher, read, abortSignal } = this.#options;
    let key: Readonly<Record<string, unknown>> | undefined;
    let now: Members | null | undefined = row;
    for (let attempt = 1; attempt <= this.#attempts; attempt++) {
      let moved: Members | undefined;
      try {
        key = cipher.keyOf(now);
        moved = await this.#reEncrypted(now);
      } catch (error) {
        abortSignal?.throwIfAborted();
        return { key, error: ofOneRecord(error) };
      }
      if (!moved) return 'passed';
      if (!this.#isMoved(cipher.inspect(moved))) {
        throw invalid(`the cipher does not write what 'keyArns' or 'isMoved' asks for, but under ${cipher.inspect(moved).keyArns.join(', ') || 'keys without an ARN'}`);
      }
      if (await this.#write(this.#change(key, now, moved))) return 'moved';
      this.#counts.conflicts += 1;
      abortSignal?.throwIfAborted();
      now = await read(key, abortSignal) as Members | null | undefined;
      if (!now) return 'gone';
    }
    return { key, error: failure('CONFLICT', `the record was changed between reading and writing it, ${this.#attempts} times`) };
  }

  /** The record to write; nothing where there is nothing to move. */
  async #reEncrypted(row: Members): Promise<Members | undefined> {
    const { cipher, encryptionContext, abortSignal } = this.#options;
    const inspected = cipher.inspect(row);
    const isPlain = inspected.formatVersion === undefined && inspected.fields.length === 0;
    if (isPlain || (inspected.formatVersion !== undefined && this.#isMoved(inspected))) return undefined;
    return cipher.reEncrypt(row, { sourceEncryptionContext: encryptionContext?.(row), abortSignal });
  }

  #change(key: RecordChange['key'], before: Members, after: Members): RecordChange {
    const attributes = this.#options.cipher.attributes();
    const ifUnchanged = Object.fromEntries(attributes.map((name) => [name, ownOf(before, name)]));
    const changed = attributes.filter((name) => (ownOf(after, name) ?? null) !== (ifUnchanged[name] ?? null));
    return { key, ifUnchanged, changes: Object.fromEntries(changed.map((name) => [name, ownOf(after, name) ?? null])) };
  }

  async #write(change: RecordChange): Promise<boolean> {
    const { write, abortSignal } = this.#options;
    abortSignal?.throwIfAborted();
    try {
      const isWritten = await write(change, abortSignal);
      // The result of a driver, 0 rows for example, would count as written.
      if (typeof isWritten !== 'boolean') throw invalid("'write' has to say whether it wrote: true, or false when the record is no longer what was read");
      return isWritten;
    } catch (error) {
      if ((error as Error | undefined)?.name === 'ConditionalCheckFailedException') return false;
      throw error;
    }
  }
}

function conditionOf({ keyArns, isMoved }: Pick<MoveRecordsOptions<never>, 'keyArns' | 'isMoved'>): (inspected: InspectedRecord) => boolean {
  if (isMoved && !keyArns) return isMoved;
  if (isMoved || !Array.isArray(keyArns) || keyArns.length === 0) throw invalid("'keyArns' takes the ARNs of the keys to move to; or give 'isMoved' in its place");
  const wanted = sorted(keyArns as readonly string[]);
  return ({ keyArns: arns, encryptedDataKeys, staleIndexes }) => (
    encryptedDataKeys.length === arns.length && sorted(arns) === wanted && staleIndexes.length === 0
  );
}

function sorted(arns: readonly string[]): string {
  return [...arns].sort().join(' ');
}

/** The error of a record. @throws any other */
function ofOneRecord(error: unknown): Error {
  if (isKeysmithError(error) && OF_ONE_RECORD.includes(error.code)) return error;
  throw error;
}

function ownOf(record: Members, name: string): unknown {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

/** Some at once. After a failure none is begun any more, and it is thrown when those under way have ended. */
async function eachOf<T>(items: readonly T[], concurrency: number, use: (item: T) => Promise<void>): Promise<void> {
  const failures: unknown[] = [];
  const queue = items.values();
  const worker = async () => {
    for (const item of queue) {
      if (failures.length) return;
      await use(item).catch((error: unknown) => void failures.push(error));
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, worker));
  if (failures.length) throw failures[0];
}
