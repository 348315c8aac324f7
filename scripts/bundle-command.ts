/**
 * Makes the command one file, `lib/cli/keysmith.js`, with its libraries inside and their licences beside it: the package has no dependencies that
 * it would have to install. What jsii compiled of the command goes: nobody imports it.
 *
 *   tsx scripts/bundle-command.ts
 */
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { commandBuild, licencesOf, NOBLE_LIBRARIES, ROOT } from './door';

const folder = join(ROOT, 'lib/cli');
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const outfile = join(folder, 'keysmith.js');
buildSync(commandBuild(outfile));
chmodSync(outfile, 0o755);
writeFileSync(join(folder, 'LICENSE'), licencesOf(['commander', 'yaml', ...NOBLE_LIBRARIES]));
