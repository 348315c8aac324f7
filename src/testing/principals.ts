import type { GonePrincipal } from './engine';
import { managedPolicy } from './managed-policies';
import type { IdentityFacts, NamedPolicy, PolicyDocument } from '../authz/types';
import { upperId } from '../template/names';
import type { TemplateIdentity } from '../template/types';

/** A role or user besides those of the templates; for one that a template has, what is given here is added to it. */
export interface LocalPrincipal {
  /** `arn:aws:iam::111122223333:role/Deployer`, or of a user. */
  readonly arn: string;
  /**
   * Another name to ask for its credentials by.
   *
   * @default - the last part of the ARN
   */
  readonly name?: string;
  /** Identity policies. */
  readonly policies?: readonly (PolicyDocument | NamedPolicy)[];
  /** AWS managed policies by ARN or name: `AdministratorAccess`, `PowerUserAccess`, `ReadOnlyAccess` … of those that are known here. */
  readonly managedPolicies?: readonly string[];
  /** Permissions boundary. */
  readonly boundary?: PolicyDocument | NamedPolicy;
  /** For `aws:PrincipalTag`. */
  readonly tags?: Readonly<Record<string, string>>;
  /** For `aws:PrincipalOrgID`. */
  readonly organizationId?: string;
  /** For `aws:PrincipalOrgPaths`. */
  readonly organizationPaths?: readonly string[];
}

/** A principal that may call. */
export interface CallingPrincipal {
  /** As KMS sees it: a session's ARN for a role, its own for a user or the account root. */
  readonly arn: string;
  readonly account: string;
  /** Whether its credentials are temporary. */
  readonly temporary: boolean;
  /** ARN of the role behind a session; its own for a user or the account root. */
  readonly identityArn: string;
  /** `AROA…` of the role, `AIDA…` of the user; the account root has none. */
  readonly uniqueId?: string;
}

interface Entry {
  readonly facts: IdentityFacts;
  readonly uniqueId: string;
  /** How many roles have had this ARN. */
  readonly lives: number;
  readonly names: readonly string[];
  /** The construct path, without the `Resource` at its end: what an app knows beforehand, whatever name it gets. */
  readonly path?: string;
  /** For messages: the name and where it stands. */
  readonly shown: string;
}

const IDENTITY_ARN = /^arn:([^:]+):iam::(\d{12}):(role|user)\/(?:.*\/)?([^/]+)$/;
const SESSION_ARN = /^arn:[^:]+:sts::(\d{12}):assumed-role\/([^/]+)\/([^/]+)$/;
const ROOT_ARN = /^arn:[^:]+:iam::(\d{12}):root$/;
const SHOWN_AT_MOST = 30;
const MEANT_AT_MOST = 3;

/** Everyone who may call: the identities of the templates and those added by hand. */
export class Principals {
  private entries: readonly Entry[] = [];
  private known: readonly IdentityFacts[] = [];
  private byUniqueId: ReadonlyMap<string, Entry> = new Map();
  private deleted: readonly Entry[] = [];

  constructor(fromTemplates: readonly TemplateIdentity[], added: readonly (LocalPrincipal | string)[]) {
    const additions = added.map((principal) => typeof principal === 'string' ? { arn: principal } : principal);
    additions.forEach(requireIdentity);
    const known = new Set(fromTemplates.map(({ arn }) => arn));
    this.replace([
      ...fromTemplates.map((identity) => templateEntry(identity, additions.filter(({ arn }) => arn === identity.arn))),
      ...[...new Set(additions.map(({ arn }) => arn))].filter((arn) => !known.has(arn))
        .map((arn) => addedEntry(arn, additions.filter((addition) => addition.arn === arn))),
    ]);
  }

  /** What authorization knows of them: another list once somebody was deleted or made again. */
  public get identities(): readonly IdentityFacts[] {
    return this.known;
  }

