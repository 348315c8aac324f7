import { CfnElement, CfnResource, DefaultTokenResolver, Reference, Stage, StringConcat, Tokenization } from 'aws-cdk-lib';
import type { IPostProcessor, IResolvable, IResolveContext } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { ServiceView } from './service-view';
import { ViewReference } from './view-reference';
import { KEY_PROPERTIES } from '../spec/key-properties';
import type { KeyProperty } from '../spec/key-properties';

/** A resource that names a key in one of its properties. */
export interface KeyUse {
  readonly resource: CfnResource;
  readonly property: KeyProperty;
  /** The view it was given … */
  readonly view?: ServiceView;
  /** … or what it names itself: a key or an alias of this app. */
  readonly target?: CfnElement;
  /** Text in the property that is no token: a literal ARN, id or alias name. */
  readonly text: string;
}

/**
 * Every use of a key by a resource of one stage (app): what a template would show, and whether it came by a view, which a template
 * does not show.
 *
 * Walking an app is dear, so the answer is kept while the number of constructs stays the same. `refresh` is for the moment when the app is known
 * to be complete.
 */
export class KeyUses {
  public static of(construct: IConstruct): KeyUses {
    const root = stageOf(construct);
    const known = KeyUses.known.get(root);
    const constructs = root.node.findAll();
    if (known?.constructs === constructs.length) return known;
    return KeyUses.refresh(root, constructs);
  }

  /** Looks again. */
  public static refresh(construct: IConstruct, constructs = stageOf(construct).node.findAll()): KeyUses {
    const uses = new KeyUses(constructs.length, constructs.filter(CfnResource.isCfnResource).flatMap(usesBy), constructs);
    KeyUses.known.set(stageOf(construct), uses);
    return uses;
  }

  private static readonly known = new WeakMap<IConstruct, KeyUses>();

  private constructor(private readonly constructs: number, public readonly all: readonly KeyUse[], public readonly tree: readonly IConstruct[]) {}

  public through(view: ServiceView): readonly KeyUse[] {
    return this.all.filter((use) => use.view === view);
  }
}

/** Within which constructs can refer to each other. */
export function stageOf(construct: IConstruct): IConstruct {
  return Stage.of(construct) ?? construct.node.root;
}

/** The uses one resource makes, each property once for each key it names. */
export function usesBy(resource: CfnResource): KeyUse[] {
  return (KEY_PROPERTIES[resource.cfnResourceType] ?? []).flatMap((property) => usesIn(resource, property));
}

function usesIn(resource: CfnResource, property: KeyProperty): KeyUse[] {
  const { views, targets, text } = referencesOf(resource, property.path);
  const uses = [...views.map((view) => ({ resource, property, view, text })), ...targets.map((target) => ({ resource, property, target, text }))];
  return uses.length || !text ? uses : [{ resource, property, text }];
}

/** What a property refers to. */
export interface References {
  readonly views: readonly ServiceView[];
  readonly targets: readonly CfnElement[];
  /** The strings there, intrinsic functions as JSON, with a space between those of a list. */
  readonly text: string;
}

/** Resolves one property (`*` for each element of a list) and tells what it refers to. */
export function referencesOf(resource: CfnResource, path: string): References {
  const parts = path.toLowerCase().split('.');
  const collector = new KeyCollector(parts);
  const texts: string[] = [];
  for (const value of [member((resource as unknown as Rendered).cfnProperties, parts[0]), overrideOf(resource, parts[0])]) {
    if (value === undefined) continue;
    const resolved: unknown = Tokenization.resolve({ [parts[0]]: value }, { scope: resource, resolver: collector, preparing: true });
    texts.push(...textsAt(resolved, parts));
  }
  return { views: [...collector.views], targets: [...collector.targets], text: texts.join(' ') };
}

/** A property as the resource was given it, tokens and all; CDK's names and CloudFormation's differ in letter case. */
export function propertyOf(resource: CfnResource, name: string): unknown {
  return overrideOf(resource, name) ?? member((resource as unknown as Rendered).cfnProperties, name);
}

function overrideOf(resource: CfnResource, name: string): unknown {
  return member((resource as unknown as Rendered).rawOverrides.Properties, name);
}

/** What CfnResource renders its properties from; both are protected members. */
interface Rendered {
  readonly cfnProperties: Readonly<Record<string, unknown>>;
  readonly rawOverrides: { readonly Properties?: Readonly<Record<string, unknown>> };
}

function member(object: Readonly<Record<string, unknown>> | undefined, name: string): unknown {
  const key = Object.keys(object ?? {}).find((candidate) => candidate.toLowerCase() === name.toLowerCase());
  return key === undefined ? undefined : object![key];
}

/** The strings at a path of a resolved value, and those of intrinsic functions there. */
function textsAt(value: unknown, [head, ...rest]: readonly string[]): string[] {
  if (value === undefined || value === null) return [];
  if (head === undefined) return [typeof value === 'string' ? value : JSON.stringify(value)];
  if (head === '*') return Array.isArray(value) ? value.flatMap((item) => textsAt(item, rest)) : [];
  return typeof value === 'object' ? textsAt(member(value as Record<string, unknown>, head), rest) : [];
}

/** Notes views, and elements that are referred to, at one path of a property. */
class KeyCollector extends DefaultTokenResolver {
  public readonly views = new Set<ServiceView>();
  public readonly targets = new Set<CfnElement>();

  constructor(private readonly path: readonly string[]) {
    super(new StringConcat());
  }

  public override resolveToken(token: IResolvable, context: IResolveContext, postProcessor: IPostProcessor): unknown {
    const here = this.isAt(context.documentPath);
    if (token instanceof ViewReference) {
      if (here) this.views.add(token.view);
      return '<view>';
    }
    if (here && Reference.isReference(token) && CfnElement.isCfnElement(token.target)) this.targets.add(token.target);
    return super.resolveToken(token, context, postProcessor);
  }

  private isAt(documentPath: readonly string[]): boolean {
    return documentPath.length >= this.path.length && this.path.every((part, i) => part === '*' || part === documentPath[i].toLowerCase());
  }
}
