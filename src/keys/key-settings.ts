import { Token, type Duration } from 'aws-cdk-lib';
import { AccountAccess } from '../policy/account-access';
import { DELETION_WINDOW_DAYS, DESCRIPTION_CHARACTERS, ROTATION_DAYS } from '../spec/limits';

/** The account access, if there is such a one: languages without types hand over any text. */
export function accountAccess(access: AccountAccess | undefined, where: string): AccountAccess {
  if (access === undefined) return AccountAccess.ADMINISTRATION_ONLY;
  if (Object.values(AccountAccess).includes(access)) return access;
  throw new Error(`${where}: accountAccess is ${shown(access)}: choose one of ${Object.values(AccountAccess).join(', ')}`);
}

/** Bits of an RSA key, if they are known: with them the key spec is chosen. */
export function rsaBits<Bits extends number | undefined>(bits: Bits, where: string): Bits {
  if (Token.isUnresolved(bits)) throw new Error(`${where}: rsaBits is not known before deployment, and CloudFormation cannot change it later: write it out`);
  return bits;
}

/** The description, if KMS takes it. */
export function describable(description: string | undefined, where: string): string | undefined {
  if (description !== undefined && !Token.isUnresolved(description) && description.length > DESCRIPTION_CHARACTERS) {
    throw new Error(`${where}: description has ${description.length} characters: KMS takes ${DESCRIPTION_CHARACTERS}`);
  }
  return description;
}

/** The revision of the key's policy, if it can be part of a statement id. */
export function policyRevision(revision: number | undefined, where: string): number | undefined {
  if (revision === undefined || (Number.isSafeInteger(revision) && revision >= 0)) return revision;
  throw new Error(`${where}: policyRevision is ${shown(revision)}: give it a whole number, and raise it to have the policy put again`);
}

/** Days of the pending window. */
export function pendingWindowDays(window: Duration | undefined, where: string): number {
  return daysWithin(window, DELETION_WINDOW_DAYS, `${where}: pendingWindow`);
}

/** Days between two rotations. */
export function rotationDays(period: Duration | undefined, where: string): number {
  return daysWithin(period, ROTATION_DAYS, `${where}: rotationPeriod`);
}

function daysWithin(duration: Duration | undefined, limits: typeof ROTATION_DAYS | typeof DELETION_WINDOW_DAYS, what: string): number {
  const { min, max, default: usual } = limits;
  if (!duration) return usual;
  if (duration.isUnresolved()) {
    // CDK cannot turn hours that are a token into days.
    if (duration.unitLabel() !== 'days') throw new Error(`${what} is a token in ${duration.unitLabel()}: give it in days (Duration.days(…)), or written out`);
    return duration.toDays();
  }
  const days = duration.toDays({ integral: false });
  if (!Number.isInteger(days) || days < min || days > max) throw new Error(`${what} is ${days} days: KMS takes whole days from ${min} to ${max}`);
  return days;
}

function shown(value: unknown): string {
  return Token.isUnresolved(value) ? 'not known before deployment' : String(value);
}
