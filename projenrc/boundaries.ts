import { awscdk } from 'projen';

/** Which folder of src may import which, and why. Arrows point down the map in ARCHITECTURE.md. */
interface Boundary {
  readonly folder: string;
  readonly mayImport: string[];
  readonly because: string;
}

const ALL = [
  'spec', 'noble', 'structured-fields', 'authz', 'proof', 'template', 'app', 'policy', 'keys', 'services', 'monitoring', 'checks', 'validation', 'signing', 'handlers',
  'nag', 'runtime', 'client', 'testing', 'detect', 'cli',
];

const BOUNDARIES: Boundary[] = [
  { folder: 'spec', mayImport: [], because: 'facts have no reason to change but AWS' },
  { folder: 'noble', mayImport: [], because: 'each of its files ships as one, with the parts of the noble libraries that it names' },
  { folder: 'structured-fields', mayImport: [], because: 'it ships as one file, with the library that it reads them by' },
  { folder: 'authz', mayImport: ['spec'], because: 'it decides on plain JSON, so that every test and tool can ask it' },
  { folder: 'proof', mayImport: ['spec', 'authz'], because: 'it proves on plain JSON what authz decides, and knows nothing of those who write policies' },
  { folder: 'template', mayImport: ['spec', 'authz'], because: 'it reads templates of any origin, with or without CDK' },
  { folder: 'detect', mayImport: ['spec'], because: 'what is looked for are facts: alarms of CDK and records of a trail are judged by the same' },
  { folder: 'runtime', mayImport: ['spec', 'noble', 'structured-fields'], because: 'it is shipped into Lambda functions: every import costs a cold start' },
  { folder: 'client', mayImport: ['spec'], because: 'it runs in browsers, on WebCrypto alone' },
  { folder: 'testing', mayImport: ['spec', 'noble', 'authz', 'template', 'runtime'], because: 'it stands in for KMS, not for CDK' },
  { folder: 'handlers', mayImport: ['spec', 'runtime'], because: 'a handler is thin: environment in, runtime called, answer out' },
  { folder: 'app', mayImport: ['spec'], because: 'it reads the constructs of an app, for whoever writes policies or checks them, and knows neither keys nor views' },
  { folder: 'policy', mayImport: ['spec', 'app'], because: 'it writes what authz judges; the two meet only in tests and checks' },
  { folder: 'keys', mayImport: ['spec', 'app', 'policy'], because: 'a key knows none of those that use it' },
  { folder: 'services', mayImport: ['spec', 'app', 'policy', 'keys'], because: 'a service view knows keys and is known by none' },
  { folder: 'monitoring', mayImport: ['spec', 'detect', 'app', 'policy', 'keys', 'services'], because: 'it watches keys, encrypts its topic through a view, and is known by none' },
  { folder: 'signing', mayImport: ['spec', 'app', 'policy', 'keys'], because: 'it is built around keys; handlers come as built assets' },
  { folder: 'checks', mayImport: ['spec', 'authz', 'proof', 'template'], because: 'it judges keys that nobody here defined' },
  { folder: 'validation', mayImport: ['spec', 'authz', 'proof', 'template', 'checks'], because: 'it is an adapter of CDK over the checks, and judges what it did not write' },
  { folder: 'nag', mayImport: ['spec', 'template', 'checks', 'validation'], because: 'it is an adapter over the checks' },
  { folder: 'cli', mayImport: ['spec', 'authz', 'proof', 'template', 'detect', 'checks', 'testing'], because: 'the command sits on top and is imported by nothing' },
];

/** Below this line a template, a request or a message is judged without CDK: these folders run outside any CDK app. */
const WITHOUT_CDK = ['spec', 'noble', 'structured-fields', 'authz', 'proof', 'template', 'detect', 'checks', 'runtime', 'client', 'testing', 'handlers', 'cli'];

/**
 * What Lambda loads: a few lines that make the clients and hand them to a handler. Lambda's Node.js run times have the AWS SDK, which the bundles leave out; KMS is
 * called by `fetchKms`, which takes a new algorithm for text as an older SDK does not, and loads in no time.
 */
const HANDLER_ENTRIES = 'src/handlers/entries';

/**
 * Folders in which no file may depend on itself by way of others. jsii makes CommonJS, where such files see each other half loaded: what one of them finds
 * depends on which was asked for first. Imports of types are left out, as they are gone by then.
 */
const WITHOUT_CIRCLES = ['app', 'policy', 'keys', 'services', 'monitoring'];

/** What ships never imports these: AGPL, or a client that is handed in. */
const NEVER_SHIPPED = ['@cloud-copilot/*', '@aws-crypto/*'];

export function enforceBoundaries(project: awscdk.AwsCdkConstructLibrary): void {
  const zones = BOUNDARIES.map(({ folder, mayImport, because }) => ({
    target: `./src/${folder}`,
    from: './src',
    except: [folder, ...mayImport].map((name) => `./${name}`),
    message: `src/${folder} may import ${[...mayImport.map((name) => `src/${name}`)].join(', ') || 'nothing'}: ${because}.`,
  }));
  const forgotten = ALL.filter((folder) => !BOUNDARIES.some((boundary) => boundary.folder === folder));
  if (forgotten.length) throw new Error(`no import boundary for src/${forgotten.join(', src/')}`);

  project.eslint?.addRules({ 'import/no-restricted-paths': ['error', { basePath: '.', zones }] });
  project.eslint?.addOverride({
    files: WITHOUT_CIRCLES.map((folder) => `src/${folder}/**/*.ts`),
    rules: { 'import/no-cycle': 'error' },
  });
  // They are no dependencies of what ships: those of noble, of structured fields and of the command are bundled, and who uses the pack of cdk-nag has cdk-nag.
  project.eslint?.addOverride({
    files: ['src/noble/**/*.ts', 'src/structured-fields/**/*.ts', 'src/cli/**/*.ts', 'src/nag/**/*.ts'],
    rules: { 'import/no-extraneous-dependencies': ['error', { devDependencies: true }] },
  });
  project.eslint?.addOverride({
    files: ['src/**/*.ts'],
    rules: {
      'no-restricted-imports': ['error', { patterns: [{ group: NEVER_SHIPPED, message: 'a test oracle: what ships never imports it.' }] }],
    },
  });
  project.eslint?.addOverride({
    files: WITHOUT_CDK.map((folder) => `src/${folder}/**/*.ts`),
    rules: {
      'no-restricted-imports': ['error', {
        patterns: [
          { group: NEVER_SHIPPED, message: 'a test oracle: what ships never imports it.' },
          { group: ['aws-cdk-lib', 'aws-cdk-lib/*', 'constructs', '@aws-sdk/*'], message: 'this folder runs without CDK and is handed its KMS client: src/{app,policy,keys,services} are the place for CDK.' },
        ],
      }],
    },
  });
  project.eslint?.addOverride({
    files: [`${HANDLER_ENTRIES}/**/*.ts`],
    rules: {
      'import/no-extraneous-dependencies': ['error', { devDependencies: true }],
      'no-restricted-imports': ['error', {
        patterns: [
          { group: NEVER_SHIPPED, message: 'a test oracle: what ships never imports it.' },
          { group: ['aws-cdk-lib', 'aws-cdk-lib/*', 'constructs'], message: 'it runs in Lambda, which has the AWS SDK and no CDK: entries make the clients, and are the only files that import the SDK.' },
        ],
      }],
    },
  });
}
