import { CfnResource, Resource, Tokenization } from 'aws-cdk-lib';
import type { CfnElement } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { groupedBy, memberOf } from './constructs';
import { KeyNames } from './key-names';
import type { NamedKey } from './key-names';
import { keyServicesOf } from './key-services';
import type { KeyPlace } from './key-services';
import { VIEW_OF_TOKEN, isKeyViewToken } from './key-view';
import type { KeyView } from './key-view';
import { keptFor, perStage } from './per-stage';
import { referencesOf } from './resolved-value';
import { TemplateNames } from './template-names';

/** A resource that names a key in one of its properties. */
export interface KeyUse extends KeyPlace {
  readonly resource: CfnResource;
  /** The view it was given … */
  readonly view?: KeyView;
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
    const { stage, uses, held } = lookedAt(construct);
    if (uses && (uses.final || held)) return uses;
    const tree = stage.node.findAll();
    return uses?.tree.length === tree.length ? uses : KeyUses.look(construct, tree, false);
  }

  /** What holds for the rest of this synthesis, as validation has found the app complete; undefined before that, and once another synthesis has begun. */
  public static settled(construct: IConstruct): KeyUses | undefined {
    const { uses } = lookedAt(construct);
    return uses?.isFinal ? uses : undefined;
  }

  /** Has somebody look through the app who adds nothing to it, so that it is walked once. */
  public static during<T>(construct: IConstruct, look: (uses: KeyUses) => T): T {
    const uses = KeyUses.of(construct);
    const looked = lookedAt(construct);
    looked.held = true;
    try {
      return look(uses);
    } finally {
      looked.held = false;
    }
  }

  /** Looks again, for the rest of this synthesis. */
  public static settle(construct: IConstruct): KeyUses {
    return KeyUses.look(construct, lookedAt(construct).stage.node.findAll(), true);
  }

  /** A synthesis has begun: what was final in an earlier one is so no longer. */
  public static reopen(construct: IConstruct): void {
    const { uses } = lookedAt(construct);
    if (uses) uses.final = false;
  }

  private static look(construct: IConstruct, tree: readonly IConstruct[], final: boolean): KeyUses {
    return lookedAt(construct).uses = new KeyUses(tree, final);
  }

  public readonly all: readonly KeyUse[];
  public readonly names: TemplateNames;
  private readonly keys: KeyNames;
  private byType?: ReadonlyMap<string, readonly CfnResource[]>;
  private byView?: ReadonlyMap<KeyView | undefined, readonly KeyUse[]>;

  /** Imported constructs, which have no resource of their own, and the keys they were given. */
  private readonly imported: readonly (readonly [keys: readonly unknown[], construct: IConstruct])[];

  private constructor(public readonly tree: readonly IConstruct[], private final: boolean) {
    this.names = new TemplateNames(tree);
    this.keys = new KeyNames(tree);
    this.all = tree.filter(CfnResource.isCfnResource).flatMap((resource) => usesBy(resource, this.names));
    const namedBy = (construct: IConstruct) => (key: unknown) => (isPart(construct) ? [key] : [key, viewByArn(key)]);
    this.imported = tree.filter(isImported).map((construct) => [keysOf(construct).flatMap(namedBy(construct)), construct]);
  }

  /** Whether this holds for the rest of the synthesis. */
  public get isFinal(): boolean {
    return this.final;
  }

  public through(view: KeyView): readonly KeyUse[] {
    this.byView ??= groupedBy(this.all, (use) => use.view);
    return this.byView.get(view) ?? [];
  }

  /** The resources that have a key of this library itself. */
  public holdersOf(key: IConstruct): readonly CfnResource[] {
    const holding = this.all.filter(({ view, target, text }) => !view && this.keyNamed(target, text)?.key === key);
    return [...new Set(holding.map(({ resource }) => resource))];
  }

  /** The resources of a type. */
  public ofType(type: string): readonly CfnResource[] {
    this.byType ??= groupedBy(this.tree.filter(CfnResource.isCfnResource), ({ cfnResourceType }) => cfnResourceType);
    return this.byType.get(type) ?? [];
  }

  /** The key of this library that an element or a text means, by itself or by an alias; undefined if it is none. */
  public keyNamed(target: CfnElement | undefined, text: string): NamedKey | undefined {
    return this.keys.named(target, text);
  }

  /** Imported constructs that were given the view. */
  public importedWith(view: KeyView): readonly IConstruct[] {
    return this.imported.filter(([keys]) => keys.includes(view)).map(([, construct]) => construct);
  }
}

/** What was found when a stage (app) was last looked at. */
const lookedAt = perStage((stage): { readonly stage: IConstruct; uses?: KeyUses; held?: boolean } => ({ stage }));

/** What is made of one look at the app: kept where that holds for the rest of a synthesis, and made anew each time before, as what is looked at may change. */
export function madeOf<T>(make: (uses: KeyUses) => T): (uses: KeyUses) => T {
  const kept = keptFor(make);
  return (uses) => (uses.isFinal ? kept(uses) : make(uses));
}

function isImported(construct: IConstruct): boolean {
  return Resource.isResource(construct) && keysOf(construct).length > 0 && !CfnResource.isCfnResource(construct.node.defaultChild);
}

/** Where constructs of CDK keep the key that they were given. */
export const KEY_MEMBERS = ['encryptionKey', 'encryptionMasterKey', 'masterKey'];

function keysOf(construct: IConstruct): unknown[] {
  return KEY_MEMBERS.map((member) => memberOf(construct, member)).filter((key) => key !== undefined);
}

/** Whether a construct is a part of one that has a resource, which uses the key itself: CDK imports the replicas of a table below it. */
function isPart({ node: { scope } }: IConstruct): boolean {
  return scope !== undefined && Resource.isResource(scope) && CfnResource.isCfnResource(scope.node.defaultChild);
}

/** The view by whose ARN a key was imported: CDK does so for queues and topics. */
function viewByArn(key: unknown): KeyView | undefined {
  const arn = (key as { readonly keyArn?: unknown }).keyArn;
  return typeof arn === 'string' ? Tokenization.reverseString(arn).tokens.find(isKeyViewToken)?.[VIEW_OF_TOKEN] : undefined;
}

/** The uses one resource makes, each property once for each key it names; with `names`, also of keys that it names as templates do. */
export function usesBy(resource: CfnResource, names?: TemplateNames): KeyUse[] {
  return keyServicesOf(resource).placesIn(resource.cfnResourceType).flatMap((places) => {
    const [place] = places;
    const { text, ...tokens } = referencesOf(resource, place.property.path);
    const byToken = tokens.views.length > 0 || tokens.targets.length > 0;
    const { views, targets } = !names ? tokens : byToken ? names.followed(tokens) : names.referredBy(text, resource.stack);
    const placeOf = (view: KeyView) => places.find(({ service }) => service === view.service) ?? place;
    const uses = [
      ...views.map((view) => ({ resource, ...placeOf(view), view, text })),
      ...targets.map((target) => ({ resource, ...place, target, text })),
    ];
    return uses.length || !text ? uses : [{ resource, ...place, text }];
  });
}
