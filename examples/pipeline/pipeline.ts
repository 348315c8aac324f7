import { join } from 'node:path';
import { ENVIRONMENT, NAMES } from './pipeline-stack';
import { invoke } from '../invoices/invoke';
import { startLocalServices } from '../invoices/local-services';
import type { LocalServices } from '../invoices/local-services';
import { startLocalKms } from 'cdk-keysmith/testing';
import type { LocalKms } from 'cdk-keysmith/testing';

const { account, region } = ENVIRONMENT;
const arnOf = (service: string, name: string) => (service === 's3' ? `arn:aws:s3:::${name}` : `arn:aws:${service}:${region}:${account}:${name}`);

/** Somebody with all of IAM and no statement of a key policy. */
const POWER_USER = {
  arn: `arn:aws:iam::${account}:role/PowerUser`,
  policies: [{ Version: '2012-10-17', Statement: [{ Sid: 'Everything', Effect: 'Allow' as const, Action: '*', Resource: '*' }] }],
};

/** The stack as AWS would run it: buckets, the queue and the function ask a local KMS with the key policies of the assembly. */
export class Pipeline {
  /** @param assembly the directory that `cdk synth` wrote */
  public static async open(assembly: string): Promise<Pipeline> {
    const local = await startLocalKms({ assembly, principals: [POWER_USER] });
    const pipeline = new Pipeline(assembly, local);
    pipeline.services = await startLocalServices({
      putObject: async (accessKeyId, objectArn, body) => pipeline.put(pipeline.whoHas(accessKeyId), objectArn, body),
      getObject: async (accessKeyId, objectArn) => pipeline.get(pipeline.whoHas(accessKeyId), objectArn),
      openTable: async () => { throw new Error('there is no table'); },
    });
    return pipeline;
  }

  private services!: LocalServices;

  private constructor(private readonly assembly: string, public readonly local: LocalKms) {}

  /** S3 as it stores an object for somebody: IAM is asked first, then KMS. */
  public async put(who: string, objectArn: string, body: Uint8Array): Promise<void> {
    this.requireIam(who, 's3:PutObject', objectArn);
    await this.local.via('s3', who, { resource: objectArn }).putObject(body);
  }

  /** S3 as it gets an object for somebody. */
  public async get(who: string, objectArn: string): Promise<Uint8Array> {
    this.requireIam(who, 's3:GetObject', objectArn);
    return this.local.via('s3', who, { resource: objectArn }).getObject();
  }

  /** S3 as it tells the queue of a file: SQS asks KMS for a data key in the name of S3, for the bucket. */
  public async notify(bucket: string): Promise<Uint8Array> {
    const context = { 'aws:sqs:arn': arnOf('sqs', NAMES.queue) };
    const s3 = this.local.asService('s3', { sourceArn: arnOf('s3', bucket), sourceAccount: account, context });
    const { CiphertextBlob } = await s3.call('GenerateDataKey', { KeyId: 'alias/files/incoming', KeySpec: 'AES_256' });
    return CiphertextBlob as Uint8Array;
  }

  /** SQS as it hands a message to somebody: KMS is asked for them. */
  public async receive(who: string, CiphertextBlob: Uint8Array): Promise<void> {
    const resource = arnOf('sqs', NAMES.queue);
    await this.local.via('sqs', who, { resource, context: { 'aws:sqs:arn': resource } }).call('Decrypt', { CiphertextBlob });
  }

  /** Runs the deployed function with messages about these files: its bundled code, its environment, its role. Returns what failed. */
  public async transform(...files: string[]): Promise<string[]> {
    const body = (file: string) => {
      return JSON.stringify({ Records: [{ s3: { bucket: { name: NAMES.inbox }, object: { key: encodeURIComponent(file) } } }] });
    };
    const event = { Records: files.map((file) => ({ messageId: file, body: body(file) })) };
    const { Code, Environment } = this.propertiesOf('Files/Transform') as {
      Code: { S3Key: string }; Environment: { Variables: Record<string, string> };
    };
    const { batchItemFailures } = await invoke<{ batchItemFailures: Array<{ itemIdentifier: string }> }>({
      code: join(this.assembly, `asset.${Code.S3Key.replace(/\.zip$/, '')}`, 'index.js'),
      environment: { ...Environment.Variables, ...this.local.environment('Files/TransformRole'), AWS_ENDPOINT_URL_S3: this.services.s3Endpoint },
      event,
    });
    return batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
  }

  public async close(): Promise<void> {
    await Promise.all([this.local.stop(), this.services?.stop()]);
  }

  private propertiesOf(path: string): Readonly<Record<string, unknown>> {
    const found = this.local.deployments.flatMap((deployment) => deployment.resources()).find((resource) => resource.path === `${path}/Resource`);
    if (!found) throw new Error(`no resource '${path}' in the assembly`);
    return found.properties;
  }

  private requireIam(who: string, action: string, resource: string): void {
    const decision = this.local.iamDecision(who, action, resource);
    if (!decision.allowed) throw Object.assign(new Error(decision.reason), { name: 'AccessDenied' });
  }

  private whoHas(accessKeyId: string): string {
    const known = ['Files/TransformRole'].find((role) => this.local.credentials(role).accessKeyId === accessKeyId);
    if (!known) throw new Error('a caller whose credentials nobody issued');
    return known;
  }
}
