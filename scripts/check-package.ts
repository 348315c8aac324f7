/**
 * The promise of the README, tried on what is shipped: the packed tarball is small, and is installed in two empty projects.
 *
 * One has CDK: a TypeScript app compiles against it and synthesizes a key. The other has neither CDK nor the AWS SDK: the run
 * time loads there by `require` and by `import`, and what node:crypto lacks signs and verifies.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { HANDLERS } from './door';

/** The newest release this package has been tried with; the sources are compiled and tested against the floor. */
const NEWEST_CDK = '2.276.0';

/** Most bytes of the tarball, and of the files in it. It was 2.4 and 10.5 MB with the noble libraries whole, and sources inside of source maps. */
const MOST = { packed: 2_000_000, installed: 7_500_000 };

/** `--runs-only`: what depends on the line of Node, and not what compilers say of the types. */
const RUNS_ONLY = process.argv.includes('--runs-only');

const root = resolve(__dirname, '..');
const workshop = mkdtempSync(join(tmpdir(), 'keysmith-package-'));

async function step<T>(sentence: string, work: () => T | Promise<T>): Promise<T> {
  const started = Date.now();
  const result = await work();
  console.log(`ok  ${sentence} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
  return result;
}

function run(cwd: string, command: string, ...args: string[]): string {
  const environment = { ...process.env, CDK_VALIDATION: 'false', NODE_OPTIONS: '', npm_config_audit: 'false', npm_config_fund: 'false' };
  try {
    return execFileSync(command, args, { cwd, env: environment, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    throw new Error(`\`${command} ${args.join(' ')}\` failed:\n${stdout ?? ''}${stderr ?? ''}`);
  }
}

