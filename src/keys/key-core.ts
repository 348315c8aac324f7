import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { CfnResource } from 'aws-cdk-lib';
import type { ArnPrincipal, Grant, IGrantable, IPrincipal, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { CfnKey, type Alias, type IKey } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { aliasProblems } from './alias-names';
import { KeyAliases } from './key-aliases';
import { accountAccess, describable, pendingWindowDays, policyRevision } from './key-settings';
import type { KeysmithKeyProps } from './keysmith-key-props';
import { Overrulings } from './overrulings';
import { overrideProblems } from './rendered-key';
import { replicatingDeployers } from './replica-keys';
import { markResource } from '../app/constructs';
import { KeyUses } from '../app/key-uses';
import { inform } from '../app/warnings';
import { AccountAccess } from '../policy/account-access';
import { Authorizer } from '../policy/authorizer';
import { breakGlassPermissions } from '../policy/break-glass';
import { both, plainText } from '../policy/conditions';
import { deployerOf, namedDeployers, refuseServices, refuseWrongDeployer } from '../policy/deployer';
import type { Duty } from '../policy/duties';
import { KeyPolicy, type Moment } from '../policy/key-policy';
import { accountSentence, permissionsOf, RECOVER_POLICY, type KeyRoles, type KeyTraits } from '../policy/key-roles';
import type { Conditions, Permission } from '../policy/permission';
import type { Sentence, StatementJson } from '../policy/statements';
import { isKnownUnbound } from '../policy/unbound-services';
import { USE } from '../spec/actions';
import { CONTRACT_VERSION, type KeyContract } from '../spec/contract';
import { KEY_SPECS, type KeySpecName, type KeyUsageName } from '../spec/key-specs';

/** What tells one kind of key from another. */
export interface KeyKind {
  /** What people call it: `a signing key`. */
  readonly name: string;
  readonly spec: KeySpecName;
  readonly usage: KeyUsageName;
  /** What every use of the key must fulfil, through services too: algorithm, message type. */
  readonly pin: Conditions;
  /** What direct uses must fulfil besides: the encryption context's contract. */
  readonly contextContract?: Conditions;
  /** The part of both that somebody chose: a statement that leaves it out lets the key be used in another way. */
  readonly asks?: Conditions;
  /** Statements that refuse, where allowing binds nobody. */
  readonly denials: () => readonly Sentence[];
  /** Days between rotations, for keys that KMS rotates. */
  readonly rotationDays?: number;
  /** Why a key that KMS could rotate does not rotate. */
  readonly noRotationBecause?: string;
  /** Uses that nobody is given, although the key could, and what to do instead. */
  readonly withheld?: { readonly actions: readonly string[]; readonly instead: string };
  /** What the kind adds to what a function is told. */
  readonly contract: Pick<KeyContract, 'algorithm' | 'encryptionContext' | 'contextKeys'>;
}

/** The inside of every key: its CloudFormation resources and its policy. */
export class KeyCore {
  public readonly resource: CfnKey;
  public readonly access: AccountAccess;
  public readonly deployer?: IPrincipal;

  private readonly policy: KeyPolicy;
  private readonly authorizer: Authorizer;
  private readonly administrators: readonly IPrincipal[];
  private readonly aliases: KeyAliases;
  /** Whether anything was granted by the methods that constructs of CDK call. */
  public grantedToConstructs = false;
  /** Resources that were refused the key and have it all the same. */
  public readonly overrulings: Overrulings;

  /** @param scope where the resource lies: below the construct, or below that of the key whose generation this is */
  constructor(private readonly construct: Construct, public readonly kind: KeyKind, props: KeysmithKeyProps, scope = construct) {
    this.overrulings = new Overrulings(construct);
    this.access = accountAccess(props.accountAccess, this.path);
    this.deployer = props.deployer ?? deployerOf(construct);
    this.administrators = props.administrators ?? [];
    this.policy = new KeyPolicy({
      construct,
      access: this.access,
      deployer: this.deployer,
      contract: kind.asks,
      holders: () => KeyUses.of(construct).holdersOf(construct),
      isOverruledFor: (resource) => this.overrulings.has(resource),
    });
    this.resource = this.defineKey(props, scope);
    const aliases = this.aliases = new KeyAliases(construct, this.administrators);
    if (props.alias !== undefined) aliases.note(props.alias);
    const { resource, access } = this;
    const hasAlias = () => aliases.any;
    this.authorizer = new Authorizer({
      construct, resource, arn: resource.attrArn, access, get alias() { return aliases.first; }, hasAlias,
    }, this.policy);
    this.definePolicy(props);
    const intended = { kind, multiRegion: props.multiRegion ?? false, policy: this.resource.keyPolicy };
    const problems = () => [...this.policy.problems(), ...aliasProblems(construct), ...overrideProblems(this.resource, intended)];
    construct.node.addValidation({
      validate: () => {
        const lost = this.policy.lostNames();
        return lost.length ? lost : problems();
      },
    });
  }

  public addAlias(alias: string, targetKey: IKey): Alias {
    return this.aliases.add(alias, targetKey);
  }

  public authorize(grantee: IGrantable, permission: Permission): Grant {
    return this.authorizer.authorize(grantee, permission);
  }

  /** Authorizes what nobody asked for: there is no grant to tell of. */
  public write(grantee: IGrantable, permission: Permission): void {
    this.authorizer.authorize(grantee, permission, false);
  }

  public authorizeLater(permission: Permission, find: () => readonly ArnPrincipal[]): void {
    this.authorizer.authorizeLater(permission, find);
  }

  /** Authorizes duties. Uses of the key are pinned; on whatever else the duties hold, like GetPublicKey, a pin would only deny. */
  public permit(grantee: IGrantable, duties: readonly Duty[]): Grant {
    return this.authorizeDuties(grantee, duties, (isUse) => this.directly(isUse));
  }

  /**
   * Authorizes duties for constructs of CDK as well, which grant on the key they were given. Where the account delegates to IAM, a service that was
   * given the key calls it for the grantee with a context of its own: the contract's denials bind direct calls there. Elsewhere only a resource whose refusal
   * was overruled has the key itself.
   */
  public permitConstructs(grantee: IGrantable, duties: readonly Duty[]): Grant {
    this.grantedToConstructs = true;
    const delegates = this.access === AccountAccess.DELEGATE_TO_IAM;
    const known = (service: string) => isKnownUnbound(plainText(Stack.of(this.construct).resolve(service)));
    const allowsUnbound = (service: string) => this.overrulings.any || (delegates && known(service));
    if (delegates) return this.authorizeDuties(grantee, duties, () => ({ allowsUnbound }));
    const throughServices = () => this.overrulings.any;
    return this.authorizeDuties(grantee, duties, (isUse) => ({ ...this.directly(isUse), throughServices, allowsUnbound }));
  }

  private directly(isUse: boolean): Pick<Permission, 'direct'> {
    return { direct: both(isUse ? this.kind.contextContract : undefined, DIRECT) };
  }

  /** Lets grantees' own policies allow, where these are half of a grant, what the key policy may come to allow. */
  public foresee(grantee: IGrantable, duties: readonly Duty[]): void {
    for (const { sid, actions } of duties) this.authorizer.foresee(grantee, { sid, actions, conditions: this.kind.pin, ...this.directly(true) });
  }

  private authorizeDuties(grantee: IGrantable, duties: readonly Duty[], scopeOf: (isUse: boolean) => Partial<Permission>): Grant {
    const { withheld } = this.kind;
    const refused = duties.flatMap(({ actions }) => actions.filter((action) => withheld?.actions.includes(action)));
    if (withheld && refused.length) throw new Error(`'${this.path}' is ${this.kind.name}, and nobody is granted ${refused.join(', ')} on it: ${withheld.instead}`);
    return duties
      .map(({ sid, actions }) => {
        const isUse = actions[0] in USE;
        return this.authorize(grantee, { sid, actions, conditions: isUse ? this.kind.pin : undefined, ...scopeOf(isUse) });
      })
      .reduce((all, grant) => all.combine(grant));
  }

  /** Whether the key policy may allow the action to this principal of a template: an element, or a name of something that exists. */
  public mayAllow(action: string, principal: CfnResource | string): boolean {
    return this.access === AccountAccess.DELEGATE_TO_IAM || this.policy.customAllows(action) || this.authorizer.mayBeGiven(action, principal);
  }

  public addStatement(statement: PolicyStatement, isOverruled?: () => boolean): void {
    this.policy.add(statement, isOverruled);
  }

  public narrowSource(service: string, sourceArns: readonly string[]): void {
    this.policy.narrowSource(service, sourceArns);
  }

  /** Whom the policy allows what, tokens and all. */
  public allowing(moment: Moment): StatementJson[] {
    return this.policy.allowing(moment);
  }

  /** The statements of the policy that no view asked for, resolved. */
  public get policyStatements(): readonly object[] {
    return Stack.of(this.construct).resolve(this.policy.statementsBesideViews()) as readonly object[];
  }

  /** What a function is told of the key. */
  public get contract(): KeyContract {
    return { version: CONTRACT_VERSION, keyArn: this.resource.attrArn, spec: this.kind.spec, usage: this.kind.usage, ...this.kind.contract };
  }

  private get path(): string {
    return this.construct.node.path;
  }

  private defineKey(props: KeysmithKeyProps, scope: Construct): CfnKey {
    const { spec, usage, rotationDays } = this.kind;
    const symmetric = KEY_SPECS[spec].family === 'symmetric';
    const resource = new CfnKey(scope, 'Resource', {
      // CloudFormation refuses updates of spec and usage: a key that leaves them to their defaults stays the same when it becomes one of ours.
      ...(symmetric ? {} : { keySpec: spec, keyUsage: usage }),
      ...(symmetric ? { enableKeyRotation: rotationDays !== undefined, rotationPeriodInDays: rotationDays } : {}),
      description: describable(props.description, this.path),
      enabled: props.enabled,
      multiRegion: props.multiRegion,
      pendingWindowInDays: pendingWindowDays(props.pendingWindow, this.path),
      keyPolicy: this.policy.document,
    });
    resource.applyRemovalPolicy(props.removalPolicy ?? RemovalPolicy.RETAIN);
    if (scope !== this.construct) {
      this.construct.node.defaultChild = resource;
      markResource(resource, this.construct);
    }
    return resource;
  }

  private definePolicy(props: KeysmithKeyProps): void {
    const { rotates } = KEY_SPECS[this.kind.spec];
    const revision = policyRevision(props.policyRevision, this.path);
    const traits: KeyTraits = { rotates, multiRegion: props.multiRegion ?? false, revision };
    const roles: KeyRoles = {
      // Where the account delegates everything, IAM policies let the deployer do its work.
      deployers: this.deployer && this.access !== AccountAccess.DELEGATE_TO_IAM ? [this.deployer] : [],
      policyOwners: props.policyOwners ?? [],
      administrators: this.administrators,
      auditors: props.auditors ?? [],
    };
    this.refuseUnknownDeployer();
    refuseServices(roles.policyOwners, this.construct);
    const account = accountSentence(this.access, traits, this.construct);
    if (account) this.policy.sayOfEverybody(account);
    const emergency = breakGlassPermissions(props.breakGlass ?? [], { ...this.kind, withheld: this.kind.withheld?.actions }, this.construct);
    for (const [principal, permission] of [...permissionsOf(roles, traits), ...emergency]) this.write(principal, permission);
    const otherDeployers = namedDeployers(props.otherDeployers ?? [], this.construct);
    if (traits.multiRegion && this.access !== AccountAccess.DELEGATE_TO_IAM) this.policy.sayLater(() => replicatingDeployers(this.construct));
    this.keepFromLoss([...roles.deployers, ...otherDeployers, ...roles.policyOwners], props.noRecoveryBecause);
    if (this.access === AccountAccess.DELEGATE_TO_IAM) this.kind.denials().forEach((denial) => this.policy.sayOfEverybody(denial));
    if (this.kind.noRotationBecause) inform(this.construct, 'cdk-keysmith:no-rotation', `does not rotate: ${this.kind.noRotationBecause}`);
  }

  private keepFromLoss(owners: readonly IPrincipal[], noRecoveryBecause: string | undefined): void {
    if (noRecoveryBecause !== undefined && !noRecoveryBecause.trim()) throw new Error(`${this.path}: noRecoveryBecause gives no reason: say why, in a few words`);
    if (this.access === AccountAccess.DELEGATE_TO_IAM) return;
    if (noRecoveryBecause !== undefined) {
      inform(this.construct, 'cdk-keysmith:no-recovery', `can be lost with the roles that own its policy: ${noRecoveryBecause}`);
      return;
    }
    for (const owner of owners) this.authorizer.authorizeByArn(owner, RECOVER_POLICY);
    this.authorizer.authorizeRootUser(RECOVER_POLICY);
  }

  private refuseUnknownDeployer(): void {
    if (this.access === AccountAccess.DELEGATE_TO_IAM) return;
    if (this.deployer) {
      refuseWrongDeployer(this.deployer, this.construct);
      return;
    }
    throw new Error(`nobody could change the policy of '${this.path}': the synthesizer of stack '${Stack.of(this.construct).node.path}' names no CloudFormation execution role. `
      + "Say who deploys it (deployer: new ArnPrincipal('arn:…:role/…')), or choose AccountAccess.DELEGATE_TO_IAM");
  }
}

/** What is asked of calls that no service makes for the caller. KMS Developer Guide, "kms:ViaService". */
const DIRECT: Conditions = { Null: { 'kms:ViaService': 'true' } };
