import { readdirSync, readFileSync } from 'node:fs';
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

/** The licences of packages of which parts are bundled: they want to go along. */
export function licencesOf(packages: readonly string[]): string {
  return packages.map((name) => {
    const folder = join(ROOT, 'node_modules', name);
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
    return `Parts of ${name} ${version}:\n\n${readFileSync(join(folder, 'LICENSE'), 'utf8').trim()}\n`;
  }).join('\n\n');
}

/** How the command is made: one file that needs no other, but for what `src/noble` ships as, and that only where it signs or verifies. */
export function commandBuild(outfile: string): BuildOptions {
  return {
    entryPoints: [join(ROOT, 'src/cli/main.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    external: ['../noble/*'],
    banner: { js: '#!/usr/bin/env node' },
    legalComments: 'none',
    minifySyntax: true,
    minifyWhitespace: true,
    logLevel: 'warning',
  };
}
