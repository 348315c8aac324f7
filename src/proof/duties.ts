import * as actions from '../spec/actions';

/** Duties by name, the narrowest first. */
const DUTIES: readonly (readonly [string, readonly string[]])[] = [
  ['encrypt', actions.ENCRYPT],
  ['decrypt', actions.DECRYPT],
  ['generate data keys', actions.GENERATE_DATA_KEYS],
  ['generate data key pairs', actions.GENERATE_DATA_KEY_PAIRS],
  ['re-encrypt to', actions.RE_ENCRYPT_TO],
  ['re-encrypt from', actions.RE_ENCRYPT_FROM],
  ['sign', actions.SIGN],
  ['verify', actions.VERIFY],
  ['read the public key', actions.READ_PUBLIC_KEY],
  ['describe', actions.DESCRIBE],
  ['generate MACs', actions.GENERATE_MAC],
  ['verify MACs', actions.VERIFY_MAC],
  ['derive shared secrets', actions.DERIVE_SHARED_SECRET],
  ['change the policy', actions.OWN_POLICY],
  ['own replicas', actions.OWN_REPLICAS],
  ['audit', actions.AUDIT],
  ['administer', [...actions.ADMINISTER, ...actions.ADMINISTER_ROTATION]],
  ['use', Object.keys(actions.USE)],
];

/** The duty that all actions belong to; undefined if they belong to several. */
export function dutyOf(named: readonly string[]): string | undefined {
  return DUTIES.find(([, of]) => named.every((action) => of.includes(action)))?.[0];
}
