import { JsonIndex } from './json-index';
import { readYaml } from './yaml-text';
import { parseJson } from '../../spec/json-text';
import { Unusable } from '../unusable';

/** Steps from the whole document to a value in it: names of members, positions in lists. */
export type Path = readonly (string | number)[];

/** Line and column, both from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** The text of a template, what it says, and where. */
export class TemplateText {
  private readonly lineStarts: readonly number[];

  constructor(public readonly file: string, text: string, public readonly value: unknown, private readonly offsetOf: (path: Path) => number) {
    this.lineStarts = [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)];
  }

  /** Where a value stands; the innermost one that is there, if the path leads further. */
  public positionOf(path: Path): Position {
    return positionAt(this.lineStarts, this.offsetOf(path));
  }
}

/**
 * Reads JSON or YAML, whichever it is.
 *
 * @param file how messages call it
 * @throws Unusable if it is neither, or has a member twice
 */
export function readTemplateText(given: string, file: string): TemplateText {
  const text = given.replace(/^\uFEFF/, '');
  if (text.trim() === '') throw new Unusable(`${file} is empty: a CloudFormation template is needed`);
  if (!/^\s*[{[]/.test(text)) return yamlText(text, file);
  try {
    return jsonText(text, file);
  } catch (error) {
    // YAML has braces too.
    if (!(error instanceof SyntaxError)) throw error;
    if (/\.ya?ml$/i.test(file)) return yamlText(text, file);
    throw new Unusable(`${file} is no JSON: ${describe(error, text)}`, { cause: error });
  }
}

function jsonText(text: string, file: string): TemplateText {
  const { value, repeatedMembers } = parseJson(text);
  // Which of the two is meant nothing tells, least of all in a policy.
  if (repeatedMembers.length > 0) throw new Unusable(`${file} has the member ${repeatedMembers[0]} twice: leave one out`);
  let index: JsonIndex | undefined;
  return new TemplateText(file, text, value, (path) => (index ??= new JsonIndex(text)).offsetOf(path));
}

function yamlText(text: string, file: string): TemplateText {
  const { value, offsetOf } = readYaml(text, file);
  return new TemplateText(file, text, value, offsetOf);
}

function positionAt(lineStarts: readonly number[], offset: number): Position {
  let [low, high] = [0, lineStarts.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (lineStarts[middle] <= offset) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: offset - lineStarts[low] + 1 };
}

/** Node 20 tells the offset, later ones the line too; at the end of the text none does. */
function describe({ message }: SyntaxError, text: string): string {
  const offset = /at position (\d+)/.exec(message)?.[1];
  const said = message.replace(/ in JSON at position \d+.*$/s, '').replace(/ at position \d+.*$/s, '');
  const before = text.slice(0, offset === undefined ? text.length : Number(offset)).split('\n');
  return `${said}, at line ${before.length}, column ${before[before.length - 1].length + 1}`;
}
