import type { RecordChange, RecordPage } from 'cdk-keysmith/runtime';

export type Row = Record<string, unknown>;

/** What the application and a move need of a table. What goes in is encrypted; a table knows neither keys nor ciphers. */
export interface CardTable {
  readonly name: string;
  insert(row: Row): Promise<void>;
  /** Rows of a tenant with this value of the blind index. */
  find(tenant: string, index: unknown): Promise<Row[]>;
  /** A page in the order of the key. */
  page(start: Row | undefined, limit: number): Promise<RecordPage<Row>>;
  read(key: Readonly<Row>): Promise<Row | undefined>;
  /** Writes, unless something else stands there now: then it is false, or ConditionalCheckFailedException. */
  write(change: RecordChange): Promise<boolean>;
  /** All bytes that the database has. */
  dump(): Promise<Buffer>;
  close(): Promise<void>;
}
