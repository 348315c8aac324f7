import { App, Stack, Validations } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { print, round } from './measure';
import { KmsChecks, SymmetricDataKey } from '../src';
import { check } from '../src/checks';
import { readTemplate } from '../src/template';

/**
 * The checks of key policies: 200 keys with 1,000 statements in five seconds, growth in proportion, and ten milliseconds a key as a plugin of CDK.
 *
 * Run `CDK_VALIDATION=false npx tsx bench/checks.ts`: aws-cdk-lib's own validation of the templates takes longer than all the rest.
 */

const [LIMIT_MS, LIMIT_MS_PER_KEY, LIMIT_GROWTH] = [5000, 10, 3];

/** Five statements a key: the account, its owner, a reader, a writer under a context, and a service. */
function templateOf(keys: number): object {
  const role = (name: string) => `arn:aws:iam::111122223333:role/${name}`;
  const statement = (Sid: string, Principal: object, Action: string[], Condition?: object) => ({ Sid, Effect: 'Allow', Principal, Action, Resource: '*', ...Condition ? { Condition } : {} });
  const context = (n: number) => ({ StringEquals: { 'kms:EncryptionContext:tenant': [`t${n}`, `u${n}`] }, Null: { 'kms:ViaService': 'true' } });
  return {
    Resources: Object.fromEntries(Array.from({ length: keys }, (_, n) => [`Key${n}`, {
      Type: 'AWS::KMS::Key',
      DeletionPolicy: 'Retain',
      Properties: {
        EnableKeyRotation: true,
        KeyPolicy: {
          Version: '2012-10-17',
          Statement: [
            statement('Account', { AWS: { 'Fn::Sub': 'arn:${AWS::Partition}:iam::${AWS::AccountId}:root' } }, ['kms:DescribeKey', 'kms:GetKeyPolicy', 'kms:TagResource']),
            statement('Owner', { AWS: role(`owner${n}`) }, ['kms:PutKeyPolicy', 'kms:GetKeyPolicy']),
            statement('Read', { AWS: [role(`reader${n}`), role(`second${n}`)] }, ['kms:Decrypt'], context(n)),
            statement('Write', { AWS: role(`writer${n}`) }, ['kms:GenerateDataKey', 'kms:Encrypt'], context(n)),
            statement('Logs', { Service: 'logs.us-east-1.amazonaws.com' }, ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*'], {
              ArnLike: { 'kms:EncryptionContext:aws:logs:arn': `arn:aws:logs:us-east-1:111122223333:log-group:g${n}` },
            }),
          ],
        },
      },
    }])),
  };
}

/** Milliseconds of processor time: others may use the machine as well. */
function timeOf(work: () => void): number {
  const started = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(started);
  return (user + system) / 1e3;
}

function synthesis(keys: number, checked: boolean): number {
  const app = new App({ analyticsReporting: false });
  const stack = new Stack(app, 'Keys', { env: { account: '111122223333', region: 'us-east-1' } });
  for (let n = 0; n < keys; n++) {
    new SymmetricDataKey(stack, `Key${n}`, { contextKeys: ['tenant'] }).grants.decrypt(new Role(stack, `Role${n}`, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') }));
  }
  if (checked) Validations.of(app).addPlugins(new KmsChecks(app));
  return timeOf(() => { app.synth(); });
}

function main(): void {
  const deployments = [50, 100, 200].map((keys) => ({ keys, deployment: readTemplate(templateOf(keys)) }));
  check(deployments[0].deployment);
  const fresh = [50, 100, 200].map((keys) => ({ keys, deployment: readTemplate(templateOf(keys)) }));
  const rows = fresh.map(({ keys, deployment }) => {
    let statements = 0;
    const ms = timeOf(() => { ({ checked: { statements } } = check(deployment)); });
    return { keys, statements, 'ms': round(ms), 'ms a key': round(ms / keys) };
  });
  const growth = rows[2].ms / rows[1].ms;
  print('Checks of keys of one template', rows, { limitMs: LIMIT_MS, growthWhenDoubled: round(growth), withinLimit: rows[2].ms <= LIMIT_MS && growth <= LIMIT_GROWTH });

  synthesis(10, true);
  const [without, withChecks] = [false, true].map((checked) => Math.min(...[1, 2, 3].map(() => synthesis(100, checked))));
  const perKey = (withChecks - without) / 100;
  print('KmsChecks as a plugin, 100 keys of this library', [{ 'ms without': round(without), 'ms with': round(withChecks), 'ms a key': round(perKey) }], {
    limitMsPerKey: LIMIT_MS_PER_KEY, withinLimit: perKey <= LIMIT_MS_PER_KEY,
  });
}

main();