  /**
   * The principal that a reference means, as it calls.
   *
   * @param reference ARN of a role, user, session or account root; or a role's name, logical id, `Stack.LogicalId` or construct path
   * @throws Error if nobody or more than one is meant; the message lists who there is
   */
  public find(reference: string, sessionName: string = 'local'): CallingPrincipal {
    const root = ROOT_ARN.exec(reference);
    if (root) return { arn: reference, account: root[1], temporary: false, identityArn: reference };
    const session = SESSION_ARN.exec(reference);
    if (session) {
      const [, account, roleName, name] = session;
      return calling(this.only(reference, ({ facts }) => isRole(facts.arn, account, roleName)), name);
    }
    return calling(this.named(reference), sessionName);
  }

  /** The one who has a unique id; undefined if nobody has, or nobody any more. */
  public arnOf(uniqueId: string): string | undefined {
    return this.byUniqueId.get(uniqueId)?.facts.arn;
  }

  /** Whether there is this role or user, or the role of this session. */
  public has(arn: string): boolean {
    const [, account, roleName] = SESSION_ARN.exec(arn) ?? [];
    return this.entries.some(({ facts }) => facts.arn === arn || (roleName !== undefined && isRole(facts.arn, account, roleName)));
  }

  /**
   * Deletes a role.
   *
   * @throws Error if none or more than one is meant, or it is a user
   */
  public deleteRole(reference: string): GonePrincipal {
    const entry = this.named(reference);
    const { facts: { arn }, uniqueId } = entry;
    if (IDENTITY_ARN.exec(arn)![3] !== 'role') throw new Error(`'${reference}' is a user, and this is for roles: ${arn}`);
    this.deleted = [...this.deleted, entry];
    this.replace(this.entries.filter((other) => other !== entry));
    return { arn, uniqueId };
  }

  /**
   * Makes a role again that was deleted, with a unique id that no role has had.
   *
   * @throws Error if no such role was deleted
   */
  public createRoleAgain(reference: string): void {
    const entry = this.deleted.find((candidate) => isCalled(candidate, reference));
    if (!entry) throw new Error(`no role '${reference}' was deleted here`);
    this.deleted = this.deleted.filter((other) => other !== entry);
    const lives = entry.lives + 1;
    this.replace([...this.entries, { ...entry, lives, uniqueId: uniqueIdFor(entry.facts.arn, lives) }]);
  }

  /** Whether a role of this name was deleted, and nobody has the name since. */
  public wasDeleted(reference: string): boolean {
    return !this.entries.some((entry) => isCalled(entry, reference)) && this.deleted.some((entry) => isCalled(entry, reference));
  }

  private replace(entries: readonly Entry[]): void {
    this.entries = entries;
    this.known = factsOf(entries);
    this.byUniqueId = new Map(entries.map((entry) => [entry.uniqueId, entry]));
  }

  private named(reference: string): Entry {
    return this.only(reference, (entry) => isCalled(entry, reference));
  }

  private only(reference: string, isMeant: (entry: Entry) => boolean): Entry {
    const meant = this.entries.filter(isMeant);
    if (meant.length === 1) return meant[0];
    if (meant.length > 1) {
      throw new Error(`'${reference}' could be ${meant.map(({ shown }) => shown).join(' or ')}: use the ARN, or the logical id after its stack's name and a dot`);
    }
    const near = this.near(reference).map((name) => `'${name}'`);
    throw new Error(`no role or user '${reference}' here: ${near.length ? `did you mean ${near.join(' or ')}? ` : ''}${this.list(near.length ? 'There' : 'there')}; `
      + "add others with the option 'principals'");
  }

  /** What may have been meant: who ends with it, or has it in its path. The id of a construct is no name that IAM knows. */
  private near(reference: string): string[] {
    const wanted = `/${reference.toLowerCase()}`;
    const names = this.entries.map(({ path, facts: { arn } }) => path ?? nameIn(arn));
    const ending = names.filter((name) => `/${name.toLowerCase()}`.endsWith(wanted));
    const found = ending.length ? ending : names.filter((name) => `/${name.toLowerCase()}/`.includes(`${wanted}/`));
    return found.slice(0, MEANT_AT_MOST);
  }

  private list(there: string): string {
    if (!this.entries.length) return `${there} are none`;
    const shown = this.entries.slice(0, SHOWN_AT_MOST).map((entry) => entry.shown);
    const left = this.entries.length - shown.length;
    return `${there} are ${shown.join(', ')}${left ? ` and ${left} more` : ''}`;
  }
}

