import { Fn, Stack } from 'aws-cdk-lib';
import { ArnPrincipal, type IPrincipal } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { RECOVER_POLICY } from './key-roles';
import { granteeOf, isToldByArn } from './principals';

const deployers = new Map<string, ArnPrincipal>();

/** The role under which CloudFormation creates and changes the resources of this construct's stack, one for each role; undefined if the stack does not know. */
export function deployerOf(construct: Construct): ArnPrincipal | undefined {
  const arn = deployingStack(Stack.of(construct)).synthesizer.cloudFormationExecutionRole;
  if (!arn) return undefined;
  const known = deployers.get(arn);
  if (known) return known;
  // The synthesizer writes placeholders in the manner of Fn::Sub: ${AWS::Partition} at least.
  const deployer = new ArnPrincipal(arn.includes('${') ? Fn.sub(arn) : arn);
  deployers.set(arn, deployer);
  return deployer;
}

/** The deployer of a resource, if it is another role than that of the key's own stack, and one of the same account that the key's template can name. */
export function otherDeployerOf(resource: Construct, key: Construct): ArnPrincipal | undefined {
  const [there, here] = [Stack.of(resource), Stack.of(key)];
  if (there === here || there.account !== here.account) return undefined;
  const deployer = deployerOf(resource);
  const arn = deployingStack(there).synthesizer.cloudFormationExecutionRole ?? '';
  // A pseudo parameter would be filled in with the key's own Region.
  const isCertain = there.region === here.region || !arn.includes('${AWS::Region}');
  return isCertain && deployer !== deployerOf(key) ? deployer : undefined;
}

/** Nested stacks are deployed by whoever deploys the stack around them. */
function deployingStack(stack: Stack): Stack {
  return stack.nestedStackParent ? deployingStack(stack.nestedStackParent) : stack;
}

/** Former and coming deployers, if each is told by the ARN of one principal: nobody else can be told by it again. */
export function namedDeployers(principals: readonly IPrincipal[], construct: Construct): readonly IPrincipal[] {
  for (const principal of principals) {
    const { names, label } = granteeOf(principal, construct, RECOVER_POLICY.sid);
    if (names.every((name) => isToldByArn(name, Stack.of(construct)))) continue;
    throw new Error(`${label} among otherDeployers of '${construct.node.path}' is not one role: name each by its ARN (new ArnPrincipal('arn:…:role/…'))`);
  }
  return principals;
}
