import { folded } from '../../checks/words';

/** Marks up a text for a terminal; plain for files. */
export interface Paint {
  readonly strong: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly doubtful: (text: string) => string;
  readonly good: (text: string) => string;
  readonly aside: (text: string) => string;
}

const sgr = (code: number) => (text: string) => `\u001b[${code}m${text}\u001b[0m`;
const same = (text: string): string => text;

/** Colours if there may be any. */
export function paint(colours: boolean): Paint {
  return colours
    ? { strong: sgr(1), bad: sgr(31), doubtful: sgr(33), good: sgr(32), aside: sgr(2) }
    : { strong: same, bad: same, doubtful: same, good: same, aside: same };
}

/** The text in lines of this width; a word that is longer is cut, where its parts meet if it has any. */
export function wrapped(text: string, width: number): string[] {
  const lines = [''];
  for (const [index, word] of text.split(' ').flatMap((part) => pieces(part, width)).entries()) {
    const last = lines.length - 1;
    if (index === 0) lines[last] = word.text;
    else if (lines[last].length + word.gap + word.text.length <= width) lines[last] += ' '.repeat(word.gap) + word.text;
    else lines.push(word.text);
  }
  return lines;
}

/** Wrapped, with all lines but the first indented. */
export function hanging(text: string, width: number, first: string, others: string = ' '.repeat(first.length)): string {
  return wrapped(text, width - Math.max(first.length, others.length)).map((line, index) => `${index ? others : first}${line}`).join('\n');
}

/** Lines that a shell passes over, each behind `#`; no word is cut, so that ARNs can be copied. */
export function commented(text: string, width: number, first = '# ', others = '#   '): string {
  return folded(text, first, others, width);
}

/** `1 key`, `2 keys`. */
export function count(number: number, one: string, several: string = `${one}s`): string {
  return `${number} ${number === 1 ? one : several}`;
}

/** Names in a sentence: `a, b and c`. */
export function listed(names: readonly string[], most: number = 10, last: string = 'and'): string {
  const shown = names.slice(0, most);
  if (names.length > most) return `${shown.join(', ')} and ${names.length - most} more`;
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} ${last} ${shown[shown.length - 1]}`;
}

/** A word that is longer than a line, in pieces that stand without a gap. */
function pieces(word: string, width: number): { readonly text: string; readonly gap: number }[] {
  const parts: { text: string; gap: number }[] = [];
  let rest = word;
  while (rest.length > width) {
    const at = cutOf(rest, width);
    parts.push({ text: rest.slice(0, at), gap: parts.length ? 0 : 1 });
    rest = rest.slice(at);
  }
  return [...parts, { text: rest, gap: parts.length ? 0 : 1 }];
}

/** Behind a mark that divides names and ARNs, else before a capital letter, else where the line ends. */
function cutOf(text: string, width: number): number {
  const fitting = text.slice(0, width);
  const mark = Math.max(...[':', '/', ',', '-', '.'].map((each) => fitting.lastIndexOf(each))) + 1;
  if (mark > width / 2) return mark;
  const capital = /^.*(?<=[a-z0-9])(?=[A-Z])/.exec(text.slice(0, width + 1))?.[0].length ?? 0;
  return capital > width / 3 && capital <= width ? capital : width;
}
