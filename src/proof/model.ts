import { grantOperationsOf, originOf } from './condition-key-values';
import type { Asking } from './condition-key-values';
import { isAccount, isWild, principalsOf } from './principals';
import type { Principals } from './principals';
import { search } from './search';
import type { Found, Requirement } from './search';
import { Space, TooMany } from './space';
import type { Asked, Atom } from './space';
import type { Counterexample, KeyWorld, PrincipalPattern } from './types';
import { companions, wellFormed } from './well-formed';
import { ConditionKeys, decide, identify, readPolicy } from '../authz';
import type { Bound, Caller, Closeness, Decision, KeyFacts, KmsRequest, NamedPolicy, Policy, RequestContext, Statement, TriState } from '../authz';
import { ALIAS_ACTIONS, CROSS_ACCOUNT_ACTIONS, RETIRE_GRANT } from '../spec/action-resources';

/** A key with its policy read, and the search for requests that it allows. */

/** What a request has to be besides allowed. */
export interface Demand {
  /** Condition keys that the requirements speak of. */
  readonly asked: readonly Asked[];
  requirements(space: Space): readonly Requirement[];
}

export const NO_DEMAND: Demand = { asked: [], requirements: () => [] };

/** What is asked in one search. */
export interface Question {
  readonly principal: string;
  readonly action: string;
  readonly bound: Bound;
  readonly demand?: Demand;
  /** Whether an encryption context may name a pair in two spellings at once, of which no page says which counts. @default true */
  readonly spelledTwice?: boolean;
}

/** A statement that names principal, action and resource of a request, with its conditions. */
export interface Matched {
  readonly statement: Statement;
  readonly state: TriState;
  readonly closeness?: Closeness;
  readonly atoms: readonly Atom[];
}

/** Statements of one kind of policy that name a request. */
interface MatchedPolicies {
  readonly allows: readonly Matched[];
  readonly denies: readonly Matched[];
}

const CROSSING: ReadonlySet<string> = new Set(CROSS_ACCOUNT_ACTIONS);
const ON_ALIAS: ReadonlySet<string> = new Set(ALIAS_ACTIONS);
/** Ways to be allowed that are looked at for one principal and action. */
const PATHS = 20_000;

const models = new WeakMap<KeyWorld, Map<string, Model>>();

/** The model of a key, made once; and once more for patterns that tell apart principals which it does not. */
export function modelOf(at: KeyWorld, named: readonly PrincipalPattern[] = []): Model {
  const { principals } = made(at, []);
  return made(at, named.filter((pattern) => isWild(pattern) || !(principals.named.has(pattern) || isAccount(pattern))));
}

function made(at: KeyWorld, named: readonly PrincipalPattern[]): Model {
  const name = JSON.stringify(named);
  let known = models.get(at);
  if (!known) models.set(at, known = new Map());
  let model = known.get(name);
  if (!model) known.set(name, model = new Model(at, named));
  return model;
}

export class Model {
  readonly key: KeyFacts;
  readonly policy: Policy;
  readonly principals: Principals;
  private readonly byAction = new Map<string, readonly Statement[]>();
  private readonly byPrincipal = new Map<string, ReadonlySet<Statement>>();
  private readonly callers = new Map<string, Caller>();

  /**
   * @param others more key policies whose principals and conditions tell principals apart
   * @param principals who they are, where that is known
   */
  constructor(readonly at: KeyWorld, private readonly patterns: readonly PrincipalPattern[], private readonly others: readonly Policy[] = [], principals?: Principals) {
    const { grants, ...key } = at.key;
    this.key = key;
    this.policy = readPolicy(key.policy, 'key policy');
    this.principals = principals ?? principalsOf(at, { policies: [this.policy, ...others], patterns });
  }

  /** The same, where IAM policies that nobody knows allow nothing. */
  knownToAllow(): Model {
    return new Model(this.at, this.patterns, this.others, this.principals.knownToAllow());
  }

  caller(principal: string): Caller {
    let caller = this.callers.get(principal);
    if (!caller) this.callers.set(principal, caller = identify(this.principals.worldOf(principal), principal));
    return caller;
  }

