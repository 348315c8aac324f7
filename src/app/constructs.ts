import { Stack, Token, TokenComparison } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** The construct its author wrote, which keeps its resource as `Resource`. */
export function authorOf(construct: IConstruct): IConstruct {
  const { id, scope } = construct.node;
  return id === 'Resource' && scope && !Stack.isStack(scope) ? scope : construct;
}

/** The path of the construct its author wrote. */
export function authorsPath(construct: IConstruct): string {
  return authorOf(construct).node.path;
}

/** What messages call a construct. */
export function quoted(construct: IConstruct): string {
  return `'${authorsPath(construct)}'`;
}

/** What a construct of CDK tells of itself under this name. */
export function memberOf(construct: IConstruct, name: string): unknown {
  return name in construct ? (construct as unknown as Record<string, unknown>)[name] : undefined;
}

/** Constructs, or what is known of them, by what they have in common. */
export function groupedBy<T, Key>(all: readonly T[], keyOf: (one: T) => Key): ReadonlyMap<Key, readonly T[]> {
  const groups = new Map<Key, T[]>();
  for (const one of all) {
    const key = keyOf(one);
    const group = groups.get(key);
    if (group) group.push(one);
    else groups.set(key, [one]);
  }
  return groups;
}

/** Whether two accounts, Regions or the like are known and not the same. */
export function differ(one: string, other: string): boolean {
  return Token.compareStrings(one, other) === TokenComparison.DIFFERENT;
}

/** The constructs of this library that are looked for in an app. */
export const KEY = Symbol.for('cdk-keysmith.Key');
export const VIEW = Symbol.for('cdk-keysmith.KeyView');

/** A key of this library that is several keys of KMS, of which one signs at a time: each of them is a `KEY` below it. */
export const KEY_OF_GENERATIONS = Symbol.for('cdk-keysmith.KeyOfGenerations');
/** On the resource of a key that does not lie right below the key's construct: that construct. */
const CONSTRUCT_OF_KEY = Symbol.for('cdk-keysmith.ConstructOfKey');

/** Says of which key a resource is, where the tree does not. */
export function markResource(resource: IConstruct, key: IConstruct): void {
  Object.defineProperty(resource, CONSTRUCT_OF_KEY, { value: key });
}

/** The key of this library whose resource this is, or below which it lies. */
export function keyOfResource(resource: IConstruct | undefined): IConstruct | undefined {
  const { [CONSTRUCT_OF_KEY]: key = resource?.node.scope } = (resource ?? {}) as { readonly [CONSTRUCT_OF_KEY]?: IConstruct };
  return isMarked<IConstruct>(key, KEY) ? key : undefined;
}

/** Marks an object for `isMarked`: an app may have loaded the library twice, and then its classes are not the same. */
export function mark(object: object, symbol: symbol): void {
  Object.defineProperty(object, symbol, { value: true });
}

export function isMarked<T>(object: unknown, symbol: symbol): object is T {
  return typeof object === 'object' && object !== null && symbol in object;
}
