/**
 * Takes the source maps out of what was compiled. jsii writes them into each file with all its source, which is three quarters of `lib`; what is left is
 * the source again without types, with its comments.
 *
 *   tsx scripts/strip-source-maps.ts
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './door';

const lib = join(ROOT, 'lib');
for (const name of readdirSync(lib, { recursive: true, encoding: 'utf8' }).filter((each) => each.endsWith('.js'))) {
  const file = join(lib, name);
  writeFileSync(file, readFileSync(file, 'utf8').replace(/^\/\/# sourceMappingURL=data:.*\n?/gm, ''));
}
