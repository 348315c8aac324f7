import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';

/** What Lambda gives a function: its code, its environment variables and the credentials of its role. */
export interface Invocation {
  /** The `index.js` of the function's asset in the assembly. */
  readonly code: string;
  readonly environment: Record<string, string>;
  readonly event: unknown;
}

/** Where the AWS SDK is, which the bundles leave out: Lambda too names the folders of its own by `NODE_PATH`. */
const NODE_PATH = join(dirname(require.resolve('@aws-sdk/client-kms/package.json')), '..', '..');

/** The environment of a handler: its own variables and credentials, and where its SDK is. */
export const handlerEnvironment = (environment: Record<string, string>): NodeJS.ProcessEnv => ({
  // Which Node the SDK will want next year is for those who run it in Lambda.
  PATH: process.env.PATH, NODE_PATH, AWS_EC2_METADATA_DISABLED: 'true', AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true', ...environment,
});

const BOOTSTRAP = `
const [code, event] = process.argv.slice(1);
require(code).handler(JSON.parse(event)).then(
  (value) => process.send({ value }),
  (error) => process.send({ error: { name: error.name, message: error.message, code: error.code } }),
);
`;

/** Runs a deployed handler in a process of its own, and returns what it returned; rejects with the error it ended in. */
export function invoke<Answer>({ code, environment, event }: Invocation): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['-e', BOOTSTRAP, code, JSON.stringify(event)], {
      env: handlerEnvironment(environment),
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      timeout: 30_000,
    });
    child.once('message', (answer: { value?: Answer; error?: Error & { code?: string } }) => {
      child.disconnect();
      if (answer.error) reject(Object.assign(new Error(answer.error.message), answer.error));
      else resolve(answer.value as Answer);
    });
    child.once('error', reject);
    child.once('exit', (status) => reject(new Error(`the handler ended with status ${status} and no answer`)));
  });
}
