/**
 * Bundles the doors that also ship as ES modules: `lib/<folder>/index.mjs`, with types beside it.
 *
 * jsii emits CommonJS, of which a bundler keeps everything; of these modules it keeps what a program uses.
 *
 *   tsx scripts/bundle-esm.ts runtime …
 */
import { writeFileSync } from 'node:fs';
import { buildSync } from 'esbuild';

for (const folder of process.argv.slice(2)) {
  buildSync({
    entryPoints: [`src/${folder}/index.ts`],
    outfile: `lib/${folder}/index.mjs`,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: ['@noble/*'],
    logLevel: 'warning',
  });
  writeFileSync(`lib/${folder}/index.d.mts`, "export * from './index.js';\n");
}
