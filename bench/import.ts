/**
 * What `cdk-keysmith` adds to the start of an app that has loaded aws-cdk-lib, each in a process of its own, one after the other in turns. It is the compiled
 * package that counts: `npx projen compile && npx projen bundle` first.
 *
 *   tsx bench/import.ts [--rounds=15] [--json]
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { median, print, round } from './measure';
import { ROOT } from '../scripts/door';

const ROUNDS = Number(/--rounds=(\d+)/.exec(process.argv.join(' '))?.[1] ?? 15);
const INDEX = join(ROOT, 'lib/index.js');

/** What most apps have loaded before. */
const APP = "const { App, Stack } = require('aws-cdk-lib'); require('aws-cdk-lib/aws-kms').Key; require('aws-cdk-lib/aws-iam').Role; require('aws-cdk-lib/aws-lambda').Function;"
  + " new Stack(new App(), 'Stack');";

const LIBRARY = `const keysmith = require(${JSON.stringify(INDEX)});`;

const STARTS: Readonly<Record<string, string>> = {
  'import': LIBRARY,
  'import, a key': `${LIBRARY} keysmith.SymmetricDataKey;`,
  'import, a signing API': `${LIBRARY} keysmith.SigningApi;`,
  'import, alarms': `${LIBRARY} keysmith.KeyAlarms;`,
  'import, KmsChecks': `${LIBRARY} keysmith.KmsChecks;`,
  'all of it': `${LIBRARY} Object.values(keysmith);`,
};

/** Milliseconds from the app to what comes after it. */
function costOf(program: string): number {
  const timed = `${APP} const started = performance.now(); ${program} console.log(performance.now() - started);`;
  return Number(execFileSync(process.execPath, ['-e', timed], { cwd: ROOT, encoding: 'utf8' }));
}

if (!existsSync(INDEX)) throw new Error('lib/index.js is missing: npx projen compile && npx projen bundle');
const costs = Object.keys(STARTS).map(() => [] as number[]);
for (let turn = 0; turn < ROUNDS; turn++) {
  for (const [at, program] of Object.values(STARTS).entries()) costs[at].push(costOf(program));
}
const rows = Object.keys(STARTS).map((what, at) => ({ what, ms: round(median(costs[at]), 1), bound: at === 0 ? 100 : '' }));
print('What is added to an app that has loaded aws-cdk-lib', rows, { withinLimit: median(costs[0]) <= 100 });
