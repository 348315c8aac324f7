import { servicePrincipal } from './facts';
import { ServiceSession } from './session';

/** DynamoDB Developer Guide, "DynamoDB encryption at rest usage notes", the example event of CreateGrant. */
const GRANTED = ['DescribeKey', 'GenerateDataKey', 'Decrypt', 'Encrypt', 'ReEncryptFrom', 'ReEncryptTo', 'RetireGrant'];

/**
 * What Amazon DynamoDB asks of KMS for a table under a customer managed key. A table key that was used in the last five minutes is
 * served from DynamoDB's cache: the calls here are those of a first access.
 *
 * Source: Amazon DynamoDB Developer Guide, "DynamoDB encryption at rest usage notes".
 */
export class DynamoDbSession extends ServiceSession {
  /** CreateTable: DescribeKey and CreateGrant for the principal; then GenerateDataKey by DynamoDB itself, under that grant. */
  public async createTable(): Promise<void> {
    const { key, encryptionContext: context } = this;
    const { region, caller: { account } } = this.use;
    const dynamoDb = servicePrincipal('dynamodb', region);
    await this.call('DescribeKey', { KeyId: key });
    const { GrantId: grantId } = await this.call('CreateGrant', {
      KeyId: key,
      GranteePrincipal: dynamoDb,
      RetiringPrincipal: dynamoDb,
      Operations: GRANTED,
      Constraints: { EncryptionContextSubset: context },
    });
    const grantee = { principal: dynamoDb, account, region };
    const { Plaintext, CiphertextBlob, KeyId } = await this.callAs(grantee, 'GenerateDataKey', { KeyId: key, KeySpec: 'AES_256' });
    Plaintext.fill(0);
    this.keep(this.resource, { keyArn: KeyId, wrapped: CiphertextBlob, context, grant: { grantId, grantee } });
  }

  /** GetItem, Query, Scan: Decrypt of the table key for the principal. */
  public async readItem(): Promise<void> {
    await this.unwrapTableKey();
  }

  /** PutItem, UpdateItem, DeleteItem: Decrypt of the table key for the principal. */
  public async writeItem(): Promise<void> {
    await this.unwrapTableKey();
  }

  /** DeleteTable: RetireGrant by DynamoDB itself. */
  public async deleteTable(): Promise<void> {
    const { keyArn, grant } = this.stored(this.resource, 'createTable()');
    await this.callAs(grant!.grantee, 'RetireGrant', { KeyId: keyArn, GrantId: grant!.grantId });
    this.forget(this.resource);
  }

  private async unwrapTableKey(): Promise<void> {
    const { wrapped, context } = this.stored(this.resource, 'createTable()');
    const { Plaintext } = await this.call('Decrypt', { CiphertextBlob: wrapped, EncryptionContext: context });
    Plaintext.fill(0);
  }
}
