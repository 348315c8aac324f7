import { createPublicKey } from 'node:crypto';
import { createClientDecryptor, createEnvelopeCipher, encryptForPublicKey, KmsKeyring } from 'cdk-keysmith/runtime';
import type { DeployedAccount, DeployedResource } from './deployed';
import { ensure, Mismatch } from './progress';
import { verifiesWithOpenssl } from '../examples/invoices/openssl';

const INVOICE = { invoice: '2026-0042', customer: 'c-17', total: '120.00 EUR', lines: ['1 × consulting, 120.00 EUR'] };
const CONTEXT = { Project: 'SnowyPII', customer: INVOICE.customer };
const OBJECT = `${INVOICE.customer}/${INVOICE.invoice}`;

/** The application in use: its functions through Lambda's API, and what a customer does with their answers. */
export class Application {
  public static async in(account: DeployedAccount): Promise<Application> {
    return new Application(account, await account.resources('Invoices'));
  }

  private constructor(private readonly account: DeployedAccount, private readonly resources: ReadonlyMap<string, DeployedResource>) {}

  /** Names of the three functions. */
  public get functions(): Readonly<Record<'writer' | 'reader' | 'responder', string>> {
    return { writer: this.named('Writer', 'AWS::Lambda::Function'), reader: this.named('Reader', 'AWS::Lambda::Function'), responder: this.named('Responder', 'AWS::Lambda::Function') };
  }

  /** Stores an invoice: what lies in the bucket is a message under the deployed key, bound to project and customer. */
  public async store(): Promise<void> {
    const { stored } = await this.call<{ stored: string }>('writer', INVOICE);
    ensure(stored === OBJECT, `the writer says that it stored ${stored}`);
    const message = await this.message();
    ensure(!Buffer.from(message).includes('consulting'), 'the invoice lies in the bucket in the clear');
    const { encryptionContext, encryptedDataKeys: [dataKey] } = this.cipher().inspect(message);
    ensure(encryptionContext.Project === CONTEXT.Project && encryptionContext.customer === CONTEXT.customer, `the message is bound to ${JSON.stringify(encryptionContext)}`);
    ensure(dataKey.providerInfo === this.dataKeyArn, `the message is under ${dataKey.providerInfo}`);
  }

  /** Reads the invoice, and refuses it where it lies under another customer's name. */
  public async read(): Promise<void> {
    const { lines, total } = await this.call<{ lines: string[]; total: string }>('reader', INVOICE);
    ensure(lines[0] === INVOICE.lines[0] && total === INVOICE.total, `the reader read ${JSON.stringify({ lines, total })}`);

    const Bucket = this.named('Invoices', 'AWS::S3::Bucket');
    await this.account.s3.putObject({ Bucket, Key: `c-18/${INVOICE.invoice}`, Body: await this.message() });
    const moved = await this.account.invoke(this.functions.reader, { ...INVOICE, customer: 'c-18' });
    ensure('error' in moved && /context/.test(moved.error.errorMessage ?? ''), `the reader read a message of c-17 for c-18: ${JSON.stringify(moved)}`);
  }

  /** Takes a signed answer, and verifies it with the published key and openssl; one changed digit is refused. */
  public async verifyAnswer(): Promise<void> {
    const { body, headers } = await this.call<{ body: string; headers: Record<string, string> }>('responder', { customer: INVOICE.customer });
    const { PublicKey } = await this.account.kms.getPublicKey({ KeyId: 'alias/invoices/signatures' });
    const pem = createPublicKey({ key: Buffer.from(PublicKey!), format: 'der', type: 'spki' }).export({ format: 'pem', type: 'spki' }).toString();
    const signature = Buffer.from(headers['x-signature'], 'base64');
    ensure(verifiesWithOpenssl(pem, body, signature), `openssl does not verify the answer ${body}`);
    ensure(body.includes('120.00') && !verifiesWithOpenssl(pem, body.replace('120.00', '12.00'), signature), 'openssl verifies an answer that was changed');
  }

  /** Encrypts to the deployed public key without AWS, and has KMS decrypt. */
  public async upload(): Promise<void> {
    const { PublicKey, KeyId } = await this.account.kms.getPublicKey({ KeyId: 'alias/invoices/uploads' });
    const decryptor = createClientDecryptor({ kms: this.account.kms, keyArn: KeyId!, keySpec: 'RSA_3072' });
    const plaintext = await decryptor.decrypt(encryptForPublicKey(PublicKey!, 'a scan'));
    ensure(Buffer.from(plaintext).toString() === 'a scan', 'KMS decrypted something else');
  }

  /** Opens the stored invoice with the key itself, without the functions. */
  public async open(): Promise<void> {
    const { plaintext } = await this.cipher().decrypt(await this.message());
    ensure(plaintext.toString() === JSON.stringify(INVOICE), `the stored message holds ${plaintext}`);
  }

  private get dataKeyArn(): string {
    const { account, region } = this.account.target;
    return `arn:aws:kms:${region}:${account}:key/${this.named('InvoiceData', 'AWS::KMS::Key')}`;
  }

  private cipher() {
    return createEnvelopeCipher({ keyring: new KmsKeyring({ kms: this.account.kms, keyArn: this.dataKeyArn }), encryptionContext: CONTEXT });
  }

  private async message(): Promise<Uint8Array> {
    const { Body } = await this.account.s3.getObject({ Bucket: this.named('Invoices', 'AWS::S3::Bucket'), Key: OBJECT });
    return Body!.transformToByteArray();
  }

  private async call<Value>(name: keyof Application['functions'], event: unknown): Promise<Value> {
    const answer = await this.account.invoke(this.functions[name], event);
    if ('error' in answer) throw new Mismatch(`the ${name} ended in ${answer.error.errorType}: ${answer.error.errorMessage}`);
    return answer.value as Value;
  }

  /** Physical id of a resource, by the construct id that its logical id begins with. */
  private named(id: string, type: string): string {
    const found = [...this.resources].filter(([logicalId, resource]) => resource.type === type && logicalId.replace(/[0-9A-F]{8}$/, '') === id);
    if (found.length !== 1) throw new Mismatch(`the stack has ${found.length} resources ${id} of type ${type}`);
    return found[0][1].physicalId;
  }
}
