import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import type { BuildOptions } from 'esbuild';
import { ROOT, doorBuild } from '../scripts/door';

type Runtime = typeof import('../src/runtime');
type Constructs = typeof import('../src');
type Detect = typeof import('../src/detect');

/**
 * The run time as it ships. What runs the programs here from their sources gives every function its name anew each time
 * it is made, which nobody pays for who uses the package.
 */
export function shipped(): Runtime {
  return built<Runtime>(doorBuild('runtime'), tmpdir());
}

/** The constructs as they ship, for the same reason; what they import is found from here. */
export function shippedConstructs(): Constructs {
  return built<Constructs>({
    entryPoints: [join(ROOT, 'src/index.ts')], bundle: true, platform: 'node', target: 'es2022', external: ['aws-cdk-lib', 'constructs'], logLevel: 'warning',
  }, __dirname);
}

/** What `keysmith watch` is made of, as it ships, for the same reason. */
export function shippedDetect(): Detect {
  return built<Detect>({ entryPoints: [join(ROOT, 'src/detect/index.ts')], bundle: true, platform: 'node', target: 'es2022', logLevel: 'warning' }, tmpdir());
}

function built<T>(options: BuildOptions, beside: string): T {
  const directory = mkdtempSync(join(beside, 'shipped-'));
  try {
    const outfile = join(directory, 'shipped.cjs');
    buildSync({ ...options, format: 'cjs', outfile });
    return createRequire(outfile)(outfile) as T;
  } finally {
    rmSync(directory, { recursive: true });
  }
}
