import { PGlite, types } from '@electric-sql/pglite';
import type { CardTable, Row } from './card-table';
import type { RecordChange, RecordPage } from 'cdk-keysmith/runtime';

/** PostgreSQL, in this process. `bigint` comes as text, as from node-postgres. */
export class SqlTable implements CardTable {
  public static async open(): Promise<SqlTable> {
    const db = await PGlite.create({ parsers: { [types.INT8]: (text: string) => text } });
    await db.exec(`
      create table cards (
        tenant text, id bigint, brand text,
        number bytea, holder bytea, number_index bytea, keysmith_header bytea,
        primary key (tenant, id)
      );
      create index on cards (tenant, number_index);
    `);
    return new SqlTable(db);
  }

  public readonly name = 'PostgreSQL';

  private constructor(private readonly db: PGlite) {}

  public async insert(row: Row): Promise<void> {
    const names = Object.keys(row);
    await this.db.query(`insert into cards (${names.join(', ')}) values (${names.map((_, at) => `$${at + 1}`).join(', ')})`, Object.values(row));
  }

  public find(tenant: string, index: unknown): Promise<Row[]> {
    return this.#rows('select * from cards where tenant = $1 and number_index = $2 order by id', tenant, index);
  }

  public async page(start: Row | undefined, limit: number): Promise<RecordPage<Row>> {
    const rows = start
      ? await this.#rows('select * from cards where (tenant, id) > ($1, $2) order by tenant, id limit $3', start.tenant, start.id, limit)
      : await this.#rows('select * from cards order by tenant, id limit $1', limit);
    const { tenant, id } = rows.at(-1) ?? {};
    return { rows, next: rows.length < limit ? undefined : { tenant, id } };
  }

  public async read({ tenant, id }: Readonly<Row>): Promise<Row | undefined> {
    return (await this.#rows('select * from cards where tenant = $1 and id = $2', tenant, id))[0];
  }

  /** `update … set … where key and each of ifUnchanged is what was read`. The names are the cipher's, not a user's. */
  public async write({ key, changes, ifUnchanged }: RecordChange): Promise<boolean> {
    const values: unknown[] = [];
    const value = (content: unknown) => `$${values.push(content ?? null)}`;
    const sets = Object.entries(changes).map(([name, content]) => `${name} = ${value(content)}`);
    const conditions = Object.entries({ ...key, ...ifUnchanged }).map(([name, content]) => `${name} is not distinct from ${value(content)}`);
    const { affectedRows } = await this.db.query(`update cards set ${sets.join(', ')} where ${conditions.join(' and ')}`, values);
    return affectedRows === 1;
  }

  /** The data directory: tables, indexes and the write-ahead log. */
  public async dump(): Promise<Buffer> {
    await this.db.exec('checkpoint');
    return Buffer.from(await (await this.db.dumpDataDir('none')).arrayBuffer());
  }

  public close(): Promise<void> {
    return this.db.close();
  }

  async #rows(text: string, ...values: unknown[]): Promise<Row[]> {
    return (await this.db.query<Row>(text, values)).rows;
  }
}
