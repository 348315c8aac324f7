import { strict as assert } from 'node:assert';
import { App, Stack } from 'aws-cdk-lib';
import { Code, Function, Runtime } from 'aws-cdk-lib/aws-lambda';
import { DataKeyDuty, SymmetricDataKey } from 'cdk-keysmith';
import { dataKeyFromEnvironment, type Environment, type KmsPort } from 'cdk-keysmith/runtime';
import { startLocalKms } from 'cdk-keysmith/testing';

const app = new App();
const stack = new Stack(app, 'Orders', { env: { account: '111122223333', region: 'eu-west-1' } });
const [writer, reader] = ['Writer', 'Reader'].map((id) => new Function(stack, id, {
  runtime: Runtime.NODEJS_22_X, handler: 'index.handler', code: Code.fromInline('exports.handler = …'),
}));
const orders = new SymmetricDataKey(stack, 'Data', { alias: 'orders', encryptionContext: { Project: 'Orders' }, contextKeys: ['order'] });
orders.attachTo(writer, { name: 'ORDERS', duties: [DataKeyDuty.GENERATE_DATA_KEYS] });
orders.attachTo(reader, { name: 'ORDERS', duties: [DataKeyDuty.DECRYPT] });

/** In the functions: `kms` is `new KMS({})` of @aws-sdk/client-kms, and `env` can be left out. Project=Orders comes with the key. */
async function write(order: string, document: Uint8Array, kms: KmsPort, env?: Environment): Promise<Uint8Array> {
  return dataKeyFromEnvironment('ORDERS', { kms, env }).envelope.encrypt(document, { encryptionContext: { order } });
}

async function read(order: string, message: Uint8Array, kms: KmsPort, env?: Environment): Promise<Uint8Array> {
  return (await dataKeyFromEnvironment('ORDERS', { kms, env }).envelope.decrypt(message, { encryptionContext: { order } })).plaintext;
}

async function main(): Promise<void> {
  const local = await startLocalKms({ assembly: app.synth().directory });
  const [deployed] = local.deployments.flatMap((deployment) => deployment.resources('AWS::Lambda::Function'));
  const { Variables: env } = deployed.properties.Environment as { readonly Variables: Environment };
  const as = (id: string) => local.port(`Orders/${id}/ServiceRole`);
  try {
    const document = Buffer.alloc(10_000, 'more than KMS takes itself; ');
    const message = await write('17', document, as('Writer'), env);
    assert.deepEqual(await read('17', message, as('Reader'), env), document);
    await assert.rejects(read('18', message, as('Reader'), env), { code: 'ERR_KEYSMITH_CONTEXT' });
    await assert.rejects(read('17', message, as('Writer'), env), { code: 'ERR_KEYSMITH_ACCESS_DENIED' });
  } finally {
    await local.stop();
  }
}

void main();
