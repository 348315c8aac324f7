import { Aws, Lazy, Stack, Token, TokenComparison } from 'aws-cdk-lib';
import type { CfnResource } from 'aws-cdk-lib';
import { Grant, PolicyStatement, type ArnPrincipal, type IGrantable, type IPrincipal } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { AccountAccess } from './account-access';
import { asksForService, bindsElsewhere } from './bindings';
import { both, demands } from './conditions';
import { DeploymentOrder, type Crossing } from './deployment-order';
import type { KeyPolicy } from './key-policy';
import type { Conditions, Permission } from './permission';
import { granteeOf, isToldByArn, mayBe, uniqueName, type Grantee, type PrincipalName } from './principals';
import { inVain, isOfAccount, isWithoutEffect } from './requested-actions';
import { accountRoot, type Sentence, type SentencePrincipal } from './statements';
import { mayBeAccountOf } from './whole-account';
import { canReference } from '../app/reference-graph';
import { inform, warn, type WarningId } from '../app/warnings';
import { CROSS_ACCOUNT_ACTIONS } from '../spec/action-resources';

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
  /** Whether it has any, under a name that may not be known. */
  readonly hasAlias: () => boolean;
}

/** One permission on its way to one grantee. */
interface Request {
  readonly grantable: IGrantable;
  readonly grantee: Grantee;
  readonly permission: Permission;
  /** All that a statement of the key policy asks: the permission's conditions and the grantee's own. */
  readonly conditions: Conditions;
  /** Whether somebody is told how it was granted. */
  readonly isTold: boolean;
}

