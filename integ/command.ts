import { spawn } from 'node:child_process';

/** How a program is run. */
export interface CommandOptions {
  readonly env: NodeJS.ProcessEnv;
  /** @default - where this program was started */
  readonly cwd?: string;
  /** Ends the program. */
  readonly interrupted?: AbortSignal;
  /** Milliseconds. @default 300_000: other work may have the processors */
  readonly timeout?: number;
}

/** A program ended in an error; `output` is all it printed. */
export class CommandFailure extends Error {
  constructor(command: string, how: string, public readonly output: string) {
    super(`\`${command}\` ${how}:\n${lastLines(output, 25)}`);
  }
}

/**
 * Runs a program to its end, and returns what it printed. It and what it runs are a process group of their own, which is ended as one.
 *
 * @throws CommandFailure with the last lines of what it printed; the reason of `interrupted`
 */
export async function run(command: string, words: readonly string[], { env, cwd, interrupted, timeout = 300_000 }: CommandOptions): Promise<string> {
  interrupted?.throwIfAborted();
  const shown = [command, ...words].map((word) => word.split('/').pop()).join(' ');
  const child = spawn(command, words, { env, cwd, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const chunks: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  const end = (): void => signalGroup(child.pid, 'SIGTERM');
  const tooLong = setTimeout(end, timeout);
  interrupted?.addEventListener('abort', end, { once: true });
  try {
    const how = await new Promise<string | undefined>((resolve) => {
      child.once('error', (error) => resolve(`did not run: ${error.message}`));
      child.once('close', (status, signal) => resolve(status === 0 ? undefined : signal ? `was ended by ${signal}` : `ended with status ${status}`));
    });
    interrupted?.throwIfAborted();
    const output = Buffer.concat(chunks).toString();
    if (how !== undefined) throw new CommandFailure(shown, how, output);
    return output;
  } finally {
    clearTimeout(tooLong);
    interrupted?.removeEventListener('abort', end);
  }
}

/** Signals a process group by its leader's id; does nothing if it is no more. */
export function signalGroup(leader: number | undefined, signal: NodeJS.Signals): void {
  if (leader === undefined) return;
  try {
    process.kill(-leader, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** The end of a text, where the reason stands. */
export function lastLines(text: string, count: number): string {
  return text.trimEnd().split('\n').slice(-count).join('\n');
}
