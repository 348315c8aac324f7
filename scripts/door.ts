import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { buildSync } from 'esbuild';
import type { BuildOptions } from 'esbuild';

export const ROOT = resolve(__dirname, '..');

const NOBLE = join(ROOT, 'src/noble');

/** What browsers load of noble for randomness. */
const GLOBAL_CRYPTO = { '@noble/hashes/crypto': join(ROOT, 'node_modules/@noble/hashes/esm/crypto.js') };

/** How a door that ships as an ES module is made: one file, of which a bundler keeps what a program uses. What it loads later stays beside it. */
export function doorBuild(folder: string): BuildOptions {
  return {
    entryPoints: [join(ROOT, `src/${folder}/index.ts`)],
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: ['../noble/*'],
    logLevel: 'warning',
  };
}

/**
 * Bundles each file of `src/noble` with what it imports, as CommonJS, which `import()` and `require` take. Randomness comes from the global `crypto`: a
 * `require` of node:crypto would not get into the ES module that somebody bundles. @returns the files
 */
export function bundleNoble(folder: string): string[] {
  return readdirSync(NOBLE).map((name) => {
    const outfile = join(folder, name.replace(/\.ts$/, '.js'));
    // Of platform node, so that esbuild writes down the names that `import()` finds in CommonJS.
    buildSync({
      entryPoints: [join(NOBLE, name)], bundle: true, platform: 'node', format: 'cjs', target: 'node20', outfile, logLevel: 'warning', alias: GLOBAL_CRYPTO,
    });
    return outfile;
  });
}
