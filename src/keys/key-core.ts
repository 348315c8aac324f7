import { RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import type { CfnResource } from 'aws-cdk-lib';
import { PolicyStatement, type ArnPrincipal, type Grant, type IGrantable, type IPrincipal } from 'aws-cdk-lib/aws-iam';
import { Alias, CfnKey } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { aliasProblems, knownAlias, withPrefix } from './alias-names';
import { accountAccess, describable, pendingWindowDays, policyRevision } from './key-settings';
import type { KeysmithKeyProps } from './keysmith-key-props';
import { Overrulings } from './overrulings';
import { overrideProblems } from './rendered-key';
import { replicatingDeployers } from './replica-keys';
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
  /** Names of aliases, as far as they are known. */
  private readonly aliasNames: string[] = [];
  private aliases = 0;
  /** Whether anything was granted by the methods that constructs of CDK call. */
  public grantedToConstructs = false;
  /** Resources that were refused the key and have it all the same. */
  public readonly overrulings: Overrulings;

  constructor(private readonly construct: Construct, public readonly kind: KeyKind, props: KeysmithKeyProps) {
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
    this.resource = this.defineKey(props);
    const aliases = this.aliasNames;
    if (props.alias !== undefined) this.note(knownAlias(props.alias, construct));
    const { resource, access } = this;
    const hasAlias = () => this.aliases > 0;
    this.authorizer = new Authorizer({
      construct, resource, arn: resource.attrArn, access, get alias() { return aliases[0]; }, hasAlias,
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

  /** Defines an alias, and lets named administrators of the key manage it. The first one has the id that `kms.Key` gives it. */
  public addAlias(alias: string, targetKey: KeyTarget): Alias {
    const known = knownAlias(alias, this.construct);
    if (known && this.aliases && this.aliasNames.includes(known)) throw new Error(`${this.path}: the key has alias '${known}' already`);
    this.note(known);
    const id = known && Token.isUnresolved(alias) ? known : alias;
    const defined = new Alias(this.construct, this.aliases++ ? `Alias${id}` : 'Alias', { aliasName: withPrefix(alias), targetKey });
    for (const administrator of this.administrators) this.letManage(administrator, defined);
    return defined;
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

  private authorizeDuties(grantee: IGrantable, duties: readonly Duty[], scopeOf: (isUse: boolean) => Partial<Permission>): Grant {
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

  private defineKey(props: KeysmithKeyProps): CfnKey {
    const { spec, usage, rotationDays } = this.kind;
    const symmetric = KEY_SPECS[spec].family === 'symmetric';
    const resource = new CfnKey(this.construct, 'Resource', {
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
    const emergency = breakGlassPermissions(props.breakGlass ?? [], this.kind, this.construct);
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

  private note(alias: string | undefined): void {
    if (alias !== undefined && !this.aliasNames.includes(alias)) this.aliasNames.push(alias);
  }

  private letManage(administrator: IPrincipal, alias: Alias): void {
    // An alias has no policy of its own: managing one takes an IAM policy for the alias, and for the key its key policy.
    administrator.addToPrincipalPolicy(new PolicyStatement({
      actions: ['kms:CreateAlias', 'kms:UpdateAlias', 'kms:DeleteAlias'],
      resources: [Stack.of(this.construct).formatArn({ service: 'kms', resource: alias.aliasName })],
    }));
  }
}

/** What is asked of calls that no service makes for the caller. KMS Developer Guide, "kms:ViaService". */
const DIRECT: Conditions = { Null: { 'kms:ViaService': 'true' } };

type KeyTarget = ConstructorParameters<typeof Alias>[2]['targetKey'];
