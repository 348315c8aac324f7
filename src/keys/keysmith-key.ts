import { Resource } from 'aws-cdk-lib';
import type { CfnResource } from 'aws-cdk-lib';
import type { AddToResourcePolicyResult, Grant, IGrantable, IPrincipal, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Alias, IKey, KeyReference } from 'aws-cdk-lib/aws-kms';
import type { Function } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { tell } from './attachment';
import { refuseRawHandover } from './handover';
import { watchIdentityPolicies } from './identity-policies';
import { KeyCore, type KeyKind } from './key-core';
import type { KeysmithKeyProps } from './keysmith-key-props';
import type { IKmsService } from './kms-service';
import { announce } from './watchers';
import type { AccountAccess } from '../policy/account-access';
import { byDuty, dutiesNamed, type DutyName } from '../policy/duties';
import type { Exemption } from '../policy/key-policy';
import type { Permission } from '../policy/permission';
import { spellOut } from '../policy/requested-actions';
import { hasPublicKey } from '../spec/key-specs';

/**
 * A KMS key whose policy says exactly who may do what. `SymmetricDataKey`, `SigningKey` and `ClientEncryptionKey` are its kinds.
 *
 * It can stand wherever CDK takes an `IKey`. CDK's own grant methods take effect under the key's account access: each writes a
 * statement of the key policy, of the grantee's identity policy, or of both, as KMS needs it.
 */
export abstract class KeysmithKey extends Resource implements IKey {
  private core!: KeyCore;

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

  /** `KeySpec` of the KMS API, for example `SYMMETRIC_DEFAULT` or `ECC_NIST_P256`. */
  public get keySpecName(): string {
    return this.core.kind.spec;
  }

  /** `KeyUsage` of the KMS API: `ENCRYPT_DECRYPT` or `SIGN_VERIFY`. */
  public get keyUsageName(): string {
    return this.core.kind.usage;
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
    return this.core.addAlias(alias, this);
  }

  /**
   * Adds a statement to the key policy as it stands. Synthesis fails if it would let in everybody, or somebody who could then give
   * themselves everything.
   *
   * @param statement the statement; one without a Sid gets one
   * @param _allowNoOp without effect: the policy of this key can always be added to
   */
  public addToResourcePolicy(statement: PolicyStatement, _allowNoOp?: boolean): AddToResourcePolicyResult {
    this.core.addStatement(statement);
    return { statementAdded: true, policyDependable: this.core.resource };
  }

  /**
   * Lets the grantee call these actions, under whatever this kind of key demands of each call. The duties in `grants` say the same more
   * plainly.
   *
   * Throws for `kms:*` and other patterns that hold PutKeyPolicy, CreateGrant or ReplicateKey, and for what the key cannot do.
   */
  public grant(grantee: IGrantable, ...actions: string[]): Grant {
    refuseRawHandover(grantee, this.node.path);
    return this.core.permit(grantee, byDuty(spellOut(actions, this.core.kind.usage, `'${this.node.path}'`)));
  }

  /** Lets the grantee decrypt. */
  public grantDecrypt(grantee: IGrantable): Grant {
    return this._permit(grantee, 'decrypt');
  }

  /** Lets the grantee encrypt: directly, and by data keys where the key makes them. Never ReEncryptFrom, which is a way to decrypt. */
  public grantEncrypt(grantee: IGrantable): Grant {
    return this._permit(grantee, ...this.encryptDuties());
  }

  /** Lets the grantee encrypt and decrypt. */
  public grantEncryptDecrypt(grantee: IGrantable): Grant {
    return this._permit(grantee, 'decrypt', ...this.encryptDuties());
  }

  /** Lets the grantee sign. */
  public grantSign(grantee: IGrantable): Grant {
    return this._permit(grantee, 'sign');
  }

  /** Lets the grantee have KMS verify signatures. */
  public grantVerify(grantee: IGrantable): Grant {
    return this._permit(grantee, 'verify');
  }

  /** Lets the grantee sign, and have KMS verify signatures. */
  public grantSignVerify(grantee: IGrantable): Grant {
    return this._permit(grantee, 'sign', 'verify');
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
    throw new Error(`'${this.node.path}' is ${this.core.kind.name}, and ${service.serviceName} takes symmetric keys only: make a SymmetricDataKey and hand over its forService(…)`);
  }

  /** @internal */
  public _define(kind: KeyKind, props: KeysmithKeyProps): void {
    this.core = new KeyCore(this, kind, props);
    if (props.alias !== undefined) this.addAlias(props.alias);
    watchIdentityPolicies(this);
    announce(this);
  }

  /**
   * Writes a statement wherever it has effect: the one way into this key's policy.
   *
   * @internal
   */
  public _authorize(grantee: IGrantable, permission: Permission): Grant {
    return this.core.authorize(grantee, permission);
  }

  /**
   * Leaves calls that a service makes in a role's own name out of what is denied outside the encryption context's contract.
   *
   * @internal
   */
  public _exempt(exemption: Exemption): void {
    this.core.exempt(exemption);
  }

  /** @internal */
  public _mayAllow(action: string, principal: CfnResource | string): boolean {
    return this.core.mayAllow(action, principal);
  }

  /** @internal */
  public _permit(grantee: IGrantable, ...duties: DutyName[]): Grant {
    refuseRawHandover(grantee, this.node.path);
    const impossible = duties.find((duty) => !this._duties().includes(duty));
    if (impossible) throw this.cannot(...WORDS[impossible]);
    return this.core.permit(grantee, dutiesNamed(duties, hasPublicKey(this.core.kind.spec)));
  }

  /** @internal */
  public _attach(fn: Function, name: string, duties: DutyName[]): void {
    tell(fn, name, this, this.core.contract);
    if (duties.length) this._permit(fn, ...new Set(duties));
  }

  /**
   * The duties this kind of key can be granted for.
   *
   * @internal
   */
  public abstract _duties(): readonly DutyName[];

  /** What CDK means by encrypting: every way this key has to do it, `Encrypt` at least. */
  private encryptDuties(): DutyName[] {
    return ['encrypt', ...this._duties().filter((duty) => duty === 'generateDataKeys' || duty === 'generateDataKeyPairs')];
  }

  private cannot(what: string, instead: string): Error {
    return new Error(`'${this.node.path}' is ${this.core.kind.name} and cannot ${what}: ${instead}`);
  }
}

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
