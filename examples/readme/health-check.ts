import { App, Stack } from 'aws-cdk-lib';
import { Code, Function, Runtime } from 'aws-cdk-lib/aws-lambda';
import { DataKeyDuty, SymmetricDataKey } from 'cdk-keysmith';
import { dataKeyFromEnvironment, type Environment, type KmsPort } from 'cdk-keysmith/runtime';
import { startLocalKms } from 'cdk-keysmith/testing';

const app = new App();
const stack = new Stack(app, 'Orders', { env: { account: '111122223333', region: 'eu-west-1' } });
const api = new Function(stack, 'Api', { runtime: Runtime.NODEJS_22_X, handler: 'index.handler', code: Code.fromInline('exports.handler = …') });
const orders = new SymmetricDataKey(stack, 'Data', { alias: 'orders' });
orders.attachTo(api, { name: 'ORDERS', duties: [DataKeyDuty.DECRYPT, DataKeyDuty.DESCRIBE] });

/** In the function: `kms` is `new KMS({})` of @aws-sdk/client-kms, and `env` can be left out. */
async function health(kms: KmsPort, env?: Environment): Promise<{ statusCode: number; body: string }> {
  const { state, usable, deletionDate } = await dataKeyFromEnvironment('ORDERS', { kms, env }).keyState();
  return { statusCode: usable ? 200 : 503, body: JSON.stringify({ state, deletionDate }) };
}

async function main(): Promise<void> {
  const local = await startLocalKms({ assembly: app.synth().directory, clock: () => new Date('2026-11-28T12:00:00Z') });
  const [deployed] = local.deployments.flatMap((deployment) => deployment.resources('AWS::Lambda::Function'));
  const { Variables: env } = deployed.properties.Environment as { readonly Variables: Environment };
  try {
    console.log(await health(local.port('Orders/Api/ServiceRole'), env));
    await local.port('deployer').call('ScheduleKeyDeletion', { KeyId: local.keyArn('alias/orders'), PendingWindowInDays: 7 });
    console.log(await health(local.port('Orders/Api/ServiceRole'), env));
  } finally {
    await local.stop();
  }
}

void main();
