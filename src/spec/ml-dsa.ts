import type { KeySpecName } from './key-specs';

/** The sizes and the name of one ML-DSA parameter set. */
export interface MlDsaFacts {
  /** `alg` of its JWK and JWS (RFC 9964). */
  readonly jose: string;
  readonly publicKeyBytes: number;
  readonly signatureBytes: number;
  /** Last arc of its object identifier, 2.16.840.1.101.3.4.3.x. */
  readonly oidArc: number;
}

/** Sources: FIPS 204 table 2 (sizes); RFC 9881 section 2 (object identifiers); RFC 9964 (JOSE names). */
export const ML_DSA: Readonly<Partial<Record<KeySpecName, MlDsaFacts>>> = {
  ML_DSA_44: { jose: 'ML-DSA-44', publicKeyBytes: 1312, signatureBytes: 2420, oidArc: 17 },
  ML_DSA_65: { jose: 'ML-DSA-65', publicKeyBytes: 1952, signatureBytes: 3309, oidArc: 18 },
  ML_DSA_87: { jose: 'ML-DSA-87', publicKeyBytes: 2592, signatureBytes: 4627, oidArc: 19 },
};
