/**
 * Makes each file of `lib/noble` one that needs no other: with the parts of the noble libraries that it names, and their licence beside it. The
 * libraries whole are twenty times that, and would be installed by everybody.
 *
 *   tsx scripts/bundle-noble.ts
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleNoble, ROOT } from './door';

const LIBRARIES = ['@noble/curves', '@noble/hashes', '@noble/post-quantum'];

const licences = LIBRARIES.map((name) => {
  const folder = join(ROOT, 'node_modules', name);
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
  return `Parts of ${name} ${version}:\n\n${readFileSync(join(folder, 'LICENSE'), 'utf8').trim()}\n`;
});

for (const file of bundleNoble(join(ROOT, 'lib/noble'))) {
  // Only files of this package import them, and those are compiled.
  rmSync(file.replace(/\.js$/, '.d.ts'), { force: true });
}
writeFileSync(join(ROOT, 'lib/noble/LICENSE'), licences.join('\n\n'));
