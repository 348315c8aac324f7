import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KMS } from '@aws-sdk/client-kms';
import { fileWith, folderWith, width } from './support/console';
import { buildCommand, Running, runProgram } from './support/program';
import { BAD, GOOD } from './support/templates';
import { ROOT } from '../../scripts/door';

/** The command as it ships, in a process of its own. */
let program: string;
beforeAll(() => { program = buildCommand(); });

describe('the program', () => {
  test('tells its version', () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    expect(runProgram(program, ['--version'])).toEqual({ status: 0, out: `${version}\n`, err: '' });
  });

  test.each([[['--help']], [['check', '--help']], [['can', '--help']], [['local', '--help']], [['watch', '--help']]])('%j fits 80 columns, and tells of the exit status', (words) => {
    const { status, out } = runProgram(program, words);
    expect(status).toBe(0);
    expect(width(out)).toBeLessThanOrEqual(80);
    if (words.length > 1) expect(out).toMatch(/status/i);
  });

  test('reads standard input', () => {
    expect(runProgram(program, ['check', '--rule', 'KP-02', '-'], { input: BAD })).toMatchObject({ status: 1, out: expect.stringContaining('KP-02') });
  });

  test('names files as they are from here', () => {
    const cwd = folderWith({ 'infra/orders.yaml': BAD });
    expect(runProgram(program, ['check', '--github', 'infra'], { cwd }).out).toContain('file=infra/orders.yaml,line=16,');
  });

  test('has colours if asked for, and not beyond NO_COLOR', () => {
    const file = fileWith(BAD);
    expect(runProgram(program, ['check', file]).out).not.toContain('\u001b');
    expect(runProgram(program, ['check', file], { env: { FORCE_COLOR: '1' } }).out).toContain('\u001b[31m');
    expect(runProgram(program, ['check', file], { env: { FORCE_COLOR: '1', NO_COLOR: '1' } }).out).not.toContain('\u001b');
  });
});

/** A client that has what a shell would have. */
function clientWith(variables: Readonly<Record<string, string>>): KMS {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: sessionToken } = variables;
  const credentials = { accessKeyId, secretAccessKey, sessionToken };
  return new KMS({ endpoint: variables.AWS_ENDPOINT_URL_KMS, region: variables.AWS_REGION, credentials });
}

describe('keysmith local', () => {
  /** `export NAME=value` and `NAME='value'` of what was printed. */
  const variables = (text: string): Record<string, string> => (
    Object.fromEntries([...text.matchAll(/\b(AWS_\w+)='?([^'\s]+)'?/g)].map(([, name, value]) => [name, value]))
  );

  test.each(['SIGINT', 'SIGTERM'] as const)('serves until %s, shows each call with its decision, and ends with 0', async (signal) => {
    const local = new Running(program, ['local', fileWith(GOOD)]);
    await local.printed(/# calls:/);
    const kms = clientWith(variables(local.out));
    await expect(kms.encrypt({ KeyId: 'alias/orders', Plaintext: Buffer.from('x') })).rejects.toMatchObject({ name: 'AccessDeniedException' });
    await local.printed(/template-Reader-\w+ Encrypt on Key\n# +AccessDeniedException\n# +no statement allows it/);
    kms.destroy();
    expect(await local.stop(signal)).toBe(0);
    expect(local.out).toMatch(/\n# 1 call, 1 denied\n$/);
    for (const line of local.out.split('\n')) expect(line).toMatch(/^(#.*|export AWS_.*)?$/);
    expect(local.err).toBe('');
  });

  test('--json: a line of facts, then a line for each call', async () => {
    const local = new Running(program, ['local', '--json', '--as', 'Reader', fileWith(GOOD)]);
    const [line] = await local.printed(/^.*\n/);
    const { principals: [{ name, environment }], keys } = JSON.parse(line);
    expect({ name, keys }).toMatchObject({ name: 'Reader', keys: [{ name: 'Key', aliases: ['alias/orders'] }] });
    const kms = clientWith(environment);
    await kms.describeKey({ KeyId: 'alias/orders' }).catch(() => undefined);
    const [, call] = await local.printed(/^.*\n(.*)\n/);
    expect(JSON.parse(call)).toMatchObject({ operation: 'DescribeKey', error: 'AccessDeniedException', decision: { allowed: false } });
    kms.destroy();
    expect(await local.stop('SIGTERM')).toBe(0);
  });

  test.each<[string, readonly string[], string]>([
    ['a role that is not there', ['--as', 'Nobody', fileWith(GOOD)], "no role or user 'Nobody' here: there is Reader"],
    ['a port that is none', ['--port', '99999', fileWith(GOOD)], 'expected a port'],
    ['a policy that KMS refuses', [fileWith(GOOD.replace('Action: kms:Decrypt', 'Action: kms:Decrypt\n            Zebra: 1'))], 'has a policy that KMS refuses'],
  ])('%s ends it with 2', (_, words, expected) => {
    const { status, err } = runProgram(program, ['local', ...words]);
    expect(status).toBe(2);
    expect(err.replace(/\n\s*/g, ' ')).toContain(expected);
  });
});
