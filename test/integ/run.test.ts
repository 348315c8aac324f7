import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const ROOT = resolve(__dirname, '../..');

/** What a stand-in for `python3` does, in the words of a shell. */
interface Python {
  readonly version: string;
  /** As `python3 -m pip install`. */
  readonly pip: string;
  /** As `python3 -m ministack`. */
  readonly emulator: string;
}

interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** What is left in the folder for temporary files, and in the cache. */
  readonly left: string[];
  readonly cached: string[];
}

const INSTALLS = 'exit 0';
const OFFLINE = 'echo "ERROR: No matching distribution found for ministack"; exit 1';

let folder: string;
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'keysmith-integ-test-')); });
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs `npm run integ` without npm, with a python3 that is a shell script or none at all. */
async function integ({ python, words = [], ci = '', onStart }: {
  readonly python?: Python;
  readonly words?: readonly string[];
  readonly ci?: string;
  readonly onStart?: (pid: number) => Promise<void>;
}): Promise<Run> {
  const [bin, temporary, cache] = ['bin', 'tmp', 'cache'].map((name) => join(folder, name));
  for (const path of [bin, temporary, cache]) mkdirSync(path);
  if (python) {
    writeFileSync(join(bin, 'python3'), [
      '#!/bin/sh',
      'case "$*" in',
      `  -c*) echo ${python.version} ;;`,
      '  "-m venv "*) mkdir -p "$3/bin" && ln -s "$0" "$3/bin/python3" ;;',
      `  "-m pip "*) ${python.pip} ;;`,
      `  "-m ministack") ${python.emulator} ;;`,
      'esac',
    ].join('\n'), { mode: 0o755 });
  }
  const child = spawn(process.execPath, ['--import', 'tsx', 'integ/run.ts', ...words], {
    cwd: ROOT,
    env: {
      PATH: python ? `${bin}:/usr/bin:/bin` : bin, CI: ci, TMPDIR: temporary, XDG_CACHE_HOME: cache, TSX_TSCONFIG_PATH: join(ROOT, 'integ/tsconfig.json'), NODE_NO_WARNINGS: '1',
    },
  });
  const [stdout, stderr] = [child.stdout, child.stderr].map((stream) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    return () => Buffer.concat(chunks).toString();
  });
  const ended = new Promise<number | null>((done) => child.once('close', done));
  await onStart?.(child.pid!);
  return {
    status: await ended,
    stdout: stdout(),
    stderr: stderr(),
    left: readdirSync(temporary).filter((name) => name.startsWith('keysmith-integ-')),
    cached: existsSync(join(cache, 'cdk-keysmith')) ? readdirSync(join(cache, 'cdk-keysmith')) : [],
  };
}

describe('where the emulator cannot run, npm run integ says so and is no failure', () => {
  test.each<[string, { python?: Python; ci?: string }, string]>([
    ['no Python', {}, 'there is no python3 here'],
    ['no Python, in CI', { ci: 'true' }, 'there is no python3 here'],
    ['a Python that is too old', { python: { version: '3.9.18', pip: INSTALLS, emulator: 'exit 1' } }, 'python3 is 3.9.18, and the emulator runs on 3.10 or later'],
    ['no way to the package index', { python: { version: '3.12.1', pip: OFFLINE, emulator: 'exit 1' } }, 'the emulator cannot be installed: ERROR: No matching distribution'],
  ])('%s', async (_, given, line) => {
    const { status, stdout, left, cached } = await integ(given);
    expect(stdout).toContain(`skipped  integ: ${line}`);
    expect(status).toBe(0);
    expect([left, cached]).toEqual([[], []]);
  });
});

describe('what keeps it from beginning is status 2', () => {
  test('in CI, an installation that fails', async () => {
    const { status, stderr, cached } = await integ({ python: { version: '3.12.1', pip: OFFLINE, emulator: 'exit 1' }, ci: 'true' });
    expect(stderr).toMatch(/the emulator cannot be installed, and CI is set: .*pip install.* ended with status 1/);
    expect(stderr).toContain('ERROR: No matching distribution');
    expect([status, cached]).toEqual([2, []]);
  });

  test('an emulator that ends while it starts, with the end of its log', async () => {
    const { status, stderr, left, cached } = await integ({ python: { version: '3.12.1', pip: INSTALLS, emulator: 'echo "no module named asyncio"; exit 3' } });
    expect(stderr).toMatch(/the emulator ended while it started \(status 3\).*\nno module named asyncio/);
    expect([status, left]).toEqual([2, []]);
    // The installation was complete, and is used again.
    expect(cached).toEqual([expect.stringMatching(/^emulator-[0-9a-f]{12}$/)]);
  });

  test('a word that it does not know', async () => {
    const { status, stderr } = await integ({ words: ['--keeep'] });
    expect(stderr).toContain("what is '--keeep'? npm run integ [-- --keep]");
    expect(status).toBe(2);
  });
});

describe('a signal ends it and whatever it has started', () => {
  const started = (): string => join(folder, 'pids');
  const lives = (): string => `sleep 300 & echo $$ $! > ${started()}; wait`;
  const stillAlive = (): number[] => readFileSync(started(), 'utf8').trim().split(/\s+/).map(Number).filter(isAlive);

  test.each([
    ['SIGTERM', 'while it installs', 143, () => ({ version: '3.12.1', pip: lives(), emulator: 'exit 1' })],
    ['SIGTERM', 'while the emulator starts', 143, () => ({ version: '3.12.1', pip: INSTALLS, emulator: lives() })],
    ['SIGINT', 'while the emulator starts', 130, () => ({ version: '3.12.1', pip: INSTALLS, emulator: lives() })],
  ] as const)('%s %s: status %i', async (signal, _, expected, python) => {
    const { status, stderr, left } = await integ({
      python: python(),
      onStart: async (pid) => {
        await until(() => existsSync(started()), 20_000);
        process.kill(pid, signal);
      },
    });
    expect(stderr).toContain(`ended by ${signal}`);
    expect([status, left]).toEqual([expected, []]);
    // Init may still have to bury those who were orphaned.
    await until(() => stillAlive().length === 0, 5_000);
    expect(stillAlive()).toEqual([]);
  });
});

async function until(holds: () => boolean, milliseconds: number): Promise<void> {
  for (const deadline = Date.now() + milliseconds; !holds() && Date.now() < deadline;) await pause(50);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const status = `/proc/${pid}/status`;
  return !existsSync(status) || !/^State:\tZ/m.test(readFileSync(status, 'utf8'));
}
