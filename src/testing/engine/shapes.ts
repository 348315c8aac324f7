import { KmsException, validation } from './exceptions';

/** A member of an operation's input: its type on the wire, and its constraints in the API's own words. */
export interface Member<T> {
  readonly type: 'string' | 'blob' | 'boolean' | 'integer' | 'timestamp' | 'list' | 'map' | 'structure';
  readonly required?: boolean;
  /** Sensitive members are not repeated in messages. */
  readonly sensitive?: boolean;
  /** The constraints that a value of the right type breaks. */
  readonly broken: (value: T, path: string) => Broken[];
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

export function text(limits: { min?: number; max?: number; pattern?: RegExp } = {}): Member<string> {
  return {
    type: 'string',
    broken: (value, path) => [
      ...lengthBroken(value.length, limits, { path, value: `'${value}'` }),
      ...(limits.pattern && !limits.pattern.test(value)
        ? [{ path, value: `'${value}'`, constraint: `Member must satisfy regular expression pattern: ${limits.pattern.source}` }]
        : []),
    ],
  };
}

export function oneOf<const T extends string>(values: readonly T[]): Member<T> {
  return {
    type: 'string',
    broken: (value, path) => values.includes(value)
      ? [] : [{ path, value: `'${value}'`, constraint: `Member must satisfy enum value set: [${values.join(', ')}]` }],
  };
}

export function blob(limits: { min?: number; max?: number } = {}): Member<Uint8Array> {
  return { type: 'blob', sensitive: true, broken: (value, path) => lengthBroken(value.length, limits, { path }) };
}

export function integer(limits: { min?: number; max?: number } = {}): Member<number> {
  return {
    type: 'integer',
    broken: (value, path) => [
      ...(limits.min !== undefined && value < limits.min
        ? [{ path, value: `'${value}'`, constraint: `Member must have value greater than or equal to ${limits.min}` }] : []),
      ...(limits.max !== undefined && value > limits.max
        ? [{ path, value: `'${value}'`, constraint: `Member must have value less than or equal to ${limits.max}` }] : []),
    ],
  };
}

export const flag: Member<boolean> = { type: 'boolean', broken: () => [] };

export const timestamp: Member<Date> = { type: 'timestamp', broken: () => [] };

export function list<T>(of: Member<T>, limits: { min?: number; max?: number } = {}): Member<readonly T[]> {
  return {
    type: 'list',
    broken: (value, path) => [
      ...lengthBroken(value.length, limits, { path, value: `'[${value.map(String).join(', ')}]'` }),
      ...value.flatMap((item, index) => problems(required(of), item, `${path}.${index + 1}.member`)),
    ],
  };
}

/** Lone surrogates are no characters: in UTF-8 they would all become the same bytes. */
const NOT_UNICODE = /\p{Surrogate}/u;

export function stringMap(): Member<Readonly<Record<string, string>>> {
  return {
    type: 'map',
    broken: (value, path) => Object.entries(value).flatMap(([name, item]) => [
      ...problems(required(text()), item, `${path}.${name}.member`),
      ...[name, item].filter((string) => typeof string === 'string' && NOT_UNICODE.test(string)).map(() => ({ path, constraint: 'Map keys and values must be Unicode text' })),
    ]),
  };
}

export function structure<S extends Shape>(shape: S): Member<Parsed<S>> {
  return { type: 'structure', broken: (value, path) => memberProblems(shape, value, `${path}.`) };
}

/**
 * The input, checked against its shape; members that the shape does not have are ignored, as by KMS.
 *
 * @throws SerializationException for a value of another type, ValidationException for all broken constraints at once.
 */
export function parse<S extends Shape>(shape: S, input: Readonly<Record<string, unknown>>): Parsed<S> {
  const broken = memberProblems(shape, input, '');
  if (broken.length) throw validation(sentence(broken));
  return Object.fromEntries(Object.keys(shape).map((name) => [name, input[name] ?? undefined])) as Parsed<S>;
}

function memberProblems(shape: Shape, input: Readonly<Record<string, unknown>>, prefix: string): Broken[] {
  return Object.entries(shape).flatMap(([name, member]) => problems(member, input[name], prefix + lowerFirst(name)));
}

function problems(member: Member<any>, value: unknown, path: string): Broken[] {
  if (value === undefined || value === null) {
    return member.required ? [{ path, value: 'null', constraint: 'Member must not be null' }] : [];
  }
  if (!hasType(member.type, value)) {
    // KMS names Java types here; what matters is the error's name.
    throw new KmsException('SerializationException', `value at '${path}' is not of type ${member.type}`);
  }
  const broken = member.broken(value, path);
  return member.sensitive ? broken.map(({ path: at, constraint }) => ({ path: at, constraint })) : broken;
}

function hasType(type: Member<unknown>['type'], value: unknown): boolean {
  switch (type) {
    case 'blob': return value instanceof Uint8Array;
    case 'timestamp': return value instanceof Date && !Number.isNaN(value.getTime());
    case 'list': return Array.isArray(value);
    case 'integer': return Number.isInteger(value);
    case 'map':
    case 'structure': return typeof value === 'object' && !Array.isArray(value) && !(value instanceof Uint8Array);
    default: return typeof value === type;
  }
}

function lengthBroken(length: number, { min, max }: { min?: number; max?: number }, at: { path: string; value?: string }): Broken[] {
  return [
    ...(min !== undefined && length < min ? [{ ...at, constraint: `Member must have length greater than or equal to ${min}` }] : []),
    ...(max !== undefined && length > max ? [{ ...at, constraint: `Member must have length less than or equal to ${max}` }] : []),
  ];
}

function sentence(broken: readonly Broken[]): string {
  const parts = broken.map(({ path, value, constraint }) => `Value ${value === undefined ? '' : `${value} `}at '${path}' failed to satisfy constraint: ${constraint}`);
  return `${broken.length} validation error${broken.length > 1 ? 's' : ''} detected: ${parts.join('; ')}`;
}

function lowerFirst(name: string): string {
  return name[0].toLowerCase() + name.slice(1);
}
