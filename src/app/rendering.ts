import { Tokenization } from 'aws-cdk-lib';
import type { CfnElement, CfnResource, ITokenResolver } from 'aws-cdk-lib';

/** `_toCloudFormation` is how every element renders itself since CDK 1.0; the type declarations leave it out. */
interface Rendering {
  _toCloudFormation(): object;
}

/** What an element renders, tokens and all. */
export function rendering(element: CfnElement): object {
  return (element as unknown as Rendering)._toCloudFormation();
}

/** What an element renders, with its tokens resolved in somebody's own way. */
export function render(element: CfnElement, resolver: ITokenResolver, preparing: boolean): unknown {
  return Tokenization.resolve(rendering(element), { scope: element, resolver, preparing });
}

/**
 * Properties as the resource was given them, tokens and all, overrides last, and without those that an override deletes; CDK's names and
 * CloudFormation's differ in letter case.
 */
export function propertiesOf(resource: CfnResource): [name: string, value: unknown][] {
  const { cfnProperties, rawOverrides } = resource as unknown as Rendered;
  const overrides = Object.entries(rawOverrides.Properties ?? {});
  const deleted = new Set(overrides.filter(([, value]) => value === undefined).map(([name]) => name.toLowerCase()));
  return [...Object.entries(cfnProperties), ...overrides].filter(([name, value]) => value !== undefined && !deleted.has(name.toLowerCase()));
}

/** Whether an override, an escape hatch, changes some property of the resource. */
export function hasOverriddenProperties(resource: CfnResource): boolean {
  return (resource as unknown as Rendered).rawOverrides.Properties !== undefined;
}

/** What an override puts in the place of DependsOn, nothing if it deletes it; undefined where there is no such override. */
export function dependsOnOverride(resource: CfnResource): { readonly logicalIds: readonly unknown[] } | undefined {
  const { rawOverrides } = resource as unknown as Rendered;
  return 'DependsOn' in rawOverrides ? { logicalIds: [rawOverrides.DependsOn ?? []].flat() } : undefined;
}

/** What CfnResource renders from; both are protected members. */
interface Rendered {
  readonly cfnProperties: Readonly<Record<string, unknown>>;
  readonly rawOverrides: { readonly Properties?: Readonly<Record<string, unknown>>; readonly DependsOn?: unknown };
}

/** A property as the resource was given it, tokens and all. */
export function propertyOf(resource: CfnResource, property: string): unknown {
  return propertiesOf(resource).filter(([name]) => name.toLowerCase() === property.toLowerCase()).at(-1)?.[1];
}
