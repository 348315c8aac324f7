import type { CardTable, Row } from './card-table';
import { contextOf } from './cards';
import type { Card } from './cards';
import type { MoveProgress, RecordCipher } from 'cdk-keysmith/runtime';
import { moveRecords } from 'cdk-keysmith/runtime';

export interface MoveOptions {
  readonly cipher: RecordCipher;
  /** The key that the table goes to. */
  readonly keyArn: string;
  /** What the last run left. @default - from the start */
  readonly cursor?: string;
  /** Called after each page: the place to keep the cursor, in a file for example. */
  readonly onProgress?: (progress: MoveProgress) => unknown;
}

/** Moves a table to the key that the cipher writes under. It can end at any time, and goes on from its cursor. */
export function moveCards(table: Pick<CardTable, 'page' | 'read' | 'write'>, { cipher, keyArn, cursor, onProgress }: MoveOptions): Promise<MoveProgress> {
  return moveRecords<Row>({
    cipher,
    keyArns: [keyArn],
    cursor,
    encryptionContext: (row) => contextOf(row as Card).encryptionContext,
    scan: (start) => table.page(start, 25),
    read: (key) => table.read(key),
    write: (change) => table.write(change),
    onProgress,
    maxFailures: 0,
  });
}
