import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const MODULE = resolve(__dirname, '../../examples/invoices/temporary-folder.ts');
const TSX = require.resolve('tsx');

/** Programs that make such a folder, put something into it and say so, and what they do then. */
const THEN = {
  end: '',
  fail: "throw new Error('as it happens');",
  wait: 'setInterval(() => undefined, 1000);',
  print: "setInterval(() => console.log('on and on'), 1);",
};

type Meanwhile = (child: ReturnType<typeof spawn>) => void;

let place: string;

beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'keysmith-folders-'));
  mkdirSync(join(place, 'tmp'));
});

afterEach(() => rmSync(place, { recursive: true, force: true }));

/** Runs a program with a system's temporary folder of its own, does something when it has its folder, and tells how it ended. */
async function run(then: keyof typeof THEN, meanwhile: Meanwhile = () => undefined): Promise<{ ended: number | string; said: string }> {
  const program = join(place, 'program.ts');
  writeFileSync(program, `
    import { mkdirSync, writeFileSync } from 'node:fs';
    import { temporaryFolder } from ${JSON.stringify(MODULE)};
    const folder = temporaryFolder('demo-');
    mkdirSync(folder + '/asset');
    writeFileSync(folder + '/asset/index.js', '');
    console.log(folder);
    ${THEN[then]}
  `);
  const tmp = join(place, 'tmp');
  const child = spawn(process.execPath, ['--import', TSX, program], { env: { ...process.env, TMPDIR: tmp, TEMP: tmp }, timeout: 20_000 });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => { said += chunk.toString(); });
  const folder = await new Promise<string>((done, failed) => {
    child.stdout.once('data', (chunk: Buffer) => done(chunk.toString().split('\n')[0]));
    child.once('exit', () => failed(new Error(said)));
  });
  const isThere = existsSync(folder);
  const exit = new Promise<number | string>((done) => child.once('close', (status, signal) => done(status ?? signal!)));
  meanwhile(child);
  if (then === 'wait') expect(isThere).toBe(true);
  return { ended: await exit, said };
}

const left = (): string[] => readdirSync(join(place, 'tmp')).filter((name) => name.startsWith('demo-'));

test.each<[string, keyof typeof THEN, undefined | Meanwhile, number]>([
  ['at the end', 'end', undefined, 0],
  ['after an error', 'fail', undefined, 1],
  ['by Ctrl-C', 'wait', (child) => child.kill('SIGINT'), 130],
  ['by SIGTERM', 'wait', (child) => child.kill('SIGTERM'), 143],
  ['when nobody reads on', 'print', (child) => child.stdout!.destroy(), 0],
])('is gone %s', async (_, then, meanwhile, status) => {
  const { ended, said } = await run(then, meanwhile);
  expect(ended).toBe(status);
  expect(left()).toEqual([]);
  expect(said.includes('Error')).toBe(then === 'fail');
});

test('and stays where nothing takes it away, as the test could not fail otherwise', async () => {
  const { ended } = await run('wait', (child) => child.kill('SIGKILL'));
  expect(ended).toBe('SIGKILL');
  expect(left()).toHaveLength(1);
});
