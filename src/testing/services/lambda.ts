import { bytesOf } from './sealed';
import { ServiceSession } from './session';

/**
 * What AWS Lambda asks of KMS for environment variables under a customer managed key.
 *
 * Source: AWS Lambda Developer Guide, "Securing Lambda environment variables"; the grant is the one that ListGrants shows.
 */
export class LambdaSession extends ServiceSession {
  /**
   * CreateFunction or UpdateFunctionConfiguration: CreateGrant for the function's role, and Encrypt, both for the principal.
   *
   * @param executionRole the role of the function
   */
  public async configureEnvironment(executionRole: string, variables: Readonly<Record<string, string>> = {}): Promise<void> {
    const { key, encryptionContext: context } = this;
    const grantee = this.stage.caller(executionRole, { region: this.use.region, sessionName: functionNameOf(this.resource) });
    const { GrantId: grantId } = await this.call('CreateGrant', {
      KeyId: key,
      GranteePrincipal: grantee.principal,
      RetiringPrincipal: grantee.principal,
      Operations: ['Decrypt', 'RetireGrant'],
      Constraints: { EncryptionContextEquals: context },
    });
    const { CiphertextBlob, KeyId } = await this.call('Encrypt', { KeyId: key, Plaintext: bytesOf(JSON.stringify(variables)) });
    this.keep(this.resource, { keyArn: KeyId, wrapped: CiphertextBlob, context, grant: { grantId, grantee } });
  }

  /** GetFunctionConfiguration: Decrypt for the principal. */
  public async readEnvironment(): Promise<Record<string, string>> {
    const { wrapped, context } = this.stored(this.resource, 'configureEnvironment()');
    const { Plaintext } = await this.call('Decrypt', { CiphertextBlob: wrapped, EncryptionContext: context });
    return variablesIn(Plaintext);
  }

  /** A new execution environment: Decrypt by the function's own role, directly and under Lambda's grant. */
  public async startFunction(): Promise<Record<string, string>> {
    const { wrapped, context, grant } = this.stored(this.resource, 'configureEnvironment()');
    const { Plaintext } = await this.callAs(grant!.grantee, 'Decrypt', { CiphertextBlob: wrapped, EncryptionContext: context });
    return variablesIn(Plaintext);
  }
}

function variablesIn(plaintext: Uint8Array): Record<string, string> {
  return JSON.parse(Buffer.from(plaintext).toString('utf8')) as Record<string, string>;
}

/** Lambda calls a function's session by the function's name. */
function functionNameOf(arn: string): string {
  return arn.split(':')[6] ?? arn;
}
