import { invalid } from '../errors';
import { ofType, quoted } from '../text';

/** The fields of a message: `Headers`, an object by names, or pairs of name and value, which keep repeated fields apart. Names have no case. */
export type HttpFields =
  | Headers
  | Readonly<Record<string, string | number | readonly string[] | undefined>>
  | Iterable<readonly [name: string, value: string]>;

/** Lines of fields by their names in lower case, each as RFC 9421 section 2.1 has it. */
export type FieldLines = ReadonlyMap<string, readonly string[]>;

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** The fields, copied: the caller may change them. @throws `ERR_KEYSMITH_INPUT` for what cannot be fields */
export function fieldLines(given: HttpFields | undefined, what: string): FieldLines {
  const lines = new Map<string, string[]>();
  if (given === undefined) return lines;
  if (typeof given !== 'object' || given === null) throw invalid(`${what} are ${ofType(given)}: give Headers, an object by names, or pairs`);
  for (const pair of Symbol.iterator in given ? given : Object.entries(given)) {
    if (!Array.isArray(pair) || pair.length !== 2) throw invalid(`${what}: an entry is ${ofType(pair)}, and no pair of name and value`);
    const [name, value] = pair as [unknown, unknown];
    if (typeof name !== 'string' || !TOKEN.test(name)) throw invalid(`${what}: a name is ${typeof name === 'string' ? quoted(name) : ofType(name)}, and none of a field`);
    if (value === undefined) continue;
    const key = name.toLowerCase();
    const own = lines.get(key) ?? [];
    lines.set(key, own.concat((Array.isArray(value) ? value : [value]).map((line) => lineOf(line, name, what))));
  }
  return lines;
}

/** One line: without white space around it, and in place of a fold one space (RFC 9421 section 2.1). */
function lineOf(value: unknown, name: string, what: string): string {
  if (typeof value !== 'string' && typeof value !== 'number') throw invalid(`${what}: ${quoted(name)} is ${ofType(value)}: give text`);
  const [first, ...folded] = String(value).split(/\r?\n/);
  const isFolded = folded.every((line) => line.startsWith(' ') || line.startsWith('\t'));
  // Of bytes each character stands for one.
  if (!isFolded || [first, ...folded].some((line) => /[\0\r\u0100-\uffff]/.test(line))) throw invalid(`${what}: ${quoted(name)} has a value that no field can have`);
  return [first, ...folded].map(withoutSpaceAround).join(' ');
}

const isSpace = (character: string): boolean => character === ' ' || character === '\t';

function withoutSpaceAround(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && isSpace(text[start])) start++;
  while (end > start && isSpace(text[end - 1])) end--;
  return text.slice(start, end);
}
