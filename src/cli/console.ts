/** Where the command reads and writes: the process's own streams, or a test's. */
export interface Console {
  /** Characters of a line. */
  readonly columns: number;
  /** Whether results may be coloured. */
  readonly colours: boolean;
  /** Whether somebody sees `err` as it comes: progress is shown then. */
  readonly watched: boolean;
  /** Results. */
  out(text: string): void;
  /** What goes wrong, notes and progress. */
  err(text: string): void;
  /** All of standard input. */
  readStandardInput(): Promise<string>;
  /** Ends when the user asks for it, by Ctrl-C for example. */
  interrupted(): Promise<void>;
}

const NARROWEST = 40;
const WIDEST = 80;

/** The console of a process. Colours follow https://no-color.org and `FORCE_COLOR`. */
export function consoleOf({ stdout, stderr, stdin, env }: Pick<NodeJS.Process, 'stdout' | 'stderr' | 'stdin' | 'env'>): Console {
  return {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    columns: Math.max(NARROWEST, Math.min(WIDEST, stdout.isTTY ? stdout.columns || WIDEST : WIDEST)),
    colours: !env.NO_COLOR && (env.FORCE_COLOR ? env.FORCE_COLOR !== '0' : stdout.isTTY && env.TERM !== 'dumb'),
    watched: stderr.isTTY && env.TERM !== 'dumb' && !env.CI,
    readStandardInput: async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of stdin) chunks.push(Buffer.from(chunk as Buffer));
      return Buffer.concat(chunks).toString('utf8');
    },
    interrupted: () => new Promise((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
    }),
  };
}
