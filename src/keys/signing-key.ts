import { Token } from 'aws-cdk-lib';
import type { Function } from 'aws-cdk-lib/aws-lambda';
import { propertyInjectable } from 'aws-cdk-lib/core/lib/prop-injectable';
import type { Construct } from 'constructs';
import type { KeyKind } from './key-core';
import { rsaBits } from './key-settings';
import { KeysmithKey } from './keysmith-key';
import type { KeysmithKeyProps } from './keysmith-key-props';
import { SigningKeyGrants } from './signing-key-grants';
import { isMarked, mark } from '../app/constructs';
import type { DutyName } from '../policy/duties';
import { KEY_SPECS, type KeySpecName } from '../spec/key-specs';
import { SIGNING, SigningAlgorithm } from '../spec/signing';

/** How a signing key signs, and how it is looked after. */
export interface SigningKeyProps extends KeysmithKeyProps {
  /**
   * The algorithm of every signature this key makes.
   *
   * It cannot be changed where it needs another kind of key: CloudFormation refuses the update. Make a second key, and publish both
   * public keys until the last signature of the first has expired.
   *
   * @default SigningAlgorithm.ES256
   */
  readonly algorithm?: SigningAlgorithm;

  /**
   * Bits of an RSA key: 2048, 3072 or 4096. Only the RS and PS algorithms have a choice.
   *
   * @default 3072 for RS and PS algorithms: 128 bits of security, which NIST SP 800-57 part 1 asks for beyond 2030
   */
  readonly rsaBits?: number;
}

/** A duty on a signing key, for `attachTo`. The methods of `key.grants` say what each means. */
export enum SigningDuty {
  /** `grants.sign` */
  SIGN = 'sign',
  /** `grants.verify` */
  VERIFY = 'verify',
  /** `grants.readPublicKey` */
  READ_PUBLIC_KEY = 'readPublicKey',
  /** `grants.describe` */
  DESCRIBE = 'describe',
  /** `grants.issueTokens` */
  ISSUE_TOKENS = 'issueTokens',
}

/** How a function gets to use a signing key. */
export interface SigningKeyAttachment {
  /** The name under which the function finds the key: `fromEnvironment('RECEIPTS')`. Capital letters, digits and `_`, a letter first. */
  readonly name: string;

  /**
   * What the function may do with the key.
   *
   * @default - nothing besides what is granted to it elsewhere
   */
  readonly duties?: SigningDuty[];
}

/**
 * A KMS key that signs, with one algorithm, and does nothing else. Its private half never leaves KMS.
 *
 * KMS does not rotate asymmetric keys.
 */
@propertyInjectable
export class SigningKey extends KeysmithKey {
  /** Under which an app's property injectors know these keys. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-keysmith.SigningKey';

  /** Whether something is a signing key, also of another copy of this library. */
  public static isSigningKey(x: any): x is SigningKey {
    return isMarked(x, SIGNING_KEY);
  }

  /** The algorithm of every signature. */
  public readonly algorithm: SigningAlgorithm;

  /** Who may sign and verify, and who may read the public key. */
  public readonly grants: SigningKeyGrants;

  constructor(scope: Construct, id: string, props: SigningKeyProps = {}) {
    super(scope, id);
    mark(this, SIGNING_KEY);
    this.algorithm = props.algorithm ?? SigningAlgorithm.ES256;
    this._define(kindOf(this.algorithm, rsaBits(props.rsaBits, this.node.path), this.node.path), props);
    this.grants = SigningKeyGrants.fromKey(this);
  }

  /**
   * Lets a function use the key and tells it how: sets one environment variable with the key's ARN and its algorithm, which
   * `fromEnvironment` of `cdk-keysmith/runtime` reads, and grants the duties named.
   *
   * Throws for a name that cannot be a variable or that is taken on this function, and for a function in another account or Region.
   */
  public attachTo(fn: Function, attachment: SigningKeyAttachment): void {
    this._attach(fn, attachment && { name: attachment.name, duties: attachment.duties?.flatMap(partsOf) });
  }

  /** @internal */
  public _duties(): readonly DutyName[] {
    return Object.values(SigningDuty).flatMap((duty) => (duty === SigningDuty.ISSUE_TOKENS ? [] : [duty]));
  }
}

/** A token names its key by the thumbprint of the public half. */
function partsOf(duty: SigningDuty): DutyName[] {
  return duty === SigningDuty.ISSUE_TOKENS ? [SigningDuty.SIGN, SigningDuty.READ_PUBLIC_KEY] : [duty];
}

const SIGNING_KEY = Symbol.for('cdk-keysmith.SigningKey');

function kindOf(algorithm: SigningAlgorithm, bits: number | undefined, where: string): KeyKind {
  if (!Object.hasOwn(SIGNING, algorithm)) throw new Error(`${where}: ${Token.isUnresolved(algorithm) ? 'what only deployment knows' : `'${String(algorithm)}'`} is no signing algorithm of KMS: choose one of ${Object.keys(SIGNING).join(', ')}`);
  const facts = SIGNING[algorithm];
  const pin = { StringEquals: { 'kms:SigningAlgorithm': facts.kmsName, 'kms:MessageType': facts.messageType } };
  return {
    name: 'a signing key',
    spec: specOf(algorithm, bits, where),
    usage: 'SIGN_VERIFY',
    pin,
    asks: pin,
    denials: () => [],
    contract: { algorithm: facts.kmsName },
  };
}

function specOf(algorithm: SigningAlgorithm, bits: number | undefined, where: string): KeySpecName {
  const { keySpecs } = SIGNING[algorithm];
  if (bits === undefined) return keySpecs[0];
  const spec = keySpecs.find((name) => KEY_SPECS[name].modulusBits === bits);
  if (spec) return spec;
  const choices = keySpecs.map((name) => KEY_SPECS[name].modulusBits).filter((known) => known !== undefined).sort();
  throw new Error(choices.length
    ? `${where}: rsaBits is ${bits}: KMS has RSA keys of ${choices.join(', ')} bits`
    : `${where}: rsaBits is for RS and PS algorithms, and ${algorithm} has one key spec only (${keySpecs[0]}): leave it out`);
}
