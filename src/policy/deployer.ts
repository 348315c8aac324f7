import { Fn, Stack } from 'aws-cdk-lib';
import { ArnPrincipal, type IPrincipal } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { RECOVER_POLICY } from './key-roles';
import { neverHolds } from './lock-out';
import type { Conditions } from './permission';
import { granteeOf, isSession, isToldByArn, type PrincipalName } from './principals';
import { mayBeAccountOf } from './whole-account';

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

/**
 * Throws for whoever can never change the policy of a key in CloudFormation's name: KMS would refuse the key, or nobody could deploy it again. Changing a policy
 * works in the key's own account only (KMS API Reference, PutKeyPolicy, "Cross-account use").
 */
export function refuseWrongDeployer(deployer: IPrincipal, construct: Construct): void {
  const { names, label, conditions } = granteeOf(deployer, construct);
  const stack = Stack.of(construct);
  const refuse = (why: string) => {
    throw new Error(`${label} ${why} the policy of '${construct.node.path}': the deployer is the role of the key's account with which CloudFormation deploys its stack`);
  };
  if (names.some((name) => isForeign(name, stack.account))) refuse('is in another account and cannot change');
  if (names.some(({ kind }) => kind === 'service')) refuse('is a service, which never changes');
  if (names.some(({ kind }) => kind === 'anyone')) refuse('is whoever fulfils conditions, and no role of which anybody knows that it can change');
  if (names.some((name) => isSession(name, stack))) refuse('is one session of a role, and no other session of it could change');
  const [name] = names;
  const keeper = { arn: 'arn' in name ? stack.resolve(name.arn) as unknown : undefined, account: stack.account };
  const never = neverHolds(stack.resolve(conditions) as Conditions, keeper);
  if (never !== undefined) refuse(`comes with a condition (${never}) that never holds when CloudFormation changes`);
}

/** Throws for an owner of a policy that is a service: none of them changes policies for itself. */
export function refuseServices(owners: readonly IPrincipal[], construct: Construct): void {
  for (const owner of owners) {
    const { names, label } = granteeOf(owner, construct);
    if (!names.some(({ kind }) => kind === 'service')) continue;
    throw new Error(`${label} among policyOwners of '${construct.node.path}' is a service, which changes no key policy for itself: name a role or a user`);
  }
}

function isForeign(name: PrincipalName, account: string): boolean {
  return 'account' in name && name.account !== undefined && !mayBeAccountOf(name.account, account);
}

/** Former and coming deployers, if each is told by the ARN of one principal: nobody else can be told by it again. */
export function namedDeployers(principals: readonly IPrincipal[], construct: Construct): readonly IPrincipal[] {
  for (const principal of principals) {
    const byPattern = false; // a pattern of names would let in whoever takes one of them
    const { names, label } = granteeOf(principal, construct, RECOVER_POLICY.sid, { byPattern });
    const where = `among otherDeployers of '${construct.node.path}'`;
    if (!names.every((name) => isToldByArn(name, Stack.of(construct)))) {
      throw new Error(`${label} ${where} is not one role: name each by its ARN (new ArnPrincipal('arn:…:role/…'))`);
    }
    if (names.some((name) => isForeign(name, Stack.of(construct).account))) {
      throw new Error(`${label} ${where} is in another account and cannot change the policy: name roles of the key's account with which CloudFormation deployed its stack, or will`);
    }
  }
  return principals;
}
