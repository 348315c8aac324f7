import { join } from 'node:path';
import type { Bookkeeper } from './app';
import { Application } from './application';
import { CdkCli, environmentOf } from './cdk';
import { DeployedAccount } from './deployed';
import type { Target } from './emulator';
import { checkLeftovers, deployedKeys } from './leftovers';
import { checkPolicies, PoliciesSeen } from './policies';
import { ensure, Progress } from './progress';
import { ENVIRONMENT } from '../examples/invoices/environment';

/** Where the example is deployed: the account and the Region that it is written for. */
const TARGET: Target = ENVIRONMENT;

/** What the scenario is played with. */
export interface ScenarioProps {
  /** Of the emulator. */
  readonly endpoint: string;
  /** For the cloud assemblies, and what the command line keeps. */
  readonly folder: string;
  readonly progress: Progress;
  /** Whether the stacks stay. */
  readonly keep: boolean;
  readonly interrupted: AbortSignal;
}

/** Deploys the application, uses it, deploys it again with another grant, and destroys it. */
export async function playScenario(props: ScenarioProps): Promise<void> {
  const account = new DeployedAccount(props.endpoint, TARGET);
  try {
    await play(props, account);
  } finally {
    account.close();
  }
}

/** For people: how the deployed application is reached. */
export async function directions(endpoint: string): Promise<string> {
  const account = new DeployedAccount(endpoint, TARGET);
  try {
    const settings = Object.entries(environmentOf(endpoint, TARGET)).map(([name, value]) => `${name}=${value}`).join(' ');
    const functions = (await account.functionNames()).map((name) => `  aws lambda invoke --function-name ${name} --payload '{…}' /dev/stdout`);
    return [`any AWS client reaches it with\n  export ${settings}`, `stacks: ${(await account.stacks()).join(', ')}`, ...functions].join('\n');
  } finally {
    account.close();
  }
}

async function play({ endpoint, folder, progress, keep, interrupted }: ScenarioProps, account: DeployedAccount): Promise<void> {
  const cdk = new CdkCli(endpoint, TARGET, folder, interrupted);
  const assemblyOf = (bookkeeper: Bookkeeper): string => join(folder, `cdk.out-${bookkeeper}`);
  const deploy = (bookkeeper: Bookkeeper): Promise<void> => cdk.deploy(assemblyOf(bookkeeper), { bookkeeper });
  const stacks = async (): Promise<string> => `${(await account.stacks()).join(', ')}`;
  const shown = ({ questions, allowed, statements, keyArns }: PoliciesSeen): string =>
    `${allowed} of ${questions} requests allowed by ${statements} statements of ${keyArns.size} keys`;

  await progress.step('cdk bootstrap', () => cdk.bootstrap());
  await progress.step('cdk deploy, the bookkeeper reads invoices', async () => {
    await deploy('reads');
    return stacks();
  }, (names) => names);

  const application = await Application.in(account);
  await progress.step('the writer stores an invoice, encrypted for its customer', () => application.store());
  await progress.step('the reader reads it, and refuses it moved to another customer', () => application.read());
  await progress.step("openssl verifies the responder's answer, and refuses it changed", () => application.verifyAnswer());
  await progress.step('KMS decrypts what was encrypted to the public key', () => application.upload());
  const before = await progress.step('deployed key policies decide as synthesized', () => checkPolicies(assemblyOf('reads'), account, 'reads'), shown);

  await progress.step('cdk deploy, the bookkeeper writes and no longer reads', () => deploy('writes'));
  await progress.step('new statement there, old one gone, decided as synthesized', async () => {
    const after = await checkPolicies(assemblyOf('writes'), account, 'writes');
    for (const [path, arn] of before.keyArns) ensure(after.keyArns.get(path) === arn, `the second deployment replaced ${path}`);
    return after;
  }, shown);
  await progress.step('the reader reads the invoice of the first deployment', () => application.read());
  if (keep) return;

  const keys = await deployedKeys(assemblyOf('writes'), account);
  await progress.step('cdk destroy', () => cdk.destroy(assemblyOf('writes')));
  await progress.step('no stack, function, role or alias is left; of the keys', () => checkLeftovers(account, keys), (fates) => fates);
  await progress.step('the retained key opens the invoice in the retained bucket', () => application.open());
}
