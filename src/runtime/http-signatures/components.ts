import { isDerived, derivedValue } from './derived';
import type { FieldLines } from './fields';
import type { HttpMessage } from './http-message';
import { readDictionary, readItem, readList, writeBytes, writeDictionary, writeItem, writeList, writeMember } from '../../structured-fields';
import type { Item, Parameters } from '../../structured-fields';
import { invalid } from '../errors';
import { ofType, quoted } from '../text';

/** What a signature covers (RFC 9421 section 2): a field, or a derived component, whose name begins with `@`. */
export interface Component {
  readonly name: string;
  readonly parameters: Parameters;
  /** As it stands in a signature: `"@method";req`. */
  readonly id: string;
  /** The same whatever the order of its parameters, which tells nothing (section 2). */
  readonly identity: string;
}

/** Parameters of components, and of which type (section 2.1, 2.2.8, 2.4). */
const PARAMETERS: Readonly<Record<string, 'boolean' | 'string'>> = { sf: 'boolean', key: 'string', bs: 'boolean', tr: 'boolean', req: 'boolean', name: 'string' };
const OF_FIELDS = ['sf', 'key', 'bs', 'tr'];
const FIELD_NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;

/**
 * A component as an option has it: `content-type`, `@method;req`, `"@query-param";name="id"`.
 *
 * @throws `ERR_KEYSMITH_INPUT` for what is none
 */
export function componentOf(text: unknown): Component {
  if (typeof text !== 'string') throw invalid(`a component is ${ofType(text)}: give text such as "content-digest" or "@method;req"`);
  const end = text.includes(';') ? text.indexOf(';') : text.length;
  const written = text.startsWith('"') ? text : `"${text.slice(0, end).toLowerCase()}"${text.slice(end)}`;
  let item: Item;
  try {
    item = readItem(written);
  } catch (error) {
    throw invalid(`the component ${quoted(text)} cannot be read: give one such as "content-digest" or "@method;req"`, error);
  }
  return componentOfItem(item);
}

/** A component as a signature has it. @throws `ERR_KEYSMITH_INPUT` for what is none */
export function componentOfItem(item: Item): Component {
  const [name, parameters] = item;
  const id = writeItem(item);
  if (typeof name !== 'string') throw invalid(`the component ${id} is no string`);
  for (const [parameter, value] of parameters) {
    if (!Object.hasOwn(PARAMETERS, parameter) || typeof value !== PARAMETERS[parameter] || value === false) throw invalid(`the component ${id} has a parameter that is none: '${parameter}'`);
  }
  const own = [...parameters.keys()];
  const isWrong = isDerived(name)
    ? own.some((parameter) => OF_FIELDS.includes(parameter)) || (name === '@query-param') !== parameters.has('name')
    : !FIELD_NAME.test(name) || parameters.has('name') || (parameters.has('bs') && (parameters.has('sf') || parameters.has('key')));
  if (isWrong) throw invalid(`the component ${id} is none of RFC 9421: a field in lower case, or one of its derived components, with parameters that go with it`);
  return { name, parameters, id, identity: writeItem([name, new Map([...parameters].sort(([a], [b]) => (a < b ? -1 : 1)))]) };
}

/** Where a component is looked for; undefined where it is one of a request, and there is none. */
export function sourceOf({ parameters }: Component, message: HttpMessage): HttpMessage | undefined {
  return parameters.has('req') ? message.request : message;
}

/** Lines of the field that a component is, or a part of. */
export function linesOf({ name, parameters }: Component, { fields, trailers }: HttpMessage): readonly string[] | undefined {
  const all: FieldLines = parameters.has('tr') ? trailers : fields;
  return all.get(name);
}

/** What a signature has for the component (section 2.1, 2.2). @throws `ERR_KEYSMITH_INPUT` where the message does not have it, or not in one way */
export function valueOf(component: Component, message: HttpMessage): string {
  const { name, id } = component;
  const source = sourceOf(component, message);
  if (!source) throw invalid(`the component ${id} is of the request, which was not given`);
  const value = isDerived(name) ? derivedValue(component, source) : fieldValue(component, linesOf(component, source));
  // Else two messages could come to one text (section 2.5).
  if (!/^[\t\x20-\x7e]*$/.test(value)) throw invalid(`the component ${id} has characters other than ASCII: cover it with 'bs', or leave it out`);
  return value;
}

function fieldValue({ name, parameters, id }: Component, lines: readonly string[] | undefined): string {
  if (!lines) throw invalid(`the message has no field for the component ${id}`);
  if (parameters.has('bs')) return lines.map((line) => writeBytes(Buffer.from(line, 'latin1'))).join(', ');
  const value = lines.join(', ');
  const key = parameters.get('key') as string | undefined;
  if (key === undefined && !parameters.has('sf')) return value;
  try {
    if (key === undefined) return strictly(name, value);
    const member = readDictionary(value).get(key);
    if (member) return writeMember(member);
  } catch (error) {
    throw invalid(`the field of the component ${id} cannot be read as a structured one`, error);
  }
  throw invalid(`the field of the component ${id} has no such member`);
}

/** Fields that are dictionaries: a list of bare names could be one. */
const DICTIONARIES = ['content-digest', 'repr-digest', 'want-content-digest', 'want-repr-digest', 'signature', 'signature-input', 'accept-signature', 'priority'];

/**
 * A structured field as one writes it (section 2.1.1). The type of a field does not stand in it; an item is a list of one, and a list and a dictionary that
 * can be read as either are written the same, unless a bare name stands in it twice.
 */
function strictly(name: string, value: string): string {
  if (DICTIONARIES.includes(name)) return writeDictionary(readDictionary(value));
  try {
    return writeList(readList(value));
  } catch {
    return writeDictionary(readDictionary(value));
  }
}
