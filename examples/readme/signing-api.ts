import { App, CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  SigningApi, SigningAuthorizer, SigningKey, SigningRoute,
} from 'cdk-keysmith';

export const app = new App();
const stack = new Stack(app, 'Shop', {
  env: { account: '111122223333', region: 'eu-west-1' },
});
const login = new Role(stack, 'Login', {
  assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
});

const api = new SigningApi(stack, 'Tokens', {
  key: new SigningKey(stack, 'TokenKey'),
  authorizer: SigningAuthorizer.iam(),
  issuer: 'https://tokens.shop.example',
  routes: [
    SigningRoute.jwt({
      path: '/tokens',
      audiences: ['orders'],
      claims: ['sub', 'roles'],
      lifetime: Duration.minutes(5),
    }),
    SigningRoute.publicKeys(),
  ],
});
api.grantInvoke(login);
new CfnOutput(stack, 'Url', { value: api.url });

app.synth();
