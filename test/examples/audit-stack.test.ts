import { App, Stack } from 'aws-cdk-lib';
import { AuditStack } from '../../examples/invoices/audit-stack';
import { SymmetricDataKey } from '../../src';
import { Deployed, HERE, roleIn } from '../support/deployed';

jest.mock('cdk-keysmith', () => jest.requireActual<object>('../../src'), { virtual: true });

/** Billing of the invoices: it sees the trail, and no content. */

const app = new App();
const invoices = new Stack(app, 'Invoices', { env: HERE });
const billing = roleIn(invoices, 'Billing', { roleName: 'billing' });
const key = new SymmetricDataKey(invoices, 'Data', { alias: 'invoices/data' });
new AuditStack(app, 'Audit', { env: HERE, billing });
const deployed = new Deployed(app);

const statements = deployed.deployment.identities.find(({ name }) => name === 'billing')!.policies.flatMap(({ document }) => [document.Statement].flat());

test('asks the log group of the trail who used which key when', () => {
  const [trail] = deployed.deployment.resources('AWS::CloudTrail::Trail');
  const [query] = statements.filter(({ Action }) => [Action].flat().includes('logs:StartQuery'));
  expect(query).toMatchObject({ Effect: 'Allow', Resource: trail.properties.CloudWatchLogsLogGroupArn });
  expect(deployed.deployment.resources('AWS::Logs::QueryDefinition')).toHaveLength(1);
});

test('reads no file of the trail, and uses no key', () => {
  expect(statements.flatMap(({ Action }) => [Action].flat()).filter((action) => !String(action).startsWith('logs:'))).toEqual([]);
  const actions = ['kms:Decrypt', 'kms:GenerateDataKey', 'kms:CreateGrant'];
  expect(actions.map((action) => deployed.outcome(billing, action, key))).toEqual(actions.map(() => 'ImplicitlyDenied'));
});
