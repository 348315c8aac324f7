/**
 * The whole idea on one application, without an AWS account: synthesize it, start a local KMS from the assembly, run the
 * application's own handlers under their roles, and attempt every call that must be refused.
 *
 *   npm run demo [-- --wide | --json]
 *
 * `--wide` shows all columns, in a table of some 200 characters; `--json` prints the rows for machines. Ends with 1 where a call that
 * must be refused was not, or the other way round.
 */
import { defineApp } from './app';
import { play } from './play';
import { Stage } from './stage';
import { asExpected, heads, PLAIN, render, renderWide, summary, TERMINAL, type Section } from './table';
import { temporaryFolder } from './temporary-folder';

const KNOWN = ['--wide', '--json'];

async function main(options: readonly string[]): Promise<void> {
  const unknown = options.filter((option) => !KNOWN.includes(option));
  if (unknown.length) {
    console.error(`no such option: ${unknown.join(', ')}. There are ${KNOWN.join(' and ')}`);
    process.exitCode = 2;
    return;
  }
  const json = options.includes('--json');
  const wide = options.includes('--wide');
  const width = Math.min(100, Math.max(60, process.stdout.columns ?? 80));
  const paint = process.stdout.isTTY && !process.env.NO_COLOR ? TERMINAL : PLAIN;
  const progress = (sentence: string): void => { if (!json) process.stderr.write(`${sentence}\n`); };
  const started = Date.now();

  progress('1/3 synthesizing the application …');
  const { directory } = defineApp(temporaryFolder('keysmith-demo-')).synth();
  progress('2/3 starting a local KMS with its keys, policies and roles …');
  const stage = await Stage.open(directory);
  try {
    progress('3/3 running the handlers and the forbidden calls …\n');
    if (!json && !wide) console.log(heads(width, paint));
    const sections: Section[] = [];
    for await (const section of play(stage)) {
      sections.push(section);
      if (!json && !wide) console.log(render(section, width, paint));
    }
    const rows = sections.flatMap((section) => section.rows);
    if (json) console.log(JSON.stringify(rows, undefined, 2));
    if (wide) console.log(renderWide(sections));
    if (!json) console.log(`${summary(rows)} (${Math.round((Date.now() - started) / 1000)} s)`);
    if (!rows.length || !rows.every(asExpected)) process.exitCode = 1;
  } finally {
    await stage.close();
  }
}

void main(process.argv.slice(2));
