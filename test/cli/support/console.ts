import { mkdtempSync, writeFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Console } from '../../../src/cli/console';
import { run } from '../../../src/cli/run';

/** What a run of the command wrote, and how it ended. */
export interface Ran {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** A console that keeps what is written to it. */
export function recorded(settings: Partial<Console> & { readonly stdin?: string } = {}): Console & { readonly written: Pick<Ran, 'out' | 'err'> } {
  const written = { out: '', err: '' };
  return {
    columns: 80,
    colours: false,
    watched: false,
    out: (text) => { written.out += text; },
    err: (text) => { written.err += text; },
    readStandardInput: async () => settings.stdin ?? '',
    interrupted: async () => undefined,
    ...settings,
    written,
  };
}

/** Runs the command in this process. */
export async function keysmith(words: readonly string[], settings: Parameters<typeof recorded>[0] = {}): Promise<Ran> {
  const console = recorded(settings);
  const status = await run(words, console, '1.2.3');
  return { status, ...console.written };
}

/** A folder with these files; objects are written as JSON. @returns its path */
export function folderWith(files: Readonly<Record<string, string | object>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'keysmith-cli-'));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content, null, 2));
  }
  return folder;
}

/** A file with this text. @returns its path */
export function fileWith(content: string | object, name = 'template.yaml'): string {
  return join(folderWith({ [name]: content }), name);
}

/** The longest line. */
export function width(text: string): number {
  return Math.max(...text.split('\n').map(({ length }) => length));
}
