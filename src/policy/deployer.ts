import { Fn, Stack } from 'aws-cdk-lib';
import { ArnPrincipal } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';

const deployers = new WeakMap<Stack, ArnPrincipal>();

/** The role under which CloudFormation creates and changes the resources of this construct's stack; undefined if the stack does not know. */
export function deployerOf(construct: Construct): ArnPrincipal | undefined {
  const stack = deployingStack(Stack.of(construct));
  const known = deployers.get(stack);
  if (known) return known;
  const arn = stack.synthesizer.cloudFormationExecutionRole;
  if (!arn) return undefined;
  // The synthesizer writes placeholders in the manner of Fn::Sub: ${AWS::Partition} at least.
  const deployer = new ArnPrincipal(arn.includes('${') ? Fn.sub(arn) : arn);
  deployers.set(stack, deployer);
  return deployer;
}

/** Nested stacks are deployed by whoever deploys the stack around them. */
function deployingStack(stack: Stack): Stack {
  return stack.nestedStackParent ? deployingStack(stack.nestedStackParent) : stack;
}
