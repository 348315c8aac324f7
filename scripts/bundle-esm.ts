/**
 * Bundles the doors that also ship as ES modules: `lib/<folder>/index.mjs`, with types beside it.
 *
 * jsii emits CommonJS, of which a bundler keeps everything; of these modules it keeps what a program uses.
 *
 *   tsx scripts/bundle-esm.ts runtime …
 */
import { writeFileSync } from 'node:fs';
import { buildSync } from 'esbuild';
import { doorBuild } from './door';

for (const folder of process.argv.slice(2)) {
  buildSync({ ...doorBuild(folder), outfile: `lib/${folder}/index.mjs` });
  writeFileSync(`lib/${folder}/index.d.mts`, "export * from './index.js';\n");
}
