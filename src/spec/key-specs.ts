/**
 * What AWS KMS says of its key specs. Every other module asks here; nothing else lists specs, usages or algorithms.
 *
 * Sources: KMS API Reference, CreateKey, Encrypt, Sign, GenerateMac, DeriveSharedSecret; KMS Developer Guide,
 * "Key spec reference". aws-cdk-lib's own table accepts ECC_NIST_EDWARDS25519 for encryption; this one does not.
 */

/** `KeySpec` of the KMS API. */
export type KeySpecName =
  | 'SYMMETRIC_DEFAULT'
  | 'RSA_2048' | 'RSA_3072' | 'RSA_4096'
  | 'ECC_NIST_P256' | 'ECC_NIST_P384' | 'ECC_NIST_P521' | 'ECC_SECG_P256K1' | 'ECC_NIST_EDWARDS25519'
  | 'ML_DSA_44' | 'ML_DSA_65' | 'ML_DSA_87'
  | 'ML_KEM_512' | 'ML_KEM_768' | 'ML_KEM_1024'
  | 'HMAC_224' | 'HMAC_256' | 'HMAC_384' | 'HMAC_512'
  | 'SM2';

/** `KeyUsage` of the KMS API. */
export type KeyUsageName = 'ENCRYPT_DECRYPT' | 'SIGN_VERIFY' | 'GENERATE_VERIFY_MAC' | 'KEY_AGREEMENT' | 'ENCAPSULATE_DECAPSULATE';

/** `SigningAlgorithm` of the KMS API, without SM2DSA. */
export type SigningAlgorithmName =
  | 'RSASSA_PSS_SHA_256' | 'RSASSA_PSS_SHA_384' | 'RSASSA_PSS_SHA_512'
  | 'RSASSA_PKCS1_V1_5_SHA_256' | 'RSASSA_PKCS1_V1_5_SHA_384' | 'RSASSA_PKCS1_V1_5_SHA_512'
  | 'ECDSA_SHA_256' | 'ECDSA_SHA_384' | 'ECDSA_SHA_512'
  | 'ED25519_SHA_512' | 'ED25519_PH_SHA_512'
  | 'ML_DSA_SHAKE_256';

/** `EncryptionAlgorithm` of the KMS API, without SM2PKE. */
export type EncryptionAlgorithmName = 'SYMMETRIC_DEFAULT' | 'RSAES_OAEP_SHA_1' | 'RSAES_OAEP_SHA_256';

/** `MacAlgorithm` of the KMS API. */
export type MacAlgorithmName = 'HMAC_SHA_224' | 'HMAC_SHA_256' | 'HMAC_SHA_384' | 'HMAC_SHA_512';

/** `MessageType` of Sign and Verify. */
export type MessageTypeName = 'RAW' | 'DIGEST' | 'EXTERNAL_MU';

/** The kinds of material, for the few places that treat whole families alike (alias moves, service integration). */
export type KeyFamily = 'symmetric' | 'rsa' | 'ecc' | 'ml-dsa' | 'ml-kem' | 'hmac' | 'sm2';

/** What one key spec can do. */
export interface KeySpecFacts {
  readonly family: KeyFamily;
  /** The algorithms of each usage the spec may be created with. A usage that is absent is refused by CreateKey. */
  readonly usages: Partial<Record<KeyUsageName, readonly string[]>>;
  /** Whether KMS rotates the material by itself: only symmetric encryption keys with material made by KMS. */
  readonly rotates: boolean;
  /** Why this library does not create such keys, if it does not. */
  readonly unsupported?: string;
  /** Length of an RSA modulus in bits. */
  readonly modulusBits?: number;
  /** Name of the curve in node:crypto and in JWK. */
  readonly curve?: { readonly openssl: string; readonly jwk: string };
}

const PSS_AND_PKCS1: SigningAlgorithmName[] = [
  'RSASSA_PSS_SHA_256', 'RSASSA_PSS_SHA_384', 'RSASSA_PSS_SHA_512',
  'RSASSA_PKCS1_V1_5_SHA_256', 'RSASSA_PKCS1_V1_5_SHA_384', 'RSASSA_PKCS1_V1_5_SHA_512',
];
const OAEP: EncryptionAlgorithmName[] = ['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256'];

// The calls below are marked pure, so that a bundler drops the tables from programs that ask them nothing.
const rsa = (modulusBits: number): KeySpecFacts => ({
  family: 'rsa', rotates: false, modulusBits, usages: { ENCRYPT_DECRYPT: OAEP, SIGN_VERIFY: PSS_AND_PKCS1 },
});
const nist = (openssl: string, jwk: string, signing: SigningAlgorithmName): KeySpecFacts => ({
  family: 'ecc', rotates: false, curve: { openssl, jwk }, usages: { SIGN_VERIFY: [signing], KEY_AGREEMENT: ['ECDH'] },
});
const mlDsa = (): KeySpecFacts => ({ family: 'ml-dsa', rotates: false, usages: { SIGN_VERIFY: ['ML_DSA_SHAKE_256'] } });
const mlKem = (): KeySpecFacts => ({
  family: 'ml-kem',
  rotates: false,
  usages: { ENCAPSULATE_DECAPSULATE: ['ML_KEM'] },
  unsupported: 'AWS::KMS::Key of CloudFormation does not accept ML-KEM key specs',
});
const hmac = (bits: number): KeySpecFacts => ({ family: 'hmac', rotates: false, usages: { GENERATE_VERIFY_MAC: [`HMAC_SHA_${bits}`] } });

