import { Annotations, CfnResource } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/**
 * Warns of a construct, so that `Annotations.of(construct).acknowledgeWarning(id)` silences it: the one way from here to CDK's warnings.
 *
 * CDK takes off what the acknowledged construct bears already, but keeps new warnings off what is below it only, not off the construct itself (aws-cdk-lib 2.262), and
 * most of ours are found at synthesis. So the resource that a construct keeps bears them. A plain CloudFormation resource keeps none: there a scope above it acknowledges
 * what is still to come.
 *
 * @param id without the library's prefix: `every-source` is acknowledged as `cdk-keysmith:every-source`
 */
export function warn(construct: IConstruct, id: string, message: string): void {
  Annotations.of(bearerOf(construct)).addWarningV2(`cdk-keysmith:${id}`, message);
}

/** Tells what is no fault; acknowledged as warnings are, with `acknowledgeInfo(id)`. */
export function inform(construct: IConstruct, id: string, message: string): void {
  Annotations.of(bearerOf(construct)).addInfoV2(`cdk-keysmith:${id}`, message);
}

function bearerOf(construct: IConstruct): IConstruct {
  const { defaultChild } = construct.node;
  return CfnResource.isCfnResource(defaultChild) ? defaultChild : construct;
}