function project(name: string, files: Record<string, string>): string {
  const folder = join(workshop, name);
  for (const [path, text] of Object.entries({ 'package.json': JSON.stringify({ name, version: '0.0.0', private: true }), ...files })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

const CDK_APP = `
import { App, Stack } from 'aws-cdk-lib';
import { Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import { ArnPrincipal } from 'aws-cdk-lib/aws-iam';
import { AccountAccess, KeyAccess, KmsService, SigningAlgorithm, SigningApi, SigningAuthorizer, SigningKey, SigningRoute, SymmetricDataKey } from 'cdk-keysmith';
import { createSigner } from 'cdk-keysmith/runtime';
import { keyAccessMatchers, startLocalKms } from 'cdk-keysmith/testing';

const loaded = (room: string) => Object.keys(require.cache).some((path) => new RegExp('cdk-keysmith.lib.' + room).test(path));
const stack = new Stack(new App(), 'Orders', { env: { account: '111122223333', region: 'eu-west-1' } });
const reader = new ArnPrincipal('arn:aws:iam::111122223333:role/Reader');
const key = new SymmetricDataKey(stack, 'Data', { accountAccess: AccountAccess.ADMINISTRATION_ONLY, encryptionContext: { Project: 'Orders' } });
key.grants.decrypt(reader);
if (loaded('checks') || loaded('signing') || loaded('monitoring')) throw new Error('a key has loaded what it does not need');
new Bucket(stack, 'Bucket', { encryption: BucketEncryption.KMS, encryptionKey: key.forService(KmsService.S3) });
const signing = new SigningKey(stack, 'Signing', { algorithm: SigningAlgorithm.ES256 });
signing.grants.sign(reader);
// What runs in Lambda is found in the package.
new SigningApi(stack, 'Api', { key: signing, authorizer: SigningAuthorizer.iam(), routes: [SigningRoute.payload({ path: '/signatures' }), SigningRoute.publicKeys()] });

async function main(): Promise<void> {
  const template = (stack.node.root as App).synth().getStackArtifact(stack.artifactId).template;
  const local = await startLocalKms({ template, principals: [] });
  await local.stop();
  if (typeof createSigner !== 'function') throw new Error('createSigner is not a function');
  const { pass, message } = keyAccessMatchers.onlyAllows.call({}, KeyAccess.fromTemplate(template, { key }), 'kms:ReEncryptTo', reader);
  if (pass || !message().includes('Reader cannot kms:ReEncryptTo')) throw new Error(message());
  if (loaded('cli')) throw new Error('the library loaded the command');
  console.log(JSON.stringify(Object.values<any>(template.Resources).map((resource) => resource.Type)));
}
void main();
`;

const RUNTIME_USE = `
const names = ['createEnvelopeCipher', 'createSigner', 'createVerifier', 'fromEnvironment', 'KeysmithError'];
for (const name of names) if (typeof runtime[name] !== 'function') throw new Error(name + ' is missing');
if (Object.getOwnPropertyNames(require.cache).some((path) => /aws-cdk-lib|constructs|@aws-sdk/.test(path))) throw new Error('the run time loaded CDK or the SDK');

// What node:crypto lacks comes along, with neither library installed: the local KMS signs with it, the run time verifies.
const algorithms = { 'ML-DSA-44': ['ML_DSA_44', 'ML_DSA_SHAKE_256'], Ed25519ph: ['ECC_NIST_EDWARDS25519', 'ED25519_PH_SHA_512'], ES256: ['ECC_NIST_P256', 'ECDSA_SHA_256'] };
async function main() {
  const keys = Object.values(algorithms).map(([spec]) => ({ spec, usage: 'SIGN_VERIFY', aliases: ['alias/' + spec] }));
  const arn = 'arn:aws:iam::111122223333:role/App';
  const local = await testing.startLocalKms({ keys, principals: [{ arn, managedPolicies: ['AdministratorAccess'] }] });
  for (const [algorithm, [spec]] of Object.entries(algorithms)) {
    const keyArn = local.keyArn('alias/' + spec);
    const kms = algorithm === 'ES256' ? runtime.fetchKms(local.clientConfig(arn)) : local.port(arn);
    const signature = await runtime.createSigner({ kms, keyArn, algorithm }).sign('message');
    const { spki: publicKey } = await runtime.fetchPublicKey({ kms, keyArn });
    const verifier = runtime.createVerifier({ publicKey, algorithm });
    if (!await verifier.verify('message', signature) || await verifier.verify('massage', signature)) throw new Error(algorithm);
  }
  await local.stop();
}
main();
`;

function packTarball(): string {
  const packed = run(root, 'npm', 'pack', '--json', '--ignore-scripts', '--pack-destination', workshop);
  const [{ filename, size, unpackedSize }] = JSON.parse(packed) as [{ filename: string; size: number; unpackedSize: number }];
  console.log(`    ${size} bytes, ${unpackedSize} installed`);
  if (size > MOST.packed || unpackedSize > MOST.installed) throw new Error(`the tarball has ${size} bytes, ${unpackedSize} installed: at most ${MOST.packed} and ${MOST.installed}`);
  return join(workshop, filename);
}

function install(folder: string, ...packages: string[]): void {
  run(folder, 'npm', 'install', '--no-save', '--prefer-offline', ...packages);
}

function checkContents(tarball: string): void {
  const files = run(workshop, 'tar', '-tzf', tarball).split('\n').filter(Boolean);
  const stray = files.filter((file) => !/^package\/(lib|assets|docs|schemas)\/|^package\/(package\.json|\.jsii|\.warnings\.jsii\.js|[A-Z]+(\.md)?)$/.test(file));
  if (stray.length) throw new Error(`the tarball holds files nobody asked for: ${stray.join(', ')}`);
  const licences = run(workshop, 'tar', '-xzOf', tarball, 'package/lib/noble/LICENSE');
  for (const name of readdirSync(join(root, 'node_modules/@noble'))) {
    if (!new RegExp(`Parts of @noble/${name} [\\d.]+:[^]*Permission is hereby granted`).test(licences)) throw new Error(`lib/noble/LICENSE lacks that of @noble/${name}`);
  }
  const parser = run(workshop, 'tar', '-xzOf', tarball, 'package/lib/structured-fields/LICENSE', 'package/lib/structured-fields/index.js');
  if (!/Parts of structured-headers [\d.]+:[^]*Permission is hereby granted/.test(parser) || /\brequire\(/.test(parser)) throw new Error('lib/structured-fields needs another file, or lacks a licence');
  const noble = run(workshop, 'tar', '-xzOf', tarball, ...files.filter((file) => /^package\/lib\/noble\/.*\.js$/.test(file)));
  if (/\brequire\(/.test(noble)) throw new Error('a file of lib/noble needs another');
  for (const handler of HANDLERS) {
    for (const file of [`${handler}/index.mjs`, `${handler}/LICENSE`, `${handler}.sha256`]) {
      if (!files.includes(`package/assets/${file}`)) throw new Error(`the tarball lacks assets/${file}: npx tsx scripts/bundle-handlers.ts makes it`);
    }
  }
  if (files.some((file) => file.startsWith('package/lib/handlers/'))) throw new Error('the tarball holds lib/handlers, which nobody imports');
  // To TypeScript 5.6 neither Uint8Array nor Buffer takes a parameter.
  for (const file of files.filter((name) => /^package\/lib\/(runtime|spec)\/.*\.d\.m?ts$/.test(name))) {
    const declarations = readFileSync(join(root, file.slice('package/'.length)), 'utf8').replace(/\/\*[^]*?\*\//g, '');
    if (/\b(Uint8Array|Buffer)</.test(declarations)) throw new Error(`${file} names a Uint8Array or a Buffer with a parameter, which TypeScript 5.6 cannot read`);
  }
  const { bin, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  for (const target of Object.values<string>(bin)) {
    if (!files.includes(`package/${target}`)) throw new Error(`package.json has the command ${target}, which the tarball lacks`);
  }
  for (const door of Object.values<any>(exports)) {
    for (const target of JSON.stringify(door).match(/\.\/[^"]+/g) ?? []) {
      if (!files.includes(`package/${target.slice(2)}`)) throw new Error(`package.json exports ${target}, which the tarball lacks`);
    }
  }
}

function checkWithCdk(tarball: string): void {
  const folder = project('with-cdk', {
    'app.ts': CDK_APP,
    'consumer.mts': "import { createVerifier } from 'cdk-keysmith/runtime';\nexport const type: string = typeof createVerifier;\n",
    'tsconfig.json': JSON.stringify({ compilerOptions: { module: 'node16', target: 'es2022', strict: true, skipLibCheck: false, types: ['node'] } }),
  });
  install(folder, tarball, `aws-cdk-lib@${NEWEST_CDK}`, 'constructs@^10.5.1', 'typescript@~6.0.3', '@types/node@^20');
  run(folder, 'npx', 'tsc', '-p', '.', ...RUNS_ONLY ? ['--noCheck'] : []);
  // To ES modules the names have to be known before anything is loaded.
  run(folder, 'node', '--input-type=module', '-e', "import { AccountAccess, KmsChecks, SigningKey } from 'cdk-keysmith'; new KmsChecks({}); SigningKey.name; AccountAccess.DELEGATE_TO_IAM;");
  const types = JSON.parse(run(folder, 'node', 'app.js').trim().split('\n').at(-1)!) as string[];
  const keys = types.filter((type) => type === 'AWS::KMS::Key').length;
  if (keys !== 2) throw new Error(`expected 2 AWS::KMS::Key in the synthesized template, got ${keys}: ${types.join(', ')}`);
}

const TEMPLATE = `
Resources:
  Key:
    Type: AWS::KMS::Key
    Properties:
      KeyPolicy:
        Statement:
          - { Effect: Allow, Principal: { AWS: !Sub "arn:aws:iam::\${AWS::AccountId}:root" }, Action: "kms:*", Resource: "*" }
          - { Effect: Allow, Principal: { AWS: "arn:aws:iam::444455556666:role/Theirs" }, Action: "kms:Decrypt", Resource: "*" }
  Ours:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: { Statement: [{ Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: "sts:AssumeRole" }] }
      Policies: [{ PolicyName: Look, PolicyDocument: { Statement: [{ Effect: Allow, Action: "kms:DescribeKey", Resource: !GetAtt Key.Arn }] } }]
`;

/** The command as somebody has it who installed the package and nothing else. */
async function checkCommand(tarball: string): Promise<void> {
  const folder = project('command', { 'template.yaml': TEMPLATE });
  install(folder, tarball);
  const keysmith = (status: number, ...words: string[]): string => {
    const { status: got, stdout, stderr } = spawnSync('npx', ['--no-install', 'keysmith', ...words], { cwd: folder, encoding: 'utf8', timeout: 60_000 });
    if (got !== status) throw new Error(`keysmith ${words.join(' ')} ended with ${got}, not ${status}:\n${stdout}${stderr}`);
    return stdout;
  };
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  if (keysmith(0, '--version').trim() !== version) throw new Error(`keysmith --version is not ${version}`);
  const { findings } = JSON.parse(keysmith(1, 'check', '--json', 'template.yaml')) as { findings: { rule: string; at: { line: number } }[] };
  if (!findings.some(({ rule, at }) => rule === 'KP-05' && at.line === 9)) throw new Error(`keysmith check does not find the other account on line 9: ${JSON.stringify(findings)}`);
  if (!keysmith(0, 'can', 'arn:aws:iam::111122223333:root', 'kms:Decrypt', 'template.yaml').startsWith('yes')) throw new Error('keysmith can: no');
  keysmith(2, 'check', 'nowhere');
  const { keys: [{ access }] } = JSON.parse(keysmith(0, 'access', '--json', 'template.yaml')) as { keys: { access: { principal: string }[] }[] };
  if (!access.some(({ principal }) => principal === 'arn:aws:iam::444455556666:role/Theirs')) throw new Error(`keysmith access does not name the other account: ${JSON.stringify(access)}`);
  writeFileSync(join(folder, 'before.yaml'), TEMPLATE.replace(/^.*444455556666.*\n/m, ''));
  const { wider } = JSON.parse(keysmith(1, 'diff', '--fail-on', 'wider', '--json', 'before.yaml', 'template.yaml')) as { wider: string };
  if (wider !== 'yes') throw new Error(`keysmith diff does not find that a second account is wider: ${wider}`);
  await checkLocal(folder);
}

/** Starts the local KMS by the command, calls it as a role of the template, and interrupts it. */
async function checkLocal(folder: string): Promise<void> {
  // Not by npx, which takes the signal and may end before what it started.
  const child = spawn(join(folder, 'node_modules/.bin/keysmith'), ['local', '--json', 'template.yaml'], { cwd: folder, timeout: 60_000, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<number | null>((done) => child.on('close', done));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const printed = async <T>(): Promise<T> => {
    const { value } = await lines.next();
    if (value === undefined) throw new Error(`keysmith local ended by itself, with ${await ended}`);
    return JSON.parse(value) as T;
  };
  try {
    type Started = { principals: { environment: Record<string, string> }[]; keys: { arn: string }[] };
    const { principals: [{ environment }], keys: [{ arn }] } = await printed<Started>();
    const call = `require('cdk-keysmith/runtime').fetchKms().describeKey({ KeyId: '${arn}' })`;
    spawnSync('node', ['-e', call], { cwd: folder, env: { ...process.env, ...environment }, stdio: 'inherit', timeout: 60_000 });
    const { operation, decision } = await printed<{ operation: string; decision: { allowed: boolean } }>();
    if (operation !== 'DescribeKey' || !decision.allowed) throw new Error(`keysmith local does not allow what the template does: ${operation} ${JSON.stringify(decision)}`);
  } finally {
    child.kill('SIGINT');
  }
  if (await ended !== 0) throw new Error(`keysmith local ended with ${await ended} when it was interrupted`);
}

/** The oldest compiler that reads the declarations, the one of the sources, and the newest. */
const COMPILERS = ['5.6', '6.0', '7.0'];

function checkTypes(tarball: string, compiler: string): void {
  const folder = project(`types-${compiler}`, {
    'consumer.mts': readFileSync(join(root, 'test/package/consumer.mts'), 'utf8'),
    'tsconfig.json': JSON.stringify({
      compilerOptions: { module: 'node16', target: 'es2022', strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false, types: ['node'], noEmit: true },
    }),
  });
  install(folder, tarball, '@aws-sdk/client-kms@^3.1162.0', `typescript@~${compiler}.0`, '@types/node@^20');
  run(folder, 'npx', 'tsc', '-p', '.');
}

function checkWithoutCdk(tarball: string): void {
  const folder = project('without-cdk', {
    'required.cjs': `const runtime = require('cdk-keysmith/runtime');\nconst testing = require('cdk-keysmith/testing');${RUNTIME_USE}`,
    'imported.mjs': `import { createRequire } from 'node:module';\nimport * as runtime from 'cdk-keysmith/runtime';\nimport * as testing from 'cdk-keysmith/testing';\nconst require = createRequire(import.meta.url);${RUNTIME_USE}`,
  });
  install(folder, tarball);
  const installed = run(folder, 'ls', 'node_modules').split('\n');
  for (const unwanted of ['aws-cdk-lib', 'constructs', '@aws-sdk', '@noble', 'structured-headers', 'cdk-nag', 'commander', 'yaml']) {
    if (installed.includes(unwanted)) throw new Error(`installing the package brought ${unwanted}`);
  }
  for (const program of ['required.cjs', 'imported.mjs']) run(folder, 'node', program);
}

async function main(): Promise<void> {
  try {
    const tarball = await step('npm pack', packTarball);
    await step('the tarball holds what `exports` names and nothing stray', () => checkContents(tarball));
    await step('run time by require and by import, with neither CDK nor the AWS SDK installed', () => checkWithoutCdk(tarball));
    await step('the command: check, can, access, diff, local', () => checkCommand(tarball));
    for (const compiler of RUNS_ONLY ? [] : COMPILERS) await step(`a strict program with the types of the run time compiles with TypeScript ${compiler}`, () => checkTypes(tarball, compiler));
    await step(`a TypeScript CDK app with aws-cdk-lib ${NEWEST_CDK} compiles and synthesizes`, () => checkWithCdk(tarball));
  } finally {
    rmSync(workshop, { recursive: true, force: true });
  }
}

void main();
