import { handlerKms } from '../handler-kms';
import { createJwksHandler } from '../jwks';

/** What Lambda calls. Made as the function starts, so that settings that cannot work are an error at once. */
export const handler = createJwksHandler({ kms: handlerKms(), env: process.env });
