import type { Json } from './pattern-size';

/**
 * The most that any field of a pattern comes to in EventBridge's measure of wildcards: how many beginnings of wildcard texts can match one text at once. Above
 * `WILDCARD_COMPLEXITY` EventBridge refuses the rule ("Rule is too complex"), and the stack is rolled back.
 *
 * This is never less than EventBridge's own number. Texts whose only `*` ends them count together only where one begins with the other; all others are added up.
 * Source: EventBridge User Guide, "Wildcard matching"; event-ruler, MachineComplexityEvaluator.
 */
export function complexityOf(pattern: Json): number {
  if (typeof pattern !== 'object') return 0;
  if (!Array.isArray(pattern)) return Math.max(0, ...Object.values(pattern).map(complexityOf));
  // Alternatives of `$or` may end in the same field.
  const [texts, others] = [pattern.flatMap(wildcardsIn), pattern.filter((each) => wildcardsIn(each as Json).length === 0)];
  const endings = texts.filter((text) => text.indexOf('*') === text.length - 1).map((text) => text.slice(0, -1));
  const within = texts.filter((text) => text.includes('*') && text.indexOf('*') < text.length - 1);
  const atOnce = endings.map((text) => 2 * endings.filter((begun) => text.startsWith(begun)).length);
  const rest = others.reduce<number>((sum, each) => sum + complexityOf(each as Json), 0);
  return Math.max(0, ...atOnce) + within.reduce((sum, text) => sum + costOf(text), 0) + rest;
}

/** Each `*`, and each text beside one, may be where a match has come to. */
function costOf(text: string): number {
  return text.split('*').filter((part) => part !== '').length + text.split('*').length - 1;
}

/** Texts of an operator in a list of what a field may be: `{ wildcard }`, or `{ 'anything-but': { wildcard } }`. */
function wildcardsIn(operator: Json): string[] {
  if (typeof operator !== 'object' || Array.isArray(operator)) return [];
  const { wildcard, 'anything-but': but } = operator as { readonly 'wildcard'?: string | readonly string[]; readonly 'anything-but'?: Json };
  if (wildcard !== undefined) return ([] as string[]).concat(wildcard);
  return typeof but === 'object' && !Array.isArray(but) ? wildcardsIn(but) : [];
}
