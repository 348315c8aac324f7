import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * What programs see of the types: the declarations of both doors, and a program that is compiled against them. `npm run test:package` does the
 * same with the tarball, and with older compilers.
 */

const ROOT = join(__dirname, '../..');
/** Without the types of jest and aws-lambda, which are this repository's alone. */
const STRICT = { module: 'node16', target: 'es2022', strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false, types: ['node'], noEmit: true };

let folder: string;
let lib: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'declarations-'));
  lib = join(folder, 'node_modules/cdk-keysmith/lib');
  compile('tsconfig.declarations.json', {
    extends: join(ROOT, 'tsconfig.json'),
    compilerOptions: {
      rootDir: join(ROOT, 'src'), outDir: lib, emitDeclarationOnly: true, inlineSourceMap: false, inlineSources: false, typeRoots: [join(ROOT, 'node_modules/@types')],
    },
    include: [],
    files: ['runtime', 'testing'].map((door) => join(ROOT, `src/${door}/index.ts`)),
  });
  writeFileSync(join(lib, 'runtime/index.d.mts'), "export * from './index.js';\n");
  cpSync(join(ROOT, 'package.json'), join(lib, '../package.json'));
  for (const name of ['@aws-sdk', '@smithy', '@types', 'undici-types']) symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name));
  cpSync(join(ROOT, 'test/package/consumer.mts'), join(folder, 'consumer.mts'));
  writeFileSync(join(folder, 'package.json'), '{"private":true}');
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true }));

function compile(name: string, config: object): void {
  writeFileSync(join(folder, name), JSON.stringify(config));
  const { status, stdout } = spawnSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', name], { cwd: folder, encoding: 'utf8' });
  if (status !== 0) throw new Error(stdout);
}

test('TypeScript 5.6 reads the declarations: to it neither Uint8Array nor Buffer takes a parameter', () => {
  const declarations = readdirSync(lib, { recursive: true, encoding: 'utf8' }).filter((path) => /^(runtime|spec).*\.d\.ts$/.test(path));
  expect(declarations.length).toBeGreaterThan(80);
  const withoutComments = (path: string) => readFileSync(join(lib, path), 'utf8').replace(/\/\*[^]*?\*\//g, '');
  expect(declarations.filter((path) => /\b(Uint8Array|Buffer)</.test(withoutComments(path)))).toEqual([]);
});

test('a program compiles strictly against them', () => {
  compile('tsconfig.json', { compilerOptions: { ...STRICT, lib: ['es2022', 'dom', 'dom.iterable'] } });
}, 120_000);
