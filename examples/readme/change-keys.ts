import { App, Stack } from 'aws-cdk-lib';
import { Code, Function, Runtime } from 'aws-cdk-lib/aws-lambda';
import { SigningAlgorithm, SigningDuty, SigningKey, type SigningKeyProps } from 'cdk-keysmith';
import { createJwtSigner, fetchJwks, signingKeyFromEnvironment, type Environment } from 'cdk-keysmith/runtime';
import { startLocalKms } from 'cdk-keysmith/testing';

const NEXT = { name: '2027', algorithm: SigningAlgorithm.ML_DSA_65 };

/** What stands in the app from one deployment to the next. */
const DEPLOYMENTS: [string, SigningKeyProps][] = [
  ['as it was', {}],
  ['announce ', { generations: [{ name: 'initial' }, NEXT] }],
  ['activate ', { generations: [{ name: 'initial' }, NEXT], active: '2027' }],
  ['retire   ', { generations: [{ name: 'initial', retired: true }, NEXT], active: '2027' }],
];

function deployed(generations: SigningKeyProps): string {
  const app = new App();
  const stack = new Stack(app, 'Shop', { env: { account: '111122223333', region: 'eu-west-1' } });
  const login = new Function(stack, 'Login', { runtime: Runtime.NODEJS_22_X, handler: 'index.handler', code: Code.fromInline('exports.handler = …') });
  new SigningKey(stack, 'Tokens', { alias: 'tokens', ...generations }).attachTo(login, { name: 'TOKENS', duties: [SigningDuty.ISSUE_TOKENS] });
  return app.synth().directory;
}

async function main(): Promise<void> {
  for (const [step, generations] of DEPLOYMENTS) {
    const local = await startLocalKms({ assembly: deployed(generations) });
    try {
      const [login] = local.deployments.flatMap((deployment) => deployment.resources('AWS::Lambda::Function'));
      const { Variables: env } = login.properties.Environment as { readonly Variables: Environment };
      const key = signingKeyFromEnvironment('TOKENS', { kms: local.port('Shop/Login/ServiceRole'), env });
      // The code of the function is the same in all of them.
      const token = await createJwtSigner({ ...key, lifetimeSeconds: 300 }).sign({ sub: 'c-17' });
      const { alg } = JSON.parse(Buffer.from(token.split('.')[0], 'base64url').toString()) as { alg: string };
      const { keys } = await fetchJwks([key]);
      console.log(step, 'signs', alg.padEnd(9), 'published', keys.map((jwk) => jwk.alg).sort().join(', ').padEnd(16), 'keys in KMS', local.keyArns.length);
    } finally {
      await local.stop();
    }
  }
}

void main();
