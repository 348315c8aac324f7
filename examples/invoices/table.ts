import Table from 'cli-table3';

/** One attempted call. */
export interface Row {
  readonly who: string;
  readonly operation: string;
  /** The encryption context, or the service that calls KMS for the caller; empty where the call has neither. */
  readonly context: string;
  readonly expected: Verdict;
  readonly got: string;
  /** The statements that decided, or what was missing: an entry for each request that came of the call. */
  readonly by: readonly string[];
}

export type Verdict = 'allowed' | 'refused';

export interface Section {
  readonly title: string;
  readonly rows: readonly Row[];
}

/** Marks up a text for a terminal; `plain` for files. */
export interface Paint {
  readonly title: (text: string) => string;
  readonly fault: (text: string) => string;
  readonly aside: (text: string) => string;
}

const sgr = (code: number) => (text: string) => `\u001b[${code}m${text}\u001b[0m`;
export const TERMINAL: Paint = { title: sgr(1), fault: sgr(31), aside: sgr(2) };
const same = (text: string): string => text;
export const PLAIN: Paint = { title: same, fault: same, aside: same };

const MARGIN = 2;
const WHO = 18;
const ANSWER = 'refused'.length;

export function asExpected(row: Row): boolean {
  return row.got.startsWith(row.expected);
}

export function summary(rows: readonly Row[]): string {
  return `${rows.filter(asExpected).length} of ${rows.length} calls ended as they should`;
}

/** What stands where in the rows of all sections. */
export function heads(width: number, paint: Paint): string {
  const left = MARGIN + WHO;
  const lines = [`${''.padEnd(MARGIN)}${'who'.padEnd(WHO)}${'called what, with which context'.padEnd(width - left - ANSWER)}answer`, `${''.padEnd(left)}by which statements`];
  return [...lines.map(paint.aside), ''].join('\n');
}

/** A section for the eye: who called what and what came of it, and below the statements that decided. Each line fits the width. */
export function render({ title, rows }: Section, width: number, paint: Paint): string {
  return [paint.title(title), '', ...rows.flatMap((row) => linesOf(row, width, paint)), ''].join('\n');
}

function linesOf(row: Row, width: number, paint: Paint): string[] {
  const left = MARGIN + WHO;
  const fits = asExpected(row);
  const call = [row.operation, row.context].filter(Boolean).join(row.context.startsWith('through ') ? ' ' : ', ');
  const [first, ...more] = wrapped(call, width - left - ANSWER - 2);
  const verdict = row.got.split(':')[0];
  const head = `${fits ? '  ' : '✗ '}${row.who.padEnd(WHO)}${first.padEnd(width - left - ANSWER)}${verdict}`;
  const aside = row.by.flatMap((by) => wrapped(brief(by, row.operation), width - left));
  const indented = (text: string): string => ' '.repeat(left) + text;
  return [
    fits ? head : paint.fault(head),
    ...more.map(indented),
    ...(fits ? [] : wrapped(`expected ${row.expected}, got ${row.got}`, width - left).map((line) => paint.fault(indented(line)))),
    ...aside.map((line) => paint.aside(indented(line))),
  ];
}

/** Without what the row says already; sessions by the name of their role, objects by their path, ids by their beginning. */
function brief(by: string, operation: string): string {
  return (by.startsWith(`${operation}: `) ? by.slice(operation.length + 2) : by)
    .replace(/\b([0-9a-f]{8})[0-9a-f]{56}\b/g, '$1…')
    .replace(/arn:aws:sts::\d{12}:assumed-role\/([\w+=,.@-]+)\/\w+/g, '$1')
    .replace(/arn:aws:s3:::/g, '');
}

/** The text in lines of this width; a word that is longer is cut. */
function wrapped(text: string, width: number): string[] {
  const lines = [''];
  for (const word of text.split(' ').flatMap((part) => part.match(new RegExp(`.{1,${width}}`, 'g')) ?? [])) {
    const last = lines.length - 1;
    if (!lines[last]) lines[last] = word;
    else if (lines[last].length + 1 + word.length <= width) lines[last] += ` ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** All columns of all sections, as wide as they are. */
export function renderWide(sections: readonly Section[]): string {
  const table = new Table({ head: ['who', 'operation', 'context', 'expected', 'got', 'by statement'], style: { head: [], border: [] } });
  for (const { title, rows } of sections) {
    table.push([{ colSpan: 6, content: title }]);
    for (const row of rows) {
      table.push([row.who, row.operation, row.context, row.expected, `${asExpected(row) ? '' : '✗ '}${row.got}`, row.by.join('\n')]);
    }
  }
  return table.toString();
}
