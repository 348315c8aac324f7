import type { Function } from 'aws-cdk-lib/aws-lambda';
import { propertyInjectable } from 'aws-cdk-lib/core/lib/prop-injectable';
import type { Construct } from 'constructs';
import { ClientEncryptionKeyGrants } from './client-encryption-key-grants';
import type { KeyKind } from './key-core';
import { rsaBits } from './key-settings';
import { KeysmithKey } from './keysmith-key';
import type { KeysmithKeyProps } from './keysmith-key-props';
import { isMarked, mark } from '../app/constructs';
import type { DutyName } from '../policy/duties';
import { KEY_SPECS, type KeySpecName } from '../spec/key-specs';

/** How large a client encryption key is, and how it is looked after. */
export interface ClientEncryptionKeyProps extends KeysmithKeyProps {
  /**
   * Bits of the RSA key: 2048, 3072 or 4096. It cannot be changed later: CloudFormation refuses the update.
   *
   * With OAEP and SHA-256 a key takes 190, 318 or 446 bytes: a data key, or a short message.
   *
   * @default 3072: 128 bits of security, which NIST SP 800-57 part 1 asks for beyond 2030, as what clients send may be kept for long;
   * 4096 bits cost clients and KMS more time and bring 12 bits more
   */
  readonly rsaBits?: number;
}

/** A duty on a client encryption key, for `attachTo`. The methods of `key.grants` say what each means. */
export enum ClientEncryptionDuty {
  /** `grants.decrypt` */
  DECRYPT = 'decrypt',
  /** `grants.readPublicKey` */
  READ_PUBLIC_KEY = 'readPublicKey',
  /** `grants.encrypt` */
  ENCRYPT = 'encrypt',
  /** `grants.describe` */
  DESCRIBE = 'describe',
}

/** How a function gets to use a client encryption key. */
export interface ClientEncryptionKeyAttachment {
  /** The name under which the function finds the key: `fromEnvironment('UPLOADS')`. Capital letters, digits and `_`, a letter first. */
  readonly name: string;

  /**
   * What the function may do with the key.
   *
   * @default - nothing besides what is granted to it elsewhere
   */
  readonly duties?: ClientEncryptionDuty[];
}

/**
 * An RSA key under whose public half anybody can encrypt, without AWS credentials, and whose private half decrypts in KMS: RSAES-OAEP
 * with SHA-256 and nothing else.
 *
 * Asymmetric keys have no encryption context, and KMS does not rotate them.
 */
@propertyInjectable
export class ClientEncryptionKey extends KeysmithKey {
  /** Under which an app's property injectors know these keys. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-keysmith.ClientEncryptionKey';

  /** Whether something is a client encryption key, also of another copy of this library. */
  public static isClientEncryptionKey(x: any): x is ClientEncryptionKey {
    return isMarked(x, CLIENT_ENCRYPTION_KEY);
  }

  /** Who may decrypt, and who may read the public key. */
  public readonly grants: ClientEncryptionKeyGrants;

  constructor(scope: Construct, id: string, props: ClientEncryptionKeyProps = {}) {
    super(scope, id);
    mark(this, CLIENT_ENCRYPTION_KEY);
    this._define(kindOf(rsaBits(props.rsaBits, this.node.path) ?? 3072, this.node.path), props);
    this.grants = ClientEncryptionKeyGrants.fromKey(this);
  }

  /**
   * Lets a function use the key and tells it how: sets one environment variable with the key's ARN and its algorithm, which
   * `fromEnvironment` of `cdk-keysmith/runtime` reads, and grants the duties named.
   *
   * Throws for a name that cannot be a variable or that is taken on this function, and for a function in another account or Region.
   */
  public attachTo(fn: Function, attachment: ClientEncryptionKeyAttachment): void {
    this._attach(fn, attachment);
  }

  /** @internal */
  public _duties(): readonly DutyName[] {
    return Object.values(ClientEncryptionDuty);
  }
}

const CLIENT_ENCRYPTION_KEY = Symbol.for('cdk-keysmith.ClientEncryptionKey');

function kindOf(bits: number, where: string): KeyKind {
  const specs = (Object.keys(KEY_SPECS) as KeySpecName[]).filter((name) => KEY_SPECS[name].family === 'rsa');
  const spec = specs.find((name) => KEY_SPECS[name].modulusBits === bits);
  if (!spec) throw new Error(`${where}: rsaBits is ${bits}: KMS has RSA keys of ${specs.map((name) => KEY_SPECS[name].modulusBits).join(', ')} bits`);
  const pin = { StringEquals: { 'kms:EncryptionAlgorithm': 'RSAES_OAEP_SHA_256' } };
  return {
    name: 'a client encryption key',
    spec,
    usage: 'ENCRYPT_DECRYPT',
    pin,
    asks: pin,
    denials: () => [],
    contract: { algorithm: 'RSAES_OAEP_SHA_256' },
  };
}
