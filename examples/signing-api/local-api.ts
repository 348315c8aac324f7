import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startLocalKms } from 'cdk-keysmith/testing';

/** A `SigningApi` of an assembly, on loopback. */
export interface LocalApi {
  readonly url: string;
  close(): Promise<void>;
}

interface FunctionProperties {
  readonly Code: { readonly S3Key: string };
  readonly Environment: { readonly Variables: Record<string, string> };
}

interface Answer {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

const BOOTSTRAP = `
const [code, event] = process.argv.slice(1);
const { handler } = await import(code);
console.log(JSON.stringify(await handler(JSON.parse(event))));
`;

/**
 * Plays API Gateway and Lambda for the one API of an assembly: the function runs as it ships, in a process of its own, under its role, and the local KMS decides what
 * that may do. API Gateway's own part, to find out who calls, is left out.
 */
export async function serveLocally(assembly: string): Promise<LocalApi> {
  const local = await startLocalKms({ assembly });
  const [fn] = local.deployments.flatMap((deployment) => deployment.resources('AWS::Lambda::Function'));
  const { Code, Environment } = fn.properties as unknown as FunctionProperties;
  const code = join(assembly, `asset.${Code.S3Key.replace(/\.zip$/, '')}`, 'index.mjs');
  const env = { PATH: process.env.PATH, ...Environment.Variables, ...local.environment(`${fn.path!.replace(/\/Resource$/, '')}Role`) };

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => void (async () => {
      const event = { routeKey: `${request.method} ${request.url}`, headers: request.headers, body: Buffer.concat(chunks).toString('base64'), isBase64Encoded: true };
      const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', BOOTSTRAP, code, JSON.stringify(event)], { env });
      const { statusCode, headers, body } = JSON.parse(stdout.trim().split('\n').at(-1)!) as Answer;
      response.writeHead(statusCode, headers).end(body);
    })().catch((error: Error) => response.writeHead(500).end(error.message)));
  });
  await new Promise<void>((ready) => { server.listen(0, '127.0.0.1', ready); });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await local.stop();
    },
  };
}
