import { AspectPriority, Aspects, Stage } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { perStage } from './per-stage';

/** What is done with a stage (app). */
type Act = (stage: IConstruct) => void;

/**
 * Has something done in a synthesis for the stage (app) of a construct, however many constructs ask for it: after the app's own aspects have added what they add, and
 * before CDK links stacks, since what is granted then may refer to other stacks.
 *
 * CDK visits a construct before those below it, and those in their order: when the last of all is visited, every aspect has been everywhere. Where it comes round again,
 * for what aspects have added, or this, it is done once more.
 */
export function beforeLinking(act: Act): (construct: IConstruct) => void {
  return perStage((stage) => actAtLast(stage, act, AspectPriority.READONLY - 2));
}

/** The same once all of that is done: for whoever builds on what was granted. */
export function afterGrants(act: Act): (construct: IConstruct) => void {
  return perStage((stage) => actAtLast(stage, act, AspectPriority.READONLY - 1));
}

function actAtLast(stage: IConstruct, act: Act, priority: number): void {
  let visited = new WeakSet<IConstruct>();
  let last: IConstruct | undefined;
  const visit = (node: IConstruct) => {
    if (node === stage) visited = new WeakSet();
    if (node === stage || (node !== last && !(last && isBelow(last, stage)))) last = lastOf(stage, (each) => !visited.has(each));
    visited.add(node);
    if (node !== last) return;
    act(stage);
    last = undefined;
  };
  Aspects.of(stage).add({ visit }, { priority });
}

/** The last of the constructs that aspects of a stage come to, of some; stages within it have visits of their own. */
function lastOf(construct: IConstruct, isMeant: (construct: IConstruct) => boolean): IConstruct | undefined {
  for (const child of construct.node.children.reverse()) {
    const last = Stage.isStage(child) ? undefined : lastOf(child, isMeant);
    if (last) return last;
  }
  return isMeant(construct) ? construct : undefined;
}

/** Whether a construct is still in the tree: an aspect may have removed it, or what it lies in. */
function isBelow(construct: IConstruct, stage: IConstruct): boolean {
  const { scope, id } = construct.node;
  return construct === stage || (scope !== undefined && scope.node.tryFindChild(id) === construct && isBelow(scope, stage));
}
