/**
 * A billing API whose every response is provably ours: an HTTP API and a function that signs what it answers (RFC 9421), with a key that never leaves KMS; and
 * customers who verify that, with this library, and with curl and openssl. On the local KMS, with the function as it is deployed.
 *
 *   npx tsx --tsconfig examples/tsconfig.json examples/billing-api/main.ts
 */
import { strict as assert } from 'node:assert';
import { execFile } from 'node:child_process';
import { createPublicKey } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { startLocalKms } from 'cdk-keysmith/testing';
import type { LocalKms } from 'cdk-keysmith/testing';
import { buildSync } from 'esbuild';
import { defineBilling } from './billing-stack';
import { Gateway, HOST } from './gateway';
import type { Answer } from './gateway';
import { WarmFunction } from './warm-function';
import { temporaryFolder } from '../invoices/temporary-folder';

const API = `https://${HOST}`;
const ROOT = resolve(__dirname, '../..');
const POWER_USER = {
  arn: 'arn:aws:iam::111122223333:role/PowerUser',
  policies: [{ Version: '2012-10-17', Statement: [{ Effect: 'Allow' as const, Action: '*', Resource: '*' }] }],
};

/** What a program prints, in a process of its own; what openssl and curl say besides goes nowhere. */
const printed = (command: string, ...words: string[]): Promise<string> => new Promise((done) => {
  execFile(command, words, { cwd: ROOT, timeout: 60_000 }, (_, stdout) => done(stdout.trim()));
});

/** The deployed function: its bundled code, its environment, its role. */
function functionOf(assembly: string, local: LocalKms): WarmFunction {
  const [{ properties }] = local.deployments.flatMap((deployment) => deployment.resources('AWS::Lambda::Function'));
  const { Code, Environment } = properties as { Code: { S3Key: string }; Environment: { Variables: Record<string, string> } };
  const code = join(assembly, `asset.${Code.S3Key.replace(/\.zip$/, '')}`, 'index.js');
  return new WarmFunction(code, { ...Environment.Variables, ...local.environment('Billing/Bills/ServiceRole') });
}

async function main(): Promise<void> {
  const folder = temporaryFolder('keysmith-billing-');
  const { directory } = defineBilling(folder).synth();
  const local = await startLocalKms({ assembly: directory, principals: [POWER_USER] });
  const bills = functionOf(directory, local);
  const gateway = await new Gateway((event) => bills.invoke<Answer>(event)).open();
  try {
    const { keys: [jwk] } = await (await fetch(`${gateway.address}/.well-known/jwks.json`)).json() as { keys: [import('node:crypto').JsonWebKey] };
    const pem = join(folder, 'billing.pem');
    writeFileSync(pem, createPublicKey({ format: 'jwk', key: jwk }).export({ format: 'pem', type: 'spki' }));

    const customer = join(folder, 'customer.cjs');
    buildSync({ entryPoints: [join(__dirname, 'customer.ts')], bundle: true, platform: 'node', outfile: customer, tsconfig: join(__dirname, '../tsconfig.json') });
    const withLibrary = (path: string) => printed(process.execPath, customer, API, path, gateway.address);
    const withOpenssl = (path: string) => printed('sh', 'examples/billing-api/customer.sh', `${API}${path}`, pem, `${gateway.address}${path}`);
    const both = async (what: string, path: string): Promise<void> => {
      const [library, openssl] = await Promise.all([withLibrary(path), withOpenssl(path)]);
      console.log(`${what}\n  with this library      ${library}\n  with curl and openssl  ${openssl}`);
    };

    await both('a bill', '/bills/17');
    await both('no bill: the 404 is signed as well', '/bills/none');
    gateway.between = (answer) => ({ ...answer, body: answer.body.replace('120.00', '1.00') });
    await both('somebody on the way changes the amount', '/bills/17');
    const other = await (await fetch(`${gateway.address}/bills/18`)).text();
    gateway.between = (answer, path) => (path.startsWith('/bills') ? { ...answer, body: other } : answer);
    await both('or gives the body of another bill', '/bills/17');
    let recorded: Answer | undefined;
    gateway.between = (answer, path) => (path.startsWith('/bills') ? recorded ??= answer : answer);
    await fetch(`${gateway.address}/bills/18`);
    await both('or a whole response to another question, signature and all', '/bills/17');
    gateway.between = (answer) => ({ ...answer, headers: { 'content-type': 'application/json' } });
    await both('or takes the signature away', '/bills/17');

    const KeyId = local.keyArn('alias/billing/responses');
    const sign = { KeyId, Message: Buffer.alloc(32), MessageType: 'DIGEST', SigningAlgorithm: 'ECDSA_SHA_256' } as const;
    await assert.rejects(local.port('PowerUser').sign(sign), { name: 'AccessDeniedException' });
    console.log('and nobody else signs, with all of IAM neither');
  } finally {
    gateway.close();
    bills.close();
    await local.stop();
  }
}

void main();
