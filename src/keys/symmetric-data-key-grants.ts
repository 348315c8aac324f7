import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import type { SymmetricDataKey } from './symmetric-data-key';

/** Who may use a symmetric data key directly, and for what. Every duty is bound to the key's encryption context. */
export class SymmetricDataKeyGrants {
  /** The grants of a key; the same as `key.grants`. */
  public static fromKey(key: SymmetricDataKey): SymmetricDataKeyGrants {
    return new SymmetricDataKeyGrants(key);
  }

  private constructor(private readonly key: SymmetricDataKey) {}

  /** Lets the grantee encrypt up to 4096 bytes at a time (`Encrypt`), and not decrypt. */
  public encrypt(grantee: IGrantable): Grant {
    return this.key._permit(grantee, 'encrypt');
  }

  /** Lets the grantee decrypt (`Decrypt`): small messages, and data keys. */
  public decrypt(grantee: IGrantable): Grant {
    return this.key._permit(grantee, 'decrypt');
  }

  /**
   * Lets the grantee make data keys (`GenerateDataKey`, `GenerateDataKeyWithoutPlaintext`): what envelope encryption needs to write.
   * Opening a data key again takes `decrypt`.
   */
  public generateDataKeys(grantee: IGrantable): Grant {
    return this.key._permit(grantee, 'generateDataKeys');
  }

  /** Lets the grantee make key pairs wrapped by this key (`GenerateDataKeyPair`, `GenerateDataKeyPairWithoutPlaintext`). */
  public generateDataKeyPairs(grantee: IGrantable): Grant {
    return this.key._permit(grantee, 'generateDataKeyPairs');
  }

  /** Lets the grantee move ciphertexts of other keys under this one (`ReEncryptTo`). The other key must allow `ReEncryptFrom`. */
  public reEncryptTo(grantee: IGrantable): Grant {
    return this.key._permit(grantee, 'reEncryptTo');
  }

  /**
   * Lets the grantee move ciphertexts of this key under another one (`ReEncryptFrom`).
   *
   * Whoever can also decrypt under the other key can thereby read everything this key protects: it is decryption by another name.
   */
  public reEncryptFrom(grantee: IGrantable): Grant {
    return this.key._permit(grantee, 'reEncryptFrom');
  }

  /** Lets the grantee ask for the state of the key (`DescribeKey`): what health checks do, `keyState` of `cdk-keysmith/runtime`. */
  public describe(grantee: IGrantable): Grant {
    return this.key._permit(grantee, 'describe');
  }
}
