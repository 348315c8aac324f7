import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** A block of a page that says where it comes from: `<!-- examples/readme/sign.ts -->` in the line above it. */
export interface Block {
  readonly page: string;
  readonly source: string;
  readonly text: string;
}

const BLOCK = /<!-- (?<source>[^\n]+?) -->\n```(?<language>\w+)\n(?<text>[\s\S]*?)```/g;

/** Code that somebody may copy, under its name or as text: a block of it without a source is code that nothing runs. */
const UNNAMED = /(?<!-->\n)^```(?:ts|typescript|js|javascript|json|text)\n/gm;

/** The pages for users, each a path from the root. */
export function pages(): string[] {
  return ['README.md', ...readdirSync('docs').filter((name) => name.endsWith('.md')).sort().map((name) => join('docs', name))];
}

/** The blocks of a page. */
export function blocksOf(page: string, text: string): Block[] {
  return [...text.matchAll(BLOCK)].map(({ groups }) => ({ page, source: groups!.source, text: groups!.text }));
}

/** How many blocks of code have no source. */
export function unnamedIn(text: string): number {
  return text.match(UNNAMED)?.length ?? 0;
}

/** The page with its blocks as `textOf` says they should be. */
export function refill(page: string, text: string, textOf: (block: Block) => string): string {
  return text.replace(BLOCK, (_, source: string, language: string, old: string) =>
    `<!-- ${source} -->\n\`\`\`${language}\n${textOf({ page, source, text: old })}\`\`\``);
}

/**
 * An excerpt of an output as the output is now: titles, and rows by their first lines; what is indented below a row comes with it. A line
 * `…` stands for rows left out. Throws for what is printed no longer, or elsewhere.
 */
export function excerpt(old: string, output: string): string {
  const lines = output.split('\n');
  const isBelow = (line: string | undefined): boolean => /^ {3}/.test(line ?? '');
  const taken: string[] = [];
  let next = 0;
  let mayJump = true;
  for (const line of old.trimEnd().split('\n').filter((each) => !isBelow(each))) {
    const isTitle = /^\S/.test(line);
    if (line.trim() === '…') {
      taken.push(line);
      mayJump = true;
      continue;
    }
    // A section ends with an empty line, whether or not all of its rows are shown.
    if (line === '' && lines[next] !== '') {mayJump = true;} else {
      const at = mayJump || isTitle ? lines.indexOf(line, next) : next;
      if (lines[at] !== line) throw new Error(`shows '${line.trim()}', which is not printed there`);
      next = at + 1;
      mayJump = false;
    }
    taken.push(line);
    while (isBelow(lines[next])) {
      if (line !== '') taken.push(lines[next]);
      next++;
    }
  }
  return `${taken.join('\n')}\n`;
}
