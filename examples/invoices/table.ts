import Table from 'cli-table3';

/** One attempted call. */
export interface Row {
  readonly who: string;
  readonly operation: string;
  /** The encryption context, or the service that calls KMS for the caller. */
  readonly context: string;
  readonly expected: Verdict;
  readonly got: string;
  /** The statements that decided, or what was missing. */
  readonly by: string;
}

export type Verdict = 'allowed' | 'refused';

export interface Section {
  readonly title: string;
  readonly rows: readonly Row[];
}

export function asExpected(row: Row): boolean {
  return row.got.startsWith(row.expected);
}

/** The rows as one table, a section under each title; marks what is not as expected. */
export function render(sections: readonly Section[]): string {
  const table = new Table({ head: ['who', 'operation', 'context', 'expected', 'got', 'by statement'], style: { head: [], border: [] } });
  for (const { title, rows } of sections) {
    table.push([{ colSpan: 6, content: title }]);
    for (const row of rows) {
      table.push([row.who, row.operation, row.context, row.expected, `${asExpected(row) ? '' : '✗ '}${row.got}`, wrapped(row.by)]);
    }
  }
  return table.toString();
}

function wrapped(text: string, width = 64): string {
  return text.replace(new RegExp(`(.{1,${width}})(\\s+|$)`, 'g'), '$1\n').trimEnd();
}
