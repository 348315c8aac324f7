import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHttpSigner, createHttpVerifier, fetchJwks, signExpressResponses } from 'cdk-keysmith/runtime';
import { startLocalKms } from 'cdk-keysmith/testing';

async function main(): Promise<void> {
  const local = await startLocalKms({ keys: [{ spec: 'ECC_NIST_P256', usage: 'SIGN_VERIFY', aliases: ['alias/http'] }], principals: [{ arn: 'arn:aws:iam::111122223333:role/App', managedPolicies: ['AdministratorAccess'] }] });
  const key = { kms: local.port('App'), keyArn: local.keyArn('alias/http'), algorithm: 'ES256' } as const;
  const signer = createHttpSigner({ ...key, tag: 'shop' });
  const verifier = createHttpVerifier({ keys: await fetchJwks([key]), requiredComponents: ['@status', 'content-digest', '@target-uri;req'], tag: 'shop' });

  // By hand: what signResponse returns are the fields to add, not the response.
  const request = { method: 'GET', url: 'https://shop.example/bills/17', headers: {} };
  const response = { status: 200, headers: { 'content-type': 'application/json' }, body: '{"due":"120.00 EUR"}' };
  const added = await signer.signResponse(response, request);
  console.log('added   ', Object.keys(added).join(', '));
  const sent = { ...response, headers: { ...response.headers, ...added } };
  console.log('covers  ', (await verifier.verifyResponse(sent, request)).components.join(' '));

  // A server of Node: the middleware, and in it whatever answers.
  const sign = signExpressResponses(signer);
  const server = createServer((asked, answer) => sign(asked, answer, (error) => {
    if (error) return answer.writeHead(500).end();
    return answer.setHeader('content-type', 'text/plain').end('17 is due');
  }));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  try {
    const signed = await verifier.fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/bills/17`);
    console.log('fetched ', signed.status, await signed.text());
  } finally {
    server.closeAllConnections();
    server.close();
    await local.stop();
  }
}

void main();
