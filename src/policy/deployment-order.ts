import type { CfnResource } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
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

  private static readonly ofStage = perStage(() => new DeploymentOrder());

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

  private decide(): ReadonlyMap<Crossing, Order> {
    this.deciding = true;
    try {
      const graph = new ReferenceGraph();
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

function decideOne({ key, grantee, granteeMayWait }: Crossing, graph: ReferenceGraph): Order {
  if (granteeMayWait && !graph.waitsFor(key, grantee)) {
    graph.add(grantee, key);
    return 'grantee waits';
  }
  if (graph.waitsFor(grantee, key)) return 'cycle';
  graph.add(key, grantee);
  return 'key waits';
}
