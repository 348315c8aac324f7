import { handlerKms } from '../handler-kms';
import { createPublicKeyHandler } from '../public-key';

/** What CloudFormation calls, by way of Lambda. */
export const handler = createPublicKeyHandler({ kms: handlerKms() });
