import { unsupported } from '../exceptions';
import type { Member } from '../shapes';
import { flag, list, required, stringMap, structure, text } from '../shapes';

/** Members that many operations share (KMS API Reference). */
export const keyId = text({ min: 1, max: 2048 });
export const encryptionContext = stringMap();
export const grantTokens = list(text({ min: 1, max: 8192 }), { max: 10 });
export const dryRun = flag;

/** A key, the caller's grant tokens, and whether it is only a rehearsal: what every cryptographic operation takes. */
export const onKey = { KeyId: required(keyId), GrantTokens: grantTokens, DryRun: dryRun } as const;

/** An attestation document of an enclave. Ignoring it would hand out a plaintext that the caller wanted nobody else to see. */
export const recipient: Member<object> = {
  ...structure({}),
  broken: () => {
    throw unsupported('the local KMS checks no attestation documents: call without Recipient');
  },
};
