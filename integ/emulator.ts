import { ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { AddressInfo, createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { CommandFailure, lastLines, run, signalGroup } from './command';
import { SetupFailure } from './progress';

/** An account and a Region to deploy to. */
export interface Target {
  readonly account: string;
  readonly region: string;
}

const START_WITHIN = 90_000;
const STOP_WITHIN = 10_000;

/** An emulator of AWS on loopback, in a process group of its own: the functions that it runs are its children. */
export class Emulator {
  /**
   * Starts it, and waits until it answers.
   *
   * @param python interpreter that has it installed
   * @param folder for its log and everything it writes
   * @throws SetupFailure with the end of its log
   */
  public static async start(python: string, folder: string, { account, region }: Target, interrupted: AbortSignal): Promise<Emulator> {
    const port = await freePort();
    const temporary = join(folder, 'emulator');
    mkdirSync(temporary, { recursive: true });
    const logFile = join(folder, 'emulator.log');
    const log = openSync(logFile, 'a');
    const child = spawn(python, ['-m', 'ministack'], {
      cwd: temporary,
      detached: true,
      stdio: ['ignore', log, log],
      // All of it: what the emulator has in its environment, the functions that it runs have in theirs.
      env: {
        PATH: [dirname(process.execPath), process.env.PATH].join(':'),
        HOME: temporary,
        TMPDIR: temporary,
        BIND_HOST: '127.0.0.1',
        GATEWAY_PORT: `${port}`,
        // Its other listeners.
        IOT_MTLS_ENABLED: '0',
        SFTP_ENABLED: '0',
        // Where there is Docker it removes containers that others of its kind left.
        DOCKER_HOST: `unix://${join(temporary, 'no-docker')}`,
        MINISTACK_ACCOUNT_ID: account,
        MINISTACK_REGION: region,
        AWS_EC2_METADATA_DISABLED: 'true',
        PYTHONNOUSERSITE: '1',
        // The SDK warns of Node versions that it will leave behind.
        NODE_NO_WARNINGS: '1',
      },
    });
    closeSync(log);
    const emulator = new Emulator(child, `http://127.0.0.1:${port}`, logFile);
    try {
      await emulator.answering(interrupted);
      return emulator;
    } catch (error) {
      await emulator.stop();
      throw error;
    }
  }

  private ended?: string;
  private readonly lastResort: () => void;

  private constructor(private readonly child: ChildProcess, public readonly endpoint: string, private readonly logFile: string) {
    child.once('error', (error) => { this.ended ??= error.message; });
    child.once('exit', (status, signal) => { this.ended ??= signal ?? `status ${status}`; });
    // For an exit that passes by `stop`.
    this.lastResort = () => signalGroup(this.child.pid, 'SIGKILL');
    process.once('exit', this.lastResort);
  }

  /** Process id, which is the id of its group too. */
  public get pid(): number {
    return this.child.pid!;
  }

  /** The end of its log. */
  public log(lines = 25): string {
    return lastLines(readFileSync(this.logFile, 'utf8'), lines);
  }

  /** Every address that it and its children listen on, TCP and UDP; undefined where `ss` does not tell. */
  public async listeners(): Promise<string[] | undefined> {
    const ask = (command: string, ...words: string[]): Promise<string> => run(command, words, { env: { PATH: process.env.PATH } });
    try {
      const members = (await ask('ps', '-eo', 'pid=,pgid=')).split('\n').map((line) => line.trim().split(/\s+/)).filter(([, group]) => group === `${this.pid}`);
      const own = new Set(members.map(([pid]) => pid));
      const sockets = (await ask('ss', '-Hltunp')).split('\n').filter((line) => [...line.matchAll(/pid=(\d+)/g)].some(([, pid]) => own.has(pid)));
      return sockets.map((line) => line.trim().split(/\s+/)[4]);
    } catch (error) {
      if (error instanceof CommandFailure) return undefined;
      throw error;
    }
  }

  /** Ends it and whatever it runs. Once more does nothing. */
  public async stop(): Promise<void> {
    if (this.ended === undefined) {
      const gone = once(this.child, 'exit');
      signalGroup(this.child.pid, 'SIGTERM');
      await Promise.race([gone, pause(STOP_WITHIN, undefined, { ref: false })]);
    }
    // Also the functions of an emulator that ended by itself.
    signalGroup(this.child.pid, 'SIGKILL');
    process.removeListener('exit', this.lastResort);
  }

  private async answering(interrupted: AbortSignal): Promise<void> {
    const deadline = Date.now() + START_WITHIN;
    while (!await ready(this.endpoint)) {
      interrupted.throwIfAborted();
      if (this.ended !== undefined) throw new SetupFailure(`the emulator ended while it started (${this.ended}); the end of its log:\n${this.log()}`);
      if (Date.now() > deadline) throw new SetupFailure(`the emulator did not answer within ${START_WITHIN / 1000} s; the end of its log:\n${this.log()}`);
      await pause(100);
    }
  }
}

async function ready(endpoint: string): Promise<boolean> {
  return fetch(`${endpoint}/_ministack/ready`, { signal: AbortSignal.timeout(5_000) }).then((response) => response.ok, () => false);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
}
