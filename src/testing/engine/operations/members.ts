import { blob, flag, list, oneOf, required, stringMap, structure, text } from '../shapes';

/** Members that many operations share (KMS API Reference). */
export const keyId = text({ min: 1, max: 2048 });
export const encryptionContext = stringMap();
export const grantTokens = list(text({ min: 1, max: 8192 }), { max: 10 });
export const dryRun = flag;

/** A key, the caller's grant tokens, and whether it is only a rehearsal: what every cryptographic operation takes. */
export const onKey = { KeyId: required(keyId), GrantTokens: grantTokens, DryRun: dryRun } as const;

/** An attestation document of an enclave. */
export const recipient = structure({ KeyEncryptionAlgorithm: oneOf(['RSAES_OAEP_SHA_256']), AttestationDocument: blob({ min: 1, max: 262_144 }) });
