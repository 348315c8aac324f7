import { App, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { ENVIRONMENT } from '../examples/invoices/environment';
import { JwksEndpoint, SigningAlgorithm, SigningApi, SigningAuthorizer, SigningKey, SigningRoute } from 'cdk-keysmith';

/** What the stack is called, and the export that tells the PEM of the key of files. */
export const SIGNING_STACK = 'Signing';
export const FILES_PEM = 'FilesPem';

/** The context value that says which generation of the key of tokens signs. */
export const ACTIVE = 'active';

/** The generations, by the deployments: one more is announced, and then it signs. */
export type Active = 'initial' | '2027';

/** A signing API for tokens, one for files, and the keys of both published by an endpoint of their own. */
function defineSigning(): void {
  const app = new App();
  const stack = new Stack(app, SIGNING_STACK, { env: ENVIRONMENT });
  const fate = { removalPolicy: RemovalPolicy.DESTROY, pendingWindow: Duration.days(7) };
  const active = app.node.tryGetContext(ACTIVE) as Active;
  const tokens = new SigningKey(stack, 'TokenKey', {
    ...fate, alias: 'signing/tokens', generations: [{ name: 'initial' }, { name: '2027', algorithm: SigningAlgorithm.ES384 }], active,
  });
  const files = new SigningKey(stack, 'FileKey', { ...fate, algorithm: SigningAlgorithm.ES256 });

  const authorizer = SigningAuthorizer.iam();
  const issue = SigningRoute.jwt({ path: '/tokens', audiences: ['orders'], claims: ['sub', 'roles'], lifetime: Duration.minutes(5) });
  const tokenApi = new SigningApi(stack, 'TokenApi', { key: tokens, authorizer, routes: [issue, SigningRoute.publicKeys()] });
  new SigningApi(stack, 'FileApi', { key: files, authorizer, routes: [SigningRoute.payload({ path: '/payload' }), SigningRoute.digest({ path: '/digest' })] });
  new JwksEndpoint(stack, 'Jwks', { keys: [tokens, files] });
  tokenApi.grantInvoke(new Role(stack, 'Caller', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') }));
  stack.exportValue(files.publicKeyPem, { name: FILES_PEM });
  app.synth();
}

if (require.main === module) defineSigning();
