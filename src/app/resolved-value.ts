import { CfnElement, DefaultTokenResolver, Reference, StringConcat, Tokenization } from 'aws-cdk-lib';
import type { CfnResource, IPostProcessor, IResolvable, IResolveContext } from 'aws-cdk-lib';
import { PolicyDocument } from 'aws-cdk-lib/aws-iam';
import { VIEW_OF_TOKEN, isKeyViewToken } from './key-view';
import type { KeyView } from './key-view';
import { propertiesOf } from './rendering';
import type { WantedProperty } from '../spec/services';

/** A view, or an element that is referred to, and where. */
interface Found {
  readonly path: readonly string[];
  readonly view?: KeyView;
  readonly target?: CfnElement;
}

/** What a part of a resource or an output refers to. */
export interface References {
  readonly views: readonly KeyView[];
  readonly targets: readonly CfnElement[];
}

/** A string somewhere in resolved properties; an intrinsic function is one too, as JSON. */
export interface Leaf {
  readonly path: readonly string[];
  readonly text: string;
}

/** Resolved properties: their strings, and what tokens in them referred to. */
export class ResolvedValue {
  /** Resolves a value in the scope of its element, as CDK does when it links stacks; `path` is where the value stands. */
  public static of(value: unknown, scope: CfnElement, path: readonly string[] = []): ResolvedValue {
    const collector = new Collector();
    const whole = path.reduceRight((inner, part) => ({ [part]: inner }), value);
    const resolved: unknown = Tokenization.resolve(whole, { scope, resolver: collector, preparing: true });
    return new ResolvedValue(resolved, leavesOf(resolved, []), collector.found);
  }

  private constructor(private readonly whole: unknown, public readonly leaves: readonly Leaf[], private readonly found: readonly Found[]) {}

  /** The resolved values at a path; `*` stands for each element of a list. */
  public valuesAt(path: readonly string[]): unknown[] {
    return path.reduce<unknown[]>((values, part) => values.flatMap((value) => inside(value, part)), [this.whole]);
  }

  /** What is referred to at or below a path; `*` stands for each element of a list. */
  public at(path: readonly string[]): References {
    const here = this.found.filter((each) => isWithin(each.path, path));
    return { views: unique(here.flatMap(({ view }) => view ?? [])), targets: unique(here.flatMap(({ target }) => target ?? [])) };
  }
}

/** Whether a path leads to another or below; names of properties count without letter case. */
export function isWithin(path: readonly string[], outer: readonly string[]): boolean {
  return path.length >= outer.length && outer.every((part, i) => part === '*' || part.toLowerCase() === path[i].toLowerCase());
}

/** Resolves one property (`*` for each element of a list) and tells what it refers to, and the strings there with a space between those of a list. */
export function referencesOf(resource: CfnResource, property: string): References & { readonly text: string } {
  const path = property.split('.');
  const values = propertiesOf(resource).filter(([name]) => isWithin([name], [path[0]]))
    .map(([name, value]) => ResolvedValue.of(value, resource, [name]));
  return {
    views: [...new Set(values.flatMap((value) => value.at(path).views))],
    targets: [...new Set(values.flatMap((value) => value.at(path).targets))],
    text: values.flatMap(({ leaves }) => leaves).filter((leaf) => isWithin(leaf.path, path)).map(({ text }) => text).join(' '),
  };
}

/** The resolved values of one property (`*` for each element of a list). */
export function valuesOf(resource: CfnResource, property: string): unknown[] {
  const path = property.split('.');
  return propertiesOf(resource).filter(([name]) => isWithin([name], [path[0]]))
    .flatMap(([name, value]) => ResolvedValue.of(value, resource, [name]).valuesAt(path));
}

/** Whether a resource has a property, of this value if one is given, as far as anything is known before deployment. */
export function mayHave(resource: CfnResource, { path, value }: WantedProperty): boolean {
  const parts = path.split('.');
  const isLater = (each: unknown) => isIntrinsic(each) && JSON.stringify(each) !== NO_VALUE;
  const isThere = (each: unknown) => each !== undefined && each !== null && JSON.stringify(each) !== NO_VALUE;
  if (parts.some((_, i) => valuesOf(resource, parts.slice(0, i + 1).join('.')).some(isLater))) return true;
  return valuesOf(resource, path).some((each) => isThere(each) && (value === undefined || each === value));
}

/** What CloudFormation takes for a property that is not there. */
const NO_VALUE = JSON.stringify({ Ref: 'AWS::NoValue' });