function templateEntry(identity: TemplateIdentity, additions: readonly LocalPrincipal[]): Entry {
  const { stack, logicalId, name, arn } = identity;
  const path = identity.path?.replace(/\/Resource$/, '');
  const managed = identity.managedPolicyArns.flatMap((policyArn) => managedPolicy(policyArn) ?? []);
  return {
    facts: merge({ ...identity, policies: [...identity.policies, ...managed] }, additions),
    lives: 1,
    uniqueId: identity.uniqueId ?? uniqueIdFor(arn, 1),
    names: [
      name, logicalId, `${stack}.${logicalId}`,
      ...(path ? [path, identity.path!] : []),
      ...additions.flatMap((addition) => addition.name ?? []),
    ],
    path,
    shown: `${nameIn(arn)} (${stack}.${logicalId}${path ? `, ${path}` : ''})`,
  };
}

function addedEntry(arn: string, additions: readonly LocalPrincipal[]): Entry {
  const aliases = additions.flatMap((addition) => addition.name ?? []);
  return {
    facts: merge({ arn }, additions),
    lives: 1,
    uniqueId: uniqueIdFor(arn, 1),
    names: [nameIn(arn), ...aliases],
    shown: aliases.length ? `${aliases.join(' or ')} (${arn})` : arn,
  };
}

function merge(identity: IdentityFacts, additions: readonly LocalPrincipal[]): IdentityFacts {
  return additions.reduce<IdentityFacts>((facts, addition) => ({
    ...facts,
    policies: [...facts.policies ?? [], ...(addition.policies ?? []).map(named), ...(addition.managedPolicies ?? []).map(managedOrRefused)],
    ...(addition.boundary && { boundary: named(addition.boundary, 0) }),
    ...(addition.tags && { tags: { ...facts.tags, ...addition.tags } }),
    ...(addition.organizationId && { organizationId: addition.organizationId }),
    ...(addition.organizationPaths && { organizationPaths: addition.organizationPaths }),
  }), identity);
}

function named(policy: PolicyDocument | NamedPolicy, index: number): NamedPolicy {
  return 'document' in policy ? policy : { name: policy.Id ?? `policy ${index + 1}`, document: policy };
}

function managedOrRefused(arnOrName: string): NamedPolicy {
  const policy = managedPolicy(arnOrName);
  if (!policy) throw new Error(`managed policy '${arnOrName}' is not known here: give its document in 'policies'`);
  return policy;
}

function requireIdentity({ arn }: LocalPrincipal): void {
  if (!IDENTITY_ARN.test(arn)) throw new Error(`'principals' takes ARNs of roles and users, arn:aws:iam::111122223333:role/Name, got '${arn}'`);
}

function calling({ facts: { arn }, uniqueId }: Entry, sessionName: string): CallingPrincipal {
  const [, partition, account, kind, name] = IDENTITY_ARN.exec(arn)!;
  const temporary = kind === 'role';
  return {
    arn: temporary ? `arn:${partition}:sts::${account}:assumed-role/${name}/${sessionName}` : arn,
    account,
    temporary,
    identityArn: arn,
    uniqueId,
  };
}

/** The same each time for the same role or user, so that tests can repeat themselves. */
function uniqueIdFor(arn: string, life: number): string {
  return `${IDENTITY_ARN.exec(arn)![3] === 'role' ? 'AROA' : 'AIDA'}${upperId(`${arn}/${life}`, 17)}`;
}

function isRole(arn: string, account: string, roleName: string): boolean {
  const [, , of, kind, name] = IDENTITY_ARN.exec(arn)!;
  return of === account && kind === 'role' && name === roleName;
}

function isCalled({ facts, names }: Entry, reference: string): boolean {
  return facts.arn === reference || names.includes(reference);
}

function factsOf(entries: readonly Entry[]): readonly IdentityFacts[] {
  return entries.map(({ facts }) => facts);
}

function nameIn(arn: string): string {
  return arn.split('/').pop()!;
}
