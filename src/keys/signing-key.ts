import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Function } from 'aws-cdk-lib/aws-lambda';
import { propertyInjectable } from 'aws-cdk-lib/core/lib/prop-injectable';
import type { Construct } from 'constructs';
import { GenerationKey } from './generation-key';
import { KeyGenerations } from './key-generations';
import { rsaBits } from './key-settings';
import { KeysmithKey } from './keysmith-key';
import type { KeysmithKeyProps } from './keysmith-key-props';
import { publicKeyAttribute } from './public-key-attribute';
import { INITIAL, plannedGenerations, type PlannedGenerations, type SigningGeneration } from './signing-generations';
import { SigningKeyGrants } from './signing-key-grants';
import { kindOf, takesMu } from './signing-kind';
import { isMarked, mark } from '../app/constructs';
import type { DutyName } from '../policy/duties';
import * as actions from '../spec/actions';
import { GENERATIONS_VERSION, type KeyContract } from '../spec/contract';
import type { SigningAlgorithm } from '../spec/signing';

/** How a signing key signs, and how it is looked after. */
export interface SigningKeyProps extends KeysmithKeyProps {
  /**
   * The algorithm of every signature this key makes.
   *
   * It cannot be changed where it needs another kind of key: CloudFormation refuses the update. List a generation with the new one, and leave this as it is.
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

  /**
   * The keys of KMS that sign under this name, one after the other: those that are to come, the one that signs, and those whose signatures are still verified.
   *
   * A key starts its first change with `[{ name: 'initial' }, { name: '2027' }]`: what it was so far is called `initial`, and nothing is replaced. The order of the list
   * means nothing. Announce (list the next one), activate (`active`), retire (`retired`), with time between them: docs/changing-keys.md.
   *
   * @default - one, called `initial`
   */
  readonly generations?: SigningGeneration[];

  /**
   * Whether the ML-DSA keys among the generations sign messages of any length: the function makes the mu of a message, and KMS signs that (`MessageType` `EXTERNAL_MU`).
   *
   * KMS then takes any mu for a message, and cannot bind it to the key itself. Signers also read the public key, of which a mu is made.
   *
   * @default false - messages up to 4096 bytes
   */
  readonly longMessages?: boolean;

  /**
   * The generation that signs. Nobody may sign with another.
   *
   * @default - the only one, or `initial`
   */
  readonly active?: string;
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
 * KMS does not rotate asymmetric keys: a new key takes the place of the old one, under the same construct, as a generation of it. Where one key is meant, that
 * is the active generation: `keyArn`, `keySpec`, the alias. What is granted besides signing is granted on all generations.
 */
@propertyInjectable
export class SigningKey extends KeysmithKey {
  /** Under which an app's property injectors know these keys. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-keysmith.SigningKey';

  /** Whether something is a signing key, also of another copy of this library. */
  public static isSigningKey(x: any): x is SigningKey {
    return isMarked(x, SIGNING_KEY);
  }

  /** The algorithm of every signature; of several generations, of those that the active one makes. */
  public readonly algorithm: SigningAlgorithm;

  /** Who may sign and verify, and who may read the public key. */
  public readonly grants: SigningKeyGrants;

  private readonly longMessages: boolean;

  constructor(scope: Construct, id: string, props: SigningKeyProps = {}) {
    super(scope, id);
    mark(this, SIGNING_KEY);
    const planned = plannedGenerations(props, this.node.path);
    const { active: { algorithm, rsaBits: bits, name } } = planned;
    const { path } = this.node;
    this.algorithm = algorithm;
    this.longMessages = props.longMessages ?? false;
    const isAlone = planned.all.length === 1 && name === INITIAL;
    if (isAlone) this._define(kindOf(algorithm, rsaBits(bits, path), path, this.longMessages), props);
    else this._standFor(this.defineGenerations(planned, props), props);
    if (this.longMessages && !planned.all.some((generation) => takesMu(generation.algorithm))) {
      throw new Error(`${path}: longMessages is about ML-DSA, and the key signs with ${algorithm}: leave it out`);
    }
    this.grants = SigningKeyGrants.fromKey(this);
  }

  /**
   * The public key in PEM, of the active generation, as openssl reads it, when the stack has been deployed: a custom resource reads it from KMS, made with the first use of this property.
   *
   * Throws for ML-DSA-87, whose PEM is longer than CloudFormation takes from a custom resource (4096 bytes).
   */
  public get publicKeyPem(): string {
    return publicKeyAttribute(this, 'pem');
  }

  /**
   * The public key as a JSON Web Key (RFC 7517), of the active generation, with `kid` and `alg`, when the stack has been deployed; as `publicKeyPem`.
   *
   * Throws for ML-DSA-87, whose key is longer than CloudFormation takes from a custom resource (4096 bytes).
   */
  public get jwk(): string {
    return publicKeyAttribute(this, 'jwk');
  }

  /**
   * The key of KMS that is this generation, whichever is active. Nobody is granted signing on one that is not.
   *
   * Throws for a name that is not listed.
   */
  public generation(name: string): IKey {
    if (this._generations) return this._generations.named(name);
    if (name === INITIAL) return this;
    throw new Error(`'${this.node.path}' has no generation '${name}', only '${INITIAL}': list it in generations`);
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

  /**
   * Whether signers of the active generation send messages of any length.
   *
   * @internal
   */
  public get _signsLongMessages(): boolean {
    return this.longMessages && takesMu(this.algorithm);
  }

  /** @internal */
  public override _permit(grantee: IGrantable, ...duties: DutyName[]): Grant {
    const all: DutyName[] = this.longMessages && duties.includes('sign') ? [...duties, 'readPublicKey'] : duties;
    return super._permit(grantee, ...new Set(all));
  }

  /** @internal */
  public override get _contract(): KeyContract {
    const contract = super._contract;
    if (!this.longMessages) return contract;
    const { keyArn, generations = [{ name: this._generations?.names.active ?? INITIAL, keyArn }] } = contract;
    return { ...contract, version: GENERATIONS_VERSION, generations, longMessages: true };
  }

  private defineGenerations({ all, active }: PlannedGenerations, props: SigningKeyProps): KeyGenerations {
    const made = all.map(({ name, algorithm, rsaBits: bits, retired }) => {
      const where = `${this.node.path}: generation '${name}'`;
      const kind = { ...kindOf(algorithm, rsaBits(bits, where), where, this.longMessages), name: `generation '${name}' of a signing key` };
      const withheld = { actions: actions.SIGN, instead: `generation '${active.name}' is the active one. Grant it on '${this.node.path}' itself` };
      return { name, retired, key: new GenerationKey(this, name, name === active.name ? kind : { ...kind, withheld }, props) };
    });
    return new KeyGenerations(this, made, active.name, props.administrators ?? []);
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
