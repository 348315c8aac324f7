import { KmsException, validation } from './exceptions';

/** A member of an operation's input: its type on the wire, and its constraints in the API's own words. */
export interface Member<T> {
  readonly type: 'string' | 'blob' | 'boolean' | 'integer' | 'timestamp' | 'list' | 'map' | 'structure';
  readonly required?: boolean;
  /** Sensitive members are not repeated in messages. */
  readonly sensitive?: boolean;
  /** What a value of the right type must satisfy by itself: a list or map without its elements. */
  readonly constraints: readonly Constraint<T>[];
  /** Elements of a list, values of a map. */
  readonly of?: Member<any>;
  /** Of a structure. */
  readonly members?: Shape;
}

/** One constraint of a member. */
interface Constraint<T> {
  /** `Member must not be null` */
  readonly words: string;
  readonly holds: (value: T) => boolean;
}

/** A value that breaks a constraint, ready for the message. */
interface Broken {
  readonly path: string;
  /** Absent for sensitive values. */
  readonly value?: string;
  readonly constraint: string;
}

/** The members of an operation's input. */
export type Shape = Readonly<Record<string, Member<any>>>;

/** What an input is once it has passed: required members are there, the others may be. */
export type Parsed<S extends Shape> = {
  readonly [K in keyof S]: S[K] extends Member<infer T> ? (S[K] extends { readonly required: true } ? T : T | undefined) : never;
};

/** Makes a member one that must be there. */
export function required<M extends Member<any>>(member: M): M & { readonly required: true } {
  return { ...member, required: true };
}

/** Least and most: characters of a text, bytes of a blob, elements of a list, the integer itself. */
export interface Limits {
  readonly min?: number;
  readonly max?: number;
}

/** @param pattern for the whole text, written as KMS writes it in messages */
export function text({ pattern, ...limits }: Limits & { readonly pattern?: RegExp } = {}): Member<string> {
  const whole = pattern && new RegExp(`^(?:${pattern.source})$`);
  return {
    type: 'string',
    constraints: [
      ...lengths<string>(limits),
      ...(whole ? [{ words: `Member must satisfy regular expression pattern: ${pattern.source}`, holds: (value: string) => whole.test(value) }] : []),
    ],
  };
}

export function oneOf<const T extends string>(values: readonly T[]): Member<T> {
  return { type: 'string', constraints: [{ words: `Member must satisfy enum value set: [${values.join(', ')}]`, holds: (value) => values.includes(value) }] };
}

export function blob(limits: Limits = {}): Member<Uint8Array> {
  return { type: 'blob', sensitive: true, constraints: lengths(limits) };
}

export function integer({ min, max }: Limits = {}): Member<number> {
  return {
    type: 'integer',
    constraints: [
      ...(max === undefined ? [] : [{ words: `Member must have value less than or equal to ${max}`, holds: (value: number) => value <= max }]),
      ...(min === undefined ? [] : [{ words: `Member must have value greater than or equal to ${min}`, holds: (value: number) => value >= min }]),
    ],
  };
}

export const flag: Member<boolean> = { type: 'boolean', constraints: [] };

export const timestamp: Member<Date> = { type: 'timestamp', constraints: [] };

export function list<T>(of: Member<T>, limits: Limits = {}): Member<readonly T[]> {
  return { type: 'list', of, constraints: lengths(limits) };
}

/** Lone surrogates are no characters: in UTF-8 they would all become the same bytes. */
const NOT_UNICODE = /\p{Surrogate}/u;

export function stringMap(): Member<Readonly<Record<string, string>>> {
  return {
    type: 'map',
    of: text(),
    constraints: [{ words: 'Map keys and values must be Unicode text', holds: (value) => !Object.entries(value).flat().some((one) => NOT_UNICODE.test(one ?? '')) }],
  };
}

export function structure<S extends Shape>(members: S): Member<Parsed<S>> {
  return { type: 'structure', members, constraints: [] };
}

/**
 * The input, checked against its shape; members that the shape does not have are ignored, as by KMS.
 *
 * @throws SerializationException for a value of another type, ValidationException for all broken constraints at once.
 */
export function parse<S extends Shape>(shape: S, input: Readonly<Record<string, unknown>>): Parsed<S> {
  for (const [name, member] of Object.entries(shape)) requireType(member, input[name], lowerFirst(name));
  const broken = memberProblems(shape, input, '');
  if (broken.length) throw validation(sentence(broken));
  return Object.fromEntries(Object.keys(shape).map((name) => [name, input[name] ?? undefined])) as Parsed<S>;
}

