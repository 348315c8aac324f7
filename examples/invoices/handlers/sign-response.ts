import { KMS } from '@aws-sdk/client-kms';
import { signingKeyFromEnvironment } from 'cdk-keysmith/runtime';

const key = signingKeyFromEnvironment('RESPONSES', { kms: new KMS({}) });

interface Response {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** Answers with the balance of a customer and a signature over the body; customers verify it with the published public key. */
export async function handler(request: { customer: string }): Promise<Response> {
  const body = JSON.stringify({ customer: request.customer, due: '120.00 EUR', at: new Date().toISOString() });
  const signature = await key.sign(Buffer.from(body));
  return {
    statusCode: 200,
    headers: { 'content-type': 'application/json', 'x-signature': Buffer.from(signature).toString('base64') },
    body,
  };
}
