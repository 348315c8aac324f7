/**
 * What key policies the examples of services come to: prints, for each file given, the lines of its `define` and the statements that a key has with them
 * and has not without, as JSON.
 *
 *   npx tsx --tsconfig examples/tsconfig.json scripts/service-statements.ts examples/services/sns.ts …
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { ENVIRONMENT, siteIn } from '../examples/services/site';
import type { Site } from '../examples/services/site';
import { readAssembly } from '../src/template';

/** What a page shows of an example. */
export interface ServiceExample {
  readonly lines: string;
  readonly statements: string;
}

type OneOrMore<T> = T | readonly T[];
interface Statement {
  readonly Sid: string;
  readonly Principal: '*' | Readonly<Record<string, OneOrMore<string>>>;
  readonly Action: OneOrMore<string>;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, OneOrMore<string>>>>>;
}

const WIDTH = 80;
const listed = <T>(value: OneOrMore<T>): readonly T[] => (Array.isArray(value) ? value as readonly T[] : [value as T]);

function statementsWith(define: (site: Site) => void): readonly Statement[] {
  const app = new App({ analyticsReporting: false });
  const stack = new Stack(app, 'Orders', { env: ENVIRONMENT });
  define(siteIn(stack));
  return (readAssembly(app.synth().directory).keys[0].policy as { readonly Statement: readonly Statement[] }).Statement;
}

/** One after the other, as far as the width goes. */
function wrapped(words: readonly string[], indent: string): string {
  const lines = [''];
  for (const word of words) {
    const line = `${lines[lines.length - 1]} ${word}`.trimStart();
    if (lines[lines.length - 1] && indent.length + line.length > WIDTH) lines.push(word);
    else lines[lines.length - 1] = line;
  }
  return lines.join(`\n${indent}`);
}

/** `if kms:ViaService StringEquals …`; several values, and what does not fit, stand below. */
function conditionsOf({ Condition = {} }: Statement): string[] {
  return Object.entries(Condition).flatMap(([operator, pairs]) => Object.entries(pairs).map(([key, values]) => {
    const inLine = `  if ${key} ${operator} ${listed(values).join(' ')}`;
    if (listed(values).length === 1 && inLine.length <= WIDTH) return `${inLine}\n`;
    return `  if ${key} ${operator}\n${listed(values).map((value) => `    ${value}\n`).join('')}`;
  }));
}

function inWords(statement: Statement): string {
  const { Sid, Principal, Action } = statement;
  const who = Principal === '*' ? ['*'] : Object.entries(Principal).flatMap(([type, names]) => listed(names).map((name) => `${type} ${name}`));
  const actions = listed(Action).map((action, i, { length }) => action + (i < length - 1 ? ',' : ''));
  return `${Sid}\n${who.map((each) => `  ${each}\n`).join('')}  ${wrapped(actions, '  ')}\n${conditionsOf(statement).join('')}`;
}

function linesOf(file: string): string {
  const [, body] = /^export function define\(.*\n([\s\S]*?)^}\n/m.exec(readFileSync(file, 'utf8')) ?? [];
  if (body === undefined) throw new Error(`${file} has no function 'define'`);
  return body.replace(/^ {2}/gm, '');
}

async function main(files: readonly string[]): Promise<void> {
  const without = new Set(statementsWith(() => {}).map(({ Sid }) => Sid));
  const examples: Record<string, ServiceExample> = {};
  for (const file of files) {
    const { define } = await import(resolve(file)) as { define: (site: Site) => void };
    const written = statementsWith(define).filter(({ Sid }) => !without.has(Sid));
    examples[file] = { lines: linesOf(file), statements: written.map(inWords).join('\n') };
  }
  console.log(JSON.stringify(examples));
}

void main(process.argv.slice(2));
