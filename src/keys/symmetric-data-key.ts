import type { Duration } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Function } from 'aws-cdk-lib/aws-lambda';
import { propertyInjectable } from 'aws-cdk-lib/core/lib/prop-injectable';
import type { Construct } from 'constructs';
import type { KeyKind } from './key-core';
import { rotationDays } from './key-settings';
import { KeysmithKey } from './keysmith-key';
import type { KeysmithKeyProps } from './keysmith-key-props';
import type { IKmsService, ServeOptions } from './kms-service';
import { SymmetricDataKeyGrants } from './symmetric-data-key-grants';
import { isMarked, mark } from '../app/constructs';
import { ContextConditions } from '../policy/context-conditions';
import type { DutyName } from '../policy/duties';

/** What a symmetric data key protects, and how it is looked after. */
export interface SymmetricDataKeyProps extends KeysmithKeyProps {
  /**
   * Time between two rotations, from 90 to 2560 days. What was encrypted before a rotation can still be decrypted.
   *
   * @default Duration.days(365)
   */
  readonly rotationPeriod?: Duration;

  /**
   * Switches rotation off, for the reason given, which is shown at synthesis. Switching it off in any other way fails synthesis.
   *
   * @default - the key rotates
   */
  readonly noRotationBecause?: string;

  /**
   * Pairs that every direct call must carry in its encryption context, and that the run time sends by itself, like
   * `{ Project: 'SnowyPII' }`. A value may be a tag of the caller, `${aws:PrincipalTag/tenant}`: then the caller gives it.
   *
   * They are not secret: CloudTrail shows them. Keys that differ in case only count as one.
   *
   * @default - no fixed pairs
   */
  readonly encryptionContext?: { [key: string]: string };

  /**
   * Keys that every direct call must carry in its encryption context with a value of the caller's own, like `['tenant']`; IAM takes an
   * empty value for none.
   *
   * With `encryptionContext` or `contextKeys`, no other keys are allowed but `aws-crypto-public-key`, which messages of the AWS
   * Encryption SDK's signed suites bring along.
   *
   * @default - none; without `encryptionContext` too, any context may be used
   */
  readonly contextKeys?: string[];
}

/** A duty on a symmetric data key, for `attachTo`. The methods of `key.grants` say what each means. */
export enum DataKeyDuty {
  /** `grants.encrypt` */
  ENCRYPT = 'encrypt',
  /** `grants.decrypt` */
  DECRYPT = 'decrypt',
  /** `grants.generateDataKeys` */
  GENERATE_DATA_KEYS = 'generateDataKeys',
  /** `grants.generateDataKeyPairs` */
  GENERATE_DATA_KEY_PAIRS = 'generateDataKeyPairs',
  /** `grants.reEncryptTo` */
  RE_ENCRYPT_TO = 'reEncryptTo',
  /** `grants.reEncryptFrom` */
  RE_ENCRYPT_FROM = 'reEncryptFrom',
  /** `grants.describe` */
  DESCRIBE = 'describe',
}

/** How a function gets to use a symmetric data key. */
export interface DataKeyAttachment {
  /** The name under which the function finds the key: `fromEnvironment('INVOICES')`. Capital letters, digits and `_`, a letter first. */
  readonly name: string;

  /**
   * What the function may do with the key.
   *
   * @default - nothing besides what is granted to it elsewhere
   */
  readonly duties?: DataKeyDuty[];
}

/**
 * A symmetric KMS key for data: envelope encryption, small secrets, and AWS services (`forService`).
 *
 * It rotates every year, is kept when its stack goes, and nobody can use it whom its policy does not name. Direct calls are bound to
 * the encryption context it declares.
 */
@propertyInjectable
export class SymmetricDataKey extends KeysmithKey {
  /** Under which an app's property injectors know these keys. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-keysmith.SymmetricDataKey';

  /** Whether something is a symmetric data key, also of another copy of this library. */
  public static isSymmetricDataKey(x: any): x is SymmetricDataKey {
    return isMarked(x, DATA_KEY);
  }

