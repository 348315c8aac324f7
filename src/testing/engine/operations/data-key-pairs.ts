import { createPublicKey } from 'node:crypto';
import type { KeySpecName } from '../../../spec/key-specs';
import { writeBlob } from '../blob';
import type { Call } from '../call';
import { unsupported } from '../exceptions';
import { generatePrivateKey } from '../materials/generate';
import type { Parsed } from '../shapes';
import { oneOf, required } from '../shapes';
import { wrappingKey } from './data-keys';
import { encryptionContext, onKey, recipient } from './members';
import type { Output } from './operation';
import { operation } from './operation';

/** `DataKeyPairSpec` of the API, and whether the engine can make such a pair. */
const PAIR_SPECS = {
  RSA_2048: true,
  RSA_3072: true,
  RSA_4096: true,
  ECC_NIST_P256: true,
  ECC_NIST_P384: true,
  ECC_NIST_P521: true,
  ECC_SECG_P256K1: true,
  ECC_NIST_EDWARDS25519: true,
  ML_KEM_512: false,
  ML_KEM_768: false,
  ML_KEM_1024: false,
  SM2: false,
} as const satisfies Partial<Record<KeySpecName, boolean>>;

type PairSpec = keyof typeof PAIR_SPECS;

const pair = {
  ...onKey, EncryptionContext: encryptionContext, KeyPairSpec: required(oneOf(Object.keys(PAIR_SPECS) as PairSpec[])),
} as const;

export const GenerateDataKeyPair = operation({ ...pair, Recipient: recipient }, (input, call) => generate('GenerateDataKeyPair', input, call));

export const GenerateDataKeyPairWithoutPlaintext = operation(pair, async (input, call) => {
  const { PrivateKeyPlaintext, ...withoutPlaintext } = await generate('GenerateDataKeyPairWithoutPlaintext', input, call);
  return withoutPlaintext;
});

async function generate(action: string, input: Parsed<typeof pair>, call: Call): Promise<Output> {
  const key = wrappingKey(action, input, call);
  if (!PAIR_SPECS[input.KeyPairSpec]) throw unsupported(`the local KMS makes no data key pairs of spec ${input.KeyPairSpec}`);
  call.stopIfDryRun(input.DryRun);
  const privateKey = await generatePrivateKey(input.KeyPairSpec);
  const plaintext = privateKey.export({ type: 'pkcs8', format: 'der' });
  const material = key.material.symmetric!.current;
  return {
    PrivateKeyCiphertextBlob: writeBlob(material.seal(key.id, plaintext, input.EncryptionContext)),
    PrivateKeyPlaintext: plaintext,
    PublicKey: createPublicKey(privateKey).export({ type: 'spki', format: 'der' }),
    KeyId: key.arn,
    KeyPairSpec: input.KeyPairSpec,
    KeyMaterialId: material.id.toString('hex'),
  };
}