/** @throws SerializationException for anything in the value that has another type; null is of every type */
function requireType({ type, of, members }: Member<any>, value: unknown, path: string): void {
  if (value === undefined || value === null) return;
  // KMS names Java types here; what matters is the error's name.
  if (!hasType(type, value)) throw new KmsException('SerializationException', `value at '${path}' is not of type ${type}`);
  if (of) for (const [name, element] of Object.entries(value)) requireType(of, element, `${path}.${type === 'list' ? Number(name) + 1 : name}`);
  if (members) for (const [name, member] of Object.entries(members)) requireType(member, (value as Record<string, unknown>)[name], `${path}.${lowerFirst(name)}`);
}

function memberProblems(shape: Shape, input: Readonly<Record<string, unknown>>, prefix: string): Broken[] {
  return Object.entries(shape).flatMap(([name, member]) => problems(member, input[name], prefix + lowerFirst(name)));
}

const NOT_NULL = 'Member must not be null';

function problems(member: Member<any>, value: unknown, path: string): Broken[] {
  if (value === undefined || value === null) return member.required ? [{ path, value: 'null', constraint: NOT_NULL }] : [];
  return [
    ...brokenBy(member, value).map((constraint) => ({ path, constraint, ...shownValue(member, value) })),
    ...elementProblems(member, value, path),
    ...(member.members ? memberProblems(member.members, value as Record<string, unknown>, `${path}.`) : []),
  ];
}

/**
 * What is wrong with the elements of a list or map. Plain ones are told with the whole list, all their constraints and no path of their own, as by
 * other services of AWS JSON whose answers are known (Lambda, ACM); structures by their own members.
 */
function elementProblems({ type, of }: Member<any>, value: object, path: string): Broken[] {
  if (!of) return [];
  const elements: unknown[] = Object.values(value);
  if (of.members) return elements.flatMap((element, index) => problems(required(of), element, `${path}.${index + 1}.member`));
  const there = elements.filter((element) => element !== undefined && element !== null);
  const missing = there.length < elements.length;
  if (!missing && there.every((element) => brokenBy(of, element).length === 0)) return [];
  const words = [...of.constraints.map((constraint) => constraint.words), ...(missing ? [NOT_NULL] : [])];
  return [{ path, value: `'${shownWhole(value)}'`, constraint: `${type === 'map' ? 'Map value' : 'Member'} must satisfy constraint: [${words.join(', ')}]` }];
}

function brokenBy(member: Member<any>, value: unknown): string[] {
  return member.constraints.filter(({ holds }) => !holds(value)).map(({ words }) => words);
}

function shownValue({ type, sensitive }: Member<any>, value: object | unknown): { value?: string } {
  // Texts that are not Unicode are what is wrong with a map.
  if (sensitive || type === 'map') return {};
  return { value: `'${typeof value === 'object' ? shownWhole(value!) : String(value)}'` };
}

/** `[a, b]`, `{a=b}`, as Java prints them. */
function shownWhole(value: object): string {
  return Array.isArray(value) ? `[${value.map(String).join(', ')}]` : `{${Object.entries(value).map(([name, element]) => `${name}=${element}`).join(', ')}}`;
}

/** An object as JSON has it, of whatever realm: a Map or an instance of a class would pass for an empty context. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function hasType(type: Member<unknown>['type'], value: unknown): boolean {
  switch (type) {
    case 'blob': return value instanceof Uint8Array;
    case 'timestamp': return value instanceof Date && !Number.isNaN(value.getTime());
    case 'list': return Array.isArray(value);
    case 'integer': return Number.isInteger(value);
    case 'map': return typeof value === 'object' && isPlain(value!);
    case 'structure': return typeof value === 'object' && !Array.isArray(value) && !(value instanceof Uint8Array);
    default: return typeof value === type;
  }
}

function lengths<T extends { readonly length: number }>({ min, max }: Limits): Constraint<T>[] {
  return [
    ...(max === undefined ? [] : [{ words: `Member must have length less than or equal to ${max}`, holds: ({ length }: T) => length <= max }]),
    ...(min === undefined ? [] : [{ words: `Member must have length greater than or equal to ${min}`, holds: ({ length }: T) => length >= min }]),
  ];
}

function sentence(broken: readonly Broken[]): string {
  const parts = broken.map(({ path, value, constraint }) => `Value ${value === undefined ? '' : `${value} `}at '${path}' failed to satisfy constraint: ${constraint}`);
  return `${broken.length} validation error${broken.length > 1 ? 's' : ''} detected: ${parts.join('; ')}`;
}

function lowerFirst(name: string): string {
  return name[0].toLowerCase() + name.slice(1);
}
