import { settingsIn } from './environment';
import { answering } from './failures';
import type { HttpHandler } from './http';
import { Refusal } from './http';
import { PublishedKeys } from './published-keys';
import type { AttachedKeyOptions, Environment } from '../runtime';
import { signingKeyFromEnvironment } from '../runtime';
import type { JwksEndpointContract } from '../spec/signing-api';
import { JWKS_ENDPOINT, publishedKeyName } from '../spec/signing-api';

/** What the function behind a `JwksEndpoint` is made of. */
export interface JwksHandlerOptions {
  readonly kms: AttachedKeyOptions['kms'];
  readonly env: Environment;
  /** Milliseconds since 1970. @default Date.now */
  readonly now?: () => number;
}

/** Serves the public keys that are attached to the function. It asks KMS for public keys, and for nothing else. */
export function createJwksHandler({ kms, env, now }: JwksHandlerOptions): HttpHandler {
  const contract = settingsIn<JwksEndpointContract>(JWKS_ENDPOINT, env);
  const published = new PublishedKeys(attachedKeys(contract, { kms, env }), contract, now);
  return answering(async (event) => {
    const answer = await published.answer(event);
    if (!answer) throw new Refusal(404, 'not_found', 'nothing is served here');
    return answer;
  });
}

/** The keys of a `JwksEndpoint`, as they are attached. */
export function attachedKeys({ keys }: Pick<JwksEndpointContract, 'keys'>, options: AttachedKeyOptions) {
  return Array.from({ length: keys }, (_, index) => signingKeyFromEnvironment(publishedKeyName(index), options));
}
