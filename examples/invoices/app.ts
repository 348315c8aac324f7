import { App, Stack, Validations } from 'aws-cdk-lib';
import { AccountRootPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { AwsSolutionsChecks } from 'cdk-nag';
import { AuditStack } from './audit-stack';
import { ENVIRONMENT } from './environment';
import { InvoicesStack, InvoicesStackProps } from './invoices-stack';

/** What the application is made of besides. */
export interface Settings extends Pick<InvoicesStackProps, 'bundleSdk'> {
  /**
   * Whether there is a trail, for a target that has one already, or no CloudTrail.
   *
   * @default true
   */
  readonly audit?: boolean;
}

/** The application: the people who look after keys in one stack, invoices in another, the trail in a third. It is clean under cdk-nag's AwsSolutions. */
export function defineApp(outdir?: string, { audit = true, ...settings }: Settings = {}): App {
  const app = new App({ outdir });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const people = new Stack(app, 'KeyPeople', { env: ENVIRONMENT });
  const administrator = new Role(people, 'KeyAdministrator', { roleName: 'KeyAdministrator', assumedBy: new AccountRootPrincipal() });
  const policyOwner = new Role(people, 'KeyPolicyOwner', { roleName: 'KeyPolicyOwner', assumedBy: new AccountRootPrincipal() });
  const { billing } = new InvoicesStack(app, 'Invoices', { env: ENVIRONMENT, administrator, policyOwner, ...settings });
  if (audit) new AuditStack(app, 'Audit', { env: ENVIRONMENT, billing });
  return app;
}

if (require.main === module) defineApp().synth();
