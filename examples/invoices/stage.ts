import { join } from 'node:path';
import { KMS } from '@aws-sdk/client-kms';
import { ENVIRONMENT } from './environment';
import { invoke } from './invoke';
import { LocalServices, startLocalServices } from './local-services';
import type { Row, Verdict } from './table';
import { LocalKms, startLocalKms } from 'cdk-keysmith/testing';

const { account, region } = ENVIRONMENT;

/** The roles of the application's functions, by the ids of the functions. */
const ROLE_OF: Record<string, string> = { Writer: 'Invoices/WriterRole', Reader: 'Invoices/ReaderRole', Responder: 'Invoices/ResponderRole' };

/** A role that somebody once gave `kms:*` on `*`, and all of S3 and DynamoDB with it. */
const POWER_USER = {
  arn: `arn:aws:iam::${account}:role/PowerUser`,
  policies: [{
    Version: '2012-10-17',
    Statement: [{ Sid: 'Everything', Effect: 'Allow' as const, Action: ['kms:*', 's3:*', 'dynamodb:*'], Resource: '*' }],
  }],
};

/** An error of KMS, of the run time (`code`), or of IAM as this stage asks it (`by`). */
type Refusal = Error & { readonly by?: string; readonly code?: string };

/** Where the demo is played: a local KMS with the application's keys and policies, a bucket and a table, and the handlers. */
export class Stage {
  /** @param assembly the directory that `cdk synth` wrote */
  public static async open(assembly: string): Promise<Stage> {
    // The role that CloudFormation deploys with comes by itself: `deployer`, with AdministratorAccess.
    const local = await startLocalKms({ assembly, principals: [POWER_USER] });
    const stage = new Stage(assembly, local);
    stage.services = await startLocalServices({
      putObject: (accessKeyId, objectArn, body) => stage.putObject(stage.whoHas(accessKeyId), objectArn, body),
      getObject: (accessKeyId, objectArn) => stage.getObject(stage.whoHas(accessKeyId), objectArn),
      openTable: (accessKeyId, action, tableName) => stage.openTable(stage.whoHas(accessKeyId), action, tableName),
    });
    return stage;
  }

  private services!: LocalServices;

  private constructor(private readonly assembly: string, public readonly local: LocalKms) {}

  /** The AWS SDK's client under a role. */
  public kms(who: string): KMS {
    return new KMS({ ...this.local.clientConfig(roleOf(who)), maxAttempts: 1 });
  }

  /** ARN of a role. */
  public arnOf(who: string): string {
    const identity = this.local.deployments.flatMap(({ identities }) => identities).find(({ path }) => path === `${roleOf(who)}/Resource`);
    if (!identity) throw new Error(`no role '${roleOf(who)}' in the assembly`);
    return identity.arn;
  }

  /** A property or attribute of a resource of the assembly, by its construct path. */
  public resource(path: string): { readonly id: string; readonly arn: string; readonly properties: Readonly<Record<string, unknown>> } {
    for (const deployment of this.local.deployments) {
      const found = deployment.resources().find((resource) => resource.path === `${path}/Resource`);
      if (!found) continue;
      const id = deployment.physicalId(found.stack, found.logicalId)!;
      // `Ref` of a secret is its ARN already.
      const arn = id.startsWith('arn:') ? id : deployment.attribute(found.stack, found.logicalId, 'Arn')!;
      return { id, arn, properties: found.properties };
    }
    throw new Error(`no resource '${path}' in the assembly`);
  }

  /** S3 as it puts an object for somebody: IAM is asked, then KMS. */
  public async putObject(who: string, objectArn: string, body: Uint8Array): Promise<void> {
    this.requireIam(who, 's3:PutObject', objectArn);
    await this.local.via('s3', roleOf(who), { resource: objectArn }).putObject(body);
  }

  /** S3 as it gets an object for somebody: IAM is asked, then KMS. */
  public async getObject(who: string, objectArn: string): Promise<Uint8Array> {
    this.requireIam(who, 's3:GetObject', objectArn);
    return this.local.via('s3', roleOf(who), { resource: objectArn }).getObject();
  }

  /** DynamoDB as it opens a table for somebody: IAM is asked, then KMS. */
  public async openTable(who: string, action: 'PutItem' | 'GetItem', tableName: string): Promise<void> {
    const resource = `arn:aws:dynamodb:${region}:${account}:table/${tableName}`;
    this.requireIam(who, `dynamodb:${action}`, resource);
    const table = this.local.via('dynamodb', roleOf(who), { resource });
    await (action === 'PutItem' ? table.writeItem() : table.readItem());
  }

  /** Runs a function of the assembly as Lambda would: its bundled code, its environment, the credentials of its role. */
  public async run<Answer>(id: string, event: unknown): Promise<Answer> {
    const { Code, Environment } = this.resource(`Invoices/${id}`).properties as {
      Code: { S3Key: string }; Environment: { Variables: Record<string, string> };
    };
    const { accessKeyId, secretAccessKey, sessionToken } = this.local.credentials(roleOf(id));
    return invoke<Answer>({
      code: join(this.assembly, `asset.${Code.S3Key.replace(/\.zip$/, '')}`, 'index.js'),
      environment: {
        ...Environment.Variables,
        AWS_REGION: region,
        AWS_ACCESS_KEY_ID: accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretAccessKey,
        ...(sessionToken && { AWS_SESSION_TOKEN: sessionToken }),
        AWS_ENDPOINT_URL_KMS: this.local.endpoint,
        AWS_ENDPOINT_URL_S3: this.services.s3Endpoint,
        AWS_ENDPOINT_URL_DYNAMODB: this.services.dynamodbEndpoint,
      },
      event,
    });
  }

  /** Makes a call that is expected to be allowed or refused, and says what came of it and by which statements. */
  public async attempt(who: string, operation: string, context: string, expected: Verdict, call: () => Promise<unknown>): Promise<Row> {
    this.local.requests.clear();
    const [got, by] = await call().then<[string, string[]], [string, string[]]>(
      () => ['allowed', this.statements()],
      (error: Refusal) => [`refused: ${error.code ?? error.name}`, this.reasons(error)],
    );
    return { who, operation, context, expected, got, by };
  }

  public async close(): Promise<void> {
    await Promise.all([this.local.stop(), this.services?.stop()]);
  }

  /** What IAM says before a service turns to KMS. */
  private requireIam(who: string, action: string, resource: string): void {
    const decision = this.local.iamDecision(roleOf(who), action, resource);
    if (!decision.allowed) throw Object.assign(new Error(decision.reason), { name: 'AccessDenied', by: `IAM: ${decision.reason.split(': ').at(-1)}` });
  }

  private whoHas(accessKeyId: string): string {
    const who = Object.keys(ROLE_OF).find((id) => this.local.credentials(roleOf(id)).accessKeyId === accessKeyId);
    if (!who) throw new Error('a caller whose credentials nobody issued');
    return who;
  }

  /** Who refused: IAM before any call to KMS, KMS, or the run time after what KMS had allowed. */
  private reasons({ by, code, message }: Refusal): string[] {
    if (by !== undefined) return [by];
    return code?.startsWith('ERR_KEYSMITH_') ? [...this.statements(), `the run time: ${message}`] : this.statements();
  }

  private statements(): string[] {
    return [...new Set(this.local.requests.summary().map(({ operation, decidedBy }) => `${operation}: ${decidedBy}`))];
  }
}

function roleOf(who: string): string {
  return ROLE_OF[who] ?? who;
}
