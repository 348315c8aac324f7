import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import type { SigningKey } from './signing-key';

/** Who may use a signing key, and for what. Signing and verifying are bound to the key's algorithm and its one message type. */
export class SigningKeyGrants {
  /** The grants of a key; the same as `key.grants`. */
  public static fromKey(key: SigningKey): SigningKeyGrants {
    return new SigningKeyGrants(key);
  }

  private constructor(private readonly key: SigningKey) {}

  /** Lets the grantee make signatures (`Sign`). */
  public sign(grantee: IGrantable): Grant {
    return this.key._permit(grantee, 'sign');
  }

  /** Lets the grantee have KMS verify signatures (`Verify`). Whoever has the public key verifies without KMS. */
  public verify(grantee: IGrantable): Grant {
    return this.key._permit(grantee, 'verify');
  }

  /** Lets the grantee read the public key (`GetPublicKey`), to publish it or to verify without KMS. */
  public readPublicKey(grantee: IGrantable): Grant {
    return this.key._permit(grantee, 'readPublicKey');
  }

  /**
   * Lets the grantee make tokens (`Sign`, `GetPublicKey`): what `createJwtSigner` and `createJwsSigner` of `cdk-keysmith/runtime` do. A token names its key
   * by the thumbprint of the public key (RFC 7638).
   */
  public issueTokens(grantee: IGrantable): Grant {
    return this.key._permit(grantee, 'sign', 'readPublicKey');
  }

  /**
   * Lets the grantee ask for the state of the key and its public half (`DescribeKey`, `GetPublicKey`): what health checks do, `keyState` of
   * `cdk-keysmith/runtime`.
   */
  public describe(grantee: IGrantable): Grant {
    return this.key._permit(grantee, 'describe');
  }
}
