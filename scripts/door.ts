import { join, resolve } from 'node:path';
import type { BuildOptions } from 'esbuild';

const ROOT = resolve(__dirname, '..');

/** How a door that ships as an ES module is made: one file, of which a bundler keeps what a program uses. */
export function doorBuild(folder: string): BuildOptions {
  return {
    entryPoints: [join(ROOT, `src/${folder}/index.ts`)],
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: ['@noble/*'],
    logLevel: 'warning',
  };
}
