import { createHash } from 'node:crypto';
import type { ResourceAddress, UnresolvedValue } from './types';

/** Where an expression stands. */
export type Place = ResourceAddress & { readonly property: string };

/** No character that a policy's wildcards or variables, an ARN or a path give a meaning to. */
const SYMBOL = /unresolved-[0-9a-f]{16}/g;

/** The symbols inside a resolved string: parts that no template tells. */
export function symbolsIn(text: string): string[] {
  return text.match(SYMBOL) ?? [];
}

/** Whether any part of a resolved value is unknown. */
export function hasSymbols(value: unknown): boolean {
  if (typeof value === 'string') return symbolsIn(value).length > 0;
  if (Array.isArray(value)) return value.some(hasSymbols);
  if (value !== null && typeof value === 'object') return Object.entries(value).some(([key, inner]) => hasSymbols(key) || hasSymbols(inner));
  return false;
}

/** Stand-ins for values that are not known, and the list of all of them. */
export class Symbols {
  private readonly entries = new Map<string, UnresolvedValue>();

  /** The symbol of whatever `identity` describes: the same identity, the same symbol. Listed once for each place. */
  public for(identity: readonly unknown[], expression: unknown, at: Place, because: string): string {
    const digest = createHash('sha256').update(JSON.stringify(identity)).digest('hex');
    const symbol = `unresolved-${digest.slice(0, 16)}`;
    const entry = JSON.stringify([symbol, at.stack, at.logicalId, at.property]);
    if (!this.entries.has(entry)) this.entries.set(entry, { symbol, expression, at, because });
    return symbol;
  }

  public list(): UnresolvedValue[] {
    return [...this.entries.values()];
  }
}
