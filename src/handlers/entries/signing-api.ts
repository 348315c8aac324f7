import { handlerKms } from '../handler-kms';
import { createSigningApiHandler } from '../signing-api';

/** What Lambda calls. Made as the function starts, so that settings that cannot work are an error at once. */
export const handler = createSigningApiHandler({ kms: handlerKms(), env: process.env });
