/**
 * The example deployed by the CDK's command line to an emulator of AWS on loopback: used, changed and destroyed. What that shows and what
 * it does not is in README.md.
 *
 *   npm run integ [-- --keep]
 *
 * Ends with 0 if all is as it should be, or if there is no Python to run the emulator with, which it says; with 1 if something is not;
 * with 2 if it could not begin; with 128 and the signal's number if somebody ended it.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommandFailure } from './command';
import { Emulator } from './emulator';
import { ensure, Interrupted, Mismatch, Progress, SetupFailure, Skipped } from './progress';
import { findPython, installEmulator } from './python';
import { ENVIRONMENT } from '../examples/invoices/environment';

const USAGE = 'npm run integ [-- --keep]';
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

async function main(words: readonly string[]): Promise<void> {
  const unknown = words.filter((word) => word !== '--keep');
  if (unknown.length) throw new SetupFailure(`what is '${unknown.join(' ')}'? ${USAGE}`);
  const interruption = new AbortController();
  for (const signal of SIGNALS) process.on(signal, () => interruption.abort(new Interrupted(signal)));

  const folder = mkdtempSync(join(tmpdir(), 'keysmith-integ-'));
  try {
    await withEmulator(folder, words.includes('--keep'), interruption.signal);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function withEmulator(folder: string, keep: boolean, interrupted: AbortSignal): Promise<void> {
  const progress = new Progress(interrupted);
  const version = findPython();
  const python = await progress.step(`the emulator is installed, for Python ${version}`, () => installEmulator(version, interrupted));
  const emulator = await progress.step('the emulator answers', () => Emulator.start(python, folder, ENVIRONMENT, interrupted), ({ endpoint }) => endpoint);
  const { endpoint } = emulator;
  const kept = async (): Promise<void> => {
    if (!keep || interrupted.aborted) return;
    const { directions } = await import('./scenario.js');
    console.log(`\nkept, until Ctrl-C ends this program (${process.pid}) and the emulator (${emulator.pid}):\n${await directions(endpoint)}`);
    await once(interrupted, 'abort');
  };
  try {
    await progress.step('it listens on loopback only', () => onLoopback(emulator), (seen) => seen);
    const props = { endpoint, folder, progress, keep, interrupted };
    // They take seconds to load, and a run that ends before it needs nothing of them.
    const { playScenario } = await import('./scenario.js');
    await playScenario(props);
    const { playSigning } = await import('./signing-scenario.js');
    if (!keep) await playSigning(props);
    await progress.step('with its functions too', () => onLoopback(emulator), (seen) => seen);
    console.log(progress.summary);
    await kept();
  } catch (error) {
    if (!(error instanceof Interrupted)) console.error(`\nthe end of the emulator's log:\n${emulator.log()}\n`);
    await kept().catch(() => undefined);
    throw error;
  } finally {
    await emulator.stop();
  }
}

/** Every address that the emulator listens on. */
async function onLoopback(emulator: Emulator): Promise<string> {
  const addresses = await emulator.listeners();
  if (!addresses) return 'not seen, for there is no ss here';
  const elsewhere = addresses.filter((address) => !address.startsWith('127.0.0.1:'));
  ensure(addresses.length > 0 && elsewhere.length === 0, `it listens on ${addresses.join(', ') || 'nothing'}`);
  return addresses.join(', ');
}

function statusOf(error: unknown): number {
  if (error instanceof Skipped) return 0;
  if (error instanceof SetupFailure) return 2;
  if (error instanceof Interrupted) return 128 + constants.signals[error.message as typeof SIGNALS[number]];
  return 1;
}

main(process.argv.slice(2)).catch((error: Error) => {
  process.exitCode = statusOf(error);
  if (error instanceof Skipped) console.log(`skipped  integ: ${error.message}`);
  else if (error instanceof Interrupted) console.error(`ended by ${error.message}`);
  else console.error(error instanceof Mismatch || error instanceof SetupFailure || error instanceof CommandFailure ? error.message : error);
});
