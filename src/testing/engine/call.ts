import { accessDenied } from './access-denied';
import type { EncryptionContext } from './encryption-context';
import { KmsException, notFound } from './exceptions';
import type { Key } from './key';
import { factsOf } from './key';
import type { KeyStore, Place } from './key-store';
import type { AuthorizationRecord, KmsCaller, KmsEngineOptions, PrincipalDirectory, RequestRecord } from './types';
import { conditionKeysOf } from '../../authz';
import type { Decision, KeyFacts, KmsRequest } from '../../authz';

/** What an operation asks authorization. */
export interface Question {
  /** Without the prefix: `Decrypt`, `ReEncryptFrom`. */
  readonly action: string;
  readonly key?: Key;
  /** The identifier as the caller wrote it. */
  readonly requestedKeyId?: string;
  readonly aliasArn?: string;
  readonly encryptionContext?: EncryptionContext;
  /** Condition keys beside those that repeat parameters: defaults, and what the engine alone knows. */
  readonly conditionKeys?: Readonly<Record<string, string | readonly string[]>>;
  /** Whether only the ciphertext told the key: then a denial does not. */
  readonly namedByCiphertext?: boolean;
  /** For CreateGrant, what the new grant would give. */
  readonly requestedGrant?: KmsRequest['requestedGrant'];
  /** For RetireGrant and RevokeGrant. */
  readonly grantId?: string;
  /** In place of the key's facts: what it would be after the call, or a key that is not there yet. */
  readonly facts?: KeyFacts;
}

/** One call on its way: who makes it, what it may see, and the record of what was asked. */
export class Call {
  public readonly place: Place;
  public readonly now: Date;
  private readonly authorizations: AuthorizationRecord[] = [];
  private keyArn?: string;
  private context?: EncryptionContext;

  constructor(
    public readonly operation: string,
    public readonly input: Readonly<Record<string, unknown>>,
    public readonly caller: KmsCaller,
    public readonly store: KeyStore,
    private readonly engine: Pick<KmsEngineOptions, 'authorize' | 'principals'> & { readonly home: Place; readonly clock: () => Date },
  ) {
    this.now = engine.clock();
    this.place = {
      account: caller.account ?? accountOf(caller.principal) ?? engine.home.account,
      region: caller.region ?? engine.home.region,
    };
  }

  /**
   * The key an identifier means.
   *
   * @throws NotFoundException for the caller's own account; AccessDeniedException for another one, whether the key is not there or not allowed
   */
  public find(identifier: string, action: string = this.operation): Key {
    const key = this.store.resolve(identifier, this.place);
    if (!key) throw accessDenied({ principal: this.caller.principal, action, resource: identifier, cause: 'not visible' });
    return key;
  }

