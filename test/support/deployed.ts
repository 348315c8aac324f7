import { Stack } from 'aws-cdk-lib';
import type { App, CfnElement } from 'aws-cdk-lib';
import { AccountRootPrincipal, PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import type { RoleProps } from 'aws-cdk-lib/aws-iam';
import type { Construct, IConstruct } from 'constructs';
import { conditionKeysOf, decide } from '../../src/authz';
import type { Decision } from '../../src/authz';
import { readAssembly } from '../../src/template';
import type { Deployment, TemplateKey } from '../../src/template';

/** A request to KMS in the words of a test. */
export interface Call {
  readonly context?: Readonly<Record<string, string>>;
  /** Parameters of the operation, as the API names them. */
  readonly parameters?: Readonly<Record<string, unknown>>;
  /** Service it goes through, for example `s3`. */
  readonly via?: string;
  /** Tags of the caller's role. */
  readonly tags?: Readonly<Record<string, string>>;
  /** More condition keys. */
  readonly conditionKeys?: Readonly<Record<string, string>>;
}

/** What deploying an app would leave behind, and who may then do what. */
export class Deployed {
  public readonly deployment: Deployment;

  constructor(app: App) {
    this.deployment = readAssembly(app.synth().directory);
  }

  /** The decision on one request. The caller is a role of the app, or an ARN or service principal. */
  public decide(who: IConstruct | string, action: string, key: IConstruct, call: Call = {}): Decision {
    const principal = typeof who === 'string' ? who : this.arnOf(who);
    const facts = this.keyOf(key);
    const identities = this.deployment.identities.map((identity) => (identity.arn === principal ? { ...identity, tags: call.tags } : identity));
    return decide({ identities }, {
      principal,
      action,
      key: facts,
      encryptionContext: call.context,
      conditionKeys: { ...conditionKeysOf(action, call.parameters ?? {}), ...call.conditionKeys },
      viaService: call.via && `${call.via}.${facts.region}.amazonaws.com`,
    });
  }

  public outcome(who: IConstruct | string, action: string, key: IConstruct, call: Call = {}): string {
    return this.decide(who, action, key, call).outcome;
  }

  public keyOf(key: IConstruct): TemplateKey {
    const arn = this.arnOf(key);
    return this.deployment.keys.find((candidate) => candidate.arn === arn)!;
  }

  public arnOf(construct: IConstruct): string {
    const element = (construct.node.defaultChild ?? construct) as CfnElement;
    const stack = Stack.of(element);
    const address = this.deployment.resources().find(({ path }) => path === element.node.path);
    const arn = address && this.deployment.attribute(address.stack, address.logicalId, 'Arn');
    if (!arn) throw new Error(`no ARN for '${construct.node.path}' of stack '${stack.stackName}'`);
    return arn;
  }
}

export const HERE = { account: '111122223333', region: 'eu-west-1' };
export const OTHER_ACCOUNT = { account: '444455556666', region: 'eu-west-1' };

/** The role CloudFormation deploys with, in a bootstrapped environment. */
export function executionRole({ account, region } = HERE): string {
  return `arn:aws:iam::${account}:role/cdk-hnb659fds-cfn-exec-role-${account}-${region}`;
}

export function roleIn(scope: Construct, id: string, props: Partial<RoleProps> = {}): Role {
  return new Role(scope, id, { assumedBy: new AccountRootPrincipal(), ...props });
}

/** A role whose own policy allows everything, like that of an account's administrator. */
export function almightyRoleIn(scope: Construct, id: string, props: Partial<RoleProps> = {}): Role {
  const role = roleIn(scope, id, props);
  role.addToPolicy(new PolicyStatement({ actions: ['*'], resources: ['*'] }));
  return role;
}