/** Every key spec of KMS. */
export const KEY_SPECS: Readonly<Record<KeySpecName, KeySpecFacts>> = {
  SYMMETRIC_DEFAULT: { family: 'symmetric', rotates: true, usages: { ENCRYPT_DECRYPT: ['SYMMETRIC_DEFAULT'] } },
  RSA_2048: /* @__PURE__ */ rsa(2048),
  RSA_3072: /* @__PURE__ */ rsa(3072),
  RSA_4096: /* @__PURE__ */ rsa(4096),
  ECC_NIST_P256: /* @__PURE__ */ nist('prime256v1', 'P-256', 'ECDSA_SHA_256'),
  ECC_NIST_P384: /* @__PURE__ */ nist('secp384r1', 'P-384', 'ECDSA_SHA_384'),
  ECC_NIST_P521: /* @__PURE__ */ nist('secp521r1', 'P-521', 'ECDSA_SHA_512'),
  ECC_SECG_P256K1: {
    family: 'ecc', rotates: false, curve: { openssl: 'secp256k1', jwk: 'secp256k1' }, usages: { SIGN_VERIFY: ['ECDSA_SHA_256'] },
  },
  ECC_NIST_EDWARDS25519: {
    family: 'ecc', rotates: false, curve: { openssl: 'ed25519', jwk: 'Ed25519' }, usages: { SIGN_VERIFY: ['ED25519_SHA_512', 'ED25519_PH_SHA_512'] },
  },
  ML_DSA_44: /* @__PURE__ */ mlDsa(),
  ML_DSA_65: /* @__PURE__ */ mlDsa(),
  ML_DSA_87: /* @__PURE__ */ mlDsa(),
  ML_KEM_512: /* @__PURE__ */ mlKem(),
  ML_KEM_768: /* @__PURE__ */ mlKem(),
  ML_KEM_1024: /* @__PURE__ */ mlKem(),
  HMAC_224: /* @__PURE__ */ hmac(224),
  HMAC_256: /* @__PURE__ */ hmac(256),
  HMAC_384: /* @__PURE__ */ hmac(384),
  HMAC_512: /* @__PURE__ */ hmac(512),
  SM2: {
    family: 'sm2',
    rotates: false,
    usages: { ENCRYPT_DECRYPT: ['SM2PKE'], SIGN_VERIFY: ['SM2DSA'], KEY_AGREEMENT: ['ECDH'] },
    unsupported: 'SM2 exists in the China Regions only',
  },
};

/** What the algorithm of a signature asks of its input. */
export interface SigningAlgorithmFacts {
  /** The digest of the signature, as node:crypto names it; none where the scheme hashes by itself. */
  readonly digest?: 'sha256' | 'sha384' | 'sha512';
  /** Length of that digest in bytes: what Sign takes with `MessageType: DIGEST`. */
  readonly digestBytes?: number;
  /** The message types KMS accepts. */
  readonly messageTypes: readonly MessageTypeName[];
  readonly scheme: 'pss' | 'pkcs1' | 'ecdsa' | 'ed25519' | 'ed25519ph' | 'ml-dsa';
}

const hashed = (scheme: 'pss' | 'pkcs1' | 'ecdsa', bits: 256 | 384 | 512): SigningAlgorithmFacts => ({
  scheme, digest: `sha${bits}`, digestBytes: bits / 8, messageTypes: ['RAW', 'DIGEST'],
});

/** Every signing algorithm. KMS API Reference, Sign: Ed25519 takes RAW only, Ed25519ph DIGEST only, ML-DSA RAW or EXTERNAL_MU. */
export const SIGNING_ALGORITHMS: Readonly<Record<SigningAlgorithmName, SigningAlgorithmFacts>> = {
  RSASSA_PSS_SHA_256: /* @__PURE__ */ hashed('pss', 256),
  RSASSA_PSS_SHA_384: /* @__PURE__ */ hashed('pss', 384),
  RSASSA_PSS_SHA_512: /* @__PURE__ */ hashed('pss', 512),
  RSASSA_PKCS1_V1_5_SHA_256: /* @__PURE__ */ hashed('pkcs1', 256),
  RSASSA_PKCS1_V1_5_SHA_384: /* @__PURE__ */ hashed('pkcs1', 384),
  RSASSA_PKCS1_V1_5_SHA_512: /* @__PURE__ */ hashed('pkcs1', 512),
  ECDSA_SHA_256: /* @__PURE__ */ hashed('ecdsa', 256),
  ECDSA_SHA_384: /* @__PURE__ */ hashed('ecdsa', 384),
  ECDSA_SHA_512: /* @__PURE__ */ hashed('ecdsa', 512),
  ED25519_SHA_512: { scheme: 'ed25519', messageTypes: ['RAW'] },
  // KMS applies the SHA-512 prehash even to a digest: the 64 bytes it is given are hashed again (API Reference, Sign).
  ED25519_PH_SHA_512: { scheme: 'ed25519ph', digest: 'sha512', digestBytes: 64, messageTypes: ['DIGEST'] },
  ML_DSA_SHAKE_256: { scheme: 'ml-dsa', messageTypes: ['RAW', 'EXTERNAL_MU'] },
};

/** The usages a key of this spec may be created with. */
export function usagesOf(spec: KeySpecName): KeyUsageName[] {
  return Object.keys(KEY_SPECS[spec].usages) as KeyUsageName[];
}

/** The algorithms a key of this spec and usage works with; empty where the pair does not exist. */
export function algorithmsOf(spec: KeySpecName, usage: KeyUsageName): readonly string[] {
  return KEY_SPECS[spec].usages[usage] ?? [];
}

/** Whether keys of this spec have a public half. */
export function hasPublicKey(spec: KeySpecName): boolean {
  return !['symmetric', 'hmac'].includes(KEY_SPECS[spec].family);
}
