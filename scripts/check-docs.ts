/**
 * Shows only code that runs, and only what it prints. Above each block of README.md and docs/ stands where it comes from:
 *
 *   <!-- examples/readme/sign.ts -->                 the file, to the letter; it is run, and must end by itself with status 0
 *   <!-- output of examples/adopting/….ts -->        what the program prints
 *   <!-- excerpt of npm run demo -->                 rows of what the demo prints, chosen by their first lines; `npm run demo:alarms` alike
 *   <!-- lines of examples/services/….ts -->         what an app writes for a service
 *   <!-- statements of examples/services/….ts -->    the statements of the key policy that this comes to, as synthesized
 *   <!-- keysmith check orders.yaml -->              what the command prints, run beside the templates of examples/command
 *
 * Links and `npm run …` must lead somewhere, also from the package as it is shipped; README.md fits 80 columns; the page on key policies tells of each warning,
 * and that on services names every page of AWS that statements are written by. With `--write` the blocks are filled.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandOutput } from './command-output';
import { blocksOf, excerpt, pages, refill, unnamedIn, type Block } from './doc-blocks';
import { brokenLinks, unsharedIds, wideLines } from './doc-rules';
import { bundleHandlers } from './door';
import type { ServiceExample } from './service-statements';
import { SERVICES } from '../src/spec/services';

/** Folders of programs that the pages show, each of them somewhere. */
const PROGRAMS = ['examples/readme', 'examples/adopting'];
/** What pages show of other languages, run as far as those are here; it prints something else where they are not. */
const OTHER_LANGUAGES = 'examples/verifying/main.ts';
const DEMOS: Readonly<Record<string, string>> = {
  'excerpt of npm run demo': 'examples/invoices/demo.ts',
  'excerpt of npm run demo:alarms': 'examples/alarms/demo.ts',
};
/** An example for each service, beside the file that says what they find there. */
const EXAMPLES = readdirSync('examples/services').filter((name) => name !== 'site.ts').sort().map((name) => join('examples/services', name));
const OUTPUT = 'output of ';
const COMMAND = 'keysmith ';
const WARNINGS = 'docs/key-policy.md';
const NARROW = 'README.md';
/** What npm ships whatever `files` says. */
const ALWAYS_SHIPPED = ['README.md', 'LICENSE', 'package.json'];

const { scripts, files, repository } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  scripts: Record<string, string>; files: string[]; repository: { url: string };
};
const links = { shipped: [...ALWAYS_SHIPPED, ...files], repository: repository.url.replace(/\.git$/, '') };
const write = process.argv.includes('--write');
// Programs run from the sources, and what runs in Lambda is built.
bundleHandlers();
const problems: string[] = [];
const printed = new Map<string, string>();

/** What a program prints; run once. */
function outputOf(program: string, args: readonly string[] = []): string {
  const known = printed.get(program);
  if (known !== undefined) return known;
  const { status, signal, stdout, stderr } = spawnSync('tsx', ['--tsconfig', 'examples/tsconfig.json', program, ...args], {
    env: { ...process.env, CDK_VALIDATION: 'false', NODE_NO_WARNINGS: '1', AWS_EC2_METADATA_DISABLED: 'true', NO_COLOR: '1' }, encoding: 'utf8', timeout: 120_000,
  });
  if (status === 0) console.log(`ok  ${program} runs`);
  else problems.push(`${program} ended with ${signal ?? `status ${status}`}:\n${stdout}${stderr}`);
  printed.set(program, stdout);
  return stdout;
}

/** Of the example of a service: `lines of`, `statements of`. */
function serviceExample(what: keyof ServiceExample, example: string): string {
  const examples = JSON.parse(outputOf('scripts/service-statements.ts', EXAMPLES)) as Record<string, ServiceExample>;
  if (!(example in examples)) throw new Error(`${example} is no example of a service`);
  return examples[example][what];
}

/** What the command prints; run once. */
function printedBy(line: string): string {
  const known = printed.get(line) ?? commandOutput(line);
  if (!printed.has(line)) console.log(`ok  ${line}`);
  printed.set(line, known);
  return known;
}

function textOf({ page, source, text }: Block): string {
  const [, what, example] = /^(lines|statements) of (.+)$/.exec(source) ?? [];
  try {
    if (what) return serviceExample(what as keyof ServiceExample, example);
    if (source.startsWith(COMMAND)) return `$ ${source}\n${printedBy(source)}`;
    if (source in DEMOS) return excerpt(text, outputOf(DEMOS[source]));
    if (source.startsWith(OUTPUT)) return outputOf(source.slice(OUTPUT.length));
    return readFileSync(source, 'utf8');
  } catch (error) {
    problems.push(`${page}, block '${source}': ${(error as Error).message}`);
    return text;
  }
}

function checkPage(page: string): Block[] {
  const text = readFileSync(page, 'utf8');
  const blocks = blocksOf(page, text);
  const filled = refill(page, text, (block) => {
    const wanted = textOf(block);
    if (wanted !== block.text && !write) problems.push(`${page}, block '${block.source}', differs: run \`npx tsx scripts/check-docs.ts --write\``);
    return wanted;
  });
  if (write) writeFileSync(page, filled);
  const unnamed = unnamedIn(text);
  if (unnamed) problems.push(`${unnamed} code block(s) of ${page} name no file: put <!-- examples/….ts --> above them`);
  for (const [, script] of text.matchAll(/npm run ([\w:]+)/g)) {
    if (!(script in scripts)) problems.push(`${page} tells to run \`npm run ${script}\`, which does not exist`);
  }
  return blocks;
}

/** All sources under a folder, one after the other. */
function sourcesUnder(folder: string): string {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts')).map((name) => readFileSync(join(folder, name), 'utf8')).join('\n');
}

const blocks = pages().flatMap(checkPage);
for (const page of [...pages(), ...files.filter((file) => file.endsWith('.md'))]) problems.push(...brokenLinks(page, readFileSync(page, 'utf8'), links));
problems.push(...wideLines(NARROW, readFileSync(NARROW, 'utf8')), ...unsharedIds(sourcesUnder('src'), WARNINGS, readFileSync(WARNINGS, 'utf8')));
const shown = new Set(blocks.map(({ source }) => source.replace(OUTPUT, '')));
for (const program of PROGRAMS.flatMap((folder) => readdirSync(folder).sort().map((name) => join(folder, name)))) {
  outputOf(program);
  if (!shown.has(program) && !pages().some((page) => readFileSync(page, 'utf8').includes(program))) problems.push(`${program} is shown on no page`);
}

outputOf(OTHER_LANGUAGES);

const servicesPage = readFileSync('docs/services.md', 'utf8');
for (const { title, rows } of Object.values(SERVICES)) {
  for (const page of new Set(rows.map((row) => row.page))) {
    if (!servicesPage.includes(page)) problems.push(`docs/services.md does not name ${page}, by which statements for ${title} are written`);
  }
}
for (const example of EXAMPLES) {
  for (const what of ['lines', 'statements']) {
    if (!shown.has(`${what} of ${example}`)) problems.push(`no page shows the ${what} of ${example}`);
  }
}

if (problems.length) {
  console.error(problems.join('\n'));
  process.exitCode = 1;
} else if (!write) {
  console.log(`${blocks.length} blocks of ${pages().length} pages are files that run, and what they print`);
}
