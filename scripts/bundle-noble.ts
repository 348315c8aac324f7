/**
 * Makes each file of `lib/noble` one that needs no other: with the parts of the noble libraries that it names, and their licence beside it. The
 * libraries whole are twenty times that, and would be installed by everybody.
 *
 *   tsx scripts/bundle-noble.ts
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleNoble, licencesOf, NOBLE_LIBRARIES, ROOT } from './door';

for (const file of bundleNoble(join(ROOT, 'lib/noble'))) {
  // Only files of this package import them, and those are compiled.
  rmSync(file.replace(/\.js$/, '.d.ts'), { force: true });
}
writeFileSync(join(ROOT, 'lib/noble/LICENSE'), licencesOf(NOBLE_LIBRARIES));
