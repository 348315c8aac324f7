/**
 * Shows only code that runs: each code block of the README that names a file is that file, to the letter.
 *
 * A block names its file in the line above it: `<!-- examples/sign.ts -->`. With `--write` the blocks are filled from the files.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const README = 'README.md';
const BLOCK = /<!-- (?<file>[\w./-]+) -->\n```(?<language>\w+)\n(?<code>[\s\S]*?)```/g;
const UNNAMED = /(?<!-->\n)^```(?:ts|typescript|js|javascript)\n/gm;

const text = readFileSync(README, 'utf8');
const problems: string[] = [];
const filled = text.replace(BLOCK, (block, file: string, language: string, code: string) => {
  if (!existsSync(file)) {
    problems.push(`${README} shows ${file}, which does not exist`);
    return block;
  }
  const source = readFileSync(file, 'utf8');
  if (source !== code) problems.push(`${README} differs from ${file}: run \`npx tsx scripts/check-readme.ts --write\``);
  return `<!-- ${file} -->\n\`\`\`${language}\n${source}\`\`\``;
});
const unnamed = text.match(UNNAMED)?.length ?? 0;
if (unnamed) problems.push(`${unnamed} code block(s) of ${README} name no file: put <!-- examples/….ts --> above them`);
const blocks = [...text.matchAll(BLOCK)].length;
if (!blocks) problems.push(`${README} shows no example`);

if (process.argv.includes('--write')) {
  writeFileSync(README, filled);
} else if (problems.length) {
  console.error(problems.join('\n'));
  process.exitCode = 1;
} else {
  console.log(`${blocks} code blocks of ${README} are files under examples/`);
}
