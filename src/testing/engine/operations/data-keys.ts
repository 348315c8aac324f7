import { randomBytes } from 'node:crypto';
import { writeBlob } from '../blob';
import type { Call } from '../call';
import type { EncryptionContext } from '../encryption-context';
import { validation } from '../exceptions';
import type { Key } from '../key';
import type { Parsed } from '../shapes';
import { integer, oneOf } from '../shapes';
import { SYMMETRIC, requireEncryptionKey } from './ciphertexts';
import { encryptionContext, onKey, recipient } from './members';
import type { Output } from './operation';
import { operation } from './operation';

const DATA_KEY_BYTES = { AES_128: 16, AES_256: 32 } as const;

const dataKey = {
  ...onKey,
  EncryptionContext: encryptionContext,
  KeySpec: oneOf(['AES_256', 'AES_128']),
  NumberOfBytes: integer({ min: 1, max: 1024 }),
} as const;

export const GenerateDataKey = operation({ ...dataKey, Recipient: recipient }, (input, call) => generateDataKey('GenerateDataKey', input, call));

export const GenerateDataKeyWithoutPlaintext = operation(dataKey, async (input, call) => {
  const { Plaintext, ...withoutPlaintext } = await generateDataKey('GenerateDataKeyWithoutPlaintext', input, call);
  return withoutPlaintext;
});

async function generateDataKey(action: string, input: Parsed<typeof dataKey>, call: Call): Promise<Output> {
  const bytes = lengthOf(input);
  const key = wrappingKey(action, input, call);
  const plaintext = randomBytes(bytes);
  const material = key.material.symmetric!.current;
  call.stopIfDryRun(input.DryRun);
  return {
    CiphertextBlob: writeBlob(material.seal(key.id, plaintext, input.EncryptionContext)),
    Plaintext: plaintext,
    KeyId: key.arn,
    KeyMaterialId: material.id.toString('hex'),
  };
}

function lengthOf({ KeySpec, NumberOfBytes }: Parsed<typeof dataKey>): number {
  if ((KeySpec === undefined) === (NumberOfBytes === undefined)) {
    throw validation('Please specify either number of bytes or key spec.');
  }
  return NumberOfBytes ?? DATA_KEY_BYTES[KeySpec!];
}

/** What a wrapping operation is given, as far as the wrapping goes. */
type Wrapping = Parsed<typeof onKey> & { readonly EncryptionContext?: EncryptionContext };

/** The symmetric key that data keys and data key pairs are generated under, authorized and ready. */
export function wrappingKey(action: string, input: Wrapping, call: Call): Key {
  const key = call.find(input.KeyId, action);
  call.authorize({
    action,
    key,
    requestedKeyId: input.KeyId,
    encryptionContext: input.EncryptionContext,
    conditionKeys: { 'kms:EncryptionAlgorithm': SYMMETRIC },
  });
  requireEncryptionKey(key, action, SYMMETRIC, undefined);
  return key;
}
