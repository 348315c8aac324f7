import { managedPolicy } from './managed-policies';
import type { IdentityFacts, NamedPolicy, PolicyDocument } from '../authz/types';
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
}

interface Entry {
  readonly facts: IdentityFacts;
  readonly names: readonly string[];
  /** For messages: the name and where it stands. */
  readonly shown: string;
}

const IDENTITY_ARN = /^arn:([^:]+):iam::(\d{12}):(role|user)\/(?:.*\/)?([^/]+)$/;
const SESSION_ARN = /^arn:[^:]+:sts::(\d{12}):assumed-role\/([^/]+)\/([^/]+)$/;
const ROOT_ARN = /^arn:[^:]+:iam::(\d{12}):root$/;
const SHOWN_AT_MOST = 30;

/** Everyone who may call: the identities of the templates and those added by hand. */
export class Principals {
  /** What authorization knows of them. */
  public readonly identities: readonly IdentityFacts[];
  private readonly entries: readonly Entry[];

  constructor(fromTemplates: readonly TemplateIdentity[], added: readonly (LocalPrincipal | string)[]) {
    const additions = added.map((principal) => typeof principal === 'string' ? { arn: principal } : principal);
    additions.forEach(requireIdentity);
    const known = new Set(fromTemplates.map(({ arn }) => arn));
    this.entries = [
      ...fromTemplates.map((identity) => templateEntry(identity, additions.filter(({ arn }) => arn === identity.arn))),
      ...[...new Set(additions.map(({ arn }) => arn))].filter((arn) => !known.has(arn))
        .map((arn) => addedEntry(arn, additions.filter((addition) => addition.arn === arn))),
    ];
    this.identities = this.entries.map(({ facts }) => facts);
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
    return calling(this.only(reference, ({ facts, names }) => facts.arn === reference || names.includes(reference)), sessionName);
  }

  /**
   * Whether there is a user or role of an ARN, or the role of a session; undefined for an account of which nobody is described, and for roles
   * that services make for themselves.
   */
  public isHere(arn: string): boolean | undefined {
    const session = SESSION_ARN.exec(arn);
    if (session) return this.roleNamed(session[1], session[2]);
    const identity = IDENTITY_ARN.exec(arn);
    if (!identity || arn.includes(':role/aws-service-role/') || arn.includes(':role/aws-reserved/') || !this.describes(identity[2])) return undefined;
    return this.entries.some(({ facts }) => facts.arn === arn);
  }

  private roleNamed(account: string, name: string): boolean | undefined {
    return this.describes(account) ? this.entries.some(({ facts }) => isRole(facts.arn, account, name)) : undefined;
  }

  private describes(account: string): boolean {
    return this.entries.some(({ facts }) => IDENTITY_ARN.exec(facts.arn)![2] === account);
  }

  private only(reference: string, isMeant: (entry: Entry) => boolean): IdentityFacts {
    const meant = this.entries.filter(isMeant);
    if (meant.length === 1) return meant[0].facts;
    if (meant.length > 1) {
      throw new Error(`'${reference}' could be ${meant.map(({ shown }) => shown).join(' or ')}: use the ARN, or the logical id after its stack's name and a dot`);
    }
    throw new Error(`no role or user '${reference}' here: ${this.list()}; add others with the option 'principals'`);
  }

  private list(): string {
    if (!this.entries.length) return 'there are none';
    const shown = this.entries.slice(0, SHOWN_AT_MOST).map((entry) => entry.shown);
    const left = this.entries.length - shown.length;
    return `there are ${shown.join(', ')}${left ? ` and ${left} more` : ''}`;
  }
}

function templateEntry(identity: TemplateIdentity, additions: readonly LocalPrincipal[]): Entry {
  const { stack, logicalId, path, name, arn } = identity;
  const managed = identity.managedPolicyArns.flatMap((policyArn) => managedPolicy(policyArn) ?? []);
  return {
    facts: merge({ ...identity, policies: [...identity.policies, ...managed] }, additions),
    names: [
      name, logicalId, `${stack}.${logicalId}`,
      ...(path ? [path, path.replace(/\/Resource$/, '')] : []),
      ...additions.flatMap((addition) => addition.name ?? []),
    ],
    shown: `${nameIn(arn)} (${stack}.${logicalId}${path ? `, ${path}` : ''})`,
  };
}

function addedEntry(arn: string, additions: readonly LocalPrincipal[]): Entry {
  const aliases = additions.flatMap((addition) => addition.name ?? []);
  return {
    facts: merge({ arn }, additions),
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

function calling({ arn }: IdentityFacts, sessionName: string): CallingPrincipal {
  const [, partition, account, kind, name] = IDENTITY_ARN.exec(arn)!;
  const temporary = kind === 'role';
  return {
    arn: temporary ? `arn:${partition}:sts::${account}:assumed-role/${name}/${sessionName}` : arn,
    account,
    temporary,
    identityArn: arn,
  };
}

function isRole(arn: string, account: string, name: string): boolean {
  const [, , of, kind, own] = IDENTITY_ARN.exec(arn)!;
  return of === account && kind === 'role' && own === name;
}

function nameIn(arn: string): string {
  return arn.split('/').pop()!;
}
