import { Annotations, CfnResource } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** Written out where it is used, with the library's prefix. */
export type WarningId = `cdk-keysmith:${string}`;

/**
 * Warns of a construct, so that `Annotations.of(construct).acknowledgeWarning(id)` silences it: the one way from here to CDK's warnings.
 *
 * CDK takes off what the acknowledged construct bears already, but keeps new warnings off what is below it only, not off the construct itself (aws-cdk-lib 2.262), and
 * most of ours are found at synthesis. So the resource that a construct keeps bears them. A plain CloudFormation resource keeps none: there a scope above it acknowledges
 * what is still to come.
 *
 * @param id as people acknowledge it, and find it in docs/key-policy.md
 */
export function warn(construct: IConstruct, id: WarningId, message: string): void {
  Annotations.of(bearerOf(construct)).addWarningV2(id, message);
}

/** Tells what is no fault; acknowledged as warnings are, with `acknowledgeInfo(id)`. */
export function inform(construct: IConstruct, id: WarningId, message: string): void {
  Annotations.of(bearerOf(construct)).addInfoV2(id, message);
}

function bearerOf(construct: IConstruct): IConstruct {
  const { defaultChild } = construct.node;
  return CfnResource.isCfnResource(defaultChild) ? defaultChild : construct;
}