  asking({ principal, action }: Question): Asking {
    return { caller: this.caller(principal), action, key: this.key };
  }

  /** The request without what its conditions are about. */
  base({ principal, action }: Question): KmsRequest {
    const [, partition, , region, account] = this.key.arn.split(':');
    const alias = ON_ALIAS.has(action) ? { aliasArn: `arn:${partition}:kms:${region}:${account}:${this.key.aliases?.[0] ?? 'alias/any'}` } : {};
    const grant = action === 'kms:CreateGrant' ? { requestedGrant: { operations: grantOperationsOf(this.key).slice(0, 1) } } : {};
    return { principal, action, key: this.key, ...alias, ...grant };
  }

  /** A request as it is here, where it was made up elsewhere: with this key, and without what follows from this caller and key. */
  seen({ key, conditionKeys = {}, ...request }: KmsRequest): KmsRequest {
    const asking: Asking = { caller: this.caller(request.principal), action: request.action, key: this.key };
    const told = Object.entries(conditionKeys).filter(([name]) => originOf(name.toLowerCase(), asking) !== 'settled');
    return { ...request, key: this.key, conditionKeys: Object.fromEntries(told) };
  }

  decide(request: KmsRequest, bound: Bound): Decision {
    return decide(this.principals.worldOf(request.principal), request, { bound });
  }

  contextOf(request: KmsRequest, bound: Bound): RequestContext {
    const caller = this.caller(request.principal);
    return { action: request.action, resource: this.key.arn, resourceKind: 'key', caller, conditionKeys: new ConditionKeys(request, caller, bound), bound };
  }

  /** Looks for a request of the principal that is allowed, and meets the demand. */
  find(question: Question): Found<Counterexample> {
    const scene = this.sceneOf(question);
    if (!scene) return { kind: 'none' };
    let worst: Found<Counterexample> = { kind: 'none' };
    for (const path of scene.paths) {
      const found = this.searchPath(scene, path, question);
      if (found.kind === 'found') return found;
      if (found.kind !== 'none') worst = found;
    }
    return scene.tooMany && worst.kind === 'none' ? { kind: 'gave up', because: 'too many statements allow together' } : worst;
  }

  /** Statements of the key policy whose actions include one. */
  statementsFor(action: string): readonly Statement[] {
    let statements = this.byAction.get(action);
    if (!statements) {
      statements = this.policy.statements.filter((statement) => !statement.inert && mayName(statement, action));
      this.byAction.set(action, statements);
    }
    return statements;
  }

  /** Statements of the key policy whose principals may include one. */
  statementsNaming(principal: string): ReadonlySet<Statement> {
    let statements = this.byPrincipal.get(principal);
    if (!statements) {
      const caller = this.caller(principal);
      this.byPrincipal.set(principal, statements = new Set(this.policy.statements.filter((statement) => mayMean(statement, caller))));
    }
    return statements;
  }

  /** The statements that take part in a question; undefined if none can allow it. */
  sceneOf(question: Question): Scene | undefined {
    const { principal, action, bound } = question;
    const caller = this.caller(principal);
    const naming = this.statementsNaming(principal);
    const statements = this.statementsFor(action).filter((statement) => naming.has(statement));
    const retires = action === RETIRE_GRANT;
    if (!retires && statements.every(({ effect }) => effect === 'Deny')) return undefined;
    const base = this.base(question);
    const context = this.contextOf(base, bound);
    const atKey = matching(statements, context, 'key policy', this.policy.refused);
    if (!retires && atKey.allows.length === 0) return undefined;
    const iam = new IamPolicies(caller, context);
    const onAlias = ON_ALIAS.has(action) ? new IamPolicies(caller, { ...context, resource: base.aliasArn!, resourceKind: 'alias' }) : undefined;
    const home = caller.account === this.key.arn.split(':')[4] && caller.partition === this.key.arn.split(':')[1];
    const crossing = home || caller.kind === 'service' || (caller.partition === this.key.arn.split(':')[1] && CROSSING.has(action));
    if (!crossing) return undefined;
    const ways = retires ? (home ? iam.complete() : []) : atKey.allows.flatMap((allow) => this.pathsOf(allow, caller, home, iam));
    const paths = onAlias ? ways.flatMap((way) => onAlias.complete().map((more) => [...way, ...more])) : ways;
    const denies = [...(retires ? [] : atKey.denies), ...iam.denies, ...(onAlias?.denies ?? [])];
    if (paths.length === 0) return undefined;
    return { base, denies, paths: paths.slice(0, PATHS), tooMany: paths.length > PATHS };
  }

