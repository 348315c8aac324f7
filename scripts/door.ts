import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
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

/** Of which parts are bundled into what signs and verifies. */
export const NOBLE_LIBRARIES = ['@noble/curves', '@noble/hashes', '@noble/post-quantum'];

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

const ENTRIES = join(ROOT, 'src/handlers/entries');

/** The handlers that ship, by their names. */
export const HANDLERS = readdirSync(ENTRIES).map((name) => basename(name, '.ts')).sort();

/** Files of a handler by their paths: `index.mjs`, and beside it what is loaded for ML-DSA and Ed25519ph only. */
export function handlerFiles(name: string): ReadonlyMap<string, Buffer> {
  const outdir = join(ROOT, 'assets', name);
  const { outputFiles } = buildSync({
    entryPoints: { index: join(ENTRIES, `${name}.ts`) },
    outdir,
    absWorkingDir: ROOT,
    write: false,
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: ['@aws-sdk/*'],
    outExtension: { '.js': '.mjs' },
    legalComments: 'none',
    minifySyntax: true,
    minifyWhitespace: true,
    alias: GLOBAL_CRYPTO,
    logLevel: 'warning',
  });
  const files = outputFiles.map(({ path, contents }): [string, Buffer] => [relative(outdir, path), Buffer.from(contents)]);
  return new Map([...files, ['LICENSE', Buffer.from(licencesOf(NOBLE_LIBRARIES))]]);
}

/** One hash for the same files, on every machine. */
export function hashOfFiles(files: ReadonlyMap<string, Buffer>): string {
  const hash = createHash('sha256');
  for (const [path, content] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) hash.update(`${path}\0${content.length}\0`).update(content);
  return hash.digest('hex');
}

/**
 * Makes `assets/<name>` of each handler, and `assets/<name>.sha256` beside it: the hash that the constructs give to CDK, so that the same asset has one name
 * in every language. What is there already, and of the same hash, stays untouched: others may be reading it.
 */
export function bundleHandlers(): void {
  for (const name of HANDLERS) {
    const [files, folder, hashFile] = [handlerFiles(name), join(ROOT, 'assets', name), join(ROOT, `assets/${name}.sha256`)];
    const hash = hashOfFiles(files);
    if (existsSync(hashFile) && readFileSync(hashFile, 'utf8') === hash && [...files.keys()].every((path) => existsSync(join(folder, path)))) continue;
    rmSync(folder, { recursive: true, force: true });
    for (const [path, content] of files) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), content);
    }
    writeFileSync(hashFile, hash);
  }
}
