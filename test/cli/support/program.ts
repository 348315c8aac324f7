import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { copyFileSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import type { Ran } from './console';
import { commandBuild, ROOT } from '../../../scripts/door';

const LONGEST = 30_000;

/** Environment without what the machine or CI says of colours. */
function environment(given: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const { NO_COLOR: _no, FORCE_COLOR: _force, CI: _ci, ...rest } = process.env;
  return { ...rest, ...given };
}

/** Makes the command as it ships. @returns the path of the program */
export function buildCommand(): string {
  const folder = mkdtempSync(join(tmpdir(), 'keysmith-command-'));
  copyFileSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
  const program = join(folder, 'lib/cli/keysmith.js');
  buildSync(commandBuild(program));
  return program;
}

/** Runs the program to its end. */
export function runProgram(program: string, words: readonly string[], { input = '', env = {}, cwd }: { input?: string; env?: Record<string, string>; cwd?: string } = {}): Ran {
  const { status, stdout, stderr, error } = spawnSync(process.execPath, [program, ...words], { input, cwd, env: environment(env), encoding: 'utf8', timeout: LONGEST });
  if (error) throw error;
  return { status: status ?? -1, out: stdout, err: stderr };
}

/** A program that runs until it is told to stop. */
export class Running {
  public out = '';
  public err = '';
  private readonly child: ChildProcess;
  private readonly ended: Promise<number | string | null>;

  public constructor(program: string, words: readonly string[]) {
    this.child = spawn(process.execPath, [program, ...words], { env: environment({}), stdio: ['ignore', 'pipe', 'pipe'], timeout: LONGEST });
    this.child.stdout!.on('data', (data: Buffer) => { this.out += data.toString(); });
    this.child.stderr!.on('data', (data: Buffer) => { this.err += data.toString(); });
    this.ended = new Promise((resolve) => this.child.on('close', (code, signal) => resolve(code ?? signal)));
  }

  /** Waits until the output has this. */
  public async printed(pattern: RegExp): Promise<RegExpExecArray> {
    for (const until = Date.now() + LONGEST; Date.now() < until;) {
      const match = pattern.exec(this.out);
      if (match) return match;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`never printed ${String(pattern)}:\n${this.out}${this.err}`);
  }

  /** @returns the exit status, or the signal that ended it */
  public async stop(signal: NodeJS.Signals): Promise<number | string | null> {
    this.child.kill(signal);
    return this.ended;
  }
}
