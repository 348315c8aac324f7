import { AspectPriority, Aspects, CfnResource, Resource, Stack } from 'aws-cdk-lib';
import type { Construct, IConstruct } from 'constructs';
import type { Sentence } from './statements';
import { perStage } from '../app/per-stage';
import { ReferenceGraph } from '../app/reference-graph';

/** A grant between a key and a principal that both are created by this app. */
export interface Crossing {
  readonly key: CfnResource;
  readonly grantee: CfnResource;
  /** Whether the grant can also be written so that the grantee's template refers to the key, and the key's to nothing. */
  readonly granteeMayWait: boolean;
}

/** How a crossing is written: the key's template refers to the grantee, or the grantee's to the key; or neither can be deployed first. */
export type Order = 'key waits' | 'grantee waits' | 'cycle';

/**
 * Decides, for all grants of an app at once, which template refers to which, so that no two wait for each other.
 *
 * Nobody can know that when a grant is made: the reference that turns the order round may come later. So the question is put off
 * until CDK collects references to link stacks (`preparing`), and answered for the whole stage. Grants with one way to be written
 * come first, then those with two, each along the order that has come about by then.
 */
export class DeploymentOrder {
  /** The one for the stage (app) that this construct is part of. */
  public static of(construct: IConstruct): DeploymentOrder {
    return DeploymentOrder.ofStage(construct);
  }

  private static readonly ofStage = perStage((stage) => {
    const order = new DeploymentOrder();
    // Dependencies have to be there before CDK links stacks, and after other aspects have added what they add.
    Aspects.of(stage).add({ visit: (node) => { if (node === stage) order.letDependentsWait(stage); } }, { priority: AspectPriority.READONLY });
    return order;
  });

  private readonly crossings = new Map<CfnResource, Crossing[]>();
  private decided?: ReadonlyMap<Crossing, Order>;
  /** Set once a template was rendered: the next preparation belongs to another synthesis, of what may be another app. */
  private rendered = false;
  private deciding = false;

  private constructor() {}

  /** A crossing to decide upon; the same one for the same two ends. */
  public crossing(key: CfnResource, grantee: CfnResource, granteeMayWait: boolean): Crossing {
    const known = this.crossings.get(grantee) ?? [];
    const same = known.find((other) => other.key === key && other.granteeMayWait === granteeMayWait);
    if (same) return same;
    const crossing = { key, grantee, granteeMayWait };
    this.crossings.set(grantee, [...known, crossing]);
    this.decided = undefined;
    return crossing;
  }

  /** The order of this crossing; undefined while orders are being decided: then nothing that depends on it is to be rendered. */
  public orderOf(crossing: Crossing, preparing: boolean): Order | undefined {
    if (this.deciding) return undefined;
    if (!this.decided || (preparing && this.rendered)) this.decided = this.decide();
    this.rendered = !preparing;
    return this.decided.get(crossing);
  }

  /**
   * Makes whatever waits for a grantee's own policies wait for the key's as well, where no circle comes of it: a function, say, that a custom resource
   * calls while the stack is deployed. With `kms.Key` the grant is in the grantee's policy, and waiting for that is enough.
   */
  private letDependentsWait(root: IConstruct): void {
    const grants = [...this.crossings.values()].flat().filter(({ key, grantee }) => key.stack === grantee.stack);
    if (!grants.length) return;
    const keysOf = new Map<IConstruct, Set<CfnResource>>();
    for (const { key, grantee } of grants) {
      const construct = constructOf(grantee);
      keysOf.set(construct, (keysOf.get(construct) ?? new Set<CfnResource>()).add(key));
    }
    const constructs = root.node.findAll();
    const waiting = constructs
      .map((dependent) => ({ dependent, keys: new Set(dependent.node.dependencies.flatMap((dependency) => [...keysOf.get(dependency) ?? []])) }))
      .filter(({ keys }) => keys.size);
    if (!waiting.length) return;
    const graph = new ReferenceGraph();
    for (const construct of constructs) addDependencies(graph, construct);
    this.decide(graph);
    for (const { dependent, keys } of waiting) {
      for (const key of keys) {
        for (const resource of dependent.node.findAll().filter(CfnResource.isCfnResource)) {
          if (resource.stack !== key.stack || resource === key || graph.waitsFor(key, resource)) continue;
          resource.addResourceDependency(key);
          graph.add(resource, key);
        }
      }
    }
  }

  private decide(graph = new ReferenceGraph()): ReadonlyMap<Crossing, Order> {
    this.deciding = true;
    try {
      const orders = new Map<Crossing, Order>();
      const all = [...this.crossings.values()].flat();
      const oneWay = all.filter(({ granteeMayWait }) => !granteeMayWait);
      const twoWays = all.filter(({ granteeMayWait }) => granteeMayWait);
      for (const crossing of [...oneWay, ...twoWays]) orders.set(crossing, decideOne(crossing, graph));
      return orders;
    } finally {
      this.deciding = false;
    }
  }
}

/** What constructs were told to wait for, which CDK hands on to their resources after the aspects. */
function addDependencies(graph: ReferenceGraph, construct: IConstruct): void {
  const targets = construct.node.dependencies.flatMap((dependency) => dependency.node.findAll().filter(CfnResource.isCfnResource));
  if (!targets.length) return;
  for (const resource of construct.node.findAll().filter(CfnResource.isCfnResource)) {
    for (const target of targets) if (target !== resource) graph.add(resource, target);
  }
}

/** What others depend on: the construct whose resource this is, with its policies. */
function constructOf(element: CfnResource): IConstruct {
  const { scope } = element.node;
  return scope && Resource.isResource(scope) && scope.node.defaultChild === element ? scope : element;
}

function decideOne({ key, grantee, granteeMayWait }: Crossing, graph: ReferenceGraph): Order {
  if (granteeMayWait && !graph.waitsFor(key, grantee)) {
    graph.add(grantee, key);
    return 'grantee waits';
  }
  if (graph.waitsFor(grantee, key)) return 'cycle';
  graph.add(key, grantee);
  return 'key waits';
}

/** What to do where the key and its grantee would each have to be deployed before the other. */
export function wayOutOfCycle({ label, sid }: Sentence, key: Construct, grantee: CfnResource): string {
  const [keyStack, granteeStack] = [Stack.of(key), grantee.stack];
  if (keyStack === granteeStack) {
    return `${label} cannot be granted ${sid} on '${key.node.path}': it refers to the key itself, so that neither can be created first. `
      + 'Keep the key out of its inlinePolicies, trust policy and dependencies: role.addToPolicy(…) makes a policy of its own, which may refer to the key';
  }
  return `${label} cannot be granted ${sid} on '${key.node.path}': stack '${granteeStack.node.path}' depends on stack '${keyStack.node.path}', `
    + 'and a key policy cannot name a role that is created later under a name nobody knows yet. '
    + `Give it a name (roleName: '…'), keep it in a stack of its own or in one that '${keyStack.node.path}' may depend on, or move the key into '${granteeStack.node.path}'`;
}
