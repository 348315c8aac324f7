import { AspectPriority, Aspects } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { perStage } from './per-stage';

/**
 * Has something done once a synthesis for the stage (app) of a construct, however many constructs ask for it: after the app's own aspects have added what they add, and
 * before CDK links stacks, since what is granted then may refer to other stacks.
 */
export function beforeLinking(act: (stage: IConstruct) => void): (construct: IConstruct) => void {
  return perStage((stage) => {
    Aspects.of(stage).add({ visit: (node) => { if (node === stage) act(stage); } }, { priority: AspectPriority.READONLY - 1 });
  });
}
