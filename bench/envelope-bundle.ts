import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { median, print, round } from './measure';
import { doorBuild } from '../scripts/door';

/**
 * What envelope encryption under a KMS key adds to a Lambda bundle, and to its cold start: of the module as it ships,
 * bundled as NodejsFunction does.
 * `npx tsx bench/envelope-bundle.ts [--json]`
 */

const ROOT = resolve(__dirname, '..');
const ROUNDS = 21;

const PROGRAMS: Record<string, string> = {
  'an empty program': 'export const nothing = 0;',
  'node:crypto alone': "export { createCipheriv } from 'node:crypto';",
  'keysmith: createEnvelopeCipher and KmsKeyring': "export { KmsKeyring, createEnvelopeCipher } from './door.mjs';",
  'keysmith: and DataKeyCache': "export { DataKeyCache, KmsKeyring, createEnvelopeCipher } from './door.mjs';",
  'keysmith: createEnvelopeCipher, KmsKeyring and fetchKms': "export { KmsKeyring, createEnvelopeCipher, fetchKms } from './door.mjs';",
  'keysmith: and every keyring': `
    export {
      DataKeyCache, KmsDiscoveryKeyring, KmsKeyring, KmsRsaKeyring, MultiKeyring, RawAesKeyring, RawRsaKeyring, createEnvelopeCipher,
    } from './door.mjs';`,
  'client-node: buildClient and KmsKeyringNode': "export { KmsKeyringNode, buildClient } from '@aws-crypto/client-node';",
};

async function bundle(name: string, source: string, directory: string, format: 'cjs' | 'esm'): Promise<string> {
  const outfile = join(directory, `${name.replace(/\W+/g, '-')}.${format}.js`);
  await build({
    stdin: { contents: source, resolveDir: directory },
    nodePaths: [join(ROOT, 'node_modules')],
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node20',
    format,
    external: ['@aws-sdk/*', '../noble/*'],
    outfile,
    logLevel: 'error',
  });
  return outfile;
}

/** Milliseconds that a fresh process takes to load a file. */
function coldLoad(script: string): number {
  return Number(execFileSync(process.execPath, [script], { encoding: 'utf8' }));
}

async function main(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'envelope-bundle-'));
  try {
    await build({ ...doorBuild('runtime'), outfile: join(directory, 'door.mjs') });
    const files = new Map<string, { esm: string; file: string; script: string; times: number[] }>();
    for (const [name, source] of Object.entries(PROGRAMS)) {
      const esm = await bundle(name, source, directory, 'esm');
      const file = await bundle(name, source, directory, 'cjs');
      const script = `${file}.load.cjs`;
      // The SDK is external, and would be loaded by both: what is asked for from it is made up.
      writeFileSync(script, [
        'const { Module } = require("node:module");',
        'const load = Module._load;',
        'Module._load = (name, ...rest) => (name.startsWith("@aws-sdk/") ? new Proxy(class {}, {}) : load(name, ...rest));',
        'const start = process.hrtime.bigint();',
        `require(${JSON.stringify(file)});`,
        'console.log(Number(process.hrtime.bigint() - start) / 1e6);',
      ].join('\n'));
      files.set(name, { esm, file, script, times: [] });
    }
    for (let turn = 0; turn < ROUNDS; turn++) for (const { script, times } of files.values()) times.push(coldLoad(script));
    print('Bundle and cold load', [...files].map(([name, { esm, file, times }]) => ({
      'program': name,
      'minified bytes': statSync(esm).size,
      'KiB': round(statSync(esm).size / 1024, 1),
      'gzip KiB': round(gzipSync(readFileSync(esm)).length / 1024, 1),
      'as CommonJS KiB': round(statSync(file).size / 1024, 1),
      'cold load ms': round(median(times), 1),
    })), { bounds: 'createEnvelopeCipher and KmsKeyring: at most 20 KiB minified, cold load at most 8 ms; fetchKms: at most 8 KiB more' });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

void main();
