import { Fn, Stack } from 'aws-cdk-lib';
import { ArnPrincipal, type IPrincipal } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { granteeOf, isToldByArn } from './principals';

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

/** Former and coming deployers, if each is told by the ARN of one principal: nobody else can be told by it again. */
export function namedDeployers(principals: readonly IPrincipal[], construct: Construct): readonly IPrincipal[] {
  for (const principal of principals) {
    const { names, label } = granteeOf(principal, construct);
    if (names.every((name) => isToldByArn(name, Stack.of(construct)))) continue;
    throw new Error(`${label} among otherDeployers of '${construct.node.path}' is not one role: name each by its ARN (new ArnPrincipal('arn:…:role/…'))`);
  }
  return principals;
}
