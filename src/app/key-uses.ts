import { CfnResource, Resource, Stage } from 'aws-cdk-lib';
import type { CfnElement } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { ResolvedValue, isWithin } from './references';
import type { References } from './references';
import type { ServiceView } from './service-view';
import { TemplateNames } from './template-names';
import { propertiesOf } from '../policy/references';
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
 * Walking an app is dear, so the answer is kept: while the number of constructs stays the same, and, once validation has found the app
 * complete, for the rest of that synthesis.
 */
export class KeyUses {
  public static of(construct: IConstruct): KeyUses {
    const root = stageOf(construct);
    const known = KeyUses.known.get(root);
    if (known?.final) return known;
    const tree = root.node.findAll();
    return known?.tree.length === tree.length ? known : KeyUses.look(root, tree, false);
  }

  /** Looks again, for the rest of this synthesis. */
  public static settle(construct: IConstruct): KeyUses {
    const root = stageOf(construct);
    return KeyUses.look(root, root.node.findAll(), true);
  }

  /** A synthesis has begun: what was final in an earlier one is so no longer. */
  public static reopen(construct: IConstruct): void {
    const known = KeyUses.known.get(stageOf(construct));
    if (known) known.final = false;
  }

  private static readonly known = new WeakMap<IConstruct, KeyUses>();

  private static look(root: IConstruct, tree: readonly IConstruct[], final: boolean): KeyUses {
    const uses = new KeyUses(tree, final);
    KeyUses.known.set(root, uses);
    return uses;
  }

  public readonly all: readonly KeyUse[];
  public readonly names: TemplateNames;

  /** Constructs of CDK keep the key they were given as `encryptionKey`; imported ones have no resource of their own. */
  private readonly imported: readonly (readonly [key: unknown, construct: IConstruct])[];

  private constructor(public readonly tree: readonly IConstruct[], private final: boolean) {
    this.names = new TemplateNames(tree);
    this.all = tree.filter(CfnResource.isCfnResource).flatMap((resource) => usesBy(resource, this.names));
    this.imported = tree.filter(isImported).map((construct) => [memberOf(construct, 'encryptionKey'), construct]);
  }

  public through(view: ServiceView): readonly KeyUse[] {
    return this.all.filter((use) => use.view === view);
  }

  /** Imported constructs that were given the view. */
  public importedWith(view: ServiceView): readonly IConstruct[] {
    return this.imported.filter(([key]) => key === view).map(([, construct]) => construct);
  }
}

function isImported(construct: IConstruct): boolean {
  return Resource.isResource(construct) && memberOf(construct, 'encryptionKey') !== undefined && !CfnResource.isCfnResource(construct.node.defaultChild);
}

/** What a construct of CDK tells of itself under this name. */
export function memberOf(construct: IConstruct, name: string): unknown {
  return name in construct ? (construct as unknown as Record<string, unknown>)[name] : undefined;
}

/** Within which constructs can refer to each other. */
export function stageOf(construct: IConstruct): IConstruct {
  return Stage.of(construct) ?? construct.node.root;
}

/** The uses one resource makes, each property once for each key it names; with `names`, also of keys that it names as templates do. */
export function usesBy(resource: CfnResource, names?: TemplateNames): KeyUse[] {
  return (KEY_PROPERTIES[resource.cfnResourceType] ?? []).flatMap((property) => {
    const { text, ...tokens } = referencesOf(resource, property.path);
    const { views, targets } = tokens.views.length || tokens.targets.length || !names ? tokens : names.referredBy(text, resource.stack);
    const uses = [...views.map((view) => ({ resource, property, view, text })), ...targets.map((target) => ({ resource, property, target, text }))];
    return uses.length || !text ? uses : [{ resource, property, text }];
  });
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

/** What stands beside a key: its text, and the element it refers to. */
interface Beside {
  readonly text?: string;
  readonly target?: CfnElement;
}

/** For each element of the property's list that was given the view: what stands in another property of the same element. */
export function besideView(resource: CfnResource, view: ServiceView, property: string, other: string): Beside[] {
  const path = property.split('.');
  return propertiesOf(resource).filter(([name]) => isWithin([name], [path[0]])).flatMap(([name, value]) => {
    const resolved = ResolvedValue.of(value, resource, [name]);
    const given = resolved.leaves.filter((leaf) => isWithin(leaf.path, path) && resolved.at(leaf.path).views.includes(view));
    return given.map((leaf) => {
      const index = leaf.path[path.indexOf('*')];
      const there = other.split('.').map((part) => (part === '*' ? index : part));
      return { text: resolved.leaves.find((each) => isWithin(each.path, there))?.text, target: resolved.at(there).targets[0] };
    });
  });
}

/** A property as the resource was given it, tokens and all. */
export function propertyOf(resource: CfnResource, property: string): unknown {
  return propertiesOf(resource).filter(([name]) => isWithin([name], [property])).at(-1)?.[1];
}
