/**
 * Makes `lib/index.js` load a room when something of it is first asked for, and not all of them at once: who makes a key needs neither the prover nor what
 * builds APIs. aws-cdk-lib does the same. `npx tsx bench/import.ts` prints what it comes to.
 *
 *   tsx scripts/lazy-index.ts
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ROOT } from './door';

const index = join(ROOT, 'lib/index.js');
const load = createRequire(index);

/** `./keys`, by the source: what was compiled may have been made lazy already. */
function roomsOf(source: string): string[] {
  return [...source.matchAll(/from '(\.\/[^']+)'/g)].map(([, room]) => room);
}

/** Of a room all names, or those that the source picks. */
function namesOf(source: string, room: string): string[] {
  const picked = new RegExp(`export \\{([^}]+)\\} from '${room}'`).exec(source);
  return picked ? picked[1].split(',').map((name) => name.trim()).filter(Boolean) : Object.keys(load(room) as object);
}

const source = readFileSync(join(ROOT, 'src/index.ts'), 'utf8');
const homes = roomsOf(source).flatMap((room) => namesOf(source, room).map((name) => [name, room] as const));
const twice = homes.find(([name], at) => homes.findIndex(([other]) => other === name) !== at);
if (twice) throw new Error(`src/index.ts exports '${twice[0]}' twice`);

writeFileSync(index, [
  '"use strict";',
  'Object.defineProperty(exports, "__esModule", { value: true });',
  // By this line `import` knows the names.
  `${homes.map(([name]) => `exports.${name} = `).join('')}void 0;`,
  'function lazily(name, load) {',
  '    Object.defineProperty(exports, name, { enumerable: true, configurable: true, get: () => load()[name] });',
  '}',
  ...homes.map(([name, room]) => `lazily("${name}", () => require("${room}"));`),
  '',
].join('\n'));