  /**
   * The key that an operation on the key itself is about, authorized: the action has the operation's name, and aliases are not taken.
   *
   * @throws NotFoundException, AccessDeniedException
   */
  public authorizedKey(keyId: string, conditionKeys?: Question['conditionKeys']): Key {
    if (/^(arn:[^:]*:kms:[^:]*:[^:]*:)?alias\//.test(keyId)) throw notFound(`Invalid keyId '${keyId}'`);
    const key = this.find(keyId);
    this.authorize({ action: this.operation, key, requestedKeyId: keyId, conditionKeys });
    return key;
  }

  /** `kms:GrantIsForAWSResource`: whether an AWS service asks, for a caller or as itself. What the caller's own condition keys say goes first. */
  public get grantConditionKeys(): Readonly<Record<string, string | readonly string[]>> {
    const { conditionKeys, viaService, principal } = this.caller;
    const byService = viaService !== undefined || !isArn(principal);
    return { 'kms:GrantIsForAWSResource': conditionKeys?.['kms:GrantIsForAWSResource'] ?? String(byService) };
  }

  /** Who there is in IAM; undefined where nobody is looked up. */
  public get principals(): PrincipalDirectory | undefined {
    return this.engine.principals;
  }

  /** @throws InvalidGrantTokenException unless each token belongs to a grant; every grant takes effect at once, so tokens change nothing else */
  public requireGrantTokens(tokens: readonly string[] = []): void {
    if (!tokens.every((token) => this.store.grantByToken(token))) throw new KmsException('InvalidGrantTokenException');
  }

  /** @throws AccessDeniedException unless the caller may do this */
  public authorize(question: Question): void {
    const decision = this.ask(question, this.caller.principal);
    this.keyArn = question.key?.arn ?? this.keyArn;
    this.context = question.encryptionContext ?? this.context;
    this.authorizations.push({ action: `kms:${question.action}`, ...(question.key && { keyArn: question.key.arn }), decision });
    if (!decision.allowed) throw this.denial(question, decision);
  }

  /** Would this be allowed? Neither recorded nor refused. */
  public would(question: Question): boolean {
    return this.ask(question, this.caller.principal).allowed;
  }

  /** @throws DryRunOperationException if the caller asked for a dry run: called where nothing is left that could fail, before anything changes */
  public stopIfDryRun(dryRun: boolean | undefined): void {
    if (dryRun) throw new KmsException('DryRunOperationException', 'The request would have succeeded, but the DryRun option is set.');
  }

  public record(error?: unknown): RequestRecord {
    const decision = this.authorizations[this.authorizations.length - 1]?.decision;
    return {
      at: this.now,
      principal: this.caller.principal,
      ...this.place,
      ...(this.caller.viaService && { viaService: this.caller.viaService }),
      operation: this.operation,
      ...(this.keyArn && { keyArn: this.keyArn }),
      ...(this.context && { encryptionContext: this.context }),
      authorizations: this.authorizations,
      ...(decision && { decision }),
      ...(error instanceof Error && { error: error.name, errorMessage: error.message }),
    };
  }

  private ask(question: Question, principal: string): Decision {
    const { key } = question;
    const facts = question.facts ?? (key && factsOf(key, this.store.aliasesOf(key).map(({ name }) => name)));
    return this.engine.authorize({
      principal,
      action: `kms:${question.action}`,
      ...(facts && { key: facts }),
      ...(question.aliasArn && { aliasArn: question.aliasArn }),
      ...(question.requestedKeyId && { requestedKeyId: question.requestedKeyId }),
      ...(question.encryptionContext && { encryptionContext: question.encryptionContext }),
      ...(question.requestedGrant && { requestedGrant: question.requestedGrant }),
      ...(question.grantId && { grantId: question.grantId }),
      conditionKeys: {
        ...this.caller.conditionKeys,
        ...conditionKeysOf(`kms:${question.action}`, this.input),
        ...question.conditionKeys,
      },
      ...(this.caller.viaService && { viaService: this.caller.viaService }),
    });
  }

  /** In KMS's words. Strangers are told no more than they knew: an alias of another account does not give away its key. */
  private denial(question: Question, decision: Decision): KmsException {
    const { action, key, requestedKeyId, aliasArn, namedByCiphertext: ciphertext } = question;
    const denied = { principal: this.caller.principal, action, ciphertext };
    if (key && this.isForeign(key)) return accessDenied({ ...denied, resource: requestedKeyId ?? key.arn, cause: 'not visible' });
    return accessDenied({ ...denied, resource: key?.arn ?? aliasArn, cause: this.causeOf(question, decision) });
  }

  /** Services have no account that a key could be foreign to. */
  private isForeign(key: Key): boolean {
    return key.account !== this.place.account && isArn(this.caller.principal);
  }

  private causeOf(question: Question, decision: Decision): string {
    const { key } = question;
    if (decision.outcome === 'ExplicitlyDenied') {
      const kind = decision.decidedBy.find(({ effect }) => effect === 'Deny')?.kind;
      return kind === undefined || kind === 'key policy' || kind === 'grant' ? 'deny in a resource-based policy' : `deny in ${article(kind)}`;
    }
    // Where the key policy leaves the action to IAM, the account's root passes, and what lacks is an identity policy.
    const delegated = isArn(this.caller.principal) && (!key || this.ask(question, rootOf(key.account, key.arn)).allowed);
    return delegated ? 'no identity-based policy' : 'no resource-based policy';
  }
}

/** The account in an ARN; undefined for a service principal. */
export function accountOf(principal: string): string | undefined {
  return /^arn:[^:]*:[^:]*:[^:]*:(\d{12}):/.exec(principal)?.[1];
}

function isArn(principal: string): boolean {
  return principal.startsWith('arn:');
}

function rootOf(account: string, arn: string): string {
  return `arn:${arn.split(':')[1]}:iam::${account}:root`;
}

function article(kind: string): string {
  return kind === 'identity policy' ? 'an identity-based policy' : `a ${kind}`;
}
