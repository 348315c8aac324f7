import { randomBytes } from 'node:crypto';
import { unsupported, validation } from '../exceptions';
import { integer } from '../shapes';
import { customKeyStoreId, recipient } from './members';
import { operation } from './operation';

export const GenerateRandom = operation(
  { NumberOfBytes: integer({ min: 1, max: 1024 }), CustomKeyStoreId: customKeyStoreId, Recipient: recipient },
  (input, call) => {
    call.authorize({ action: 'GenerateRandom' });
    if (input.NumberOfBytes === undefined) throw validation('NumberOfBytes is required.');
    if (input.CustomKeyStoreId !== undefined) throw unsupported('the local KMS has no custom key stores');
    return { Plaintext: randomBytes(input.NumberOfBytes) };
  },
);
