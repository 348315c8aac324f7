/**
 * Tries the lint rule on imports that go up the map of ARCHITECTURE.md: each must be refused, with its reason, and those beside it must
 * pass. A rule that a later override switches off would refuse nothing, and nobody would notice.
 *
 *   tsx scripts/check-boundaries.ts
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Linter } from 'eslint';
import { LegacyESLint } from 'eslint/use-at-your-own-risk';

const ROOT = join(__dirname, '..');
const RULES = ['import/no-restricted-paths', 'no-restricted-imports'];
const configured = new LegacyESLint({ cwd: ROOT });

/** Where the import is written, what is imported, and a part of the reason it is refused for; null where it is allowed. */
type Trial = readonly [folder: string, imported: string, reason: string | null];

const TRIALS: Trial[] = [
  ['spec', '../authz', 'no reason to change but AWS'],
  ['noble', '../spec', 'each of its files ships as one'],
  ['structured-fields', '../spec', 'it ships as one file'],
  ['authz', '../policy', 'decides on plain JSON'],
  ['authz', 'aws-cdk-lib/aws-kms', 'runs without CDK'],
  ['authz', 'constructs', 'runs without CDK'],
  ['proof', '../template', 'proves on plain JSON'],
  ['proof', 'aws-cdk-lib', 'runs without CDK'],
  ['template', '../testing', 'templates of any origin'],
  ['template', 'aws-cdk-lib', 'runs without CDK'],
  ['runtime', '../authz', 'every import costs a cold start'],
  ['runtime', '@aws-sdk/client-kms', 'runs without CDK'],
  ['detect', '../authz', 'what is looked for are facts'],
  ['detect', 'aws-cdk-lib', 'runs without CDK'],
  ['testing', '../keys', 'it stands in for KMS, not for CDK'],
  ['testing', 'aws-cdk-lib', 'runs without CDK'],
  ['app', '../policy', 'knows neither keys nor views'],
  ['policy', '../keys', 'the two meet only in tests and checks'],
  ['policy', '../authz', 'the two meet only in tests and checks'],
  ['keys', '../services', 'a key knows none of those that use it'],
  ['keys', '../authz', 'a key knows none of those that use it'],
  ['services', '../runtime', 'is known by none'],
  ['keys', '../monitoring', 'a key knows none of those that use it'],
  ['services', '../monitoring', 'is known by none'],
  ['monitoring', '../authz', 'is known by none'],
  ['services', '@cloud-copilot/iam-simulate', 'what ships never imports it'],
  ['authz', '@cloud-copilot/iam-simulate', 'what ships never imports it'],
  ['handlers', '../keys', 'a handler is thin'],
  ['handlers', '@aws-sdk/client-s3', 'runs without CDK and is handed its KMS client'],
  ['handlers/entries', 'aws-cdk-lib', 'has the AWS SDK and no CDK'],
  ['handlers/entries', 'constructs', 'has the AWS SDK and no CDK'],
  ['signing', '../services', 'it is built around keys'],
  ['signing', '../handlers', 'handlers come as built assets'],

  ['checks', '../keys', 'judges keys that nobody here defined'],
  ['checks', 'aws-cdk-lib', 'runs without CDK'],
  ['validation', '../keys', 'judges what it did not write'],
  ['nag', '../keys', 'an adapter over the checks'],
  ['cli', '../keys', 'the command sits on top'],
  ['cli', 'aws-cdk-lib', 'runs without CDK'],

  ['cli', '../testing', null],
  ['checks', '../proof', null],
  ['validation', '../checks', null],
  ['validation', 'aws-cdk-lib', null],
  ['nag', '../validation', null],
  ['runtime', '../spec/limits', null],
  ['runtime', '../noble', null],
  ['runtime', '../structured-fields', null],
  ['proof', '../authz', null],
  ['template', '../authz', null],
  ['testing', '../runtime', null],
  ['services', '../keys', null],
  ['handlers', '../runtime', null],
  ['handlers/entries', '@aws-sdk/client-s3', null],
  ['signing', '../keys', null],
  ['monitoring', '../services', null],
  ['monitoring', '../detect', null],
  ['policy', 'aws-cdk-lib', null],
  ['policy', '../app', null],
];

const filesOf = (folder: string): string[] => readdirSync(join(ROOT, 'src', folder)).filter((name) => name.endsWith('.ts'));

/** What the two rules say, as they are configured for a file of the folder; the others take a minute and have no part in this. */
async function objections(folder: string, imported: string): Promise<string[]> {
  const filePath = join(ROOT, 'src', folder, filesOf(folder)[0]);
  const { rules, settings, parser } = await configured.calculateConfigForFile(filePath) as Linter.LegacyConfig;
  const linter = new LegacyESLint({
    cwd: ROOT,
    useEslintrc: false,
    overrideConfig: { plugins: ['import'], parser, parserOptions: { sourceType: 'module' }, settings, rules: Object.fromEntries(RULES.map((name) => [name, rules?.[name] ?? 'off'])) },
  });
  // A folder is imported by a file that exists: what cannot be found, the rule lets pass.
  const path = imported.startsWith('../') && !imported.slice(3).includes('/') ? `${imported}/${filesOf(imported.slice(3))[0].replace(/\.ts$/, '')}` : imported;
  const [{ messages }] = await linter.lintText(`import '${path}';\n`, { filePath });
  return messages.map(({ message }) => message);
}

async function main(): Promise<void> {
  const problems: string[] = [];
  for (const [folder, imported, reason] of TRIALS) {
    const said = await objections(folder, imported);
    const asExpected = reason === null ? !said.length : said.length === 1 && said[0].includes(reason);
    if (!asExpected) problems.push(`src/${folder} imports '${imported}': expected ${reason === null ? 'no objection' : `“… ${reason} …”`}, got ${said.join('; ') || 'no objection'}`);
  }
  const folders = readdirSync(join(ROOT, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const untried = folders.filter((name) => !TRIALS.some(([folder, , reason]) => folder === name && reason !== null));
  if (untried.length) problems.push(`no import that src/${untried.join(', src/')} must refuse is tried: add a line to TRIALS of scripts/check-boundaries.ts`);

  if (problems.length) {
    console.error(problems.join('\n'));
    process.exitCode = 1;
  } else {
    console.log(`${TRIALS.length} imports along and against the map: the linter says which may stand, and why not`);
  }
}

void main();
