import { awscdk, javascript } from 'projen';

/** Folders of programs beside src and test. They import the package by its name, as its users do, and run from source. */
const PROGRAM_FOLDERS = ['examples', 'bench', 'integ', 'scripts'];

/** The doors of the package, as the programs of this repository see them. */
const DOORS_IN_SOURCE = {
  'cdk-keysmith': ['../src/index.ts'],
  'cdk-keysmith/runtime': ['../src/runtime/index.ts'],
  'cdk-keysmith/testing': ['../src/testing/index.ts'],
};

/** The commands a newcomer, CI and a benchmark run. */
export function programs(project: awscdk.AwsCdkConstructLibrary): void {
  for (const folder of PROGRAM_FOLDERS) {
    const tsconfig = new javascript.TypescriptConfig(project, {
      fileName: `${folder}/tsconfig.json`,
      include: ['**/*.ts'],
      exclude: ['node_modules', '**/cdk.out'],
      compilerOptions: { noEmit: true, rootDir: '..', paths: DOORS_IN_SOURCE, types: ['node'] },
    });
    tsconfig.addExtends(project.tsconfig!);
  }

  project.addTask('demo', {
    description: 'The whole idea on one application, without an AWS account',
    exec: 'tsx --tsconfig examples/tsconfig.json examples/invoices/demo.ts',
    env: { CDK_VALIDATION: 'false', NODE_NO_WARNINGS: '1' },
    receiveArgs: true,
  });

  project.addTask('demo:alarms', {
    description: 'An incident replayed: a normal day, an attack, and the alarms that tell of it',
    exec: 'tsx --tsconfig examples/tsconfig.json examples/alarms/demo.ts',
    env: { CDK_VALIDATION: 'false', NODE_NO_WARNINGS: '1' },
  });

  project.addTask('integ', {
    description: 'The example deployed by the CDK CLI to an emulator of AWS, used, changed and destroyed',
    exec: 'tsx --tsconfig integ/tsconfig.json integ/run.ts',
    env: { CDK_VALIDATION: 'false', NODE_NO_WARNINGS: '1' },
    receiveArgs: true,
  });

  // They import the package by its own name, which the compiler resolves and checks.
  project.eslint?.addOverride({ files: PROGRAM_FOLDERS.map((folder) => `${folder}/**/*.ts`), rules: { 'import/no-unresolved': 'off' } });

  const everything = new javascript.TypescriptConfig(project, {
    fileName: 'tsconfig.check.json',
    include: ['test', ...PROGRAM_FOLDERS].map((folder) => `${folder}/**/*.ts`),
    exclude: ['node_modules', '**/cdk.out*'],
    compilerOptions: {
      noEmit: true,
      rootDir: '.',
      types: ['node', 'jest'],
      paths: Object.fromEntries(Object.entries(DOORS_IN_SOURCE).map(([door, [path]]) => [door, [path.replace('../', './')]])),
    },
  });
  everything.addExtends(project.tsconfig!);
  const typecheck = project.addTask('typecheck', {
    description: 'Types of everything that jsii does not compile',
    exec: 'tsc -p tsconfig.check.json',
  });

  const unit = project.addTask('test:unit', {
    description: 'The test suite',
    steps: [
      { exec: 'mkdir -p test-reports' },
      { exec: 'jest --ci --json --outputFile=test-reports/jest.json', receiveArgs: true },
    ],
  });

  const compiled = [{ spawn: 'pre-compile' }, { spawn: 'compile' }, { spawn: 'bundle' }];
  project.addTask('test:package', {
    description: 'The tarball, packed and installed in empty projects',
    steps: [...compiled, { exec: 'tsx scripts/check-package.ts' }],
  });

  project.addTask('test:nodes', {
    description: 'Run time, local KMS, tarball and demo on the lines of Node that this machine does not have',
    steps: [...compiled, { exec: 'tsx scripts/test-nodes.ts', receiveArgs: true }],
    env: { CDK_VALIDATION: 'false', NODE_NO_WARNINGS: '1' },
  });

  project.addTask('test:python', {
    description: 'Messages to and from the AWS Encryption SDK for Python, where a Python has it (PYTHON names one)',
    exec: 'tsx --tsconfig scripts/tsconfig.json scripts/check-python.ts',
    env: { NODE_NO_WARNINGS: '1' },
    receiveArgs: true,
  });

  project.addTask('tarball', {
    description: 'The package as a file, to install in another project: dist/cdk-keysmith-0.0.0.tgz',
    steps: [...compiled, { exec: 'mkdir -p dist' }, { exec: 'npm pack --ignore-scripts --silent --pack-destination dist' }],
  });

  project.addTask('test:docs', {
    description: 'What README.md and docs/ show runs and prints that, and API.md and docs/api are what the sources say',
    steps: [
      { exec: 'tsx scripts/check-docs.ts' },
      { exec: 'tsx scripts/checks-page.ts' },
      { exec: 'tsx scripts/terminal-picture.ts --check' },
      { exec: 'jsii-docgen -o test-reports/API.md && diff -q API.md test-reports/API.md || (echo "API.md is stale: run npx projen docgen" && exit 1)' },
    ],
  });

  project.addTask('lint', {
    description: 'Style and import directions',
    steps: [
      // One process for all has no room in the 4 GB that Node gives it. A shell stays between, as projen takes an end by a signal for success.
      ...['src', 'test', 'bench examples', 'projenrc integ scripts .projenrc.ts'].map((files) => (
        { exec: `eslint --ext .ts --no-error-on-unmatched-pattern ${files} || exit 1` })),
      { exec: 'tsx scripts/check-boundaries.ts' },
    ],
    env: { ESLINT_USE_FLAT_CONFIG: 'false', NODE_NO_WARNINGS: '1' },
  });

  project.testTask.reset();
  project.testTask.spawn(typecheck);
  project.testTask.spawn(unit);
  for (const step of compiled) project.testTask.spawn(project.tasks.tryFind(step.spawn)!);
  // Each takes one processor for minutes. What either prints comes in one piece, when it ends.
  project.testTask.exec('concurrently --group --kill-others-on-fail "tsx scripts/check-package.ts" "projen test:docs"');
  project.testTask.exec('tsx scripts/tally.ts test-reports/jest.json');

  project.gitignore.addPatterns('/test-reports/', 'cdk.out/', '/lib/', '/assets/', '*.tgz');
}
