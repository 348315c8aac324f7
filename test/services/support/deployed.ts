import type { App, CfnElement } from 'aws-cdk-lib';
import { Stack } from 'aws-cdk-lib';
import { AccountRootPrincipal, PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';
import { decide } from '../../../src/authz';
import type { Decision } from '../../../src/authz';
import type { Deployment, TemplateKey } from '../../../src/template';
import { readAssembly } from '../../../src/template';

// TableV2 of aws-cdk-lib warns of properties that it sets itself.
process.env.JSII_DEPRECATED = 'quiet';

export const HOME = { account: '111122223333', region: 'eu-west-1' };
export const ELSEWHERE = { account: '444455556666', region: 'eu-west-1' };

/** Synthesizes an app and reads what deploying it would leave behind. */
export function deploymentOf(app: App): Deployment {
  return readAssembly(app.synth().directory);
}

export function roleOf(scope: IConstruct, id: string, roleName?: string): Role {
  return new Role(scope as Stack, id, { assumedBy: new AccountRootPrincipal(), roleName });
}

/** A role whose own policy allows everything, as that of an administrator of the account. */
export function almightyRoleOf(scope: IConstruct, id: string): Role {
  const role = roleOf(scope, id);
  role.addToPolicy(new PolicyStatement({ actions: ['*'], resources: ['*'] }));
  return role;
}

/** ARN of the resource that a construct stands for. */
export function arnOf(deployment: Deployment, construct: IConstruct): string {
  const [stack, logicalId] = addressOf(construct);
  const id = deployment.physicalId(stack, logicalId);
  const arn = id?.startsWith('arn:') ? id : deployment.attribute(stack, logicalId, 'Arn');
  if (!arn) throw new Error(`no ARN for ${construct.node.path}`);
  return arn;
}

export function keyIn(deployment: Deployment, construct: IConstruct): TemplateKey {
  const arn = arnOf(deployment, construct);
  return deployment.keys.find((key) => key.arn === arn)!;
}

/** Name of the role under which CloudFormation deploys. */
export function deployerRoleArn({ account, region } = HOME): string {
  return `arn:aws:iam::${account}:role/cdk-hnb659fds-cfn-exec-role-${account}-${region}`;
}

/** A request to KMS, in the words of a test. */
export interface Attempt {
  readonly principal: string;
  readonly action: string;
  /** Service, `s3`, or a whole value of kms:ViaService. */
  readonly via?: string;
  readonly context?: Readonly<Record<string, string>>;
  readonly conditionKeys?: Readonly<Record<string, string>>;
}

export function decisionOn(deployment: Deployment, key: TemplateKey, { principal, action, via, context, conditionKeys }: Attempt): Decision {
  const viaService = via && (via.includes('.') ? via : `${via}.${key.region}.amazonaws.com`);
  return decide({ identities: deployment.identities }, { principal, action, key, viaService, encryptionContext: context, conditionKeys });
}

/** The outcome of an attempt with a sentence that says why: for failing tests. */
export function outcomeOf(deployment: Deployment, key: TemplateKey, attempt: Attempt): string {
  return decisionOn(deployment, key, attempt).outcome;
}

function addressOf(construct: IConstruct): [string, string] {
  const element = (construct.node.defaultChild ?? construct) as CfnElement;
  const stack = Stack.of(element);
  return [stack.stackName, stack.getLogicalId(element)];
}