  /** The ways in which one Allow of the key policy may act: alone, or with IAM policies, by how closely it names the caller. */
  private pathsOf(allow: Matched, { kind }: Caller, home: boolean, iam: IamPolicies): readonly (readonly Matched[])[] {
    if (kind === 'service' || (home && allow.closeness === 'itself')) return [[allow]];
    return (home && allow.closeness === 'issuer' ? iam.limits() : iam.complete()).map((rest) => [allow, ...rest]);
  }

  /** Looks for a request that statements allow together. */
  searchPath(scene: Scene, path: readonly Matched[], question: Question): Found<Counterexample> {
    return this.searchWith(scene, path, question, [], () => [[]], (request) => this.confirmed(request, question.bound));
  }

  /**
   * The same with requirements of somebody else's besides, in one of several cases.
   *
   * @param more conditions that those requirements speak of
   */
  searchWith<T>(
    { base, denies }: Scene, path: readonly Matched[], question: Question, more: readonly Atom[],
    cases: (space: Space) => readonly (readonly Requirement[])[], accept: (request: KmsRequest) => T | undefined,
  ): Found<T> {
    const { bound, demand = NO_DEMAND } = question;
    const allowing = path.flatMap(({ atoms }) => atoms);
    const atoms = [...allowing, ...denies.flatMap((deny) => deny.atoms), ...more];
    try {
      const asked = [...demand.asked, ...companions(atoms.map(({ condition }) => condition.key.toLowerCase()))];
      const space = new Space(base, this.asking(question), bound, atoms, asked, question.spelledTwice);
      const requirements: Requirement[] = [
        ...allowing.map((atom) => space.ways(atom, bound === 'surely' ? 'yes' : 'not no')),
        ...denies.map((deny) => escaping(deny, space, bound)),
        ...wellFormed(space, question.action),
        ...demand.requirements(space),
      ];
      const counts = space.variables.map(({ parts }) => parts.length);
      let worst: Found<T> = { kind: 'none' };
      for (const one of cases(space)) {
        const found = search(counts, [...requirements, ...one], (choice) => accept(space.request(choice)));
        if (found.kind === 'found') return found;
        if (found.kind !== 'none') worst = found;
      }
      return worst.kind === 'none' && space.incomplete !== undefined ? { kind: 'gave up', because: space.incomplete } : worst;
    } catch (error) {
      if (error instanceof TooMany) return { kind: 'gave up', because: error.message };
      throw error;
    }
  }

  confirmed(request: KmsRequest, bound: Bound): Counterexample | undefined {
    const decision = this.decide(request, bound);
    return decision.allowed ? { request, decision, world: this.principals.worldOf(request.principal), bound } : undefined;
  }
}

export interface Scene {
  readonly base: KmsRequest;
  readonly denies: readonly Matched[];
  /** Statements that allow together. */
  readonly paths: readonly (readonly Matched[])[];
  readonly tooMany: boolean;
}

const NOTHING: MatchedPolicies = { allows: [], denies: [] };

/** The ways in which a Deny does not act. */
function escaping({ state, atoms }: Matched, space: Space, bound: Bound): Requirement {
  if (bound === 'perhaps' && state !== 'yes') return [[]];
  return atoms.flatMap((atom) => space.ways(atom, bound === 'perhaps' ? 'not yes' : 'no'));
}

function matching(statements: readonly Statement[], context: RequestContext, kind: 'key policy' | 'iam policy', refused: string | undefined): MatchedPolicies {
  const scope = { inKeyPolicy: kind === 'key policy', resource: context.resourceKind };
  const allows: Matched[] = [];
  const denies: Matched[] = [];
  for (const statement of statements) {
    const { state, closeness } = namesOf(statement, context);
    if (state === 'no') continue;
    if (statement.effect === 'Allow' && (refused !== undefined || (context.bound === 'surely' && state !== 'yes'))) continue;
    const matched = { statement, state, closeness, atoms: statement.conditions.map((condition) => ({ condition, scope })) };
    (statement.effect === 'Allow' ? allows : denies).push(matched);
  }
  return { allows, denies };
}

