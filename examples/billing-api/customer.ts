/**
 * A customer of the billing API, who takes nothing that is not provably from it.
 *
 *   npx tsx --tsconfig examples/tsconfig.json examples/billing-api/customer.ts https://billing.example /bills/17 [ADDRESS]
 *
 * ADDRESS stands in for what DNS and TLS do in earnest: where the API is reached.
 */
import { createHttpVerifier, createRemoteJwks, isKeysmithError } from 'cdk-keysmith/runtime';

async function main([api, path, address = api]: readonly string[]): Promise<void> {
  const reach: typeof fetch = async (input, init) => {
    const request = new Request(input, init);
    return fetch(new Request(request.url.replace(api, address), request));
  };
  const verifier = createHttpVerifier({
    keys: createRemoteJwks({ url: `${api}/.well-known/jwks.json`, fetch: reach }),
    // What is not named here, anybody may have changed.
    requiredComponents: ['@status', 'content-type', 'content-digest', '@method;req', '@target-uri;req'],
    tag: 'billing-api',
    fetch: reach,
  });
  try {
    const response = await verifier.fetch(`${api}${path}`);
    console.log(response.status, await response.text());
  } catch (error) {
    if (!isKeysmithError(error)) throw error;
    console.log('refused:', error.code);
  }
}

void main(process.argv.slice(2));
