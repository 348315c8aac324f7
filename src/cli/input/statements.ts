import type { Path } from './template-text';

type Members = Readonly<Record<string, unknown>>;

/** How deep policies are looked for: `Policies[0].PolicyDocument.Fn::If[1]` is five. */
const DEEPEST = 12;

/** Statements of a resource by Sid, and its policies, each in the order of the template. */
interface Places {
  readonly bySid: ReadonlyMap<string, Path>;
  readonly policies: readonly Statements[];
}

const places = new WeakMap<object, Places>();

/** The path to a resource's statement by its Sid or its place in a policy (`#2`); undefined if the policy is no list to be found in the template. */
export function pathOfStatement(resource: unknown, called: string): Path | undefined {
  // Of an identity policy, the policy's name stands before it.
  const statement = called.slice(called.lastIndexOf('/') + 1);
  const place = /^#(\d+)$/.exec(statement)?.[1];
  const { bySid, policies } = placesIn(resource);
  if (place === undefined) return bySid.get(statement);
  for (const { path, statements } of policies) {
    const found = statements[Number(place) - 1];
    if (found) return [...path, ...found.path];
  }
  return undefined;
}

/** A resource is looked through once: it may have as many findings as statements. */
function placesIn(resource: unknown): Places {
  if (typeof resource !== 'object' || resource === null) return { bySid: new Map(), policies: [] };
  let found = places.get(resource);
  if (!found) {
    const policies = policiesIn(own(resource, 'Properties'), ['Properties']);
    const bySid = new Map<string, Path>();
    for (const { path, statements } of policies) {
      for (const each of statements) {
        const sid = own(each.value, 'Sid');
        if (typeof sid === 'string' && !bySid.has(sid)) bySid.set(sid, [...path, ...each.path]);
      }
    }
    places.set(resource, found = { bySid, policies });
  }
  return found;
}

interface Statements {
  readonly path: Path;
  readonly statements: readonly { readonly path: Path; readonly value: unknown }[];
}

/** The policies below a property. */
function policiesIn(value: unknown, path: Path): Statements[] {
  if (typeof value !== 'object' || value === null || path.length > DEEPEST) return [];
  const statement = own(value, 'Statement');
  if (statement !== undefined) return [{ path: [...path, 'Statement'], statements: statementsIn(statement, []) }];
  return Object.entries(value).flatMap(([name, inner]) => policiesIn(inner, [...path, Array.isArray(value) ? Number(name) : name]));
}

/** One, or a list, with those in a condition (`Fn::If`) at their place. */
function statementsIn(value: unknown, path: Path): Statements['statements'] {
  if (Array.isArray(value)) return value.flatMap((each: unknown, index) => statementsIn(each, [...path, index]));
  const branches = own(value, 'Fn::If');
  if (!Array.isArray(branches) || path.length > DEEPEST) return [{ path, value }];
  return branches.slice(1).flatMap((each: unknown, index) => isNoValue(each) ? [] : statementsIn(each, [...path, 'Fn::If', index + 1]));
}

function isNoValue(value: unknown): boolean {
  return own(value, 'Ref') === 'AWS::NoValue';
}

function own(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? (value as Members)[name] : undefined;
}
