import { fetchKms } from '../../runtime';
import { createJwksHandler } from '../jwks';

/** What Lambda calls. Made as the function starts, so that settings that cannot work are an error at once. */
export const handler = createJwksHandler({ kms: fetchKms(), env: process.env });
