import { readFileSync } from 'node:fs';
import { App, NestedStack, Stack, Stage } from 'aws-cdk-lib';
import { AccountRootPrincipal, ArnPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { fileWith, keysmith } from './support/console';
import { GOOD } from './support/templates';
import type { CanJson } from '../../src/cli/commands/can';
import type { CheckJson } from '../../src/cli/output/findings';

/** A key in a stage, in a nested stack, that a user of the account may decrypt with. */
const assembly = ((): string => {
  const app = new App();
  const stack = new Stack(new Stage(app, 'Prod', { env: { account: '111122223333', region: 'eu-west-1' } }), 'Orders');
  const nested = new NestedStack(stack, 'Inner');
  const key = new Key(nested, 'Data');
  key.grantDecrypt(new ArnPrincipal('arn:aws:iam::111122223333:user/joe'));
  key.grantEncrypt(new Role(nested, 'Writer', { assumedBy: new AccountRootPrincipal() }));
  return app.synth().directory;
})();

test('a finding of an assembly names the construct, and file and line of the template, of a nested stack in a stage too', async () => {
  const { findings } = JSON.parse((await keysmith(['check', '--json', '--rule', 'KP-07', assembly])).out) as CheckJson;
  expect(findings.map(({ rule, at }) => [rule, at.construct])).toEqual([['KP-07', 'Prod/Orders/Inner/Data']]);
  const [{ at: { file, line }, resource }] = findings;
  const lines = readFileSync(file!, 'utf8').split('\n');
  expect(file).toMatch(/assembly-Prod\/.*\.nested\.template\.json$/);
  // The line of the statement, within the key.
  expect(lines[line! - 1].trim()).toBe('{');
  expect(lines.findIndex((text) => text.includes(`"${resource}": {`))).toBeLessThan(line!);
  expect(lines.slice(line!, line! + 8).join('')).toContain('kms:Decrypt');
});

test('roles and keys are called by their construct paths', async () => {
  expect(await keysmith(['can', 'Prod/Orders/Inner/Writer', 'kms:Encrypt', '--key', 'Prod/Orders/Inner/Data', assembly])).toMatchObject({ status: 0 });
  expect((await keysmith(['access', assembly])).out).toMatch(/^Prod\/Orders\/Inner\/Writer$/m);
});

test('the deployer is whom the assembly deploys with, and is explained where he is told', async () => {
  const deployer = 'arn:aws:iam::111122223333:role/cdk-hnb659fds-cfn-exec-role-111122223333-eu-west-1';
  const { out } = await keysmith(['can', 'deployer', 'kms:DescribeKey', '--json', assembly]);
  expect((JSON.parse(out) as CanJson).answers.map(({ request: { principal } }) => principal)).toEqual([deployer]);

  const letIn = new App();
  const stack = new Stack(letIn, 'Orders', { env: { account: '111122223333', region: 'eu-west-1' } });
  new Key(stack, 'Data').grantDecrypt(new ArnPrincipal(deployer));
  const { directory } = letIn.synth();
  expect((await keysmith(['access', directory])).out).toMatch(/^deployer\n[^]*^deployer: the role that CloudFormation deploys with/m);
  expect((await keysmith(['access', '--markdown', directory])).out).toContain('\ndeployer: the role that CloudFormation deploys with');
  expect((await keysmith(['local', directory])).out).toMatch(/^# deployer, the role that CloudFormation deploys with/m);
  expect((await keysmith(['access', '--key', 'Data', fileWith(GOOD.replace('  Key:', '  Data:').replace('!Ref Key', '!Ref Data'))])).out).not.toContain('CloudFormation deploys');
});
