import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, extname, join, relative, sep } from 'node:path';
import { pathOfStatement } from './statements';
import { readTemplateText } from './template-text';
import type { Position, TemplateText } from './template-text';
import { readAssembly, readTemplates, TemplateError } from '../../template';
import type { Deployment, ReadOptions, ResourceAddress, TemplateSource } from '../../template';
import type { Console } from '../console';
import { Unusable } from '../unusable';

/** What no template tells. */
export type InputOptions = Pick<ReadOptions, 'account' | 'region' | 'parameters'> & {
  /** Name of the stack of a single template. @default - the file's */
  readonly stack?: string;
};

/** Where something stands in the source, for people and their editors. */
export interface Place extends Partial<Position> {
  /** Path of the template, relative to the working directory if it is below it; `<stdin>`. */
  readonly file?: string;
  /** Construct path: `Orders/Data`. */
  readonly construct?: string;
}

/** What the command was given, read. */
export interface Input {
  /** As it was given. */
  readonly path: string;
  readonly kind: 'template' | 'directory' | 'assembly';
  readonly deployment: Deployment;
  /** Files of a directory that are no templates, and assemblies in it. */
  readonly skipped: readonly string[];
  /** Where a resource or one of its statements stands. */
  placeOf(address: ResourceAddress, statement?: string): Place;
}

const STANDARD_INPUT = '<stdin>';
const EXTENSIONS = ['.json', '.yaml', '.yml', '.template'];
const NOT_ENTERED = ['node_modules', '.git'];

/**
 * Reads a template (JSON or YAML), all templates of a directory, a cloud assembly, or a template from standard input (`-`).
 *
 * @throws Unusable for what is none of them, and for parameters that no template has
 */
export async function readInput(path: string, options: InputOptions, console: Console): Promise<Input> {
  if (path === '-') return fromTexts(path, 'template', [readTemplateText(await console.readStandardInput(), STANDARD_INPUT)], options, []);
  if (!existsSync(path)) throw new Unusable(`there is no '${path}': give a template, a directory of templates, an assembly (cdk.out) or - for standard input`);
  if (statSync(path).isFile()) return fromTexts(path, 'template', [readTemplateText(readText(path), path)], options, []);
  if (existsSync(join(path, 'manifest.json'))) return fromAssembly(path, options);
  return fromDirectory(path, options);
}

function fromAssembly(path: string, { stack: _, ...options }: InputOptions): Input {
  const deployment = readAssembly(path, options);
  const texts = new Map<string, TemplateText>();
  const textOf = (file: string): TemplateText => {
    const text = texts.get(file) ?? readTemplateText(readText(file), file);
    texts.set(file, text);
    return text;
  };
  refuseUnknownParameters(options, deployment, textOf);
  return { path, kind: 'assembly', deployment, skipped: [], placeOf: placesIn(deployment, textOf) };
}

function fromDirectory(path: string, options: InputOptions): Input {
  const { files, assemblies } = filesUnder(path);
  const texts: TemplateText[] = [];
  const skipped = [...assemblies];
  for (const file of files) {
    const text = readText(file);
    // Directories of templates hold other files too: settings, parameters, schemas.
    if (/\bResources\b/.test(text) && /\bType\b/.test(text)) {
      const read = readTemplateText(text, file);
      if (isTemplate(read.value)) texts.push(read);
      else skipped.push(file);
    } else {
      skipped.push(file);
    }
  }
  if (!texts.length) {
    const seen = assemblies.length ? `but the assembly '${assemblies[0]}': give that` : files.length ? `none of its ${files.length} files with ${EXTENSIONS.join(', ')} has Resources` : `it holds no file with ${EXTENSIONS.join(', ')}`;
    throw new Unusable(`'${path}' holds no CloudFormation template: ${seen}`);
  }
  return fromTexts(path, 'directory', texts, options, skipped);
}

function fromTexts(path: string, kind: Input['kind'], texts: readonly TemplateText[], options: InputOptions, skipped: readonly string[]): Input {
  const deployment = readTemplates(texts.map((text) => sourceOf(text, kind === 'directory' ? path : undefined, options)));
  const byFile = new Map(texts.map((text) => [text.file, text]));
  const textOf: TextOf = (file) => byFile.get(file);
  refuseUnknownParameters(options, deployment, textOf);
  return { path, kind, deployment, skipped, placeOf: placesIn(deployment, textOf) };
}

