import { addressesFor } from './addresses';
import { arnGlobOf, globOf, samples } from './globs';
import type { Glob, SampleOptions } from './globs';
import { CONDITION_OPERATORS, parseOperator } from '../spec/condition-operators';
import { readBinary, readDate, readNumber } from '../spec/condition-values';

/**
 * Values that represent all values: for each combination of comparisons that some value satisfies, and for no more than that, one value. What they satisfy
 * is not said here: `authz` is asked.
 */

/** One operator with the values that a policy compares with, variables filled in. */
export interface Comparison {
  /** As it is written: `ForAllValues:StringLikeIfExists`. */
  readonly operator: string;
  readonly wanted: readonly string[];
}

/** Whether the values stand for all: those of one kind of comparison do, and those of text and of truth values together. */
export function areOfOneKind(comparisons: readonly Comparison[]): boolean {
  const types = new Set(comparisons.flatMap(({ operator }) => typeOf(operator) ?? []).map((type) => (type === 'arn' || type === 'bool' ? 'string' : type)));
  return types.size <= 1;
}

/** Spellings of a text that comparisons tell apart, one for each set of them; undefined if there are too many to look at. */
export function spellings(text: string, comparisons: readonly Comparison[]): readonly string[] | undefined {
  const globs = comparisons.flatMap(({ operator, wanted }) => (typeOf(operator) === undefined ? [] : wanted.map((one) => globFor(operator, one))));
  return samples([globOf(text, { wildcards: false, ignoreCase: true }), ...globs], { matchFirst: true })?.map((sample) => sample.text);
}

/** What values a condition key can have at all. */
export interface Shape {
  /** Patterns one of which every value matches. Default: any text. */
  readonly like?: readonly string[];
  readonly letters?: string;
  readonly allowed?: RegExp;
  /** A value, for conditions that ask only whether there is one. Default: any text. */
  readonly sample?: string;
  /** Bounds of numbers. Default: any. */
  readonly numbers?: { readonly min?: number; readonly max?: number; readonly whole?: boolean };
}

/** The values; undefined if there are too many combinations to look at. */
export function representatives(comparisons: readonly Comparison[], shape: Shape = {}): readonly string[] | undefined {
  const byType = new Map<string, Comparison[]>();
  for (const comparison of comparisons) {
    const type = typeOf(comparison.operator);
    if (type !== undefined) byType.set(type, [...byType.get(type) ?? [], comparison]);
  }
  const texts = textsFor([...byType.get('string') ?? [], ...byType.get('arn') ?? []], shape, byType.size === 0);
  if (!texts) return undefined;
  const wantedOf = (type: string) => (byType.get(type) ?? []).flatMap(({ wanted }) => wanted);
  const values = [
    ...texts,
    ...(byType.has('numeric') ? numbersAround(wantedOf('numeric'), shape.numbers) : []),
    ...(byType.has('date') ? datesAround(wantedOf('date')) : []),
    ...(byType.has('bool') ? ['true', 'false'] : []),
    ...(byType.has('ip') ? addressesFor(wantedOf('ip')) : []),
    ...(byType.has('binary') ? binariesBeside(wantedOf('binary')) : []),
  ];
  return [...new Set(values)];
}

function typeOf(operator: string): string | undefined {
  const written = parseOperator(operator);
  return written && written.name !== 'Null' ? CONDITION_OPERATORS[written.name].type : undefined;
}

/** Texts for string and ARN comparisons: where nothing is compared, any value will do. */
function textsFor(comparisons: readonly Comparison[], shape: Shape, otherwise: boolean): readonly string[] | undefined {
  if (comparisons.length === 0 && !otherwise) return [];
  if (comparisons.length === 0 && shape.sample !== undefined) return [shape.sample];
  const globs = comparisons.flatMap(({ operator, wanted }) => wanted.map((text) => globFor(operator, text)));
  const { like, letters, allowed } = shape;
  if (!like && globs.every(({ units, ignoreCase }) => !ignoreCase && units.every((unit) => typeof unit === 'string'))) {
    const literals = new Set(globs.map(({ units }) => units.join('')));
    return [...literals, freshAmong(literals)];
  }
  return textsLike(globs, like?.map((text) => globOf(text)), { letters, allowed });
}

function textsLike(globs: readonly Glob[], shapes: readonly Glob[] | undefined, options: SampleOptions): readonly string[] | undefined {
  if (!shapes) return samples(globs, options)?.map(({ text }) => text);
  const texts: string[] = [];
  for (const shape of shapes) {
    const found = samples([shape, ...globs], { ...options, matchFirst: true });
    if (!found) return undefined;
    texts.push(...found.map(({ text }) => text));
  }
  return texts;
}

function globFor(operator: string, text: string): Glob {
  const name = parseOperator(operator)?.name ?? '';
  if (name.startsWith('Arn')) return arnGlobOf(text);
  return globOf(text, { wildcards: name.endsWith('Like'), ignoreCase: name.endsWith('IgnoreCase') });
}

/** A text that is none of them. */
export function freshAmong(taken: ReadonlySet<string>, stem = 'other'): string {
  let fresh = stem;
  for (let count = 2; taken.has(fresh); count++) fresh = `${stem}-${count}`;
  return fresh;
}

/** They, and one that none of them is. */
function binariesBeside(wanted: readonly string[]): string[] {
  const taken = new Set(wanted.map((text) => readBinary(text)));
  const fresh = Array.from({ length: taken.size + 1 }, (_, index) => Buffer.from(`x${index}`).toString('base64')).find((text) => !taken.has(readBinary(text)));
  return [...wanted, fresh!];
}

/** At each bound, below, above, and between two of them. */
function numbersAround(wanted: readonly string[], { min = -Infinity, max = Infinity, whole = false }: Shape['numbers'] = {}): string[] {
  const bounds = wanted.flatMap((text) => readNumber(text) ?? []);
  const near = (bound: number) => [Math.floor(bound) - 1, Math.floor(bound), Math.ceil(bound), Math.ceil(bound) + 1];
  const candidates = whole ? bounds.flatMap(near) : around(bounds, 1);
  const ends = [min, max].filter(Number.isFinite);
  return [...candidates, ...ends].filter((value) => value >= min && value <= max).map(plain);
}

/** Without an exponent, which IAM's numbers do not have. */
function plain(value: number): string {
  const text = String(value);
  return text.includes('e') ? value.toFixed(20).replace(/\.?0+$/, '') : text;
}

const DAY = 24 * 3600 * 1000;

function datesAround(wanted: readonly string[]): string[] {
  return around(wanted.flatMap((text) => readDate(text) ?? []), DAY)
    .map(Math.round)
    .filter((time) => Math.abs(time) < 8.64e15)
    .map((time) => new Date(time).toISOString())
    .filter((text) => readDate(text) !== undefined);
}

/** The bounds themselves, what lies in the middle of each two neighbours, and beyond the first and the last. */
function around(bounds: readonly number[], step: number): number[] {
  const sorted = [...new Set(bounds)].sort((one, other) => one - other);
  if (sorted.length === 0) return [0];
  const middles = sorted.slice(1).map((bound, index) => (bound + sorted[index]) / 2);
  return [sorted[0] - step, ...sorted, ...middles, sorted[sorted.length - 1] + step];
}
