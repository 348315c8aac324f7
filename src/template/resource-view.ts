import type { NameShape } from './names';
import { asBoolean } from './values';

/** What names, ids and ARNs of a resource are made of. */
export interface ResourceView {
  readonly type: string;
  readonly logicalId: string;
  readonly stackName: string;
  readonly partition: string;
  readonly account: string;
  readonly region: string;
  readonly urlSuffix: string;
  /** Unique to the resource in all the deployment. */
  readonly seed: string;
  /** A property resolved to a string; undefined if absent or no scalar. */
  text(property: string): string | undefined;
}

/** Text with `{…}` in it: `name`, `account` and the like, `{Property}` of the resource, `{Property|default}`. Or a function for what text cannot say. */
export type Pattern = string | ((resource: ResourceView, name: string) => string);

/** What `Ref` and `Fn::GetAtt` return for resources of one type. */
export interface ResourceType {
  /** The name or id by which the service knows the resource. */
  readonly name: (resource: ResourceView) => string;
  readonly ref: Pattern;
  readonly attributes: Readonly<Record<string, Pattern>>;
}

const VARIABLES: Readonly<Record<string, (resource: ResourceView) => string>> = {
  partition: (resource) => resource.partition,
  account: (resource) => resource.account,
  region: (resource) => resource.region,
  suffix: (resource) => resource.urlSuffix,
  stack: (resource) => resource.stackName,
};

/** A pattern with everything filled in. */
export function fill(pattern: Pattern, resource: ResourceView, name: string): string {
  if (typeof pattern === 'function') return pattern(resource, name);
  return pattern.replace(/\{([^{}|]+)(?:\|([^{}]*))?\}/g, (_, key: string, otherwise: string | undefined) => {
    if (key === 'name') return name;
    return Object.hasOwn(VARIABLES, key) ? VARIABLES[key](resource) : resource.text(key) ?? otherwise ?? '';
  });
}

/** The name that a property gives, else the one CloudFormation would generate, with `add` behind it `when` a property is true. */
export function named(property: string, shape: NameShape, { when, add }: { readonly when?: string; readonly add?: string } = {}): ResourceType['name'] {
  return (resource) => {
    const given = resource.text(property);
    if (given !== undefined && given !== '') return given;
    const suffix = when !== undefined && asBoolean(resource.text(when), false) ? add : undefined;
    return shape({ stack: resource.stackName, logicalId: resource.logicalId, seed: resource.seed, suffix });
  };
}
