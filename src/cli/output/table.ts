import { hanging, wrapped } from './text';

/** The cells of a row. */
export type Row = readonly string[];

/** A column: its head, and how much of what is left it may have. */
export interface Column {
  readonly head: string;
  /** Columns that can be broken share the room that the others leave, in these proportions. @default - as wide as its widest cell */
  readonly share?: number;
}

const GAP = 2;
const INDENT = '  ';
const NARROWEST = 8;

/** Rows in columns; no line is wider than `width`. */
export function table(columns: readonly Column[], rows: readonly Row[], width: number): string {
  return `${linesOf(columns, rows, width).flat().join('\n')}\n`;
}

/** Rows under a title of their own. */
export interface Group {
  readonly title: string;
  readonly rows: readonly Row[];
}

/** Rows in columns, in groups whose titles stand above them. */
export function groupedTable(columns: readonly Column[], groups: readonly Group[], width: number, paintTitle: (text: string) => string): string {
  const [heads, ...lines] = linesOf(columns, groups.flatMap(({ rows }) => rows), width - INDENT.length).map((row) => row.map((line) => `${INDENT}${line}`));
  const all = groups.flatMap(({ title, rows }) => [paintTitle(hanging(title, width, '', INDENT)), ...lines.splice(0, rows.length).flat()]);
  return `${[...heads.map(paintTitle), ...all].join('\n')}\n`;
}

/** The lines of the heads, and of each row. */
function linesOf(columns: readonly Column[], rows: readonly Row[], width: number): string[][] {
  const widths = widthsOf(columns, rows, width);
  return [columns.map(({ head }) => head), ...rows].map((row) => {
    const cells = row.map((cell, index) => cell.split('\n').flatMap((line) => wrapped(line, widths[index])));
    const height = Math.max(...cells.map(({ length }) => length));
    return Array.from({ length: height }, (_, line) => cells.map((cell, index) => (cell[line] ?? '').padEnd(widths[index])).join(' '.repeat(GAP)).trimEnd());
  });
}

function widthsOf(columns: readonly Column[], rows: readonly Row[], width: number): number[] {
  const widest = columns.map(({ head }, index) => Math.max(head.length, ...rows.map((row) => Math.max(...row[index].split('\n').map(({ length }) => length)))));
  const widths = columns.map(({ share }, index) => (share === undefined ? widest[index] : undefined));
  // Those that need less than their share leave the rest to the others.
  for (;;) {
    const open = columns.flatMap(({ share = 0 }, index) => (widths[index] === undefined ? [{ share, index }] : []));
    const room = width - GAP * (columns.length - 1) - widths.reduce<number>((sum, each) => sum + (each ?? 0), 0);
    const shares = open.reduce((sum, { share }) => sum + share, 0);
    const part = (share: number): number => Math.max(NARROWEST, Math.floor((room * share) / shares));
    const content = open.filter(({ share, index }) => widest[index] <= part(share));
    for (const { share, index } of content.length ? content : open) widths[index] = Math.min(widest[index], part(share));
    if (open.length === 0) return widths as number[];
  }
}

/** The same as a table of GitHub's Markdown. */
export function markdownTable(heads: Row, rows: readonly Row[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replace(/\|/g, '\\|').replace(/\n/g, '<br>')).join(' | ')} |`;
  return `${[line(heads), `|${heads.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n')}\n`;
}
