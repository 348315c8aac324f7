/**
 * Draws what the command prints as a terminal shows it, in SVG: docs/check.svg of the README. With `--check` it only says whether the picture is what is
 * printed now.
 *
 *   tsx scripts/terminal-picture.ts [--check]
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandOutput } from './command-output';
import { ROOT } from './door';

const FILE = 'docs/check.svg';
const LINE = 'keysmith check orders.yaml';

const COLUMNS = 80;
const FONT = 14;
/** Of a character of a monospaced font, as a part of its size; `textLength` makes it so for any. */
const ADVANCE = 0.6 * FONT;
const LEADING = 19;
const PADDING = 20;
const BAR = 28;

/** Colours on a dark ground, by the codes of the terminal. */
const COLOURS: Readonly<Record<string, string>> = { 31: '#ff7b72', 32: '#7ee787', 33: '#e3b341', 2: '#8b949e' };
const GROUND = '#0d1117';
const TEXT = '#e6edf3';

/** A stretch of a line in one style. */
interface Span {
  readonly column: number;
  readonly text: string;
  readonly fill: string;
  readonly bold: boolean;
}

function picture(text: string): string {
  const lines = spansOf(text.trimEnd());
  const width = Math.round(COLUMNS * ADVANCE + 2 * PADDING);
  const height = BAR + lines.length * LEADING + 2 * PADDING;
  const drawn = lines.flatMap((spans, row) => spans.map((span) => drawSpan(span, BAR + PADDING + row * LEADING + FONT)));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(LINE)}">`,
    `<rect width="${width}" height="${height}" rx="8" fill="${GROUND}"/>`,
    ...['#ff5f57', '#febc2e', '#28c840'].map((fill, index) => `<circle cx="${PADDING + index * 18}" cy="${BAR / 2 + 2}" r="5.5" fill="${fill}"/>`),
    `<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="${FONT}">`,
    ...drawn,
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}

function drawSpan({ column, text, fill, bold }: Span, y: number): string {
  const x = round(PADDING + column * ADVANCE);
  const weight = bold ? ' font-weight="bold"' : '';
  return `<text x="${x}" y="${y}" fill="${fill}"${weight} textLength="${round(text.length * ADVANCE)}" xml:space="preserve">${escaped(text)}</text>`;
}

/** The stretches of each line; a style goes on until it is ended, over ends of lines too. */
function spansOf(text: string): Span[][] {
  let fill = TEXT;
  let bold = false;
  return text.split('\n').map((line) => {
    const spans: Span[] = [];
    let column = 0;
    for (const part of line.split(/(\u001b\[\d+m)/)) {
      const code = /^\u001b\[(\d+)m$/.exec(part)?.[1];
      if (code !== undefined) {
        bold = code === '1';
        fill = COLOURS[code] ?? TEXT;
      } else if (part !== '') {
        const indent = part.length - part.trimStart().length;
        if (part.trim() !== '') spans.push({ column: column + indent, text: part.slice(indent), fill, bold });
        column += part.length;
      }
    }
    if (column > COLUMNS) throw new Error(`\`${LINE}\` prints a line of ${column} columns: ${line}`);
    return spans;
  });
}

function escaped(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

const drawn = picture(`\u001b[32m$\u001b[0m ${LINE}\n${commandOutput(LINE, { colours: true })}`);
if (!process.argv.includes('--check')) {
  writeFileSync(join(ROOT, FILE), drawn);
} else if (readFileSync(join(ROOT, FILE), 'utf8') !== drawn) {
  console.error(`${FILE} is not what \`${LINE}\` prints: run npx tsx scripts/terminal-picture.ts`);
  process.exitCode = 1;
}
