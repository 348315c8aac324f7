import { App, Stack } from 'aws-cdk-lib';
import { AccountRootPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { KeyAlarms, KmsTrail, SymmetricDataKey } from 'cdk-keysmith';

const app = new App();
const stack = new Stack(app, 'Orders');

// Rules see what a trail records. One per account is enough: KmsTrail.fromTrail(trail) takes
// one that is there, KmsTrail.elsewhere('…') stands for the organization's.
const trail = new KmsTrail(stack, 'Trail');
const alarms = new KeyAlarms(stack, 'Alarms', { trail });
alarms.topic?.addSubscription(new EmailSubscription('security@orders.example'));

// Who may use the key is read from its policy: also who is granted it after the alarms are made.
const data = new SymmetricDataKey(stack, 'Data', { alias: 'orders/data', alarms });
data.grants.decrypt(new Role(stack, 'Backend', { assumedBy: new AccountRootPrincipal() }));

// Sees who used which key when, and no content.
trail.grantReadUsage(new Role(stack, 'Billing', { assumedBy: new AccountRootPrincipal() }));

app.synth();
