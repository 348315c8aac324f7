import { mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { run } from './command';
import type { Target } from './emulator';

const ROOT = resolve(__dirname, '..');

/** The CDK's command line, which sees the emulator and nothing else: no profile, no credentials and no settings of the user. */
export class CdkCli {
  private readonly env: NodeJS.ProcessEnv;

  /** @param folder for what the command line keeps in a home */
  constructor(endpoint: string, private readonly target: Target, folder: string, private readonly interrupted: AbortSignal) {
    const home = join(folder, 'home');
    mkdirSync(home, { recursive: true });
    this.env = {
      PATH: [join(ROOT, 'node_modules', '.bin'), dirname(process.execPath), process.env.PATH].join(':'),
      HOME: home,
      TMPDIR: home,
      ...environmentOf(endpoint, target),
      CDK_VALIDATION: 'false',
      CDK_DISABLE_CLI_TELEMETRY: 'true',
      CDK_DISABLE_VERSION_CHECK: 'true',
      NODE_NO_WARNINGS: '1',
    };
  }

  /** Makes the account ready: CDKToolkit, with the role that deploys. */
  public async bootstrap(): Promise<void> {
    // The default, which the emulator's CloudFormation takes for a list of one empty name unless it is said.
    const policies = ['--cloudformation-execution-policies', 'arn:aws:iam::aws:policy/AdministratorAccess'];
    await this.cdk('bootstrap', `aws://${this.target.account}/${this.target.region}`, ...policies);
  }

  /**
   * Synthesizes the application and deploys every stack of it.
   *
   * @param assembly where the cloud assembly is written
   * @param app its program
   */
  public async deploy(assembly: string, context: Readonly<Record<string, string>>, app = 'integ/app.ts'): Promise<void> {
    const settings = Object.entries(context).flatMap(([key, value]) => ['--context', `${key}=${value}`]);
    await this.cdk('deploy', '--all', '--app', `tsx --tsconfig integ/tsconfig.json ${app}`, '--output', assembly, '--require-approval', 'never', ...settings);
  }

  /** Destroys every stack of an assembly. */
  public async destroy(assembly: string): Promise<void> {
    await this.cdk('destroy', '--all', '--force', '--app', assembly);
  }

  private async cdk(...words: string[]): Promise<void> {
    await run(process.execPath, [require.resolve('aws-cdk/bin/cdk'), ...words, '--no-notices', '--ci'], { env: this.env, cwd: ROOT, interrupted: this.interrupted });
  }
}

/** What leads any AWS client to the emulator. It takes whatever credentials it is given. */
export function environmentOf(endpoint: string, { region }: Target): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}
