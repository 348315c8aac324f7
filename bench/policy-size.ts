import { App, Stack } from 'aws-cdk-lib';
import { AttributeType, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Code, Function, Runtime } from 'aws-cdk-lib/aws-lambda';
import { Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { KmsService, SymmetricDataKey } from '../src';
import { KEY_POLICY_BYTES } from '../src/spec/limits';
import { readAssembly } from '../src/template';

/**
 * How much of a key policy's 32,768 bytes a key takes: the policy as it is deployed, as JSON without spaces. Names that CloudFormation makes have their
 * real shape and length.
 *
 * `CDK_VALIDATION=false npx tsx bench/policy-size.ts [--statements] [--json]`; with `--statements`, each of them too.
 */

const ROLES = 60;

const KEYS: Record<string, (stack: Stack, key: SymmetricDataKey) => void> = {
  'a bare key': () => {},
  'four services, one resource and role each': (stack, key) => {
    const bucket = new Bucket(stack, 'Documents', { bucketName: 'orders-documents', encryption: BucketEncryption.KMS, encryptionKey: key.forService(KmsService.S3) });
    bucket.grantRead(role(stack, 'DocumentReader'));
    const table = new Table(stack, 'Orders', {
      tableName: 'orders',
      partitionKey: { name: 'id', type: AttributeType.STRING },
      encryption: TableEncryption.CUSTOMER_MANAGED,
      encryptionKey: key.forService(KmsService.DYNAMODB),
    });
    table.grantReadData(role(stack, 'OrderReader'));
    const secret = new Secret(stack, 'Password', { secretName: 'orders/password', encryptionKey: key.forService(KmsService.SECRETS_MANAGER) });
    secret.grantRead(role(stack, 'PasswordReader'));
    // The function's own role reads its environment.
    new Function(stack, 'Backend', {
      functionName: 'orders-backend',
      runtime: Runtime.NODEJS_20_X,
      handler: 'index.handler',
      code: Code.fromInline('exports.handler = async () => {};'),
      role: role(stack, 'BackendRole'),
      environment: { TABLE: 'orders' },
      environmentEncryption: key.forService(KmsService.LAMBDA),
    });
  },
  [`${ROLES} roles that decrypt`]: (stack, key) => {
    for (let n = 0; n < ROLES; n++) key.grants.decrypt(role(stack, `Reader${n}`));
  },
};

function role(stack: Stack, id: string): Role {
  return new Role(stack, id, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
}

interface Statement {
  readonly sid: string;
  readonly bytes: number;
}

interface Policy {
  readonly bytes: number;
  readonly statements: readonly Statement[];
}

function policyOf(define: (stack: Stack, key: SymmetricDataKey) => void): Policy {
  const app = new App({ analyticsReporting: false });
  const stack = new Stack(app, 'Orders', { env: { account: '111122223333', region: 'eu-west-1' } });
  define(stack, new SymmetricDataKey(stack, 'Data', { alias: 'orders/data' }));
  const [{ policy }] = readAssembly(app.synth().directory).keys;
  const { Statement: statements } = policy as { readonly Statement: ReadonlyArray<{ readonly Sid: string }> };
  return { bytes: bytesOf(policy), statements: statements.map((statement) => ({ sid: statement.Sid, bytes: bytesOf(statement) })) };
}

function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

function lineOf(name: string, statements: string, bytes: string, share: string): string {
  return `  ${name.padEnd(43)}${statements.padStart(10)}${bytes.padStart(8)}${share.padStart(15)}`;
}

function main(): void {
  const rows = Object.entries(KEYS).map(([key, define]) => ({ key, ...policyOf(define) }));
  if (process.argv.includes('--json')) {
    console.log(JSON.stringify({ limit: KEY_POLICY_BYTES, rows }));
    return;
  }
  console.log(`Key policies, of the ${KEY_POLICY_BYTES} bytes that KMS takes\n`);
  console.log(lineOf('key', 'statements', 'bytes', 'of the limit'));
  for (const { key, bytes, statements } of rows) {
    console.log(lineOf(key, String(statements.length), String(bytes), `${(100 * bytes / KEY_POLICY_BYTES).toFixed(1)} %`));
    if (!process.argv.includes('--statements')) continue;
    for (const { sid, bytes: some } of statements) console.log(lineOf(`  ${sid}`, '', String(some), '').trimEnd());
  }
}

main();
