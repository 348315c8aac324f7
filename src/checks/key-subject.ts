import type { Problem } from './rule';
import type { StatementView, Who } from './statement-view';
import { viewOf } from './statement-view';
import { readPolicy } from '../authz';
import type { PolicyDocument, PolicyStatement } from '../authz';
import { statementsOf } from '../spec/policy-grammar';
import type { TemplateKey, TemplateResource } from '../template';
import { nameOf } from './words';

/** A key as rules look at it. */
export class KeySubject {
  /** What messages call it. */
  public readonly name: string;
  /** All statements of its policy. */
  public readonly statements: readonly StatementView[];
  /** Those that may allow something on it. */
  public readonly allows: readonly StatementView[];
  public readonly denies: readonly StatementView[];
  /** Why KMS would refuse the policy. */
  public readonly refused?: string;
  private byName?: ReadonlyMap<string, readonly StatementView[]>;

  public constructor(
    public readonly key: TemplateKey,
    public readonly resource: TemplateResource | undefined,
    private readonly trusted: ReadonlySet<string>,
  ) {
    const policy = readPolicy(key.policy, 'key policy');
    this.name = nameOf(key);
    this.refused = policy.refused;
    this.statements = policy.statements.map((statement) => viewOf(statement, key.arn));
    const acting = this.statements.filter(({ inert, aboutKey }) => !inert && aboutKey);
    this.allows = acting.filter(({ effect }) => effect === 'Allow');
    this.denies = acting.filter(({ effect }) => effect === 'Deny');
  }

  /** Whether an account may be let in: the key's own, or a trusted one. */
  public readonly trusts = (account: string): boolean => this.trusted.has(account) || account === this.key.account;

  /** Whether somebody is of the key's own account. */
  public isOwn(who: Who): boolean {
    return 'account' in who && who.account === this.key.account;
  }

  public isRoot(who: Who): boolean {
    return who.kind === 'account' && this.isOwn(who);
  }

  /** Whether its policy is nothing but KMS's default: the account decides by IAM policies. */
  public get isDefault(): boolean {
    const [statement, ...others] = this.statements;
    return statement !== undefined && others.length === 0 && statement.effect === 'Allow' && statement.conditions.length === 0
      && statement.who.length === 1 && this.isRoot(statement.who[0]) && statement.written.join() === 'kms:*';
  }

  public get isSymmetric(): boolean {
    return this.key.spec === 'SYMMETRIC_DEFAULT';
  }

  /** Whether an unconditioned Deny takes an action from somebody. */
  public denied(who: Who, action: string): boolean {
    return this.denies.some((deny) => deny.actions.has(action) && deny.conditions.length === 0 && !deny.notPrincipal
      && deny.who.some((one) => one.kind === 'anyone' || sameWho(one, who)));
  }

  /** Those whom statements let in by their own names, each with the statements that do. Whom IAM policies let in is not among them. */
  public get named(): ReadonlyMap<string, readonly StatementView[]> {
    this.byName ??= namedIn(this.allows);
    return this.byName;
  }

  /** Its policy with some of the statements, which keep the names that they have. */
  public policyWith(passes: (statement: StatementView) => boolean): PolicyDocument {
    const written = statementsOf(this.key.policy) as readonly PolicyStatement[];
    const named = written.map((statement, index) => ({ ...statement, Sid: this.statements[index].name }));
    return { ...this.key.policy, Statement: named.filter((_, index) => passes(this.statements[index])) };
  }

  public problem(seen: string, more: Partial<Problem> = {}): Problem {
    const { stack, logicalId, path } = this.key;
    return { at: { stack, logicalId, ...path === undefined ? {} : { path } }, seen, ...more };
  }
}

function namedIn(allows: readonly StatementView[]): ReadonlyMap<string, readonly StatementView[]> {
  const named = new Map<string, StatementView[]>();
  for (const statement of allows) {
    if (statement.notPrincipal) continue;
    for (const who of statement.who) {
      if (who.kind !== 'identity') continue;
      const statements = named.get(who.text) ?? [];
      if (statements[statements.length - 1] !== statement) statements.push(statement);
      named.set(who.text, statements);
    }
  }
  return named;
}

function sameWho(one: Who, other: Who): boolean {
  return one.kind === other.kind && 'text' in one && 'text' in other && one.text === other.text;
}
