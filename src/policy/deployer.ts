import { Fn, Stack } from 'aws-cdk-lib';
import { ArnPrincipal, type IPrincipal } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';

/** The role under which CloudFormation creates and changes the resources of this construct's stack; undefined if the stack does not know. */
export function deployerOf(construct: Construct): IPrincipal | undefined {
  const arn = deployingStack(Stack.of(construct)).synthesizer.cloudFormationExecutionRole;
  // The synthesizer writes placeholders in the manner of Fn::Sub: ${AWS::Partition} at least.
  return arn ? new ArnPrincipal(arn.includes('${') ? Fn.sub(arn) : arn) : undefined;
}

/** Nested stacks are deployed by whoever deploys the stack around them. */
function deployingStack(stack: Stack): Stack {
  return stack.nestedStackParent ? deployingStack(stack.nestedStackParent) : stack;
}
