import { Stage } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** What is kept of an object, made when it is first asked for. */
export function keptFor<Owner extends object, T>(make: (owner: Owner) => T): (owner: Owner) => T {
  const kept = new WeakMap<Owner, T>();
  return (owner) => {
    if (!kept.has(owner)) kept.set(owner, make(owner));
    return kept.get(owner)!;
  };
}

/** What is kept of a stage (app): one for all the constructs that can refer to each other. */
export function perStage<T>(make: (stage: IConstruct) => T): (construct: IConstruct) => T {
  const ofStage = keptFor(make);
  return (construct) => ofStage(Stage.of(construct) ?? construct.node.root);
}
