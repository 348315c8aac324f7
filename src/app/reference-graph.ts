import { CfnElement, CfnResource, DefaultTokenResolver, Reference, Stack, Stage, StringConcat } from 'aws-cdk-lib';
import type { IPostProcessor, IResolvable, IResolveContext } from 'aws-cdk-lib';
import { dependsOnOverride, render } from './rendering';

/**
 * Which element of the app waits for which at deployment: within a template by reference, between stacks by stack.
 *
 * Resolving an element is dear, so nothing is looked at before somebody asks, and nothing twice. A graph is a picture of one
 * moment: it is thrown away after the synthesis it was made for.
 */
export class ReferenceGraph {
  private readonly found = new Map<CfnElement, readonly Unit[]>();
  private readonly added = new Map<CfnElement, CfnElement[]>();
  private readonly elements = new Map<Stack, readonly CfnElement[]>();

  /** Notes a reference that is going to be made. */
  public add(from: CfnElement, to: CfnElement): void {
    this.added.set(from, [...(this.added.get(from) ?? []), to]);
  }

  /**
   * Whether `from` can be deployed only after `to`.
   *
   * Two elements of one template are compared as they stand. Elsewhere whole stacks wait for each other: a reference out of a
   * stack, nested or not, holds up everything in it.
   */
  public waitsFor(from: CfnElement, to: CfnElement): boolean {
    const shared = commonStacks(stacksAbove(from), stacksAbove(to));
    const goal = unitOf(to, shared);
    const seen = new Set<Unit>();
    const open: Unit[] = [unitOf(from, shared)!];
    for (let unit = open.pop(); unit; unit = open.pop()) {
      if (seen.has(unit)) continue;
      seen.add(unit);
      for (const next of this.after(unit)) {
        const reached = Stack.isStack(next) ? next : unitOf(next, shared);
        if (reached === goal) return true;
        if (reached) open.push(reached);
      }
    }
    return false;
  }

  /** What a unit waits for. */
  private after(unit: Unit): Unit[] {
    if (!Stack.isStack(unit)) return this.references(unit);
    return [...unit.dependencies, ...this.elementsOf(unit).flatMap((element) => this.references(element))];
  }

  private elementsOf(stack: Stack): readonly CfnElement[] {
    const known = this.elements.get(stack);
    if (known) return known;
    const all = stack.node.findAll().filter(CfnElement.isCfnElement);
    this.elements.set(stack, all);
    return all;
  }

  private references(element: CfnElement): Unit[] {
    let found = this.found.get(element);
    if (!found) {
      found = [...referencesIn(element), ...(CfnResource.isCfnResource(element) ? this.dependencies(element) : [])];
      this.found.set(element, found);
    }
    return [...found, ...(this.added.get(element) ?? [])];
  }

  /** An override has the last word on DependsOn, as CDK's destinations of log groups use it; what is in other stacks holds up the whole stack all the same. */
  private dependencies(resource: CfnResource): Unit[] {
    const override = dependsOnOverride(resource);
    const dependencies = resource.obtainDependencies();
    if (!override) return dependencies;
    const { stack } = resource;
    const named = stack.resolve(override.logicalIds) as unknown[];
    return [
      ...dependencies.filter((dependency) => Stack.isStack(dependency) || dependency.stack !== stack),
      ...named.length ? this.elementsOf(stack).filter(({ logicalId }) => named.includes(stack.resolve(logicalId))) : [],
    ];
  }
}

/** What waits as one: an element, or a stack that the element shares no template with. */
type Unit = CfnElement | Stack;

/** The stacks around an element, outermost first. */
function stacksAbove(element: CfnElement): Stack[] {
  const stacks: Stack[] = [];
  for (let stack: Stack | undefined = element.stack; stack; stack = stack.nestedStackParent) stacks.unshift(stack);
  return stacks;
}

function commonStacks(some: Stack[], others: Stack[]): Stack[] {
  const end = some.findIndex((stack, i) => stack !== others[i]);
  return end < 0 ? some : some.slice(0, end);
}

/** The unit an element belongs to inside the shared stacks; undefined if it lies outside them, where a way back would be a cycle already. */
function unitOf(element: CfnElement, shared: Stack[]): Unit | undefined {
  const stacks = stacksAbove(element);
  if (shared.some((stack, i) => stack !== stacks[i])) return undefined;
  return stacks[shared.length] ?? element;
}

/** Finds references the way CDK does when it links stacks: by resolving what the element will render. */
class ReferenceCollector extends DefaultTokenResolver {
  public readonly targets = new Set<CfnElement>();

  constructor() {
    super(new StringConcat());
  }

  public override resolveToken(token: IResolvable, context: IResolveContext, postProcessor: IPostProcessor): unknown {
    if (Reference.isReference(token) && CfnElement.isCfnElement(token.target)) this.targets.add(token.target);
    return super.resolveToken(token, context, postProcessor);
  }
}

function referencesIn(element: CfnElement): CfnElement[] {
  const resolver = new ReferenceCollector();
  render(element, resolver, true);
  resolver.targets.delete(element);
  return [...resolver.targets];
}

/** Whether templates of the two stacks can refer to each other: same stage of the app, same account, same Region. */
export function canReference(a: Stack, b: Stack): boolean {
  const [one, other] = [topLevel(a), topLevel(b)];
  return one === other || (Stage.of(one) === Stage.of(other) && one.environment === other.environment);
}

/** The stack that is deployed, of a nested one. */
export function topLevel(stack: Stack): Stack {
  return stack.nestedStackParent ? topLevel(stack.nestedStackParent) : stack;
}
