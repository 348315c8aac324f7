import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { AccountRootPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { defineApp } from '../examples/invoices/app';
import type { InvoicesStack } from '../examples/invoices/invoices-stack';
import { ClientEncryptionKey } from 'cdk-keysmith';

/** What the bookkeeper is granted on the invoices' key, by deployment. */
const GRANTS = {
  reads: ({ dataKey }: InvoicesStack, bookkeeper: Role) => dataKey.grants.decrypt(bookkeeper),
  writes: ({ dataKey }: InvoicesStack, bookkeeper: Role) => dataKey.grants.encrypt(bookkeeper),
};

/** The context value that says which. */
export const BOOKKEEPER = 'bookkeeper';

export type Bookkeeper = keyof typeof GRANTS;

/** The example, with a role whose grant changes from one deployment to the next, and a key that goes when its stack goes. */
function defineDeployed(): void {
  // The emulator has no AWS::CloudTrail::Trail.
  const app = defineApp(undefined, { bundleSdk: true, audit: false });
  const invoices = app.node.findChild('Invoices') as InvoicesStack;
  const bookkeeper = new Role(invoices, 'Bookkeeper', { assumedBy: new AccountRootPrincipal() });

  const duty = app.node.tryGetContext(BOOKKEEPER) as Bookkeeper;
  if (!Object.hasOwn(GRANTS, duty)) throw new Error(`the bookkeeper ${Object.keys(GRANTS).join(' or ')}: --context ${BOOKKEEPER}=…, got '${duty}'`);
  GRANTS[duty](invoices, bookkeeper);

  const uploads = new ClientEncryptionKey(invoices, 'Uploads', {
    alias: 'invoices/uploads',
    removalPolicy: RemovalPolicy.DESTROY,
    pendingWindow: Duration.days(7),
  });
  uploads.grants.decrypt(bookkeeper);
  uploads.grants.readPublicKey(bookkeeper);
  app.synth();
}

if (require.main === module) defineDeployed();
