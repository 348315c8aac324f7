import { Resource, Stack } from 'aws-cdk-lib';
import type { CfnResource } from 'aws-cdk-lib';
import { Effect, Grant } from 'aws-cdk-lib/aws-iam';
import type { AddToResourcePolicyResult, ArnPrincipal, IGrantable, IPrincipal, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { KeySpec, KeyUsage, type Alias, type IKey, type KeyReference } from 'aws-cdk-lib/aws-kms';
import type { Function } from 'aws-cdk-lib/aws-lambda';
import { Construct, type IConstruct } from 'constructs';
import { setContract } from './function-environment';
import { lookAfterKeys } from './key-checks';
import { KeyCore, type KeyKind } from './key-core';
import type { KeyGenerations } from './key-generations';
import type { KeysmithKeyProps } from './keysmith-key-props';
import type { IKmsService, ServeOptions } from './kms-service';
import { isRawHandover } from './raw-key-uses';
import { statementGiven, textGiven } from '../app/arguments';
import { KEY, KEY_OF_GENERATIONS, isMarked, mark } from '../app/constructs';
import type { AccountAccess } from '../policy/account-access';
import { byDuty, dutiesNamed, withActions, type Duty, type DutyName } from '../policy/duties';
import type { Moment } from '../policy/key-policy';
import type { Conditions, Permission } from '../policy/permission';
import { spellOut } from '../policy/requested-actions';
import type { StatementJson } from '../policy/statements';
import type { KeyContract } from '../spec/contract';
import { hasPublicKey, type KeySpecName } from '../spec/key-specs';

/**
 * A KMS key whose policy says exactly who may do what. `SymmetricDataKey`, `SigningKey` and `ClientEncryptionKey` are its kinds.
 *
 * It can stand wherever CDK takes an `IKey`. CDK's own grant methods take effect under the key's account access: each writes a
 * statement of the key policy, of the grantee's identity policy, or of both, as KMS needs it.
 */
export abstract class KeysmithKey extends Resource implements IKey {
  /** Whether something is a key of this library, of any kind, also of another copy of the library. */
  public static isKeysmithKey(x: any): x is KeysmithKey {
    return isMarked(x, KEY) || isMarked(x, KEY_OF_GENERATIONS);
  }

  /** Of a key that has generations, the inside of the active one. */
  private core!: KeyCore;
  private generations?: KeyGenerations;

  protected constructor(scope: Construct, id: string) {
    super(scope, id);
  }

  /** The ARN of the key. */
  public get keyArn(): string {
    return this.core.resource.attrArn;
  }

  /** The id of the key: the last part of its ARN. */
  public get keyId(): string {
    return this.core.resource.ref;
  }

  /** The key as CDK's reference interfaces see it. */
  public get keyRef(): KeyReference {
    return { keyArn: this.keyArn, keyId: this.keyId };
  }

  /** What the key is made of, for example `KeySpec.SYMMETRIC_DEFAULT` or `KeySpec.ECC_NIST_P256`. */
  public get keySpec(): KeySpec {
    return KeySpec[this.core.kind.spec as keyof typeof KeySpec];
  }

  /** What the key is for: `KeyUsage.ENCRYPT_DECRYPT` or `KeyUsage.SIGN_VERIFY`. */
  public get keyUsage(): KeyUsage {
    return KeyUsage[this.core.kind.usage as keyof typeof KeyUsage];
  }

  /** What IAM policies of the account may give by themselves. */
  public get accountAccess(): AccountAccess {
    return this.core.access;
  }

  /** Who deploys the stack; undefined where nobody said and the stack does not know, which only `DELEGATE_TO_IAM` can do without. */
  public get deployer(): IPrincipal | undefined {
    return this.core.deployer;
  }

  /** Defines an alias of the key, with or without `alias/` in front. */
  public addAlias(alias: string): Alias {
    const name = textGiven(alias, `alias of '${this.node.path}'`);
    return this.generations?.addAlias(name, this) ?? this.core.addAlias(name, this);
  }

  /**
   * Adds a statement to the key policy as it stands. Synthesis fails if it would let in everybody, or somebody who could then give
   * themselves everything. Of a key with generations, what it allows holds for the active one, and what it denies for all.
   *
   * @param statement the statement; one without a Sid gets one
   * @param _allowNoOp without effect: the policy of this key can always be added to
   */
  public addToResourcePolicy(statement: PolicyStatement, _allowNoOp?: boolean): AddToResourcePolicyResult {
    const given = statementGiven(statement, `addToResourcePolicy(…) of '${this.node.path}'`);
    const denied = given.effect === Effect.DENY ? this.generations?.all : undefined;
    for (const { core } of denied ?? [this]) core.addStatement(given);
    return { statementAdded: true, policyDependable: this.core.resource };
  }

  /**
   * Narrows statements that let in a service for a pattern of its resources (`aws:SourceArn`) to the resources with these ARNs. For constructs of CDK that cannot
   * name theirs: `S3BucketOrigin.withOriginAccessControl(bucket)` lets in CloudFront for every distribution of the account, as a key policy that waited for the
   * distribution, which waits for the bucket, which waits for the key, could never be deployed.
   *
   * So the ARN is written out once the resource exists, from a context value, say. An ARN by reference (`distribution.distributionArn`) works where the
   * resource waits for nothing that has the key, and fails synthesis elsewhere, as does an ARN that no statement is for. Called several times, all the
   * resources that were named are meant.
   *
   * Source: Amazon CloudFront Developer Guide, "Restrict access to an Amazon S3 origin", "SSE-KMS".
   *
   * @param service the service principal, like `cloudfront.amazonaws.com`
   * @param sourceArns ARNs of single resources, like `arn:aws:cloudfront::111122223333:distribution/EDFDVBD6EXAMPLE`
   */
  public narrowSourceArn(service: string, ...sourceArns: string[]): void {
    this.core.narrowSource(service, sourceArns);
  }

  /**
   * Lets the grantee call these actions, under whatever this kind of key demands of each call. The duties in `grants` say the same more
   * plainly.
   *
   * Throws for `kms:*` and other patterns that hold PutKeyPolicy, CreateGrant or ReplicateKey, and for what the key cannot do.
   */
  public grant(grantee: IGrantable, ...actions: string[]): Grant {
    if (isRawHandover(grantee, this)) return Grant.drop(grantee, RAW);
    const duties = byDuty(spellOut(actions, this.core.kind.usage, `'${this.node.path}'`));
    return this.onEach(grantee, duties, (core, some) => core.permitConstructs(grantee, some));
  }

  /** Lets the grantee decrypt. */
  public grantDecrypt(grantee: IGrantable): Grant {
    return this.permitConstructs(grantee, 'decrypt');
  }

  /** Lets the grantee encrypt: directly, and by data keys where the key makes them. Never ReEncryptFrom, which is a way to decrypt. */
  public grantEncrypt(grantee: IGrantable): Grant {
    return this.permitConstructs(grantee, ...this.encryptDuties());
  }

  /** Lets the grantee encrypt and decrypt. */
  public grantEncryptDecrypt(grantee: IGrantable): Grant {
    return this.permitConstructs(grantee, 'decrypt', ...this.encryptDuties());
  }

  /** Lets the grantee sign. */
  public grantSign(grantee: IGrantable): Grant {
    return this.permitConstructs(grantee, 'sign');
  }

  /** Lets the grantee have KMS verify signatures. */
  public grantVerify(grantee: IGrantable): Grant {
    return this.permitConstructs(grantee, 'verify');
  }

  /** Lets the grantee sign, and have KMS verify signatures. */
  public grantSignVerify(grantee: IGrantable): Grant {
    return this.permitConstructs(grantee, 'sign', 'verify');
  }

  /** Throws: this is no key for MACs. */
  public grantGenerateMac(_grantee: IGrantable): Grant {
    throw this.cannot('generate MACs', MACS);
  }

  /** Throws: this is no key for MACs. */
  public grantVerifyMac(_grantee: IGrantable): Grant {
    throw this.cannot('verify MACs', MACS);
  }

  /**
   * The key as an AWS service uses it, to be handed to that service's constructs.
   *
   * Only symmetric data keys serve AWS services; the other kinds throw.
   */
  public forService(service: IKmsService): IKey {
    throw new Error(`'${this.node.path}' is ${this.core.kind.name}, and ${(service as IKmsService | undefined)?.serviceName ?? 'an AWS service'} takes symmetric keys only: make a SymmetricDataKey and hand over its forService(…)`);
  }

  /**
   * The key as an AWS service uses it, where no template shows for what.
   *
   * Only symmetric data keys serve AWS services; the other kinds throw.
   */
  public serve(service: IKmsService, _options?: ServeOptions): IKey {
    return this.forService(service);
  }

  /**
   * Lets a resource have the key, or a view of it, although synthesis refuses it: where you know that the service can use it. What constructs of CDK
   * grant on the key then holds through services as well. Of resources with a view, all of which were named, synthesis does not warn either that the service is
   * let in for every resource of a type. A replica of the key (`CfnReplicaKey`) may have the policy that it was refused.
   *
   * @param resource what was given the key: a construct, also an imported one, or a resource of a template
   * @param reason why, in a few words: kept in the template's metadata, beside the resource or, for what was imported, beside the key, and shown at synthesis
   */
  public overruleRefusal(resource: IConstruct, reason: string): void {
    for (const { core } of this.generations?.all ?? [this]) core.overrulings.add(resource, reason);
  }

  /**
   * The statements of the key policy that hold for whatever resource has the key: all but those of views, resolved.
   *
   * @internal
   */
  public _policyStatements(): readonly object[] {
    return this.core.policyStatements;
  }

  /**
   * Adds a statement that a view was given: `isOverruled` tells at synthesis whether it is warned of.
   *
   * @internal
   */
  public _addStatement(statement: PolicyStatement, isOverruled: () => boolean): AddToResourcePolicyResult {
    this.core.addStatement(statement, isOverruled);
    return { statementAdded: true, policyDependable: this.core.resource };
  }

  /**
   * What somebody chose that calls have to fulfil.
   *
   * @internal
   */
  public get _asks(): Conditions | undefined {
    return this.core.kind.asks;
  }

  /** @internal */
  public get _keySpec(): KeySpecName {
    return this.core.kind.spec;
  }

  /** @internal */
  public _isOverruledFor(resource: IConstruct): boolean {
    return this.core.overrulings.has(resource);
  }

  /**
   * Whether anything was granted by the methods that constructs of CDK call.
   *
   * @internal
   */
  public get _isGrantedToConstructs(): boolean {
    return this.core.grantedToConstructs;
  }

  /** @internal */
  public _define(kind: KeyKind, props: KeysmithKeyProps, scope?: Construct): void {
    mark(this, KEY);
    this.core = new KeyCore(this, kind, props, scope);
    if (props.alias !== undefined) this.addAlias(props.alias);
    lookAfterKeys(this);
    props.alarms?.watch(this);
  }

  /**
   * Stands for keys of KMS that come one after the other: for the active one, where one is meant.
   *
   * @internal
   */
  public _standFor(generations: KeyGenerations, props: KeysmithKeyProps): void {
    mark(this, KEY_OF_GENERATIONS);
    this.generations = generations;
    this.core = generations.active.core;
    if (props.alias !== undefined) generations.follow(props.alias, this);
  }

  /** @internal */
  public get _generations(): KeyGenerations | undefined {
    return this.generations;
  }

  /** @internal */
  public get _resource(): CfnResource {
    return this.core.resource;
  }

  /**
   * The keys of KMS that this one is: itself, or its generations.
   *
   * @internal
   */
  public get _keys(): readonly KeysmithKey[] {
    return this.generations?.all ?? [this];
  }

  /**
   * Writes a statement wherever it has effect: the one way into this key's policy.
   *
   * @internal
   */
  public _authorize(grantee: IGrantable, permission: Permission): Grant {
    return this.core.authorize(grantee, { ...permission, byView: true });
  }

  /**
   * Writes a statement that nobody asked for.
   *
   * @internal
   */
  public _write(grantee: IGrantable, permission: Permission): void {
    this.core.write(grantee, { ...permission, byView: true });
  }

  /**
   * Writes a statement for principals that only synthesis finds.
   *
   * @internal
   */
  public _authorizeLater(permission: Permission, find: () => readonly ArnPrincipal[]): void {
    this.core.authorizeLater({ ...permission, byView: true }, find);
  }

  /**
   * Whom the policy allows what, tokens and all.
   *
   * @internal
   */
  public _allowing(moment: Moment): StatementJson[] {
    return this.core.allowing(moment);
  }

  /** @internal */
  public _mayAllow(action: string, principal: CfnResource | string): boolean {
    return this.core.mayAllow(action, principal);
  }

  /** @internal */
  public _permit(grantee: IGrantable, ...duties: DutyName[]): Grant {
    if (isRawHandover(grantee, this)) return Grant.drop(grantee, RAW);
    return this.onEach(grantee, this.possible(duties), (core, some) => core.permit(grantee, some));
  }

  /** @internal */
  public _attach(fn: Function, attachment: { readonly name: string; readonly duties?: DutyName[] } | undefined): void {
    const duties = attachment?.duties ?? [];
    setContract(fn, String(attachment?.name), this, this._contract);
    this.generations?.keepExportsFor(Stack.of(fn));
    if (duties.length) this._permit(fn, ...new Set(duties));
  }

  /**
   * What a function is told of the key.
   *
   * @internal
   */
  public get _contract(): KeyContract {
    return this.generations?.contract ?? this.core.contract;
  }

  /**
   * The duties this kind of key can be granted for.
   *
   * @internal
   */
  public abstract _duties(): readonly DutyName[];

  private permitConstructs(grantee: IGrantable, ...duties: DutyName[]): Grant {
    if (isRawHandover(grantee, this)) return Grant.drop(grantee, RAW);
    return this.onEach(grantee, this.possible(duties), (core, some) => core.permitConstructs(grantee, some));
  }

  /**
   * Grants duties on the key or, where it has generations, on all of them, but for what is withheld of those that are not active. What is retired keeps its policy: whoever
   * is told of it until the next deployment may go on.
   */
  private onEach(grantee: IGrantable, duties: readonly Duty[], permit: (core: KeyCore, duties: readonly Duty[]) => Grant): Grant {
    if (!this.generations) return permit(this.core, duties);
    // Languages without types hand over nobody, too, which whoever writes the policy tells.
    const principal = (grantee as IGrantable | undefined)?.grantPrincipal;
    if (Construct.isConstruct(principal)) this.generations.keepExportsFor(Stack.of(principal));
    return this.generations.all.flatMap(({ core }) => {
      const { actions: withheld = [] } = core.kind.withheld ?? {};
      const later = withActions(duties, (action) => withheld.includes(action));
      if (later.length) core.foresee(grantee, later);
      const now = withActions(duties, (action) => !withheld.includes(action));
      return now.length ? [permit(core, now)] : [];
    }).reduce((all, grant) => all.combine(grant));
  }

  private possible(duties: readonly DutyName[]): Duty[] {
    // Languages without types hand over anything, `undefined` for a member that an enum has not.
    const [impossible] = duties.filter((duty) => !this._duties().includes(duty)).map(String);
    const [, words] = Object.entries(WORDS).find(([duty]) => duty === impossible) ?? [];
    if (impossible !== undefined) throw this.cannot(...words ?? [`be granted for the duty '${impossible}'`, `choose of ${this._duties().join(', ')}`]);
    return dutiesNamed(duties, hasPublicKey(this.core.kind.spec));
  }

  /** What CDK means by encrypting: every way this key has to do it, `Encrypt` at least. */
  private encryptDuties(): DutyName[] {
    return ['encrypt', ...this._duties().filter((duty) => duty === 'generateDataKeys' || duty === 'generateDataKeyPairs')];
  }

  private cannot(what: string, instead: string): Error {
    return new Error(`'${this.node.path}' is ${this.core.kind.name} and cannot ${what}: ${instead}`);
  }
}

/** Why a grant is not made: synthesis speaks of the resource. */
const RAW = 'the key itself was given to a service';

const ENCRYPTING = 'make a SymmetricDataKey, or a ClientEncryptionKey for clients without AWS credentials';
const SIGNING = 'make a SigningKey';
const MACS = 'make a kms.Key of an HMAC key spec';

/** What a duty is in words, and what does it where a key cannot. */
const WORDS: Readonly<Record<DutyName, [what: string, instead: string]>> = {
  encrypt: ['encrypt', ENCRYPTING],
  decrypt: ['decrypt', ENCRYPTING],
  generateDataKeys: ['generate data keys', 'make a SymmetricDataKey'],
  generateDataKeyPairs: ['generate data key pairs', 'make a SymmetricDataKey'],
  reEncryptTo: ['re-encrypt', ENCRYPTING],
  reEncryptFrom: ['re-encrypt', ENCRYPTING],
  sign: ['sign', SIGNING],
  verify: ['verify signatures', SIGNING],
  describe: ['be described', 'every kind of key can be'],
  readPublicKey: ['show a public key', 'make a SigningKey or a ClientEncryptionKey'],
};
