import * as actions from '../spec/actions';

/** A job on a key, and the smallest set of actions for it. */
export interface Duty {
  /** Name of its statement. */
  readonly sid: string;
  readonly actions: readonly string[];
}

/** Every duty on a key. Grants are made of these, so that the same job always makes the same statement. */
export const DUTIES = {
  encrypt: { sid: 'Encrypt', actions: actions.ENCRYPT },
  decrypt: { sid: 'Decrypt', actions: actions.DECRYPT },
  generateDataKeys: { sid: 'GenerateDataKeys', actions: actions.GENERATE_DATA_KEYS },
  generateDataKeyPairs: { sid: 'GenerateDataKeyPairs', actions: actions.GENERATE_DATA_KEY_PAIRS },
  reEncryptTo: { sid: 'ReEncryptTo', actions: actions.RE_ENCRYPT_TO },
  reEncryptFrom: { sid: 'ReEncryptFrom', actions: actions.RE_ENCRYPT_FROM },
  sign: { sid: 'Sign', actions: actions.SIGN },
  verify: { sid: 'Verify', actions: actions.VERIFY },
  readPublicKey: { sid: 'ReadPublicKey', actions: actions.READ_PUBLIC_KEY },
  describe: { sid: 'Describe', actions: actions.DESCRIBE },
} as const satisfies Record<string, Duty>;

export type DutyName = keyof typeof DUTIES;

/** The duties of these names on a key. What describes a key that has a public half is that half too. */
export function dutiesNamed(names: readonly DutyName[], hasPublicHalf: boolean): Duty[] {
  const all = names.flatMap((name): DutyName[] => (name === 'describe' && hasPublicHalf ? [name, 'readPublicKey'] : [name]));
  return [...new Set(all)].map((name) => DUTIES[name]);
}

/** The parts of duties that are of these actions. */
export function withActions(duties: readonly Duty[], isMeant: (action: string) => boolean): Duty[] {
  return duties.map(({ sid, actions: all }) => ({ sid, actions: all.filter(isMeant) })).filter(({ actions: some }) => some.length);
}

/** The grants that hold some of these actions, as an app would write them; undefined where no grant does. */
export function grantsFor(wanted: readonly string[]): string | undefined {
  const names = Object.entries<Duty>(DUTIES).filter(([, { actions: all }]) => all.some((action) => wanted.includes(action))).map(([name]) => `grants.${name}(…)`);
  return names.length ? names.join(' and ') : undefined;
}

/** Sorts actions into duties; those that use nothing of the key go together at the end. */
export function byDuty(wanted: readonly string[]): Duty[] {
  const parts: Duty[] = Object.values<Duty>(DUTIES)
    .map(({ sid, actions: all }) => ({ sid, actions: all.filter((action) => wanted.includes(action)) }))
    .filter(({ actions: some }) => some.length);
  const used = new Set(parts.flatMap(({ actions: some }) => some));
  const rest = wanted.filter((action) => !used.has(action));
  return rest.length ? [...parts, { sid: rest.length === 1 ? rest[0].slice('kms:'.length) : 'OtherActions', actions: rest }] : parts;
}