function sourceOf({ file, value }: TemplateText, directory: string | undefined, options: InputOptions): TemplateSource {
  if (!isTemplate(value)) throw new TemplateError('ERR_TEMPLATE_INPUT', `${file} is no CloudFormation template: it has no Resources`);
  return { ...options, file, stack: directory === undefined ? options.stack ?? stackName(file) : stackName(file, directory), template: value };
}

/** A name as CloudFormation takes it, from the file's. */
export function stackName(file: string, directory?: string): string {
  if (file === STANDARD_INPUT) return 'Stack';
  const name = (directory === undefined ? basename(file) : relative(directory, file)).replace(/(\.template)?\.(json|ya?ml|template)$/i, '');
  const parts = name.split(/[^A-Za-z0-9]+/).filter(Boolean).join('-');
  return /^[A-Za-z]/.test(parts) ? parts : `Stack-${parts}`.replace(/-$/, '');
}

function isTemplate(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.hasOwn(value, 'Resources');
}

/** Files that may be templates, and assemblies, which are read by themselves: they know the environments of their stacks. */
function filesUnder(directory: string): { readonly files: string[]; readonly assemblies: string[] } {
  const [files, assemblies]: [string[], string[]] = [[], []];
  for (const entry of readdirSync(directory, { withFileTypes: true }).sort((one, other) => one.name < other.name ? -1 : 1)) {
    const path = join(directory, entry.name);
    if (entry.isFile() && EXTENSIONS.includes(extname(entry.name).toLowerCase())) {
      files.push(path);
    } else if (entry.isDirectory() && !NOT_ENTERED.includes(entry.name)) {
      if (existsSync(join(path, 'manifest.json')) && existsSync(join(path, 'tree.json'))) {
        assemblies.push(path);
      } else {
        const inner = filesUnder(path);
        files.push(...inner.files);
        assemblies.push(...inner.assemblies);
      }
    }
  }
  return { files, assemblies };
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new Unusable(`cannot read '${file}': ${(cause as Error).message}`, { cause });
  }
}

/** The text of a template, by its file. */
type TextOf = (file: string) => TemplateText | undefined;

/** A parameter that is misspelt would leave its template as open as before. */
function refuseUnknownParameters({ parameters = {} }: InputOptions, { stacks }: Deployment, textOf: TextOf): void {
  const names = Object.keys(parameters);
  if (!names.length) return;
  const known = new Set(stacks.flatMap(({ id, name, file }) => {
    const declared = file === undefined ? {} : (textOf(file)?.value as { Parameters?: object } | undefined)?.Parameters ?? {};
    return Object.keys(declared).flatMap((parameter) => [parameter, `${id}:${parameter}`, `${name}:${parameter}`]);
  }));
  const unknown = names.filter((name) => !known.has(name));
  if (!unknown.length) return;
  const plain = [...known].filter((name) => !name.includes(':'));
  throw new Unusable(`no template has the parameter ${unknown.join(', ')}: ${plain.length ? `there are ${plain.slice(0, 20).join(', ')}` : 'there is none at all'}`);
}

function placesIn({ stacks }: Deployment, textOf: TextOf): Input['placeOf'] {
  const files = new Map(stacks.map(({ id, file }) => [id, file]));
  return ({ stack, logicalId, path }, statement) => {
    const construct = path === undefined ? {} : { construct: path.replace(/\/Resource$/, '') };
    const file = files.get(stack);
    const text = file === undefined ? undefined : textOf(file);
    if (file === undefined || !text) return construct;
    const resource = (text.value as { Resources: Readonly<Record<string, unknown>> }).Resources[logicalId];
    const inner = statement === undefined ? undefined : pathOfStatement(resource, statement);
    return { file: shown(file), ...text.positionOf(['Resources', logicalId, ...inner ?? []]), ...construct };
  };
}

/** Relative to where the command runs, with slashes: what editors, SARIF and annotations want. */
function shown(file: string): string {
  if (file === STANDARD_INPUT) return file;
  const path = relative(process.cwd(), file);
  return (path.startsWith('..') ? file : path).split(sep).join('/');
}