/** What one property (`*` for each element of a list) refers to, and its strings, but for elements of lists in which another property is there too. */
export function referencesWithout(resource: CfnResource, property: string, unless?: string): References & { readonly texts: readonly string[] } {
  const path = property.split('.');
  const beside = unless?.split('.');
  const found = propertiesOf(resource).filter(([name]) => isWithin([name], [path[0]])).flatMap(([name, value]) => {
    const resolved = ResolvedValue.of(value, resource, [name]);
    const excluded = (leaf: Leaf) => {
      const there = beside && inElementOf(leaf, path, beside);
      return there !== undefined && resolved.leaves.some((other) => isWithin(other.path, there));
    };
    return resolved.leaves.filter((leaf) => isWithin(leaf.path, path) && !excluded(leaf)).map(({ text, path: at }) => ({ text, ...resolved.at(at) }));
  });
  const [views, targets] = [found.flatMap((each) => each.views), found.flatMap((each) => each.targets)];
  return { views: unique(views), targets: unique(targets), texts: found.map(({ text }) => text) };
}

/** The path of another property, in the element of a list in which a string was found at this one. */
function inElementOf(leaf: Leaf, path: readonly string[], other: readonly string[]): string[] {
  const index = leaf.path[path.indexOf('*')];
  return other.map((part) => (part === '*' ? index : part));
}

/** What stands beside a key: its text, and the element it refers to. */
interface Beside {
  readonly text?: string;
  readonly target?: CfnElement;
}

/** For each element of the property's list that was given the view: what stands in another property of the same element. */
export function besideView(resource: CfnResource, view: KeyView, property: string, other: string): Beside[] {
  const path = property.split('.');
  return propertiesOf(resource).filter(([name]) => isWithin([name], [path[0]])).flatMap(([name, value]) => {
    const resolved = ResolvedValue.of(value, resource, [name]);
    const given = resolved.leaves.filter((leaf) => isWithin(leaf.path, path) && resolved.at(leaf.path).views.includes(view));
    return given.map((leaf) => {
      const there = inElementOf(leaf, path, other.split('.'));
      return { text: resolved.leaves.find((each) => isWithin(each.path, there))?.text, target: resolved.at(there).targets[0] };
    });
  });
}

function inside(value: unknown, part: string): unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).filter(([name]) => part === '*' || name.toLowerCase() === part.toLowerCase()).map(([, inner]) => inner as unknown);
}

function leavesOf(value: unknown, path: readonly string[]): Leaf[] {
  if (typeof value === 'string') return [{ path, text: value }];
  if (typeof value !== 'object' || value === null) return [];
  if (isIntrinsic(value)) return [{ path, text: JSON.stringify(value) }];
  return Object.entries(value).flatMap(([name, inner]) => leavesOf(inner, [...path, name]));
}

/** Whether a resolved value is a call of an intrinsic function. */
function isIntrinsic(value: unknown): boolean {
  const [name, ...more] = typeof value === 'object' && value !== null ? Object.keys(value) : [];
  return name !== undefined && !more.length && /^(Ref|Fn::\w+)$/.test(name);
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}

/** Joins intrinsic functions to text as templates do. */
class JoinConcat extends StringConcat {
  public override join(left: unknown, right: unknown): unknown {
    const parts = [left, right].filter((part) => part !== undefined).flatMap((part) => partsOf(part));
    return parts.every((part) => typeof part === 'string') ? parts.join('') : { 'Fn::Join': ['', parts] };
  }
}

/** The parts of a text that were joined before, else the whole. */
function partsOf(part: unknown): unknown[] {
  const [, parts] = (typeof part === 'object' && part !== null && (part as { 'Fn::Join'?: [string, unknown[]] })['Fn::Join']) || [];
  return Array.isArray(parts) ? parts : [typeof part === 'object' ? part : String(part)];
}

/** Notes views, and elements that are referred to, and puts a mark where a view was: nobody is refused it for being looked at. */
class Collector extends DefaultTokenResolver {
  public readonly found: Found[] = [];

  constructor() {
    super(new JoinConcat());
  }

  public override resolveToken(token: IResolvable, context: IResolveContext, postProcessor: IPostProcessor): unknown {
    const path = context.documentPath;
    if (isKeyViewToken(token)) {
      this.found.push({ path, view: token[VIEW_OF_TOKEN] });
      return '<view>';
    }
    // A policy document that resolves freezes its statements, which their makers may still add to.
    if (token instanceof PolicyDocument) return context.resolve(token.toJSON());
    if (Reference.isReference(token) && CfnElement.isCfnElement(token.target)) this.found.push({ path, target: token.target });
    return super.resolveToken(token, context, postProcessor);
  }
}
