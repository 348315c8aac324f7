import { Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { ServiceView } from './service-view';
import { memberOf } from '../app/constructs';
import { KeyUses } from '../app/key-uses';
import type { KeyUse } from '../app/key-uses';
import { besideView } from '../app/resolved-value';
import { nameInArn, namePattern } from '../app/resource-names';

/** What a view knows of one resource that is encrypted through it. */
export interface ServedResource {
  readonly construct: IConstruct;
  /** Whether the construct has a resource encrypted that is none of its own: S3 replication has its copies. */
  readonly elsewhere?: boolean;
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
    ...uses.through(view).flatMap((use) => namesOf(use, view)),
    ...uses.importedWith(view).map((construct) => {
      return { construct, values: view.contextForImported((property) => literal(construct, property)) };
    }),
  ];
}

function namesOf({ resource, property: { path, names, elsewhere } }: KeyUse, view: ServiceView): ServedResource[] {
  const served = (name: string | undefined) => ({ construct: resource, elsewhere: names === 'elsewhere', values: name === undefined ? undefined : view.contextFor(name) });
  switch (names) {
    case 'own': return [served(namePattern(resource))];
    case 'elsewhere': return elsewhere === undefined ? [served(undefined)]
      : besideView(resource, view, path, elsewhere).map(({ text, target }) => served(nameInArn(text, target)));
    case 'another': return [];
  }
}

function literal(construct: IConstruct, name: string): string | undefined {
  const value = memberOf(construct, name);
  return typeof value === 'string' && !Token.isUnresolved(value) ? value : undefined;
}
