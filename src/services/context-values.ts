import { Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { KeyUses, memberOf } from './key-uses';
import { namePattern } from './resource-names';
import type { ServiceView } from './service-view';

/** What a view knows of one resource that is encrypted through it. */
export interface ServedResource {
  readonly construct: IConstruct;
  /** The values of the service's encryption context; undefined if they cannot be told before deployment. */
  readonly values?: readonly string[];
}

/**
 * The values of the service's encryption context that statements of a view ask for: those of the resources that were given it, exactly or by the
 * beginning of their names. If one of them cannot be told, any resource of the service will do: a condition that is too narrow would
 * deny at run time, and say nothing before.
 */
export function contextValues(view: ServiceView): string[] {
  const served = servedBy(view);
  const known = served.every(({ values }) => values) ? served.flatMap(({ values }) => values ?? []) : [];
  return shortest(known.length ? known : view.contextFor('*'));
}

/** Leaves out what another pattern covers. */
function shortest(patterns: readonly string[]): string[] {
  const covers = (wide: string, narrow: string) => wide !== narrow && wide.endsWith('*') && narrow.startsWith(wide.slice(0, -1));
  return [...new Set(patterns)].filter((pattern, _, all) => !all.some((other) => covers(other, pattern))).sort();
}

/** The resources of the app that were given the view: made here, or imported. */
export function servedBy(view: ServiceView): ServedResource[] {
  const uses = KeyUses.of(view);
  return [
    ...uses.through(view).filter(({ property }) => property.names !== 'another').map(({ resource, property }) => {
      const name = property.names === 'own' ? namePattern(resource) : undefined;
      return { construct: resource, values: name === undefined ? undefined : view.contextFor(name) };
    }),
    ...uses.importedWith(view).map((construct) => {
      return { construct, values: view.contextForImported((property) => literal(construct, property)) };
    }),
  ];
}

function literal(construct: IConstruct, name: string): string | undefined {
  const value = memberOf(construct, name);
  return typeof value === 'string' && !Token.isUnresolved(value) ? value : undefined;
}
