import { bindingsOf, viaServices } from './bounds';
import type { KeySubject } from './key-subject';
import type { StatementView, Who } from './statement-view';
import { USE } from '../spec/actions';

/** Actions by which somebody gets at data, or makes what others trust: all cryptographic operations but those that only close, check or tell. */
const HARMLESS = [
  'kms:Encrypt', 'kms:ReEncryptTo', 'kms:Verify', 'kms:VerifyMac', 'kms:Encapsulate', 'kms:GenerateDataKeyWithoutPlaintext',
  'kms:GenerateDataKeyPairWithoutPlaintext',
];
export const POWERS: readonly string[] = Object.keys(USE).filter((action) => !HARMLESS.includes(action));

/** Actions that take a key from those who need it, for good or until somebody notices. */
export const DESTRUCTIVE = ['kms:ScheduleKeyDeletion', 'kms:DisableKey', 'kms:DeleteImportedKeyMaterial'];

/** Like these, of what can be made again. */
export const DELETE_ALIAS = 'kms:DeleteAlias';

/** Identities that a key policy lets in by the same statements. */
export interface Holders {
  readonly names: readonly string[];
  readonly statements: readonly StatementView[];
  /** One of them, as requests name it. */
  readonly principal: string;
}

const EVERYBODY = 'everybody';

/** Whether they are all of the key's account, whatever their IAM policies say. */
export function isEverybody({ names }: Holders): boolean {
  return names[0] === EVERYBODY;
}

/**
 * Those whom statements let in by name, and not by way of IAM policies, together where the statements are the same that allow them, and that deny them, something.
 * What a policy gives to everybody, each of the account has besides; so has everybody.
 */
export function holdersOf(key: KeySubject): readonly Holders[] {
  const groups = new Map<string, { names: string[]; statements: readonly StatementView[]; principal: string }>();
  const positions = new Map(key.allows.map((statement, index) => [statement, index]));
  const denied = positionsByName(key.denies);
  const open = key.allows.filter((statement) => isForAll(statement) && direct(statement));
  for (const [name, own] of key.named) {
    const statements = [...own, ...roleStatements(name, key), ...name.split(':')[4] === key.key.account ? open : []];
    const id = JSON.stringify([statements.map((statement) => positions.get(statement)), denied.get(name)]);
    const group = groups.get(id) ?? { names: [], statements, principal: name };
    group.names.push(name);
    groups.set(id, group);
  }
  if (open.length === 0) return [...groups.values()];
  const [, partition] = key.key.arn.split(':');
  return [...groups.values(), { names: [EVERYBODY], statements: open, principal: `arn:${partition}:iam::${key.key.account}:role/any-principal` }];
}

/** What the role of a session has: the session has it, too. */
function roleStatements(name: string, { named }: KeySubject): readonly StatementView[] {
  const [, partition, account, role] = /^arn:([^:]+):sts::(\d{12}):assumed-role\/([^/]+)\//.exec(name) ?? [];
  if (role === undefined) return [];
  const start = `arn:${partition}:iam::${account}:role/`;
  return [...named].flatMap(([other, statements]) => (other.startsWith(start) && `/${other.slice(start.length)}`.endsWith(`/${role}`) ? statements : []));
}

/** What all calls of an account carry with one value: conditions on these do not tell those of an account apart. */
const OF_ACCOUNT = [
  'kms:calleraccount', 'aws:principalaccount', 'aws:principalorgid', 'aws:principalorgpaths', 'aws:resourceaccount', 'aws:resourceorgid', 'aws:resourceorgpaths', 'aws:securetransport',
];

/** Whether a statement is for everybody, at least of the key's account: what its conditions ask is told by the call, and not by who makes it. */
function isForAll({ who, notPrincipal, conditions }: StatementView): boolean {
  return !notPrincipal && who.some(({ kind }) => kind === 'anyone')
    && conditions.every(({ lowerKey, negated }) => !negated && (OF_ACCOUNT.includes(lowerKey) || lowerKey.startsWith('kms:')));
}

/** Where in a list statements stand that name somebody. */
function positionsByName(statements: readonly StatementView[]): ReadonlyMap<string, readonly number[]> {
  const positions = new Map<string, number[]>();
  statements.forEach(({ who }, index) => who.forEach((one) => {
    if (one.kind === 'identity') positions.set(one.text, [...positions.get(one.text) ?? [], index]);
  }));
  return positions;
}

/**
 * Whether somebody is a service-linked role: its trust lets in its service and cannot be changed, so that nobody else acts by it (IAM User Guide,
 * "Service-linked roles").
 */
export function isServiceLinked(name: string): boolean {
  return /^arn:[^:]+:iam::\d{12}:role\/aws-service-role\//.test(name);
}

/** The first statement by which holders may do one of these, and the action. */
export function holds(
  key: KeySubject, { names, statements }: Holders, actions: readonly string[], passes: (statement: StatementView) => boolean = () => true,
): { readonly statement: StatementView; readonly action: string } | undefined {
  const who: Who = { kind: 'identity', account: '', text: names[0], user: false };
  for (const statement of statements) {
    if (!passes(statement)) continue;
    const action = actions.find((one) => statement.actions.has(one) && !key.denied(who, one));
    if (action !== undefined) return { statement, action };
  }
  return undefined;
}

/** Whether a statement allows calls that somebody makes themselves: a service that calls for them gives no key material away. */
export function direct(statement: StatementView): boolean {
  return viaServices(statement).length === 0;
}

/** Whether a statement asks for nothing that tells those of an account apart. */
export function unconditioned({ conditions }: StatementView): boolean {
  return conditions.every(({ lowerKey, negated }) => !negated && OF_ACCOUNT.includes(lowerKey));
}

/** Whether whom a statement lets create grants can give them to services for their resources only, or only as it says. */
export function boundsGrants(statement: StatementView): boolean {
  const forServices = bindingsOf(statement, 'kms:grantisforawsresource').some(({ values }) => values.every((value) => value.toLowerCase() === 'true'));
  const grantee = bindingsOf(statement, 'kms:granteeprincipal', 'kms:granteeserviceprincipal').length > 0;
  const operations = statement.conditions.some(({ lowerKey, negated, set }) => lowerKey === 'kms:grantoperations' && !negated && set === 'ForAllValues');
  const constraint = bindingsOf(statement, 'kms:grantconstrainttype', 'kms:grantconstraintsourcearn').length > 0;
  return forServices || (grantee && operations && constraint);
}

/** The cause of all findings about what holders can give themselves; of everybody, a statement. */
export function causeOf(names: readonly string[], statement?: string): string {
  return names[0] === EVERYBODY ? `everybody ${statement}` : `powers of ${names[0]}`;
}
