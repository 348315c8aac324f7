/**
 * The signing API of the README and its caller, offline: what ships runs under its role, on a local KMS.
 *
 *   npx tsx --tsconfig examples/tsconfig.json examples/signing-api/main.ts
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { serveLocally } from './local-api';
import { app } from '../readme/signing-api';

const CALLER = join(__dirname, '..', 'readme', 'call-a-signing-api.ts');
const LOGIN = { AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'of-login', AWS_SECRET_ACCESS_KEY: 'secret' };

async function main(): Promise<void> {
  const { url, close } = await serveLocally(app.synth().directory);
  try {
    const caller = spawn(process.execPath, [...process.execArgv, CALLER, url], { env: { ...process.env, ...LOGIN }, stdio: 'inherit' });
    [process.exitCode] = await once(caller, 'exit') as [number];
  } finally {
    await close();
  }
}

void main();
