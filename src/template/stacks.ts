import { EvaluatedValues } from './evaluated-values';
import type { Known } from './parameters';
import type { StackOutputRequest } from './resolver';
import type { Neighbours } from './stack';
import { DEFAULT_ACCOUNT, DEFAULT_REGION, DEFAULT_STACK, Stack } from './stack';
import { Symbols } from './symbols';
import type { TemplateSource } from './types';
import { own } from './values';

/** A resource of one of the stacks. */
export interface Resource {
  readonly stack: Stack;
  readonly logicalId: string;
}

const STORED = 'AWS::SSM::Parameter';
/** How aws-cdk-lib carries values to another Region: this custom resource stores `exports` as SSM parameters in `region`. */
const STORED_ACROSS_REGIONS = 'Custom::CrossRegionExportWriter';

/** All the stacks that are read together: they find each other's exports, outputs and stored parameters on demand. */
export class Stacks implements Neighbours {
  public readonly symbols = new Symbols();
  public readonly values = new EvaluatedValues();
  private readonly roots: readonly Stack[];
  /** Searches under way: a value does not depend on being found by way of itself. */
  private readonly searches = new Set<string>();

  public constructor(sources: readonly TemplateSource[]) {
    const ids = uniqueIds(sources);
    this.roots = sources.map((source, index) => new Stack(ids[index], source, this));
  }

  /** Every stack that there is, parents before their nested stacks. */
  public all(): Stack[] {
    return this.given().filter((stack) => stack.isThere());
  }

  /** A stack by its id, name or construct path. */
  public find(called: string): Stack | undefined {
    const all = this.all();
    return all.find(({ id }) => id === called) ?? all.find(({ name }) => name === called) ?? all.find(({ source }) => source.path === called);
  }

  public ofType(type: string): Resource[] {
    return this.all().flatMap((stack) => stack.logicalIds(type).map((logicalId) => ({ stack, logicalId })));
  }

  public exported(account: string, region: string, name: string): Known | undefined {
    const candidates = this.search('exports', () => this.exports()) ?? [];
    for (const { stack, output } of candidates.filter((exported) => exported.name === name)) {
      const value = stack.account === account && stack.region === region ? stack.output(output) : undefined;
      if (value) return value;
    }
    return undefined;
  }

  public output({ account, region, stackName, outputName }: StackOutputRequest): Known | undefined {
    return this.roots.find((stack) => stack.name === stackName && stack.account === account && stack.region === region)?.output(outputName);
  }

  public stored(account: string, region: string, name: string): Known | undefined {
    return this.storedInStack(account, region, name) ?? this.storedAcrossRegions(account, region, name);
  }

  private storedInStack(account: string, region: string, name: string): Known | undefined {
    const stacks = this.given().filter((stack) => stack.account === account && stack.region === region);
    const isIt = (stack: Stack, logicalId: string): boolean => {
      const expression = stack.propertyExpression(logicalId, 'Name');
      return typeof expression === 'string' ? expression === name : this.search('names of parameters', () => stack.physicalName(logicalId)) === name;
    };
    for (const stack of stacks) {
      const logicalId = stack.declared(STORED).find((candidate) => isIt(stack, candidate) && stack.exists(candidate));
      // A parameter made from what it held before: that is not in any template.
      if (logicalId !== undefined && !stack.isUnderWay(logicalId, 'Value')) return { value: stack.property(logicalId, 'Value') };
    }
    return undefined;
  }

  private storedAcrossRegions(account: string, region: string, name: string): Known | undefined {
    for (const stack of this.given().filter((candidate) => candidate.account === account)) {
      for (const logicalId of stack.declared(STORED_ACROSS_REGIONS)) {
        const isStored = own(stack.propertyExpression(logicalId, 'WriterProps', 'exports'), name) !== undefined
          && stack.propertyPart(logicalId, 'WriterProps', 'region') === region;
        if (isStored && stack.exists(logicalId)) return { value: stack.propertyPart(logicalId, 'WriterProps', 'exports', name) };
      }
    }
    return undefined;
  }

  private exports(): readonly { readonly name: string; readonly stack: Stack; readonly output: string }[] {
    return this.values.get('names of exports', () => this.given().flatMap((stack) => stack.exports().map((exported) => ({ ...exported, stack }))));
  }

  /** Every stack with a template, whether or not conditions leave it out: searches ask for that when they have found something. */
  private given(): Stack[] {
    const withNested = (stack: Stack): Stack[] => [stack, ...[...stack.children.values()].flatMap(withNested)];
    return this.roots.flatMap(withNested);
  }

  /** The outcome of a search; undefined while the same search is under way. */
  private search<T>(name: string, look: () => T): T | undefined {
    if (this.searches.has(name)) return undefined;
    this.searches.add(name);
    try {
      return look();
    } finally {
      this.searches.delete(name);
    }
  }
}

/** The stack's name; with its environment where several have that name; with a number where even that repeats. */
function uniqueIds(sources: readonly TemplateSource[]): string[] {
  const names = sources.map(({ stack }) => stack ?? DEFAULT_STACK);
  const places = sources.map(({ account, region }, index) => `${names[index]}@${account ?? DEFAULT_ACCOUNT}/${region ?? DEFAULT_REGION}`);
  return names.map((name, index) => {
    if (names.indexOf(name) === names.lastIndexOf(name)) return name;
    const before = places.slice(0, index).filter((place) => place === places[index]).length;
    return before ? `${places[index]}#${before + 1}` : places[index];
  });
}
