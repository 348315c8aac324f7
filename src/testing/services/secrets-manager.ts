import { randomUUID } from 'node:crypto';
import { bytesOf, open, seal } from './sealed';
import type { StoredResource } from './session';
import { ServiceSession } from './session';

/**
 * What AWS Secrets Manager asks of KMS for a secret under a customer managed key.
 *
 * Source: AWS Secrets Manager User Guide, "Secret encryption and decryption in AWS Secrets Manager".
 */
export class SecretsManagerSession extends ServiceSession {
  /** CreateSecret: GenerateDataKey and Decrypt to see whether the principal may use the key; then GenerateDataKey for the value. */
  public async createSecret(value: string = ''): Promise<void> {
    await this.validateAccess(this.key);
    await this.write(this.key, value);
  }

  /** GetSecretValue: Decrypt. */
  public async getSecretValue(): Promise<string> {
    const { wrapped, context, content } = this.stored(this.resource, 'createSecret()');
    const { Plaintext } = await this.call('Decrypt', { CiphertextBlob: wrapped, EncryptionContext: context });
    return Buffer.from(open(Plaintext, content!)).toString('utf8');
  }

  /** PutSecretValue, also by a rotation function: GenerateDataKey for the new version. */
  public async putSecretValue(value: string): Promise<void> {
    await this.write(this.stored(this.resource, 'createSecret()').keyArn, value);
  }

  /** UpdateSecret with another key: the new one is validated; the data key is decrypted with the old one and encrypted with the new one. */
  public async changeKey(key: string): Promise<void> {
    const stored = this.stored(this.resource, 'createSecret()');
    const newKey = this.stage.keyArn(key);
    await this.validateAccess(newKey);
    const { Plaintext } = await this.call('Decrypt', { CiphertextBlob: stored.wrapped, EncryptionContext: stored.context });
    const { CiphertextBlob, KeyId } = await this.call('Encrypt', { KeyId: newKey, Plaintext, EncryptionContext: stored.context });
    Plaintext.fill(0);
    this.keep(this.resource, { ...stored, keyArn: KeyId, wrapped: CiphertextBlob });
  }

  private async validateAccess(keyArn: string): Promise<void> {
    const context = this.contextOf('RequestToValidateKeyAccess');
    const { Plaintext, CiphertextBlob } = await this.call('GenerateDataKey', { KeyId: keyArn, KeySpec: 'AES_256', EncryptionContext: context });
    const { Plaintext: again } = await this.call('Decrypt', { CiphertextBlob, EncryptionContext: context });
    Plaintext.fill(0);
    again.fill(0);
  }

  private async write(keyArn: string, value: string): Promise<void> {
    const versionId = randomUUID();
    const context = this.contextOf(versionId);
    const { Plaintext, CiphertextBlob, KeyId } = await this.call('GenerateDataKey', { KeyId: keyArn, KeySpec: 'AES_256', EncryptionContext: context });
    const stored: StoredResource = { keyArn: KeyId, wrapped: CiphertextBlob, context, versionId, content: seal(Plaintext, bytesOf(value)) };
    this.keep(this.resource, stored);
  }

  private contextOf(versionId: string) {
    return { ...this.encryptionContext, SecretVersionId: versionId };
  }
}
