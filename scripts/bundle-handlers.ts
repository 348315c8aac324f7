/**
 * Makes what runs in Lambda: `assets/<name>`, a folder for each file of src/handlers/entries, with the hash of its content beside it. What jsii compiled of the
 * handlers goes: nobody imports it.
 *
 *   tsx scripts/bundle-handlers.ts
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { bundleHandlers, ROOT } from './door';

bundleHandlers();
rmSync(join(ROOT, 'lib/handlers'), { recursive: true, force: true });
