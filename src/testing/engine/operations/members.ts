import { blob, flag, list, oneOf, required, stringMap, structure, text } from '../shapes';

/** Members that many operations share, with the lengths and patterns of the service model (KMS API Reference). */
export const keyId = text({ min: 1, max: 2048 });
export const encryptionContext = stringMap();
export const grantToken = text({ min: 1, max: 8192 });
export const grantTokens = list(grantToken, { max: 10 });
export const grantId = text({ min: 1, max: 128 });
export const principal = text({ min: 1, max: 256, pattern: /^[\w+=,.@:/-]+$/ });
export const servicePrincipal = text({ min: 1, max: 128, pattern: /^([A-Za-z0-9\-]+)\.([A-Za-z0-9\-]+)(\.[A-Za-z0-9\-]+)+$/ });
export const customKeyStoreId = text({ min: 1, max: 64 });
export const dryRun = flag;

/** A key, the caller's grant tokens, and whether it is only a rehearsal: what every cryptographic operation takes. */
export const onKey = { KeyId: required(keyId), GrantTokens: grantTokens, DryRun: dryRun } as const;

/** An attestation document of an enclave. */
export const recipient = structure({ KeyEncryptionAlgorithm: oneOf(['RSAES_OAEP_SHA_256']), AttestationDocument: blob({ min: 1, max: 262_144 }) });
