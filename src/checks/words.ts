import { isUnknownValue } from '../authz/unknown-values';
import { UNRESOLVED } from '../spec/unresolved';
import type { Deployment } from '../template';

/** A list in a message, cut where it gets long: `a, b and 4 more`. */
export function someOf(texts: readonly string[], most = 4): string {
  if (texts.length > most) return `${texts.slice(0, most).join(', ')} and ${texts.length - most} more`;
  return texts.length < 2 ? texts.join('') : `${texts.slice(0, -1).join(', ')} and ${texts[texts.length - 1]}`;
}

/** Puts the expressions of the template in the place of the symbols that stand for them, in every text of a value: symbols mean nothing to readers. */
export function withoutSymbols(deployment: Deployment): <T>(value: T) => T {
  const expressions = new Map(deployment.unresolved.map(({ symbol, expression }) => [symbol, inShort(expression)]));
  const every = new RegExp(UNRESOLVED, 'g');
  const replaced = (text: string) => text.replace(every, (symbol) => expressions.get(symbol) ?? (isUnknownValue(symbol) ? '<any value>' : '<not known>'));
  const walk = (value: unknown): unknown => {
    if (typeof value === 'string') return replaced(value);
    if (Array.isArray(value)) return value.map(walk);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [replaced(name), walk(member)]));
  };
  return <T>(value: T) => walk(value) as T;
}

/** `<Ref P>`, `<Fn::ImportValue …>`: an expression as people speak of it. */
function inShort(expression: unknown): string {
  if (typeof expression === 'string') return `<${cut(expression)}>`;
  const [[name, argument] = ['', undefined], ...others] = typeof expression === 'object' && expression !== null ? Object.entries(expression) : [];
  if (name === '' || others.length > 0) return `<${cut(JSON.stringify(expression) ?? 'not known')}>`;
  return `<${name} ${cut(typeof argument === 'string' ? argument : JSON.stringify(argument))}>`;
}

function cut(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
