import { fetchKms } from '../../runtime';
import { createPublicKeyHandler } from '../public-key';

/** What CloudFormation calls, by way of Lambda. */
export const handler = createPublicKeyHandler({ kms: fetchKms() });
