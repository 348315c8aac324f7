/** Limits of AWS KMS, once each. Messages are made from them, never beside them. */

/** Days between automatic rotations (KMS API Reference, EnableKeyRotation). */
export const ROTATION_DAYS = { min: 90, max: 2560, default: 365 } as const;

/** Days a scheduled deletion can still be cancelled (ScheduleKeyDeletion). */
export const DELETION_WINDOW_DAYS = { min: 7, max: 30, default: 30 } as const;

/** Characters of a key's description (CreateKey). */
export const DESCRIPTION_CHARACTERS = 8192;

/** Bytes of a key policy document (KMS Developer Guide, Quotas). */
export const KEY_POLICY_BYTES = 32_768;

/** Bytes of plaintext that Encrypt takes under a symmetric key (Encrypt). */
export const SYMMETRIC_PLAINTEXT_BYTES = 4096;

/** Bytes of a message that Sign, Verify, GenerateMac and VerifyMac take (Sign). Above it, sign the digest. */
export const MESSAGE_BYTES = 4096;

/** Bytes of mu, the message representative of ML-DSA (FIPS 204 section 6.2; Sign, EXTERNAL_MU). */
export const EXTERNAL_MU_BYTES = 64;

/** Bytes of a ciphertext that Decrypt and ReEncrypt take (Decrypt, CiphertextBlob). */
export const CIPHERTEXT_BYTES = 6144;

/** Bytes of the other side's public key in DER (DeriveSharedSecret, PublicKey). */
export const PUBLIC_KEY_BYTES = 8192;

/** Grants of one key; aliases of one key; on-demand rotations of one key (KMS Developer Guide, Quotas). */
export const GRANTS_PER_KEY = 50_000;
export const ALIASES_PER_KEY = 50;
export const ON_DEMAND_ROTATIONS = 25;

/** Characters of one value in a grant's encryption-context constraint, and pairs of it (GrantConstraints). */
export const GRANT_CONSTRAINT = { pairs: 8, characters: 384 } as const;

/**
 * Bytes of plaintext that RSAES-OAEP takes: the modulus less two hashes and two bytes (RFC 8017 section 7.1.1).
 * 190, 318 and 446 bytes with SHA-256 for 2048, 3072 and 4096 bits.
 */
export function oaepPlaintextBytes(modulusBits: number, algorithm: 'RSAES_OAEP_SHA_1' | 'RSAES_OAEP_SHA_256'): number {
  const hashBytes = algorithm === 'RSAES_OAEP_SHA_1' ? 20 : 32;
  return modulusBits / 8 - 2 * hashBytes - 2;
}

/** Characters of an event pattern: fewer than this; targets of a rule; rules of an event bus (EventBridge User Guide, "Quotas"; a few Regions start with 100 rules). */
export const EVENT_PATTERN_CHARACTERS = 2048;
export const RULE_TARGETS = 5;
export const RULES_PER_BUS = 300;

/**
 * Beginnings of wildcard texts that may match at once in a field of an event pattern. AWS names no number (EventBridge User Guide, "Wildcard matching"); rules that come to 9 are
 * taken, rules that come to 12 refused.
 */
export const WILDCARD_COMPLEXITY = 10;

/** Seconds by which verifiers may let clocks differ. RFC 7519 section 4.1.4 speaks of "no more than a few minutes"; 60000 would be milliseconds. */
export const MOST_TOLERANCE_SECONDS = 3600;