  /** Who may use the key directly, and for what. */
  public readonly grants: SymmetricDataKeyGrants;

  constructor(scope: Construct, id: string, props: SymmetricDataKeyProps = {}) {
    super(scope, id);
    mark(this, DATA_KEY);
    this._define(kindOf(props, this.node.path), props);
    this.grants = SymmetricDataKeyGrants.fromKey(this);
  }

  /**
   * The key as an AWS service uses it: `new Bucket(this, 'Invoices', { encryptionKey: key.forService(KmsService.S3), … })`.
   *
   * What the service's constructs grant through it is translated to the service's least actions, bound to the service, and holds for the resources that
   * were given this very view. Each call makes a view of its own: one call for resources with the same readers, one each for resources with different ones.
   */
  public override forService(service: IKmsService): IKey {
    return this.known(service, 'forService').viewOf(this);
  }

  /**
   * Says in words what the key serves, where no template shows it: `key.serve(KmsService.SSM, { resourceNames: ['/orders/db-password'] })`, for secure parameters,
   * which CloudFormation does not make, or `key.serve(KmsService.EBS)`, for the service-linked roles of groups that another app makes.
   *
   * The view does what one of `forService` does, for these as if they had been given it: whom policies of the app let use them is found, what the service itself
   * needs is written, and constructs that were imported for them, or other resources, take it for their key.
   *
   * Throws for names that no statement of the service would ask for, and for service-linked roles that are none of the service.
   */
  public override serve(service: IKmsService, options: ServeOptions = {}): IKey {
    return this.known(service, 'serve').viewOf(this, options);
  }

  /**
   * Lets a function use the key and tells it how: sets one environment variable with the key's ARN and its encryption context, which
   * `fromEnvironment` of `cdk-keysmith/runtime` reads, and grants the duties named.
   *
   * Throws for a name that cannot be a variable or that is taken on this function, and for a function in another account or Region.
   */
  public attachTo(fn: Function, attachment: DataKeyAttachment): void {
    this._attach(fn, attachment);
  }

  /** Languages without types, and typed ones by accident, hand over nothing. */
  private known(service: IKmsService | undefined, method: string): IKmsService {
    if (typeof service?.viewOf !== 'function') throw new Error(`'${this.node.path}'.${method}(…) was given no service: give it KmsService.S3 or another one`);
    return service;
  }

  /** @internal */
  public _duties(): readonly DutyName[] {
    return Object.values(DataKeyDuty);
  }
}

const DATA_KEY = Symbol.for('cdk-keysmith.SymmetricDataKey');

function kindOf(props: SymmetricDataKeyProps, where: string): KeyKind {
  const contract = new ContextConditions(props.encryptionContext ?? {}, props.contextKeys ?? [], where);
  if (props.noRotationBecause !== undefined && !props.noRotationBecause.trim()) throw new Error(`${where}: noRotationBecause gives no reason: say why, in a few words`);
  if (props.noRotationBecause !== undefined && props.rotationPeriod) throw new Error(`${where}: rotationPeriod and noRotationBecause contradict each other: give one of them`);
  return {
    name: 'a symmetric data key',
    spec: 'SYMMETRIC_DEFAULT',
    usage: 'ENCRYPT_DECRYPT',
    pin: { StringEquals: { 'kms:EncryptionAlgorithm': 'SYMMETRIC_DEFAULT' } },
    contextContract: contract.conditions,
    asks: contract.conditions,
    denials: () => contract.denials(),
    rotationDays: props.noRotationBecause === undefined ? rotationDays(props.rotationPeriod, where) : undefined,
    noRotationBecause: props.noRotationBecause,
    contract: contract.isEmpty ? {} : { encryptionContext: contract.literalPairs, contextKeys: contract.callerKeys },
  };
}
