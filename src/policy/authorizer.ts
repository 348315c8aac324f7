import { Annotations, Aws, Lazy, Stack, Token, TokenComparison } from 'aws-cdk-lib';
import type { CfnResource } from 'aws-cdk-lib';
import { Grant, PolicyStatement, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { AccountAccess } from './account-access';
import { both } from './conditions';
import { DeploymentOrder, type Crossing } from './deployment-order';
import type { KeyPolicy } from './key-policy';
import type { Conditions, Permission } from './permission';
import { granteeOf, mayBe, uniqueName, type Grantee, type PrincipalName } from './principals';
import { bindsCaller, bindsPrincipal, bindsSource } from './refusals';
import type { SentencePrincipal } from './statements';
import { canReference } from '../app/reference-graph';

type Created = Extract<PrincipalName, { kind: 'created' }>;
type Existing = Extract<PrincipalName, { kind: 'existing' }>;

/** The key that permissions are given on. */
export interface GuardedKey {
  readonly construct: Construct;
  readonly resource: CfnResource;
  readonly arn: string;
  readonly access: AccountAccess;
  /** `alias/…`, if the key has one whose name is known. */
  readonly alias?: string;
}

/** One permission on its way to one grantee. */
interface Request {
  readonly grantable: IGrantable;
  readonly grantee: Grantee;
  readonly permission: Permission;
  readonly conditions: Conditions;
}

/**
 * Writes each permission where it has effect: in the key policy, in the grantee's own policy, or in both.
 *
 * Where the account does not delegate to IAM, the key policy decides, and naming a principal of the same account there is enough.
 * Across accounts both sides must agree. A principal that cannot be named yet is told by its ARN under its account's root, which
 * is a delegation, so that it takes the identity policy too. KMS Developer Guide, "Determining access", "Cross-account access".
 */
export class Authorizer {
  private readonly arns = new Map<Crossing, string>();
  private readonly given: { readonly name: PrincipalName; readonly actions: readonly string[] }[] = [];

  constructor(private readonly key: GuardedKey, private readonly policy: KeyPolicy) {}

  public authorize(grantable: IGrantable, permission: Permission): Grant {
    const grantee = granteeOf(grantable, this.key.construct);
    const request = { grantable, grantee, permission, conditions: both(permission.conditions, grantee.conditions) };
    for (const name of grantee.names) this.given.push({ name, actions: permission.actions });
    return grantee.names.map((name) => this.authorizeOne(name, request)).reduce((all, grant) => all.combine(grant));
  }

  /** Whether somebody was authorized for the action who is, or may be, this principal of a template: an element, or a name of something that exists. */
  public mayBeGiven(action: string, principal: CfnResource | string): boolean {
    return this.given.some(({ name, actions }) => actions.includes(action) && mayBe(name, principal, Stack.of(this.key.construct)));
  }

  private authorizeOne(name: PrincipalName, request: Request): Grant {
    switch (name.kind) {
      case 'service': return this.authorizeService(name.service, request);
      case 'group': return this.authorizeByPolicy(request, 'a group', 'in it');
      case 'policy': return this.authorizeByPolicy(request, 'a policy', 'it is attached to');
      case 'anyone': return this.authorizeAnyone(request);
      case 'existing': return this.authorizeExisting(name, request);
      case 'created': return this.authorizeCreated(name, request);
    }
  }

  private authorizeService(service: string, request: Request): Grant {
    if (!bindsSource(request.conditions)) {
      throw new Error(`${request.grantee.label} would use '${this.path}' for anybody's resources: add conditions `
        + "(new ServicePrincipal('…', { conditions: { ArnLike: { 'aws:SourceArn': '…' } } })), or hand the service key.forService(…)");
    }
    return this.say(request, { type: 'Service', name: service });
  }

  /** What no key policy can name is given by a policy of the key's account, where that account's policies decide. */
  private authorizeByPolicy(request: Request, what: string, which: string): Grant {
    const { grantee, permission } = request;
    const elsewhere = Token.compareStrings(this.account, grantee.principal.principalAccount ?? this.account) === TokenComparison.DIFFERENT;
    const identity = this.delegates && !elsewhere ? this.identity(request, [this.key.arn]) : undefined;
    if (identity?.success) return identity;
    throw new Error(`${grantee.label} is ${what}, and no key policy can name ${what}: grant ${permission.sid} on '${this.path}' to the roles or users ${which}`);
  }

  private authorizeAnyone(request: Request): Grant {
    if (!bindsCaller(request.conditions)) {
      throw new Error(`every AWS account would be granted ${request.permission.sid} on '${this.path}': name the roles, or add a condition on aws:PrincipalOrgID`);
    }
    return this.say(request, { type: 'anyone' });
  }

  private authorizeExisting(name: Existing, request: Request): Grant {
    const here = name.account === undefined || sameValue(this.account, name.account);
    if (!here) return this.authorizeForeigner(name, request);
    if (this.delegates) {
      const identity = this.identity(request, [this.key.arn]);
      if (identity.success) return identity;
    } else if (name.wholeAccount && !bindsPrincipal(request.conditions)) {
      throw new Error(`${request.grantee.label} is the whole account: IAM policies would decide who is granted ${request.permission.sid} on '${this.path}', `
        + 'which is what AccountAccess.DELEGATE_TO_IAM says. Choose that, or name the roles');
    }
    return this.say(request, { type: 'AWS', name: name.arn });
  }

  /** Somebody in another account: named there, and allowed there. Nobody but that account can see to the second half. */
  private authorizeForeigner(name: Existing, request: Request): Grant {
    const identity = this.identity(request, [this.key.arn]);
    const elsewhere = Token.compareStrings(this.account, name.account ?? this.account) === TokenComparison.DIFFERENT;
    if (!identity.success && !name.wholeAccount && elsewhere) {
      Annotations.of(this.key.construct).addInfoV2('cdk-keysmith:other-account', `${request.grantee.label} is in another account: a policy there must allow it `
        + `${request.permission.actions.join(', ')} on this key too`);
    }
    return this.say(request, { type: 'AWS', name: name.arn }).combine(identity);
  }

  private authorizeCreated(name: Created, request: Request): Grant {
    const stack = Stack.of(this.key.construct);
    if (!canReference(stack, name.element.stack)) return this.authorizeElsewhere(name, request);
    if (name.element.stack === stack && this.delegates) {
      const identity = this.identity(request, [this.key.arn]);
      if (identity.success) return identity;
    }
    return name.element.stack === stack ? this.sayWithOrder(name, request) : this.authorizeInOtherStack(name, request);
  }

  /** Same environment, other template: which of the two refers to the other is settled at synthesis. */
  private authorizeInOtherStack(name: Created, request: Request): Grant {
    const literalArn = this.delegates ? undefined : name.literalArn();
    if (this.delegates || literalArn) {
      const crossing = this.crossing(name, true);
      const identity = this.identity(request, [this.arnUnless(crossing)]);
      if (identity.success) {
        const byArn = literalArn === undefined ? undefined : ({ type: 'rolesOf', account: name.account, arn: literalArn } as const);
        return this.sayWithOrder(name, request, crossing, byArn).combine(identity);
      }
    }
    return this.sayWithOrder(name, request);
  }

  /**
   * Other account or Region: templates cannot refer to each other, so both sides go by names that are known beforehand. The grantee's own
   * policy tells the key by its alias; without one it would have to allow the same on every key there.
   */
  private authorizeElsewhere(name: Created, request: Request): Grant {
    const { alias } = this.key;
    const arn = name.literalArn();
    const byIamAlone = this.delegates && sameValue(this.account, name.account);
    if (!alias) throw this.elsewhere(request, "where nothing can tell the key from others. Give the key an alias before the grant (alias: '…', or addAlias)");
    if (!arn && !byIamAlone) {
      throw this.elsewhere(request, "under a name nobody knows yet. Give it a name (roleName: '…', or PhysicalName.GENERATE_IF_NEEDED where account and Region are known)");
    }
    const identity = this.identity(request, [this.regional('key/*')], { 'ForAnyValue:StringEquals': { 'kms:ResourceAliases': [alias] } });
    if (!identity.success) throw this.elsewhere(request, 'and its policies cannot be changed here. Import it by ARN, and allow it there what it is to do');
    return byIamAlone || !arn ? identity : this.say(request, { type: 'rolesOf', account: name.account, arn }).combine(identity);
  }

  private elsewhere({ grantee, permission }: Request, why: string): Error {
    return new Error(`${grantee.label} cannot be granted ${permission.sid} on '${this.path}': it is created in another account or Region, ${why}`);
  }

  private say(request: Request, principal: SentencePrincipal): Grant {
    this.policy.say({ ...this.sentence(request), principal });
    return this.written(request);
  }

  /** Names the grantee by reference, if nothing makes its template wait for the key's. */
  private sayWithOrder(name: Created, request: Request, crossing = this.crossing(name, false), byArn?: SentencePrincipal): Grant {
    const sentence = this.sentence(request);
    this.policy.say({
      crossing,
      byReference: { ...sentence, principal: { type: 'AWS', name: name.arn } },
      byArn: byArn && { ...sentence, principal: byArn },
    });
    return this.written(request);
  }

  private sentence({ permission, conditions, grantee }: Request): { sid: string; effect: 'Allow'; actions: readonly string[]; conditions: Conditions; label: string } {
    return { sid: permission.sid, effect: 'Allow', actions: permission.actions, conditions, label: grantee.label };
  }

  /** The key policy's half of a grant, as CDK tells it. */
  private written({ grantable, grantee, permission }: Request): Grant {
    const { construct, resource, arn } = this.key;
    const statement = new PolicyStatement({
      sid: permission.sid, actions: [...permission.actions], resources: ['*'], principals: [grantee.principal], conditions: permission.conditions,
    });
    return Grant.addStatementToResourcePolicy({
      grantee: grantable,
      actions: [...permission.actions],
      resourceArns: [arn],
      resource: {
        env: { account: Stack.of(construct).account, region: Stack.of(construct).region },
        addToResourcePolicy: () => ({ statementAdded: true, policyDependable: resource }),
      },
      statement,
    });
  }

  /** The grantee's half: a statement of its own policy, if it has one that can be added to. */
  private identity({ grantable, grantee, permission }: Request, resourceArns: string[], narrowing?: Conditions): Grant {
    if (grantee.pretends) return Grant.drop(grantable, permission.sid);
    return Grant.addToPrincipal({
      grantee: grantable, actions: [...permission.actions], resourceArns, conditions: { ...both(permission.conditions, narrowing) },
    });
  }

  private crossing(name: Created, granteeMayWait: boolean): Crossing {
    return DeploymentOrder.of(this.key.construct).crossing(this.key.resource, name.element, granteeMayWait);
  }

  /**
   * The key's ARN where the grantee's template is to refer to the key. Where the key's refers to the grantee instead, that is all the
   * grant needs: the statement then names an alias, which no action on a key has as its resource, and so allows nothing.
   */
  private arnUnless(crossing: Crossing): string {
    let arn = this.arns.get(crossing);
    if (!arn) {
      const order = DeploymentOrder.of(this.key.construct);
      const nothing = this.regional(this.key.alias ?? `alias/${uniqueName(this.key.construct)}`);
      arn = Lazy.uncachedString({ produce: ({ preparing }) => (order.orderOf(crossing, preparing) === 'grantee waits' ? this.key.arn : nothing) });
      this.arns.set(crossing, arn);
    }
    return arn;
  }

  private regional(resource: string): string {
    const { region, account } = Stack.of(this.key.construct);
    return `arn:${Aws.PARTITION}:kms:${region}:${account}:${resource}`;
  }

  private get delegates(): boolean {
    return this.key.access === AccountAccess.DELEGATE_TO_IAM;
  }

  private get account(): string {
    return Stack.of(this.key.construct).account;
  }

  private get path(): string {
    return this.key.construct.node.path;
  }
}

function sameValue(a: string, b: string): boolean {
  const comparison = Token.compareStrings(a, b);
  return comparison === TokenComparison.SAME || comparison === TokenComparison.BOTH_UNRESOLVED;
}
