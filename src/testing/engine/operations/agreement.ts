import { PUBLIC_KEY_BYTES } from '../../../spec/limits';
import { validation } from '../exceptions';
import { algorithmsOfKey } from '../key';
import { blob, oneOf, required } from '../shapes';
import { onKey, recipient } from './members';
import { operation } from './operation';
import { requireAlgorithm, requireEnabled, requireUsage } from './usable';

/** ECDH with the public key of the other side, on the key's own curve (SP 800-56A section 5.7.1.2). */
export const DeriveSharedSecret = operation(
  {
    ...onKey,
    KeyAgreementAlgorithm: required(oneOf(['ECDH'])),
    PublicKey: required(blob({ min: 1, max: PUBLIC_KEY_BYTES })),
    Recipient: recipient,
  },
  async (input, call) => {
    const key = call.find(input.KeyId);
    call.authorize({ action: 'DeriveSharedSecret', key, requestedKeyId: input.KeyId });
    requireEnabled(key);
    requireUsage(key, 'KEY_AGREEMENT', 'DeriveSharedSecret');
    requireAlgorithm(key, input.KeyAgreementAlgorithm, algorithmsOfKey(key));
    const { agree } = await key.material.asymmetric!();
    const SharedSecret = agree!(input.PublicKey);
    // KMS says of a public key that is none, or is on another curve, no more than this.
    if (!SharedSecret) throw validation('');
    call.stopIfDryRun(input.DryRun);
    return { KeyId: key.arn, SharedSecret, KeyAgreementAlgorithm: input.KeyAgreementAlgorithm, KeyOrigin: key.origin };
  },
);
