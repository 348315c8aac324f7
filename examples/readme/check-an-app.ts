import { App, Stack, Validations } from 'aws-cdk-lib';
import { AccountPrincipal, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { KmsChecks } from 'cdk-keysmith';

const app = new App();
Validations.of(app).addPlugins(new KmsChecks(app, { trustedAccounts: ['444455556666'] }));

const stack = new Stack(app, 'Orders', { env: { account: '111122223333', region: 'eu-west-1' } });
const key = new Key(stack, 'Data', { enableKeyRotation: true });
key.grantDecrypt(new Role(stack, 'Reader', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') }));
key.grantDecrypt(new AccountPrincipal('777788889999')); // nobody said that this account is trusted

try {
  app.synth();
} catch (error) {
  // The findings stand on the terminal, and in validation-report.json beside the templates.
  console.log((error as Error).message.split('.')[0]);
}
