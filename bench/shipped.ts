import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { doorBuild } from '../scripts/door';

type Runtime = typeof import('../src/runtime');

/**
 * The run time as it ships. What runs the programs here from their sources gives every function its name anew each time
 * it is made, which nobody pays for who uses the package.
 */
export function shipped(): Runtime {
  const directory = mkdtempSync(join(tmpdir(), 'runtime-'));
  try {
    const outfile = join(directory, 'runtime.cjs');
    buildSync({ ...doorBuild('runtime'), format: 'cjs', outfile });
    return createRequire(outfile)(outfile) as Runtime;
  } finally {
    rmSync(directory, { recursive: true });
  }
}
