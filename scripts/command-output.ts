import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from './door';

/** Where the templates are that the pages show the command with. */
const FOLDER = join(ROOT, 'examples/command');

/**
 * What the command prints, run from source beside its example templates.
 *
 * @param line as a user writes it: `keysmith check orders.yaml`
 * @throws Error if it ends with anything but the status for what it has to say
 */
export function commandOutput(line: string, { colours = false } = {}): string {
  const [, ...words] = line.split(' ');
  const { NO_COLOR: _, ...environment } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, 'node_modules/tsx/dist/cli.mjs'), join(ROOT, 'src/cli/main.ts'), ...words], {
    cwd: FOLDER, encoding: 'utf8', timeout: 120_000, env: { ...environment, NODE_NO_WARNINGS: '1', ...(colours ? { FORCE_COLOR: '1' } : { NO_COLOR: '1' }) },
  });
  if (status !== 0 && status !== 1) throw new Error(`\`${line}\` ended with status ${status}:\n${stdout}${stderr}`);
  return stdout;
}
