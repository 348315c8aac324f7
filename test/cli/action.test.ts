import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { folderWith } from './support/console';
import { buildCommand } from './support/program';
import { BAD, GOOD } from './support/templates';
import { ROOT } from '../../scripts/door';

interface Action {
  readonly inputs: Readonly<Record<string, { readonly default?: string; readonly required?: boolean }>>;
  readonly runs: { readonly steps: readonly { readonly name: string; readonly run: string; readonly env: Readonly<Record<string, string>> }[] };
}

const action = parse(readFileSync(join(ROOT, 'action.yml'), 'utf8')) as Action;
let program: string;
beforeAll(() => { program = buildCommand(); });

/** Runs a step as the runner does: inputs and defaults into the environment, then bash. */
function step(name: string, cwd: string, given: Readonly<Record<string, string>>) {
  const { run, env } = action.runs.steps.find((each) => each.name === name)!;
  const inputs: Readonly<Record<string, string>> = {
    ...Object.fromEntries(Object.entries(action.inputs).map(([input, facts]) => [input, facts.default ?? ''])), command: `${process.execPath} ${program}`, ...given,
  };
  const variables = Object.fromEntries(Object.entries(env).map(([variable, expression]) => [variable, inputs[/inputs\.([\w-]+)/.exec(expression)![1]]]));
  const summary = join(cwd, 'summary.md');
  const { status, stdout, stderr } = spawnSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', run], {
    cwd, encoding: 'utf8', timeout: 30_000, env: { ...process.env, ...variables, GITHUB_STEP_SUMMARY: summary },
  });
  return { status, out: stdout + stderr, summary: existsSync(summary) ? readFileSync(summary, 'utf8') : '' };
}

describe('the GitHub Action', () => {
  test('annotates what check finds, and fails', () => {
    const cwd = folderWith({ 'orders.yaml': BAD });
    expect(step('keysmith check', cwd, { path: 'orders.yaml' })).toMatchObject({ status: 1, out: expect.stringContaining('::error file=orders.yaml,line=16,') });
  });

  test('passes what is good, and writes SARIF if it is asked to', () => {
    const cwd = folderWith({ 'my orders.yaml': GOOD });
    expect(step('keysmith check', cwd, { path: 'my orders.yaml', sarif: 'keysmith.sarif' })).toMatchObject({ status: 0 });
    expect(existsSync(join(cwd, 'keysmith.sarif'))).toBe(true);
  });

  test.each<[string, string, number]>([['wider', '', 0], ['wider', 'wider', 1]])('of a change that is %s, with fail-on %p: the summary has it', (_, failOn, expected) => {
    const cwd = folderWith({ 'old.yaml': GOOD, 'new.yaml': GOOD.replace(/ {12}Condition:\n.*\n/, '') });
    const { status, summary } = step('keysmith diff', cwd, { 'base': 'old.yaml', 'path': 'new.yaml', 'fail-on': failOn });
    expect(status).toBe(expected);
    expect(summary).toContain('+ Reader can now Decrypt');
  });

  test('a path is never an option or a command', () => {
    const cwd = folderWith({});
    expect(step('keysmith check', cwd, { path: '--help' }).out).toContain("there is no '--help'");
    step('keysmith check', cwd, { path: '$(touch made); `touch made`' });
    expect(existsSync(join(cwd, 'made'))).toBe(false);
  });
});
