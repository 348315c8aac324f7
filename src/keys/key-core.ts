import { Annotations, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { CfnResource } from 'aws-cdk-lib';
import { PolicyStatement, type Grant, type IGrantable, type IPrincipal } from 'aws-cdk-lib/aws-iam';
import { Alias, CfnKey } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { describable, literalAlias, pendingWindowDays } from './key-settings';
import type { KeysmithKeyProps } from './keysmith-key-props';
import { overrideProblems } from './rendered-key';
import { AccountAccess } from '../policy/account-access';
import { Authorizer } from '../policy/authorizer';
import { breakGlassPermissions } from '../policy/break-glass';
import { deployerOf } from '../policy/deployer';
import type { Duty } from '../policy/duties';
import { KeyPolicy, type Exemption } from '../policy/key-policy';
import { accountSentence, permissionsOf, type KeyRoles, type KeyTraits } from '../policy/key-roles';
import type { Conditions, Permission } from '../policy/permission';
import type { Sentence } from '../policy/statements';
import { USE } from '../spec/actions';
import { CONTRACT_VERSION, type KeyContract } from '../spec/contract';
import { KEY_SPECS, type KeySpecName, type KeyUsageName } from '../spec/key-specs';

/** What tells one kind of key from another. */
export interface KeyKind {
  /** What people call it: `a signing key`. */
  readonly name: string;
  readonly spec: KeySpecName;
  readonly usage: KeyUsageName;
  /** What every use of the key must fulfil: algorithm, message type, encryption context. */
  readonly pin: Conditions;
  /** The part of `pin` that somebody chose: a statement that leaves it out lets the key be used in another way. */
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

  constructor(private readonly construct: Construct, public readonly kind: KeyKind, props: KeysmithKeyProps) {
    this.access = props.accountAccess ?? AccountAccess.ADMINISTRATION_ONLY;
    this.deployer = props.deployer ?? deployerOf(construct);
    this.administrators = props.administrators ?? [];
    this.policy = new KeyPolicy({ construct, access: this.access, contract: kind.asks });
    this.resource = this.defineKey(props);
    const aliases = this.aliasNames;
    this.note(literalAlias(props.alias, this.path));
    this.authorizer = new Authorizer({
      construct, resource: this.resource, arn: this.resource.attrArn, access: this.access, get alias() { return aliases[0]; },
    }, this.policy);
    this.definePolicy(props);
    const intended = { kind, multiRegion: props.multiRegion ?? false, policy: this.policy.document };
    construct.node.addValidation({ validate: () => [...this.policy.problems(), ...overrideProblems(this.resource, intended)] });
  }

  /** Defines an alias, and lets named administrators of the key manage it. The first one has the id that `kms.Key` gives it. */
  public addAlias(alias: string, targetKey: KeyTarget): Alias {
    const literal = literalAlias(alias, this.path);
    if (literal && this.aliases && this.aliasNames.includes(literal)) throw new Error(`${this.path}: the key has alias '${literal}' already`);
    this.note(literal);
    const name = literal ?? alias;
    const defined = new Alias(this.construct, this.aliases++ ? `Alias${alias}` : 'Alias', { aliasName: name, targetKey });
    for (const administrator of this.administrators) this.letManage(administrator, defined);
    return defined;
  }

  public authorize(grantee: IGrantable, permission: Permission): Grant {
    return this.authorizer.authorize(grantee, permission);
  }

  /** Authorizes duties. Uses of the key are pinned; on whatever else the duties hold, like GetPublicKey, a pin would only deny. */
  public permit(grantee: IGrantable, duties: readonly Duty[]): Grant {
    return duties
      .map(({ sid, actions }) => this.authorize(grantee, { sid, actions, conditions: actions[0] in USE ? this.kind.pin : undefined }))
      .reduce((all, grant) => all.combine(grant));
  }

  /** Whether the key policy may allow the action to this principal of a template: an element, or a name of something that exists. */
  public mayAllow(action: string, principal: CfnResource | string): boolean {
    return this.access === AccountAccess.DELEGATE_TO_IAM || this.policy.customAllows(action) || this.authorizer.mayBeGiven(action, principal);
  }

  public exempt(exemption: Exemption): void {
    this.policy.exempt(exemption);
  }

  public addStatement(statement: PolicyStatement): void {
    this.policy.add(statement);
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
    const traits: KeyTraits = { rotates: KEY_SPECS[this.kind.spec].rotates, multiRegion: props.multiRegion ?? false };
    const roles: KeyRoles = {
      // Where the account delegates everything, IAM policies let the deployer do its work.
      deployers: this.deployer && this.access !== AccountAccess.DELEGATE_TO_IAM ? [this.deployer] : [],
      policyOwners: props.policyOwners ?? [],
      administrators: this.administrators,
      auditors: props.auditors ?? [],
    };
    this.refuseUnknownDeployer();
    const account = accountSentence(this.access, traits, this.construct);
    if (account) this.policy.say(account);
    const emergency = breakGlassPermissions(props.breakGlass ?? [], this.kind, this.construct);
    for (const [principal, permission] of [...permissionsOf(roles, traits), ...emergency]) this.authorize(principal, permission);
    if (this.access === AccountAccess.DELEGATE_TO_IAM) this.kind.denials().forEach((denial) => this.policy.say(denial));
    if (this.kind.noRotationBecause) Annotations.of(this.construct).addInfoV2('cdk-keysmith:no-rotation', `does not rotate: ${this.kind.noRotationBecause}`);
  }

  private refuseUnknownDeployer(): void {
    if (this.deployer || this.access === AccountAccess.DELEGATE_TO_IAM) return;
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

type KeyTarget = ConstructorParameters<typeof Alias>[2]['targetKey'];
