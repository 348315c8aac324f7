/**
 * Makes `lib/structured-fields` one file that needs no other, with the library that parses structured fields in it, and its licence beside it: the package has
 * no dependencies that it would have to install.
 *
 *   tsx scripts/bundle-structured-fields.ts
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { licencesOf, ROOT } from './door';

const folder = join(ROOT, 'lib/structured-fields');
buildSync({
  entryPoints: [join(ROOT, 'src/structured-fields/index.ts')], bundle: true, platform: 'node', format: 'cjs', target: 'node20', outfile: join(folder, 'index.js'), logLevel: 'warning',
});
writeFileSync(join(folder, 'LICENSE'), licencesOf(['structured-headers']));
