import { KEY_SPECS, type KeySpecName, type MessageTypeName, type SigningAlgorithmName } from './key-specs';

/** How a signing key signs, by the name JOSE gives it (or KMS, where JOSE has none). A key makes signatures of one algorithm only. */
export enum SigningAlgorithm {
  /** ECDSA on P-256 with SHA-256 (RFC 7518). Small, fast, understood everywhere. */
  ES256 = 'ES256',
  /** ECDSA on P-384 with SHA-384 (RFC 7518). */
  ES384 = 'ES384',
  /** ECDSA on P-521 with SHA-512 (RFC 7518). */
  ES512 = 'ES512',
  /** ECDSA on secp256k1 with SHA-256 (RFC 8812): for ledgers that ask for it. */
  ES256K = 'ES256K',
  /** RSASSA-PSS with SHA-256 (RFC 7518). */
  PS256 = 'PS256',
  /** RSASSA-PSS with SHA-384 (RFC 7518). */
  PS384 = 'PS384',
  /** RSASSA-PSS with SHA-512 (RFC 7518). */
  PS512 = 'PS512',
  /** RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518): for verifiers that know nothing newer. */
  RS256 = 'RS256',
  /** RSASSA-PKCS1-v1_5 with SHA-384 (RFC 7518). */
  RS384 = 'RS384',
  /** RSASSA-PKCS1-v1_5 with SHA-512 (RFC 7518). */
  RS512 = 'RS512',
  /** Ed25519 (RFC 8032, RFC 8037). Messages up to 4096 bytes: KMS hashes the message itself and takes no digest. */
  EDDSA = 'EdDSA',
  /** Ed25519ph (RFC 8032 section 5.1), the prehashed form, for messages of any length. JOSE has no name for it, so it makes no JWS. */
  ED25519PH = 'Ed25519ph',
  /** ML-DSA-44 (FIPS 204), against quantum computers. Messages up to 4096 bytes. */
  ML_DSA_44 = 'ML-DSA-44',
  /** ML-DSA-65 (FIPS 204), against quantum computers. Messages up to 4096 bytes. */
  ML_DSA_65 = 'ML-DSA-65',
  /** ML-DSA-87 (FIPS 204), against quantum computers. Messages up to 4096 bytes. */
  ML_DSA_87 = 'ML-DSA-87',
}

/** What one algorithm of {@link SigningAlgorithm} means in the words of KMS and of JOSE. */
export interface SigningFacts {
  /** `SigningAlgorithm` of the KMS API. */
  readonly kmsName: SigningAlgorithmName;
  /** The key specs that can make this signature here; the first is the default. Longer ones only where RSA offers a choice. */
  readonly keySpecs: readonly [KeySpecName, ...KeySpecName[]];
  /** `alg` of a JWS header; absent where JOSE has none. */
  readonly jose?: string;
  /** The one message type that signers of the key are given. */
  readonly messageType: MessageTypeName;
}

// 3072 bits first: 128 bits of security, which NIST SP 800-57 part 1 (table 4) asks for beyond 2030.
const RSA_SPECS = ['RSA_3072', 'RSA_2048', 'RSA_4096'] as const;

const hashed = (kmsName: SigningAlgorithmName, keySpecs: SigningFacts['keySpecs'], jose: string): SigningFacts =>
  // The caller hashes: messages of any length, and the message itself never leaves the caller.
  ({ kmsName, keySpecs, jose, messageType: 'DIGEST' });

// The calls are marked pure, so that a bundler drops the table from programs that ask it nothing.
/** The one table of signing algorithms. Sources: RFC 7518, RFC 8037, RFC 8812, draft-ietf-cose-dilithium; KMS API Reference, Sign. */
export const SIGNING: Readonly<Record<SigningAlgorithm, SigningFacts>> = {
  [SigningAlgorithm.ES256]: /* @__PURE__ */ hashed('ECDSA_SHA_256', ['ECC_NIST_P256'], 'ES256'),
  [SigningAlgorithm.ES384]: /* @__PURE__ */ hashed('ECDSA_SHA_384', ['ECC_NIST_P384'], 'ES384'),
  [SigningAlgorithm.ES512]: /* @__PURE__ */ hashed('ECDSA_SHA_512', ['ECC_NIST_P521'], 'ES512'),
  [SigningAlgorithm.ES256K]: /* @__PURE__ */ hashed('ECDSA_SHA_256', ['ECC_SECG_P256K1'], 'ES256K'),
  [SigningAlgorithm.PS256]: /* @__PURE__ */ hashed('RSASSA_PSS_SHA_256', RSA_SPECS, 'PS256'),
  [SigningAlgorithm.PS384]: /* @__PURE__ */ hashed('RSASSA_PSS_SHA_384', RSA_SPECS, 'PS384'),
  [SigningAlgorithm.PS512]: /* @__PURE__ */ hashed('RSASSA_PSS_SHA_512', RSA_SPECS, 'PS512'),
  [SigningAlgorithm.RS256]: /* @__PURE__ */ hashed('RSASSA_PKCS1_V1_5_SHA_256', RSA_SPECS, 'RS256'),
  [SigningAlgorithm.RS384]: /* @__PURE__ */ hashed('RSASSA_PKCS1_V1_5_SHA_384', RSA_SPECS, 'RS384'),
  [SigningAlgorithm.RS512]: /* @__PURE__ */ hashed('RSASSA_PKCS1_V1_5_SHA_512', RSA_SPECS, 'RS512'),
  [SigningAlgorithm.EDDSA]: { kmsName: 'ED25519_SHA_512', keySpecs: ['ECC_NIST_EDWARDS25519'], jose: 'EdDSA', messageType: 'RAW' },
  [SigningAlgorithm.ED25519PH]: { kmsName: 'ED25519_PH_SHA_512', keySpecs: ['ECC_NIST_EDWARDS25519'], messageType: 'DIGEST' },
  // RAW rather than EXTERNAL_MU: KMS binds the message to the key itself, so that a signer needs no public key and cannot bind it wrongly.
  [SigningAlgorithm.ML_DSA_44]: { kmsName: 'ML_DSA_SHAKE_256', keySpecs: ['ML_DSA_44'], jose: 'ML-DSA-44', messageType: 'RAW' },
  [SigningAlgorithm.ML_DSA_65]: { kmsName: 'ML_DSA_SHAKE_256', keySpecs: ['ML_DSA_65'], jose: 'ML-DSA-65', messageType: 'RAW' },
  [SigningAlgorithm.ML_DSA_87]: { kmsName: 'ML_DSA_SHAKE_256', keySpecs: ['ML_DSA_87'], jose: 'ML-DSA-87', messageType: 'RAW' },
};

/** The algorithm that a key of this spec signs with under this KMS name; undefined where the pair makes no signature. */
export function signingAlgorithmOf(spec: KeySpecName, kmsName: string): SigningAlgorithm | undefined {
  if (!KEY_SPECS[spec].usages.SIGN_VERIFY?.includes(kmsName)) return undefined;
  return (Object.keys(SIGNING) as SigningAlgorithm[]).find((name) => SIGNING[name].kmsName === kmsName && SIGNING[name].keySpecs.includes(spec));
}
