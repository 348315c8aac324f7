import { AspectPriority, Aspects } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { perStage } from './per-stage';

/** What is done with a stage (app). */
type Act = (stage: IConstruct) => void;

/**
 * Has something done once a synthesis for the stage (app) of a construct, however many constructs ask for it: after the app's own aspects have added what they add, and
 * before CDK links stacks, since what is granted then may refer to other stacks.
 */
export function beforeLinking(act: Act): (construct: IConstruct) => void {
  return perStage((stage) => visit(stage, act, AspectPriority.READONLY - 2));
}

/** The same once all of that is done: for whoever builds on what was granted. */
export function afterGrants(act: Act): (construct: IConstruct) => void {
  return perStage((stage) => visit(stage, act, AspectPriority.READONLY - 1));
}

function visit(stage: IConstruct, act: Act, priority: number): void {
  Aspects.of(stage).add({ visit: (node) => { if (node === stage) act(stage); } }, { priority });
}
