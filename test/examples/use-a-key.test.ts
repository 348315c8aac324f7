import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { App, Stack } from 'aws-cdk-lib';
import { Code, Function, Runtime } from 'aws-cdk-lib/aws-lambda';
import { DataKeyDuty, SymmetricDataKey } from '../../src';
import { startLocalKms } from '../../src/testing';
import type { LocalKms } from '../../src/testing';

/** The handler that README.md shows, as Lambda runs it: told of key and KMS by environment variables alone. */

const ROOT = resolve(__dirname, '../..');
let local: LocalKms;
let folder: string;
let variables: Record<string, string>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'keysmith-handler-'));
  const app = new App({ outdir: join(folder, 'cdk.out') });
  const stack = new Stack(app, 'Orders', { env: { account: '111122223333', region: 'eu-west-1' } });
  const key = new SymmetricDataKey(stack, 'Data', { alias: 'orders/data', encryptionContext: { Project: 'Orders' } });
  const [both, writer] = ['Both', 'Writer'].map((id) => new Function(stack, id, {
    runtime: Runtime.NODEJS_22_X, handler: 'index.handler', code: Code.fromInline('exports.handler = …'),
  }));
  key.attachTo(both, { name: 'ORDERS', duties: [DataKeyDuty.GENERATE_DATA_KEYS, DataKeyDuty.DECRYPT] });
  key.attachTo(writer, { name: 'ORDERS', duties: [DataKeyDuty.GENERATE_DATA_KEYS] });
  local = await startLocalKms({ assembly: app.synth().directory });
  const [deployed] = local.deployments.flatMap((deployment) => deployment.resources('AWS::Lambda::Function'));
  variables = (deployed.properties.Environment as { Variables: Record<string, string> }).Variables;
});
afterAll(async () => {
  await local.stop();
  rmSync(folder, { recursive: true });
});

/** What the handler returns, or the code of its error. */
async function handle(principal: string, environment: Record<string, string>): Promise<string> {
  const program = join(folder, 'program.ts');
  writeFileSync(program, `
    import { handler } from ${JSON.stringify(join(ROOT, 'examples/readme/use-a-key.ts'))};
    handler('order 17').then(console.log, (error) => console.log(error.code));
  `);
  const env = { ...process.env, ...local.environment(principal), ...environment, TSX_TSCONFIG_PATH: join(ROOT, 'examples/tsconfig.json'), NODE_NO_WARNINGS: '1' };
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', require.resolve('tsx'), program], { env, cwd: ROOT, timeout: 25_000 });
  return stdout.trim();
}

test.each([
  ['encrypts and decrypts under the role of its function', 'Both', true, 'order 17'],
  ['is refused by KMS where the duty is missing', 'Writer', true, 'ERR_KEYSMITH_ACCESS_DENIED'],
  ['says so where no key is attached', 'Both', false, 'ERR_KEYSMITH_ENVIRONMENT'],
])('%s', async (_, id, isAttached, outcome) => {
  expect(await handle(`Orders/${id}/ServiceRole`, isAttached ? variables : {})).toBe(outcome);
});
