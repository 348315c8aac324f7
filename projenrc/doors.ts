import { awscdk } from 'projen';

/** One door of the package: an import path, the source folder behind it, and whether it also ships as one ES module. */
interface Door {
  readonly name: string;
  readonly folder: string;
  /** jsii emits CommonJS, which bundlers cannot shake: such a door is also bundled to `index.mjs`. */
  readonly esModule: boolean;
}

const DOORS: Door[] = [
  { name: 'runtime', folder: 'runtime', esModule: true },
  { name: 'testing', folder: 'testing', esModule: false },
  { name: 'nag', folder: 'nag', esModule: false },
];

/** The `exports` of package.json, the ES modules behind them, and the optional peers. */
export function packageDoors(project: awscdk.AwsCdkConstructLibrary): void {
  const exports: Record<string, unknown> = {
    '.': { types: './lib/index.d.ts', default: './lib/index.js' },
  };
  const typesVersions: Record<string, string[]> = {};
  for (const { name, folder, esModule } of DOORS) {
    const types = `./lib/${folder}/index.d.ts`;
    const commonJs = `./lib/${folder}/index.js`;
    exports[`./${name}`] = esModule
      ? { import: { types: `./lib/${folder}/index.d.mts`, default: `./lib/${folder}/index.mjs` }, require: { types, default: commonJs } }
      : { types, default: commonJs };
    typesVersions[name] = [types];
  }
  exports['./package.json'] = './package.json';
  exports['./.jsii'] = './.jsii';
  project.package.addField('exports', exports);
  // Resolvers that predate `exports`.
  project.package.addField('typesVersions', { '*': typesVersions });
  project.package.addField('sideEffects', false);
  project.package.addField('files', ['lib', 'assets', 'docs', 'schemas', '.jsii', 'API.md', 'CHANGELOG.md', 'ARCHITECTURE.md', 'SECURITY.md', '!**/*.tsbuildinfo']);
  project.package.addBin({ keysmith: 'lib/cli/keysmith.js' });
  // Users of ./runtime and ./testing have no CDK installed, and need none.
  project.package.addField('peerDependenciesMeta', { 'aws-cdk-lib': { optional: true }, 'constructs': { optional: true } });

  // What a moved file was compiled to before would stay, ship, and be found in place of the folder of its name.
  project.preCompileTask.exec('rm -rf lib');

  const bundle = project.addTask('bundle', {
    description: 'What jsii compiled made into what ships: doors that are ES modules too, parts of the noble libraries, structured fields, the command, handlers, rooms on demand, no source maps',
    steps: [
      { exec: `tsx scripts/bundle-esm.ts ${DOORS.filter((door) => door.esModule).map(({ folder }) => folder).join(' ')}` },
      { exec: 'tsx scripts/bundle-noble.ts' },
      { exec: 'tsx scripts/bundle-structured-fields.ts' },
      { exec: 'tsx scripts/bundle-command.ts' },
      { exec: 'tsx scripts/bundle-handlers.ts' },
      { exec: 'tsx scripts/lazy-index.ts' },
      { exec: 'tsx scripts/strip-source-maps.ts' },
    ],
  });
  project.postCompileTask.prependSpawn(bundle);
}
