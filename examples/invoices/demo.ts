/**
 * The whole idea on one application, without an AWS account: synthesize it, start a local KMS from the assembly, run the
 * application's own handlers under their roles, and attempt every call that must be refused.
 *
 *   npm run demo [-- --json]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { defineApp } from './app';
import { play } from './play';
import { Stage } from './stage';
import { asExpected, render } from './table';

async function main(): Promise<void> {
  const json = process.argv.includes('--json');
  const progress = (sentence: string): void => { if (!json) process.stderr.write(`${sentence}\n`); };

  progress('synthesizing the application …');
  // Beside the sources, so that the handlers find the AWS SDK as they do in Lambda.
  const assembly = mkdtempSync(join(__dirname, 'cdk.out-'));
  const stage = await Stage.open(defineApp(assembly).synth().directory);
  try {
    progress('running the handlers and the forbidden calls on a local KMS …');
    const sections = await play(stage);
    const rows = sections.flatMap((section) => section.rows);
    const surprises = rows.filter((row) => !asExpected(row));
    console.log(json ? JSON.stringify(rows, undefined, 2) : render(sections));
    progress(`${rows.length - surprises.length} of ${rows.length} rows as expected`);
    if (surprises.length) process.exitCode = 1;
  } finally {
    await stage.close();
    rmSync(assembly, { recursive: true, force: true });
  }
}

void main();
