import { KMS } from '@aws-sdk/client-kms';
import { createHttpSigner, fetchJwks, signingKeyFromEnvironment, signResponses } from 'cdk-keysmith/runtime';

const key = signingKeyFromEnvironment('RESPONSES', { kms: new KMS({}) });
const signer = createHttpSigner({ ...key, tag: 'billing-api' });

/** Bills of customers, and the keys by which whoever asks for them can tell that they are ours. */
async function answer(event: { readonly rawPath: string }) {
  const json = (statusCode: number, body: unknown) => ({ statusCode, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  if (event.rawPath === '/.well-known/jwks.json') return json(200, await fetchJwks([key]));
  const [, bill] = /^\/bills\/(\d+)$/.exec(event.rawPath) ?? [];
  return bill ? json(200, { bill, customer: 'c-17', due: '120.00 EUR' }) : json(404, { message: 'no such bill' });
}

// Every response, those of 404 too.
export const handler = signResponses(answer, signer);
