import { CloudFormation } from '@aws-sdk/client-cloudformation';
import { IAM, RoleDetail } from '@aws-sdk/client-iam';
import { KMS } from '@aws-sdk/client-kms';
import { Lambda } from '@aws-sdk/client-lambda';
import { S3 } from '@aws-sdk/client-s3';
import type { Target } from './emulator';
import { ensure, Mismatch } from './progress';

/** A resource as CloudFormation made it. */
export interface DeployedResource {
  readonly type: string;
  /** What `Ref` returns. */
  readonly physicalId: string;
}

/** What a function returned, or the error that it ended in. */
export type Answer = { readonly value: unknown } | { readonly error: { readonly errorType?: string; readonly errorMessage?: string } };

/** The emulated account, through the AWS SDK's clients. */
export class DeployedAccount {
  public readonly kms: KMS;
  public readonly s3: S3;
  private readonly cloudformation: CloudFormation;
  private readonly iam: IAM;
  private readonly lambda: Lambda;

  constructor(endpoint: string, public readonly target: Target) {
    const settings = { endpoint, region: target.region, credentials: { accessKeyId: 'test', secretAccessKey: 'test' }, maxAttempts: 1 };
    this.kms = new KMS(settings);
    this.s3 = new S3({ ...settings, forcePathStyle: true });
    this.cloudformation = new CloudFormation(settings);
    this.iam = new IAM(settings);
    this.lambda = new Lambda(settings);
  }

  /** Names of the stacks there are. */
  public async stacks(): Promise<string[]> {
    const { StackSummaries = [] } = await this.cloudformation.listStacks({});
    return StackSummaries.filter(({ StackStatus }) => StackStatus !== 'DELETE_COMPLETE').map(({ StackName }) => StackName!);
  }

  /** The resources of a stack, by logical id. */
  public async resources(stack: string): Promise<ReadonlyMap<string, DeployedResource>> {
    const { StackResources = [] } = await this.cloudformation.describeStackResources({ StackName: stack });
    return new Map(StackResources.map(({ LogicalResourceId, ResourceType, PhysicalResourceId }) => [
      LogicalResourceId!, { type: ResourceType!, physicalId: PhysicalResourceId! },
    ]));
  }

  /** What a stack exports under this name. */
  public async exported(name: string): Promise<string> {
    const { Exports = [] } = await this.cloudformation.listExports({});
    const found = Exports.find(({ Name }) => Name === name);
    if (!found) throw new Mismatch(`nothing is exported as ${name}, but ${Exports.map(({ Name }) => Name).join(', ') || 'nothing'}`);
    return found.Value!;
  }

  /** Every role with its policies. */
  public async roles(): Promise<RoleDetail[]> {
    const { RoleDetailList = [], IsTruncated } = await this.iam.getAccountAuthorizationDetails({ Filter: ['Role'] });
    ensure(!IsTruncated, 'IAM listed only a part of the roles');
    return RoleDetailList;
  }

  /** The default policy of a key, as KMS has it. */
  public async keyPolicy(keyId: string): Promise<string> {
    const { Policy } = await this.kms.getKeyPolicy({ KeyId: keyId });
    if (!Policy) throw new Mismatch(`KMS has no policy of the key ${keyId}`);
    return Policy;
  }

  public async functionNames(): Promise<string[]> {
    const { Functions = [] } = await this.lambda.listFunctions({});
    return Functions.map(({ FunctionName }) => FunctionName!);
  }

  /** Runs a function through Lambda's API. */
  public async invoke(functionName: string, event: unknown): Promise<Answer> {
    const { Payload, FunctionError } = await this.lambda.invoke({ FunctionName: functionName, Payload: JSON.stringify(event) });
    const payload = JSON.parse(Payload!.transformToString()) as unknown;
    return FunctionError ? { error: payload as object } : { value: payload };
  }

  public close(): void {
    for (const client of [this.kms, this.s3, this.cloudformation, this.iam, this.lambda]) client.destroy();
  }
}
