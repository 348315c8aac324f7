/**
 * What runs in users' functions and tests, on the lines of Node that this machine does not have: the run time, the local KMS, the
 * packed package and the demo. The whole suite runs on the machine's own Node (`npm test`).
 *
 *   tsx scripts/test-nodes.ts [22 24 …] [--whole-suite]
 *
 * The binaries come from npm into a temporary folder. They are no devDependencies: these packages are bound to one operating system and
 * processor each, and `npm ci` would refuse them everywhere else.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** The lines of Node that are supported: those that get fixes, and the oldest in `engines`. */
const LINES = ['20', '22', '24'];

/** Where npm has binaries of all lines that were tried here. */
const PLATFORMS = ['linux-x64', 'linux-arm64'];

/** The parts of the suite that depend on Node more than on CDK. */
const PARTS = ['test/runtime', 'test/testing', 'test/end-to-end'];
/** On a line between two others, on which all parts run: what it lacks the older lacks too, and what it does anew the newer does. */
const PARTS_BETWEEN = ['test/end-to-end', 'test/runtime/fetch-kms'];

const MINUTES = 60_000;
const platform = `${process.platform}-${process.arch}`;
const root = join(__dirname, '..');
const own = process.versions.node.split('.')[0];
const named = process.argv.slice(2).filter((word) => !word.startsWith('-'));
const wholeSuite = process.argv.includes('--whole-suite');

function partsFor(line: string): readonly string[] {
  if (wholeSuite) return [];
  const isBetween = !named.length && line !== LINES[0] && line !== LINES.at(-1);
  return isBetween ? PARTS_BETWEEN : PARTS;
}

function run(cwd: string, path: string | undefined, ...[command, ...words]: string[]): string {
  const PATH = [path, process.env.PATH].filter(Boolean).join(delimiter);
  const { status, signal, stdout, stderr, error } = spawnSync(command, words, {
    cwd, encoding: 'utf8', timeout: 15 * MINUTES, maxBuffer: 2 ** 28, env: { ...process.env, PATH, npm_config_audit: 'false', npm_config_fund: 'false' },
  });
  if (error ?? status !== 0) {
    const end = `${stdout}${stderr}`.split('\n').slice(-200).join('\n');
    throw new Error(`\`${[command, ...words].join(' ')}\` ended with ${error?.message ?? signal ?? `status ${status}`}:\n${end}`);
  }
  return `${stdout}${stderr}`;
}

/** Runs everything under one line of Node; npm and npx follow, as they are started by whatever `node` comes first. */
function testOn(line: string, folder: string): void {
  run(folder, undefined, 'npm', 'install', '--no-save', '--prefer-offline', '--prefix', folder, `node-${platform}@${line}`);
  const bin = join(folder, 'node_modules', `node-${platform}`, 'bin');
  const version = run(folder, bin, 'node', '--version').trim();
  if (version.slice(1).split('.')[0] !== line) throw new Error(`asked for Node ${line}, got ${version}`);

  const step = (what: string, ...words: string[]): void => {
    const started = Date.now();
    const output = run(root, bin, 'node', ...words);
    const tests = /^Tests:\s+(.*)$/m.exec(output)?.[1];
    console.log(`ok  Node ${version}: ${what}${tests ? `: ${tests}` : ''} (${Math.round((Date.now() - started) / 1000)} s)`);
  };
  const tsx = join('node_modules', 'tsx', 'dist', 'cli.mjs');
  const parts = partsFor(line);
  step(parts.length ? 'run time and local KMS' : 'the whole suite', join('node_modules', 'jest', 'bin', 'jest.js'), '--ci', '--silent', ...parts);
  step('the packed package', tsx, join('scripts', 'check-package.ts'), '--runs-only');
  step('the demo', tsx, '--tsconfig', join('examples', 'tsconfig.json'), join('examples', 'invoices', 'demo.ts'));
}

for (const line of named.length ? named : LINES) {
  if (line === own) {
    console.log(`skipped  Node ${line}: it is this machine's own, on which \`npm test\` runs everything`);
  } else if (!PLATFORMS.includes(platform)) {
    console.log(`skipped  Node ${line}: npm holds no binary that was tried for ${platform}. Switch to Node ${line} by your own means and run \`npm test\``);
  } else {
    const folder = mkdtempSync(join(tmpdir(), `keysmith-node-${line}-`));
    try {
      testOn(line, folder);
    } catch (error) {
      console.error(`failed  Node ${line}: ${(error as Error).message}`);
      process.exitCode = 1;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}