/** What is so without a service in between, and what with one. KMS Developer Guide, "kms:ViaService". */
const THROUGH_SERVICES: Conditions = { Null: { 'kms:ViaService': 'false' } };

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

  /** Authorizes one grantee. `isTold` is for whoever asks no more of the grant: a statement for CDK, which nobody reads, is dear to make. */
  public authorize(grantable: IGrantable, permission: Permission, isTold = true): Grant {
    const grantee = granteeOf(grantable, this.key.construct, permission.sid);
    const whole: Request = { grantable, grantee, permission, conditions: this.conditionsFor(grantee, permission), isTold };
    // What is about no key is lost in a grantee's own policy too, which is about this key.
    const request = this.inKeyPolicy(whole, isOfAccount);
    if (!request) return Grant.drop(grantable, permission.sid);
    for (const name of grantee.names) this.given.push({ name, actions: permission.actions });
    return grantee.names.map((name) => this.authorizeOne(name, request)).reduce((all, grant) => all.combine(grant));
  }

  /**
   * Allows in grantees' own policies, where these are half of a grant, what the key policy does not allow yet: the two are of different stacks, which are deployed
   * at different moments. By itself that gives nothing, so that nothing is written where IAM policies decide alone.
   */
  public foresee(grantable: IGrantable, permission: Permission): void {
    if (this.delegates) return;
    const grantee = granteeOf(grantable, this.key.construct, permission.sid);
    const request: Request = { grantable, grantee, permission, conditions: this.conditionsFor(grantee, permission), isTold: false };
    const stack = Stack.of(this.key.construct);
    for (const name of grantee.names) {
      if (name.kind !== 'created' || name.element.stack === stack) continue;
      this.given.push({ name, actions: permission.actions });
      const { alias } = this.key;
      if (canReference(stack, name.element.stack)) {
        if (name.literalArn() !== undefined) this.identity(request, [this.arnUnless(this.crossing(name, true))]);
      } else if (alias !== undefined) {
        this.identity(request, [this.regional('key/*')], aliasIs(alias));
      }
    }
  }

  /** Authorizes principals that exist in the key's account, and that only synthesis finds. */
  public authorizeLater(permission: Permission, find: () => readonly ArnPrincipal[]): void {
    const { sid, actions, conditions, when, byView } = permission;
    const known = new Map<ArnPrincipal, Sentence>();
    this.policy.sayLater(() => find().map((principal) => {
      const sentence: Sentence = known.get(principal)
        ?? { sid, effect: 'Allow', actions, conditions, when, byView, label: principal.arn, principal: { type: 'AWS', name: principal.arn } };
      known.set(principal, sentence);
      return sentence;
    }));
  }

  /**
   * Authorizes a permission for the same principals whatever unique ids they have by then: KMS keeps the id of a role that a policy names, and who is
   * recreated under its name is somebody else. Told by their ARNs under the account's root, they also need an IAM policy that allows it. Whoever cannot be
   * told so, as a whole account or one of another account, is left out. KMS Developer Guide, "Key policies in AWS KMS"; IAM User Guide, "Principal".
   */
  public authorizeByArn(principal: IPrincipal, { sid, actions }: Permission): void {
    const { names, conditions, label } = granteeOf(principal, this.key.construct, sid);
    if (demands(conditions, (key) => key === 'aws:principalarn')) return;
    const { account } = this;
    const about = (who: SentencePrincipal): Sentence => ({ sid, effect: 'Allow', actions, conditions, label, principal: who });
    const sentence = (arn: string): Sentence => about({ type: 'rolesOf', account, arn });
    for (const name of names.filter((each) => isToldByArn(each, Stack.of(this.key.construct)))) {
      if (name.kind === 'existing' && this.isHere(name.account)) this.policy.say(sentence(name.arn));
      if (name.kind !== 'created' || !sameValue(this.account, name.account)) continue;
      const stack = Stack.of(this.key.construct);
      const literal = name.element.stack === stack ? undefined : name.literalArn();
      if (canReference(stack, name.element.stack)) {
        const byArn = literal === undefined ? undefined : about(byName(name, literal));
        this.policy.say({ crossing: this.crossing(name, byArn !== undefined), byReference: sentence(name.arn), byArn });
      } else if (literal !== undefined) {
        this.policy.say(about(byName(name, literal)));
      }
    }
  }

  /** Authorizes the root user of the account, who is no IAM principal: a principal's ARN ends in `root` for nobody else. */
  public authorizeRootUser({ sid, actions }: Permission): void {
    this.policy.say({ sid, effect: 'Allow', actions, label: 'the root user', principal: { type: 'rolesOf', account: this.account, arn: accountRoot(this.account) } });
  }

  /** Whether somebody was authorized for the action who is, or may be, this principal of a template: an element, or a name of something that exists. */
  public mayBeGiven(action: string, principal: CfnResource | string): boolean {
    return this.given.some(({ name, actions }) => actions.includes(action) && mayBe(name, principal, Stack.of(this.key.construct)));
  }

  private conditionsFor({ conditions, label }: Grantee, { sid, conditions: always, direct }: Permission): Conditions {
    try {
      return both(both(always, asksForService(conditions) ? undefined : direct), conditions);
    } catch (cause) {
      throw new Error(`${label} cannot be granted ${sid} on '${this.path}': ${(cause as Error).message}`, { cause });
    }
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

  /** A service brings an encryption context of its own, and calls as itself unless its conditions say otherwise. */
  private authorizeService(service: string, { conditions: _, ...rest }: Request): Grant {
    const request = { ...rest, conditions: both(rest.permission.conditions, rest.grantee.conditions) };
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

  private authorizeAnyone(whole: Request): Grant {
    const request = bindsElsewhere(whole.conditions, this.account) ? this.withEffectElsewhere(whole) : whole;
    return request ? this.say(request, { type: 'anyone' }) : Grant.drop(whole.grantable, whole.permission.sid);
  }

  private authorizeExisting(name: Existing, request: Request): Grant {
    if (!this.isHere(name.account)) return this.authorizeForeigner(name, request);
    if (this.delegates) {
      const identity = this.identity(request, [this.key.arn]);
      if (identity.success) return identity;
    }
    const grant = this.say(request, { type: 'AWS', name: name.arn });
    if (name.wholeAccount && !this.delegates) {
      warn(this.key.construct, 'cdk-keysmith:needs-iam-policy', `${request.permission.sid} was granted to ${request.grantee.label} under a condition: whoever fits it is allowed `
        + `${request.permission.actions.join(', ')} only with an IAM policy that allows it on this key too`);
    }
    return grant;
  }

  /** Of this account, as far as anybody can tell. */
  private isHere(account: string | undefined): boolean {
    return account === undefined || sameValue(this.account, account);
  }

  /** Somebody in another account: named there, and allowed there. Nobody but that account can see to the second half. */
  private authorizeForeigner(name: Existing, whole: Request): Grant {
    const request = this.acrossAccounts(name.account, whole);
    if (!request) return Grant.drop(whole.grantable, whole.permission.sid);
    const identity = this.identity(request, [this.key.arn]);
    const elsewhere = Token.compareStrings(this.account, name.account ?? this.account) === TokenComparison.DIFFERENT;
    if (!identity.success && !name.wholeAccount && elsewhere) {
      inform(this.key.construct, 'cdk-keysmith:other-account', `${request.grantee.label} is in another account: a policy there must allow it `
        + `${request.permission.actions.join(', ')} on this key too`);
    }
    return this.say(request, { type: 'AWS', name: name.arn }).combine(identity);
  }

  /** The part of a request that means something in another account; undefined where there is none. KMS Developer Guide, "Allowing users in other accounts to use a KMS key". */
  private acrossAccounts(account: string | undefined, request: Request): Request | undefined {
    return account === undefined || mayBeAccountOf(account, this.account) ? request : this.withEffectElsewhere(request);
  }

  private withEffectElsewhere(request: Request): Request | undefined {
    const works = (action: string) => (CROSS_ACCOUNT_ACTIONS as readonly string[]).includes(action);
    return this.leaveOut(request, (action) => !works(action), 'cdk-keysmith:no-effect-across-accounts', (lost) => `${request.grantee.label} is in another account, where ${lost.join(', ')} on this key `
      + `${lost.length > 1 ? 'have' : 'has'} no effect, whatever policies say: left out of ${request.permission.sid}. Name somebody of the key's account`);
  }

  /** The part of a request that a key policy can give; undefined where there is none. */
  private inKeyPolicy(request: Request, isLost = isWithoutEffect): Request | undefined {
    return this.leaveOut(request, isLost, 'cdk-keysmith:no-effect-in-key-policy', (lost) =>
      `${request.grantee.label} was to be granted ${inVain(lost)}. Left out of ${request.permission.sid}`);
  }

  /** A request without some actions, which are warned of; undefined where nothing is left. */
  private leaveOut(
    request: Request, isLost: (action: string) => boolean, id: WarningId, message: (lost: readonly string[]) => string,
  ): Request | undefined {
    const { permission } = request;
    const lost = permission.actions.filter(isLost);
    if (!lost.length) return request;
    warn(this.key.construct, id, message(lost));
    const actions = permission.actions.filter((action) => !lost.includes(action));
    return actions.length ? { ...request, permission: { ...permission, actions } } : undefined;
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
    const literalArn = name.literalArn();
    const byArn = literalArn === undefined ? undefined : byName(name, literalArn);
    if (!this.delegates && !byArn) return this.sayWithOrder(name, request);
    const crossing = this.crossing(name, true);
    const identity = this.identity(request, [this.arnUnless(crossing)]);
    if (identity.success) return this.sayWithOrder(name, request, crossing, this.delegates ? undefined : byArn).combine(identity);
    if (!byArn) return this.sayWithOrder(name, request);
    const { grantee, permission } = request;
    warn(this.key.construct, 'cdk-keysmith:needs-iam-policy', `${grantee.label} keeps its policies to itself, and may be created after the key, whose policy then tells it by its name under the root of the account: `
      + `it is allowed ${permission.sid} only with an IAM policy that allows ${permission.actions.join(', ')} on this key too`);
    return this.sayWithOrder(name, request, crossing, byArn);
  }

  /**
   * Other account or Region: templates cannot refer to each other, so both sides go by names that are known beforehand. The grantee's own
   * policy tells the key by its alias; without one it would have to allow the same on every key there.
   */
  private authorizeElsewhere(name: Created, whole: Request): Grant {
    const request = this.acrossAccounts(name.account, whole);
    if (!request) return Grant.drop(whole.grantable, whole.permission.sid);
    const { alias } = this.key;
    const arn = name.literalArn();
    const byIamAlone = this.delegates && sameValue(this.account, name.account);
    const reasons = [
      ...alias ? [] : [this.key.hasAlias() ? 'where the key would be told by its alias, whose name only deployment knows. Give the key an alias that is written out'
        : "where nothing can tell the key from others. Give the key an alias before the grant (alias: '…', or addAlias)"],
      ...arn || byIamAlone ? [] : ["under a name nobody knows yet. Give it a name (roleName: '…', or PhysicalName.GENERATE_IF_NEEDED where account and Region are known)"],
    ];
    if (!alias || reasons.length) throw this.elsewhere(request, reasons.join('; and '));
    const identity = this.identity(request, [this.regional('key/*')], aliasIs(alias));
    if (Token.isUnresolved(name.account) && !Token.isUnresolved(this.account)) {
      warn(this.key.construct, 'cdk-keysmith:unknown-account', `stack '${name.element.stack.node.path}' of ${request.grantee.label} does not say its account (env: { account: '…' }), so that the key policy of `
        + `'${this.path}' names a role of the key's own account, ${this.account}, for ${request.permission.sid}: deployed elsewhere, the role is denied. Give the stack an env`);
    }
    if (!identity.success) throw this.elsewhere(request, 'and its policies cannot be changed here. Import it by ARN, and allow it there what it is to do');
    return byIamAlone || !arn ? identity : this.say(request, byName(name, arn)).combine(identity);
  }

  private elsewhere({ grantee, permission }: Request, why: string): Error {
    return new Error(`${grantee.label} cannot be granted ${permission.sid} on '${this.path}': it is created in another account or Region, ${why}`);
  }

  private say(whole: Request, principal: SentencePrincipal): Grant {
    const request = this.inKeyPolicy(whole);
    if (!request) return Grant.drop(whole.grantable, whole.permission.sid);
    for (const sentence of this.sentences(request)) this.policy.say({ ...sentence, principal });
    return this.written(request);
  }

  /** Names the grantee by reference, if nothing makes its template wait for the key's. */
  private sayWithOrder(name: Created, whole: Request, crossing = this.crossing(name, false), byArn?: SentencePrincipal): Grant {
    const request = this.inKeyPolicy(whole);
    if (!request) return Grant.drop(whole.grantable, whole.permission.sid);
    for (const sentence of this.sentences(request)) {
      this.policy.say({
        crossing,
        byReference: { ...sentence, principal: { type: 'AWS', name: name.arn } },
        byArn: byArn && { ...sentence, principal: byArn },
      });
    }
    return this.written(request);
  }

  private sentences({ permission, conditions, grantee }: Request): Omit<Sentence, 'principal'>[] {
    const { sid, actions, conditions: always, direct, throughServices, when, byView, allowsUnbound, warnsOfEverySource } = permission;
    const sentence = { sid, effect: 'Allow', actions, conditions, label: grantee.label, when, byView, allowsUnbound, warnsOfEverySource } as const;
    if (!direct || !throughServices || conditions.Null?.['kms:ViaService'] !== 'true') return [sentence];
    return [sentence, { ...sentence, sid: `${sid}ThroughServices`, conditions: both(both(always, THROUGH_SERVICES), grantee.conditions), when: throughServices }];
  }

  /** The key policy's half of a grant, as CDK tells it. */
  private written({ grantable, grantee, permission, conditions, isTold }: Request): Grant {
    if (!isTold) return Grant.drop(grantable, permission.sid);
    const { construct, resource, arn } = this.key;
    const statement = new PolicyStatement({
      sid: permission.sid, actions: [...permission.actions], resources: ['*'], principals: [grantee.principal], conditions,
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
  private identity({ grantable, grantee, permission, conditions }: Request, resourceArns: string[], narrowing?: Conditions): Grant {
    if (grantee.pretends) return Grant.drop(grantable, permission.sid);
    // Where the key policy binds direct use too, the identity policy leaves room for calls through services that it may allow besides.
    const asked = permission.throughServices && !this.delegates ? both(permission.conditions, grantee.conditions) : conditions;
    return Grant.addToPrincipal({
      grantee: grantable, actions: [...permission.actions], resourceArns, conditions: { ...both(asked, narrowing) },
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

function aliasIs(alias: string): Conditions {
  return { 'ForAnyValue:StringEquals': { 'kms:ResourceAliases': [alias] } };
}

/** A principal told by the ARN that its name makes, as long as it has the name. */
function byName(name: Created, arn: string): SentencePrincipal {
  return { type: 'rolesOf', account: name.account, arn, isLost: () => name.literalArn() === undefined };
}

function sameValue(a: string, b: string): boolean {
  const comparison = Token.compareStrings(a, b);
  return comparison === TokenComparison.SAME || comparison === TokenComparison.BOTH_UNRESOLVED;
}
