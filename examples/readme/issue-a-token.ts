import { App, Stack } from 'aws-cdk-lib';
import { Code, Function, Runtime } from 'aws-cdk-lib/aws-lambda';
import { SigningAlgorithm, SigningDuty, SigningKey } from 'cdk-keysmith';
import { createJwtSigner, fetchJwks, signingKeyFromEnvironment, type Environment, type KmsPort } from 'cdk-keysmith/runtime';
import { startLocalKms } from 'cdk-keysmith/testing';

const app = new App();
const stack = new Stack(app, 'Shop', { env: { account: '111122223333', region: 'eu-west-1' } });
const login = new Function(stack, 'Login', { runtime: Runtime.NODEJS_22_X, handler: 'index.handler', code: Code.fromInline('exports.handler = …') });
const tokens = new SigningKey(stack, 'Tokens', { algorithm: SigningAlgorithm.ES256 });
tokens.attachTo(login, { name: 'TOKENS', duties: [SigningDuty.ISSUE_TOKENS] });

/** In the function: `kms` is `new KMS({})` of @aws-sdk/client-kms, and `env` can be left out. */
function service(kms: KmsPort, env?: Environment) {
  const key = signingKeyFromEnvironment('TOKENS', { kms, env });
  // Five minutes, in seconds. `iat`, `exp`, `alg` and `kid` are set.
  const signer = createJwtSigner({ ...key, issuer: 'https://shop.example', audience: 'orders', lifetimeSeconds: 300 });
  return {
    login: async (customer: string) => signer.sign({ sub: customer, roles: ['buyer'] }),
    // What /.well-known/jwks.json answers: public keys, and nothing else.
    jwks: async () => fetchJwks([key]),
  };
}

async function main(): Promise<void> {
  const local = await startLocalKms({ assembly: app.synth().directory });
  const [deployed] = local.deployments.flatMap((deployment) => deployment.resources('AWS::Lambda::Function'));
  const { Variables: env } = deployed.properties.Environment as { readonly Variables: Environment };
  try {
    const { login: issue, jwks } = service(local.port('Shop/Login/ServiceRole'), env);
    const [header, claims] = (await issue('c-17')).split('.', 2).map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>);
    const [key] = (await jwks()).keys;
    console.log('header', Object.keys(header).join(), 'alg', header.alg, 'typ', header.typ);
    console.log('claims', Object.keys(claims).join(), 'sub', claims.sub, 'lives', Number(claims.exp) - Number(claims.iat));
    console.log('key   ', Object.keys(key).join(), 'use', key.use, 'its kid', key.kid === header.kid);
  } finally {
    await local.stop();
  }
}

void main();
