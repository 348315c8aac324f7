import { awscdk, javascript } from 'projen';
import { apiPages } from './projenrc/api-pages';
import { enforceBoundaries } from './projenrc/boundaries';
import { packageDoors } from './projenrc/doors';
import { programs } from './projenrc/programs';

const project = new awscdk.AwsCdkConstructLibrary({
  name: 'cdk-keysmith',
  description: 'The right KMS key with an exact key policy, and the run-time code that uses it correctly.',
  keywords: ['aws', 'cdk', 'kms', 'encryption', 'signing', 'key-policy', 'envelope-encryption'],
  author: 'cdk-keysmith maintainers',
  authorAddress: 'maintainers@cdk-keysmith.example',
  authorOrganization: true,
  repositoryUrl: 'https://github.com/cdk-keysmith/cdk-keysmith.git',
  license: 'Apache-2.0',
  stability: 'experimental',
  defaultReleaseBranch: 'main',

  packageManager: javascript.NodePackageManager.NPM,
  projenrcTs: true,
  projenVersion: '0.103.25',
  jsiiVersion: '~6.0.0',
  typescriptVersion: '~6.0.3',
  minNodeVersion: '20.16.0',
  workflowNodeVersion: '20',
  // The floor: everything is compiled and tested against it. The packed tarball is tried against the newest.
  // Maven Central's aws-cdk-lib ends at 2.263.0, so the floor stays at or below that.
  cdkVersion: '2.262.1',
  constructsVersion: '10.5.1',
  cdkCliVersion: '2.1148.1',

  github: false,
  release: false,
  depsUpgrade: false,
  buildWorkflow: false,
  sampleCode: false,
  docgen: true,
  docgenFilePath: 'API.md',

  devDeps: [
    '@aws-crypto/client-node@5.0.2',
    '@aws-sdk/client-cloudformation@^3.1162.0',
    '@aws-sdk/client-dynamodb@^3.1162.0',
    '@aws-sdk/client-iam@^3.1162.0',
    '@aws-sdk/client-kms@^3.1162.0',
    '@aws-sdk/client-lambda@^3.1162.0',
    '@aws-sdk/client-s3@^3.1162.0',
    '@aws-sdk/lib-dynamodb@^3.1162.0',
    '@cloud-copilot/iam-simulate@0.1.173', // AGPL-3.0: a test oracle, never imported by what ships
    '@electric-sql/pglite@0.5.17', // PostgreSQL in the process: a real database for examples and tests
    '@microsoft/jest-sarif@1.0.0-beta.0', // the schema of SARIF 2.1.0, for tests
    // Node 20 has neither ML-DSA nor Ed25519ph. What src/noble takes of these libraries is bundled into lib/noble. These lines of them still have
    // CommonJS beside ES modules, which the tests need.
    '@noble/curves@1.9.7',
    '@noble/hashes@1.8.0',
    '@noble/post-quantum@0.4.1',
    '@types/aws-lambda@^8',
    '@types/sarif@2.1.7',
    'ajv@^8.20.0',
    'aws-cdk@2.1148.1', // `latest` in registries is a stray 3.0.0 that refuses today's assemblies
    'cdk-nag@^3.0.2', // not a peer: that would make it a hard requirement of the Python and Java packages
    'cli-table3@0.6.5',
    'commander@14.0.3', // bundled into the command; 15 needs Node 22
    'concurrently@9.2.5', // 10 needs Node 22
    'esbuild@0.28.2',
    'express@5.2.1',
    'fast-check@^4.10.2',
    'structured-headers@2.1.0', // bundled into the run time, which parses fields of HTTP with it
    'tsx@4.23.15',
    'typedoc@0.28.20',
    'typedoc-plugin-markdown@4.14.1',
    'yaml@2.9.1', // bundled into the command
    'z3-solver@5.2.0', // another mind for the prover: tests ask it the same questions
    // Libraries that read and make tokens: what is made here must pass there, and the other way round.
    'aws-jwt-verify@5.2.1',
    'fast-jwt@6.3.6',
    'http-message-sig@0.3.0',
    'http-message-signatures@1.0.6',
    'jose@6.2.18',
    'jsonwebtoken@9.0.3',
  ],

  tsconfig: { compilerOptions: { types: ['node'] } },
  tsconfigDev: { compilerOptions: { types: ['node', 'jest'] } },

  jestOptions: {
    jestVersion: '^30',
    configFilePath: 'jest.config.json',
    coverageText: false,
    junitReporting: false,
    jestConfig: {
      collectCoverage: false,
      roots: ['<rootDir>/src', '<rootDir>/test'],
      globalSetup: '<rootDir>/test/global-setup.ts',
      globalTeardown: '<rootDir>/test/global-teardown.ts',
      setupFiles: ['<rootDir>/test/setup-env.ts'],
      testTimeout: 30_000,
      // Each test file loads CDK anew and a worker keeps some of it: one that has grown beyond the limit starts again between two files.
      maxWorkers: 2,
      workerIdleMemoryLimit: '1GB',
    },
  },
  eslintOptions: { dirs: ['src'], devdirs: ['test', 'projenrc', 'bench', 'examples', 'integ', 'scripts'], prettier: false },
  lambdaAutoDiscover: false,
  integrationTestAutoDiscover: false,
  npmignoreEnabled: false,
});

// unrs-resolver 1.13.0 is published without its platform packages, so that `npm ci` refuses the lock file.
project.package.addPackageResolutions('unrs-resolver@1.12.2');
// Their install scripts build what is published prebuilt: npm asks about each that is not named here.
project.package.addField('allowScripts', { 'esbuild': true, '@parcel/watcher': false, 'unrs-resolver': false });
project.npmrc.addConfig('omit-lockfile-registry-resolved', 'true');
project.tasks.addEnvironment('JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION', '20');

enforceBoundaries(project);
packageDoors(project);
programs(project);
apiPages(project);

project.synth();
