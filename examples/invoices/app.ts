import { App, Stack, Validations } from 'aws-cdk-lib';
import { AccountRootPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { AwsSolutionsChecks } from 'cdk-nag';
import { ENVIRONMENT } from './environment';
import { InvoicesStack, InvoicesStackProps } from './invoices-stack';

/** The application: the people who look after keys in one stack, invoices in another. It is clean under cdk-nag's AwsSolutions. */
export function defineApp(outdir?: string, settings: Pick<InvoicesStackProps, 'bundleSdk'> = {}): App {
  const app = new App({ outdir });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const people = new Stack(app, 'KeyPeople', { env: ENVIRONMENT });
  const administrator = new Role(people, 'KeyAdministrator', { roleName: 'KeyAdministrator', assumedBy: new AccountRootPrincipal() });
  const policyOwner = new Role(people, 'KeyPolicyOwner', { roleName: 'KeyPolicyOwner', assumedBy: new AccountRootPrincipal() });
  new InvoicesStack(app, 'Invoices', { env: ENVIRONMENT, administrator, policyOwner, ...settings });
  return app;
}

if (require.main === module) defineApp().synth();
