import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import type { ClientEncryptionKey } from './client-encryption-key';

/** Who may use a client encryption key, and for what. Every use is bound to RSAES-OAEP with SHA-256. */
export class ClientEncryptionKeyGrants {
  /** The grants of a key; the same as `key.grants`. */
  public static fromKey(key: ClientEncryptionKey): ClientEncryptionKeyGrants {
    return new ClientEncryptionKeyGrants(key);
  }

  private constructor(private readonly key: ClientEncryptionKey) {}

  /** Lets the grantee decrypt what clients encrypted (`Decrypt`). */
  public decrypt(grantee: IGrantable): Grant {
    return this.key._permit(grantee, 'decrypt');
  }

  /** Lets the grantee read the public key (`GetPublicKey`), to hand it to clients. */
  public readPublicKey(grantee: IGrantable): Grant {
    return this.key._permit(grantee, 'readPublicKey');
  }

  /** Lets the grantee encrypt through KMS (`Encrypt`). Whoever has the public key encrypts without KMS. */
  public encrypt(grantee: IGrantable): Grant {
    return this.key._permit(grantee, 'encrypt');
  }

  /**
   * Lets the grantee ask for the state of the key and its public half (`DescribeKey`, `GetPublicKey`): what health checks do, `keyState` of
   * `cdk-keysmith/runtime`.
   */
  public describe(grantee: IGrantable): Grant {
    return this.key._permit(grantee, 'describe');
  }
}
