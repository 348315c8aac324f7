import type { KeySpecName } from './key-specs';

/** The numbers of one Weierstrass curve that ECDSA signatures are checked against. */
export interface CurveFacts {
  /** Bytes of a coordinate, and of each half of a JOSE signature (RFC 7518 section 3.4). */
  readonly coordinateBytes: number;
  /** Order of the base point, as hexadecimal of `coordinateBytes`: r and s of a signature lie between 1 and this less one. */
  readonly order: string;
}

/** Sources: SP 800-186 sections 3.2.1.3 to 3.2.1.5 (P-256, P-384, P-521); SEC 2 section 2.4.1 (secp256k1). */
export const CURVES: Readonly<Partial<Record<KeySpecName, CurveFacts>>> = {
  ECC_NIST_P256: { coordinateBytes: 32, order: 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551' },
  ECC_NIST_P384: {
    coordinateBytes: 48,
    order: 'ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973',
  },
  ECC_NIST_P521: {
    coordinateBytes: 66,
    order: '01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409',
  },
  ECC_SECG_P256K1: { coordinateBytes: 32, order: 'fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141' },
};

/** Bytes of an Ed25519 signature (RFC 8032 section 5.1.6). */
export const ED25519_SIGNATURE_BYTES = 64;
