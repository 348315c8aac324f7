import { App, type Stack } from 'aws-cdk-lib';
import { OrdersAfter } from './after';
import { OrdersBefore } from './before';
import { AccountAccess } from 'cdk-keysmith';

type Resources = Record<string, { readonly Type: string; readonly Properties: Record<string, unknown> }>;

const env = { account: '111122223333', region: 'eu-west-1' };

function resourcesOf(define: (app: App) => Stack): Resources {
  const app = new App();
  const { stackName } = define(app);
  return (app.synth().getStackByName(stackName).template as { Resources: Resources }).Resources;
}

/** What CloudFormation would do with each resource: the ids are the same, so that it updates what differs and replaces nothing. */
function show(title: string, old: Resources, young: Resources): void {
  console.log(title);
  for (const id of new Set([...Object.keys(old), ...Object.keys(young)])) {
    const [before, after] = [old[id], young[id]];
    const names = Object.keys({ ...before?.Properties, ...after?.Properties });
    const changed = names.filter((name) => JSON.stringify(before?.Properties[name]) !== JSON.stringify(after?.Properties[name]));
    const what = !before ? 'new' : !after ? 'deleted' : changed.length ? `updated: ${changed.join(', ')}` : 'the same';
    console.log(`  ${(after ?? before).Type.padEnd(20)}  ${id.padEnd(26)}  ${what}`);
  }
}

const delegating = resourcesOf((app) => new OrdersAfter(app, 'Orders', { env, accountAccess: AccountAccess.DELEGATE_TO_IAM }));
show('kms.Key to DELEGATE_TO_IAM', resourcesOf((app) => new OrdersBefore(app, 'Orders', { env })), delegating);
show('DELEGATE_TO_IAM to ADMINISTRATION_ONLY', delegating, resourcesOf((app) => new OrdersAfter(app, 'Orders', { env })));
