import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { arch, homedir, platform } from 'node:os';
import { join } from 'node:path';
import { CommandFailure, lastLines, run } from './command';
import { SetupFailure, Skipped } from './progress';

const REQUIREMENTS = join(__dirname, 'requirements.txt');

/** What the emulator asks for (its `Requires-Python`). */
const OLDEST = [3, 10];

/** Kept between runs: an installation is made anew only when the requirements or the Python change. */
const CACHE = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'cdk-keysmith');

/** Where continuous integration runs, an installation that fails is a failure and not a reason to skip. */
export const inContinuousIntegration = (): boolean => ['true', '1'].includes(process.env.CI ?? '');

/**
 * The version of `python3`, if there is one that the emulator runs on.
 *
 * @throws Skipped if there is none
 */
export function findPython(): string {
  if (platform() === 'win32') throw new Skipped('the emulator is run with process groups, which Windows has not');
  const { error, status, stdout } = spawnSync('python3', ['-c', 'import platform; print(platform.python_version())'], { encoding: 'utf8', timeout: 60_000 });
  if (error || status !== 0) throw new Skipped('there is no python3 here, and the emulator is a Python program');
  const version = stdout.trim();
  const [major, minor] = version.split('.').map(Number);
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
    throw new Skipped(`python3 is ${version}, and the emulator runs on ${OLDEST.join('.')} or later`);
  }
  return version;
}

/**
 * Installs the emulator into a virtual environment of its own, unless it is there, and returns the environment's interpreter.
 *
 * @throws Skipped if it cannot be installed; SetupFailure in continuous integration
 */
export async function installEmulator(pythonVersion: string, interrupted: AbortSignal): Promise<string> {
  const fingerprint = createHash('sha256').update([readFileSync(REQUIREMENTS, 'utf8'), pythonVersion, platform(), arch()].join('\n')).digest('hex').slice(0, 12);
  const folder = join(CACHE, `emulator-${fingerprint}`);
  if (!existsSync(folder)) {
    // Made beside it and renamed, so that what stands there is complete. Scripts in `bin` name the old folder: only the interpreter is used.
    const unfinished = `${folder}.${process.pid}`;
    try {
      await install(unfinished, interrupted);
      renameSync(unfinished, folder);
    } catch (error) {
      if (!existsSync(folder)) throw refusal(error);
    } finally {
      rmSync(unfinished, { recursive: true, force: true });
    }
  }
  return join(folder, 'bin', 'python3');
}

async function install(folder: string, interrupted: AbortSignal): Promise<void> {
  mkdirSync(CACHE, { recursive: true });
  // The user's own settings: a proxy, a mirror of the package index.
  const options = { env: process.env, interrupted };
  await run('python3', ['-m', 'venv', folder], options);
  const words = ['install', '--quiet', '--no-input', '--disable-pip-version-check', '--retries', '2', '--no-compile', '--only-binary', ':all:', '--requirement', REQUIREMENTS];
  await run(join(folder, 'bin', 'python3'), ['-m', 'pip', ...words], options);
}

function refusal(error: unknown): Error {
  if (!(error instanceof CommandFailure)) return error as Error;
  if (inContinuousIntegration()) return new SetupFailure(`the emulator cannot be installed, and CI is set: ${error.message}`);
  return new Skipped(`the emulator cannot be installed: ${lastLines(error.output, 1) || error.message}`);
}
