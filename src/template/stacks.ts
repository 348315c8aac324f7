import { OnceEach } from './once';
import type { StackOutputRequest } from './resolver';
import type { Neighbours } from './stack';
import { DEFAULT_ACCOUNT, DEFAULT_REGION, DEFAULT_STACK, Stack } from './stack';
import { Symbols } from './symbols';
import type { TemplateSource } from './types';
import { asText, own } from './values';

type Known = { readonly value: unknown } | undefined;

/** All the stacks that are read together: they find each other's exports, outputs and stored parameters on demand. */
export class Stacks implements Neighbours {
  public readonly symbols = new Symbols();
  public readonly values = new OnceEach();
  /** Those deployed by themselves; nested ones hang below their parents. */
  public readonly roots: readonly Stack[];

  public constructor(sources: readonly TemplateSource[]) {
    const ids = uniqueIds(sources);
    this.roots = sources.map((source, index) => new Stack(ids[index], source, this));
  }

  /** Every stack, parents before their nested stacks. */
  public all(): Stack[] {
    const below = (stack: Stack): Stack[] => [stack, ...[...stack.children.values()].flatMap(below)];
    return this.roots.flatMap(below);
  }

  /** A stack by its id, name or construct path. */
  public find(called: string): Stack | undefined {
    const all = this.all();
    return all.find(({ id }) => id === called) ?? all.find(({ name }) => name === called) ?? all.find(({ source }) => source.path === called);
  }

  public exported(account: string, region: string, name: string): Known {
    return this.exports().get(key(account, region, name))?.();
  }

  public output({ account, region, stackName, outputName }: StackOutputRequest): Known {
    return this.roots.find((stack) => stack.name === stackName && stack.account === account && stack.region === region)?.output(outputName);
  }

  public exportedAcrossRegions(account: string, region: string, name: string): Known {
    for (const { stack, logicalId } of this.ofType('Custom::CrossRegionExportWriter')) {
      if (stack.account !== account) continue;
      const properties = stack.property(logicalId, 'WriterProps');
      const value = own(own(properties, 'exports'), name);
      if (own(properties, 'region') === region && value !== undefined) return { value };
    }
    return undefined;
  }

  public stored(account: string, region: string, name: string): Known {
    const made = this.storedParameters().get(key(account, region, name));
    return made && { value: made.stack.property(made.logicalId, 'Value') };
  }

  private exports(): ReadonlyMap<string, () => Known> {
    return this.values.get('the names of all exports', () => new Map(this.all().flatMap((stack) =>
      stack.exports().map(({ name, output }) => [key(stack.account, stack.region, name), () => stack.output(output)] as const))));
  }

  private storedParameters(): ReadonlyMap<string, { readonly stack: Stack; readonly logicalId: string }> {
    return this.values.get('the names of all stored parameters', () => new Map(this.ofType('AWS::SSM::Parameter')
      .map(({ stack, logicalId }) => [key(stack.account, stack.region, asText(stack.physicalName(logicalId)) ?? ''), { stack, logicalId }] as const)));
  }

  public ofType(type: string): { readonly stack: Stack; readonly logicalId: string }[] {
    return this.all().flatMap((stack) => stack.logicalIds()
      .filter((logicalId) => stack.typeOf(logicalId) === type)
      .map((logicalId) => ({ stack, logicalId })));
  }
}

function key(account: string, region: string, name: string): string {
  return JSON.stringify([account, region, name]);
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
