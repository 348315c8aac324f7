import { Command, CommanderError, Option } from 'commander';
import { access } from './commands/access';
import type { AccessSettings } from './commands/access';
import { can } from './commands/can';
import { check } from './commands/check';
import type { CheckSettings } from './commands/check';
import { diff } from './commands/diff';
import type { DiffSettings } from './commands/diff';
import { local } from './commands/local';
import { watch } from './commands/watch';
import type { WatchSettings } from './commands/watch';
import type { Console } from './console';
import { readInput, stackName } from './input/input';
import type { Input } from './input/input';
import { accountId, accountIds, another, inputOptions, pair, portNumber, regionName } from './options';
import type { ReadSettings } from './options';
import { hanging } from './output/text';
import { Unusable } from './unusable';
import { TemplateError } from '../template';

/** What the command ends with when its input is of no use. */
const UNUSABLE = 2;

const KEY = 'ARN, id, alias, logical id or construct path; default: each key';
const PATH = 'a template (JSON or YAML), a directory of templates, an assembly (cdk.out), or - for standard input';

/**
 * Runs the command.
 *
 * @param words what stands after the command's name
 * @returns the exit status
 */
export async function run(words: readonly string[], console: Console, version: string): Promise<number> {
  let status = 0;
  const end = async (work: Promise<number>): Promise<void> => { status = await work; };
  try {
    await program(console, version, end).parseAsync([...words], { from: 'user' });
    return status;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : UNUSABLE;
    console.err(`${hanging(`keysmith: ${said(error)}`, console.columns, '')}\n`);
    return UNUSABLE;
  }
}

/** A template that is refused is the user's; anything else is a fault here, which is told with where it happened. */
function said(error: unknown): string {
  if (error instanceof Unusable || error instanceof TemplateError) return error.message;
  return `a fault of keysmith itself: ${error instanceof Error ? error.stack ?? error.message : String(error)}`;
}

type End = (work: Promise<number>) => Promise<void>;