/** Variables in a resource may have any value: what does not match without them may match with them. */
function namesOf(statement: Statement, context: RequestContext): { readonly state: TriState; readonly closeness?: Closeness } {
  const match = statement.matchNames(context);
  if (match.state !== 'no' || statement.principals || !statement.resources?.names.some((name) => name.includes('${'))) return match;
  return mayName(statement, context.action) ? { state: 'unclear' } : match;
}

/** Whether a statement's principals may include a caller: it is asked more closely afterwards. */
function mayMean({ principals }: Statement, { kind, account, ownArn, issuerArn, principal }: Caller): boolean {
  if (!principals || principals.excluding) return true;
  return principals.named.some((one) => {
    switch (one.kind) {
      case 'account': return one.account === account;
      case 'service': return one.service === principal;
      case 'arn': return one.arn === ownArn || one.arn === issuerArn || (kind === 'session' && one.arn.includes(':assumed-role/'));
      case 'nobody': return false;
      default: return true;
    }
  });
}

/** Whether a statement's actions may include one. What is no list of names may. */
function mayName({ actions }: Statement, action: string): boolean {
  if (!actions) return true;
  const name = action.toLowerCase();
  const named = actions.names.some((pattern) => patternOf(pattern).test(name));
  return actions.excluding || named || actions.names.length === 0 || actions.names.some((one) => one.includes('unresolved-'));
}

const patterns = new Map<string, RegExp>();

function patternOf(text: string): RegExp {
  let pattern = patterns.get(text);
  if (!pattern) {
    if (patterns.size > 5000) patterns.clear();
    pattern = new RegExp(`^${text.toLowerCase().replace(/[.+^${}()|[\]\\]/g, '\\$&').replace(/\*+/g, '.*').replace(/\?/g, '.')}$`, 's');
    patterns.set(text, pattern);
  }
  return pattern;
}

/** The IAM policies of one caller, for one request. */
class IamPolicies {
  readonly denies: readonly Matched[];
  private readonly own: MatchedPolicies;
  private readonly limiting: readonly MatchedPolicies[];

  constructor(private readonly caller: Caller, context: RequestContext) {
    const { policies = [], boundary, sessionPolicies = [] } = caller.identity ?? {};
    const of = (list: readonly NamedPolicy[]): MatchedPolicies => {
      const matched = list.map(({ document }) => {
        const { statements, refused } = readPolicy(document, 'iam policy');
        return matching(statements, context, 'iam policy', refused);
      });
      return { allows: matched.flatMap(({ allows }) => allows), denies: matched.flatMap(({ denies }) => denies) };
    };
    const sessions = caller.kind === 'user' || caller.kind === 'account root' ? [] : sessionPolicies;
    this.own = caller.kind === 'account root' ? NOTHING : of(policies);
    const limits = [...(boundary ? [[boundary]] : []), ...(sessions.length > 0 ? [sessions] : [])];
    this.limiting = caller.kind === 'account root' ? [] : limits.map(of);
    this.denies = [this.own, ...this.limiting].flatMap(({ denies }) => denies);
  }

  /** Statements that together allow by IAM. */
  complete(): readonly (readonly Matched[])[] {
    if (this.caller.kind === 'account root') return [[]];
    if (this.caller.kind === 'service') return [];
    return this.own.allows.flatMap((allow) => this.limits().map((limits) => [allow, ...limits]));
  }

  /** Statements that allow of boundary and session policies. */
  limits(): readonly (readonly Matched[])[] {
    const sessionless = this.caller.kind === 'federated user' && (this.caller.identity?.sessionPolicies ?? []).length === 0;
    if (sessionless) return [];
    const start: readonly (readonly Matched[])[] = [[]];
    return this.limiting.reduce((ways, { allows }) => ways.flatMap((way) => allows.map((allow) => [...way, allow])), start);
  }
}