function program(console: Console, version: string, end: End): Command {
  const keysmith = new Command('keysmith')
    .description('Who can do what with the KMS keys of a template, before it is deployed.')
    .version(version)
    .configureHelp({ helpWidth: console.columns, minWidthToWrap: 20, subcommandTerm: (command) => command.name() })
    .configureOutput({ writeOut: console.out, writeErr: console.err, getOutHelpWidth: () => console.columns, getErrHelpWidth: () => console.columns })
    .configureOutput({ outputError: (text, write) => write(`${text.trimEnd().split('\n').map((line) => hanging(line, console.columns, '', '  ')).join('\n')}\n`) })
    .exitOverride()
    .showHelpAfterError('(keysmith --help tells what there is)');

  reading(keysmith.command('check'))
    .summary('what is wrong with the keys of the templates')
    .description('Checks the keys of templates, and whatever else bears on who can use them. docs/checks.md tells of each rule.')
    .argument('<path>', PATH)
    .option('--trusted-accounts <ids>', 'accounts, after commas, whose principals may be let in', accountIds)
    .option('--protect <key>', 'a key that nobody is to lose: ARN, id, alias, logical id or construct path (repeatable)', another)
    .option('--rule <id>', 'only this rule (repeatable)', another)
    .option('--also <id>', 'a rule that has to be asked for: KP-30 (repeatable)', another)
    .option('--json', 'for machines')
    .option('--sarif <file>', 'SARIF 2.1.0 besides, to a file, or - instead, to standard output')
    .option('--github', 'annotations of GitHub Actions')
    .option('--baseline <file>', 'leave out the findings that this file has')
    .option('--write-baseline <file>', 'write all findings into this file, and end with status 0')
    .addHelpText('after', statuses('no findings, or warnings only', 'errors'))
    .action((path: string, settings: ReadSettings & CheckSettings) => end(read(path, settings, console, (input) => (
      check(input, { ...settings, homeAccount: settings.account }, console, version)
    ))));

  reading(keysmith.command('access'))
    .summary('who can do what with which key, and under which condition')
    .description('Who can do what with which key, through which service, under which condition, and by which statement.')
    .argument('<path>', PATH)
    .option('--key <key>', KEY)
    .option('--markdown', 'tables for a wiki or a pull request')
    .option('--json', 'for machines')
    .addHelpText('after', '\nExit status:\n  0  always, but\n  2  for input that cannot be used')
    .action((path: string, settings: ReadSettings & AccessSettings) => (
      end(read(path, settings, console, (input) => access(input, settings, console)))
    ));

  reading(keysmith.command('who-can'))
    .summary('who can do one thing')
    .description('Who can do one thing with a key, under which condition, and by which statement.')
    .argument('<action>', 'kms:Decrypt, say')
    .argument('<path>', PATH)
    .option('--key <key>', KEY)
    .option('--markdown', 'tables for a wiki or a pull request')
    .option('--json', 'for machines')
    .addHelpText('after', statuses('somebody can', 'nobody can, or nothing tells'))
    .action((action: string, path: string, settings: ReadSettings & AccessSettings) => (
      end(read(path, settings, console, (input) => access(input, { ...settings, action }, console)))
    ));

  reading(keysmith.command('diff'))
    .summary('what a change of the templates makes possible and impossible')
    .description('What became possible or impossible between two versions of the same templates, with a request for each.')
    .argument('<old>', PATH)
    .argument('<new>', 'the same, as it is now')
    .addOption(new Option('--fail-on <difference>', 'end with status 1 if access is wider, or for any difference').choices(['wider', 'any']))
    .option('--trusted-accounts <ids>', 'accounts, after commas, whose principals a new key may let in', accountIds)
    .option('--json', 'for machines')
    .addHelpText('after', statuses('compared; with --fail-on: without such a difference', 'with --fail-on: there is such a difference'))
    .action((old: string, next: string, settings: ReadSettings & DiffSettings) => end(compare(old, next, settings, console)));

  reading(keysmith.command('can'))
    .summary('whether a principal can do something, and by which statement')
    .description('Whether a principal can do something with a key, and which statement says so.')
    .argument('<principal>', 'ARN, service, or name, logical id or construct path of a role or user')
    .argument('<action>', 'kms:Decrypt, say')
    .argument('<path>', PATH)
    .option('--key <key>', KEY)
    .option('--context <name=value>', 'a pair of the encryption context (repeatable)', pair)
    .option('--condition <key=value>', 'a condition key of the request: aws:SourceIp=10.0.0.1 (repeatable)', pair)
    .option('--via <service>', 'through this service: s3, say')
    .option('--json', 'for machines')
    .addHelpText('after', statuses('it is allowed, on one of the keys at least', 'it is not, or nothing tells'))
    .action((principal: string, action: string, path: string, settings: ReadSettings & CanSettings) => {
      const { key, context, condition: conditions, via, json } = settings;
      return end(read(path, settings, console, (input) => can(input, { principal, action, key, context, conditions, via }, console, { json })));
    });

  reading(keysmith.command('local'))
    .summary('a local KMS with the keys and roles of the templates')
    .description('Starts KMS on this machine with the keys and roles of the templates, prints how programs reach it, and shows each call with its decision.')
    .argument('<path>', PATH)
    .option('--as <role>', 'credentials of this role or user only (repeatable)', another)
    .option('--port <port>', 'port on 127.0.0.1; default: any that is free', portNumber)
    .option('--json', 'one line of JSON, then one for each call')
    .addHelpText('after', '\nEnds with status 0 when it is interrupted, 2 for input it cannot use.')
    .action((path: string, settings: ReadSettings & LocalOptions) => end(read(path, settings, console, (input) => local(input, settings, console))));

  reading(keysmith.command('watch'))
    .summary('what a trail tells of the use of keys')
    .description('Reads files of CloudTrail and tells what an alarm would have told: changes of keys, use by strangers, spikes. docs/monitoring.md says what each means.')
    .requiredOption('--trail <path>', 'a file of CloudTrail, gzip or not, or a directory of them')
    .option('--template <path>', `who is granted what: ${PATH}`)
    .option('--baseline <path>', 'what is normal: files of an earlier time')
    .option('--key <name=arn>', 'which key of the templates, by alias, logical id or construct path, this real one is (repeatable)', pair)
    .option('--json', 'for machines')
    .addHelpText('after', statuses('no alarms', 'alarms'))
    .action((settings: ReadSettings & WatchSettings) => end(watch(settings, console)));

  return keysmith;
}

interface CanSettings {
  readonly key?: string;
  readonly context?: Record<string, string>;
  readonly condition?: Record<string, string>;
  readonly via?: string;
  readonly json?: boolean;
}

interface LocalOptions {
  readonly as?: readonly string[];
  readonly port?: number;
  readonly json?: boolean;
}

/** Options of every command that reads templates. */
function reading(command: Command): Command {
  return command
    .option('--parameter <name=value>', 'value of a template parameter, or Stack:Name=value (repeatable)', pair)
    .option('--account <id>', 'account of stacks that name none', accountId)
    .option('--region <region>', 'Region of stacks that name none', regionName);
}

async function read(path: string, settings: ReadSettings, console: Console, work: (input: Input) => number | Promise<number>): Promise<number> {
  return work(await readInput(path, inputOptions(settings), console));
}

/** Generated names and ids follow the name of the stack: two files of a template are read under one. */
async function compare(old: string, next: string, settings: ReadSettings & DiffSettings, console: Console): Promise<number> {
  if (old === '-' && next === '-') throw new Unusable('standard input holds one template, not two');
  const options = { ...inputOptions(settings), stack: stackName(next === '-' ? old : next) };
  const [before, after] = [await readInput(old, options, console), await readInput(next, options, console)];
  return diff(before, after, settings, console);
}

function statuses(zero: string, one: string): string {
  return `\nExit status:\n  0  ${zero}\n  1  ${one}\n  2  input that cannot be used`;
}
