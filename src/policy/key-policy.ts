import { CfnResource, Lazy, Stack, Token } from 'aws-cdk-lib';
import type { IResolvable } from 'aws-cdk-lib';
import { Effect, type PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { whatHasNoEffect, whatIsOutsideOfContract, whatIsWrongWith, whoIsOfAnOrganization, type CustomizedKey } from './custom-statements';
import { DeploymentOrder, wayOutOfCycle, type Crossing } from './deployment-order';
import { letsInOrganization, namesSomebody, organizationInWords, readerOfNames, whyNot, type TextsOf } from './gate';
import { lateValuesIn, lateValuesOf, lookedUp, type LateValues } from './late-values';
import type { Conditions } from './permission';
import { bytesOf, largest, surelyFits } from './policy-size';
import { takesIn } from './requested-actions';
import { sparingServiceRoles } from './service-roles';
import { everySource, SourceArns } from './source-arns';
import { compose, freshSid, type Sentence, type SentencePrincipal, type Statement, type StatementJson } from './statements';
import { judgeUnbound, withDocumentedCondition } from './unbound-services';
import { KeyUses, madeOf } from '../app/key-uses';
import { keptFor } from '../app/per-stage';
import { warn } from '../app/warnings';
import { KEY_POLICY_BYTES } from '../spec/limits';
import { policyFindings } from '../spec/policy-grammar';
import { UNRESOLVED } from '../spec/unresolved';

const EVERY_UNRESOLVED = new RegExp(UNRESOLVED, 'g');

/** A sentence that can be written in two ways, told apart only when the whole app is known. */
export interface CrossingSentence {
  readonly crossing: Crossing;
  /** Names the grantee by reference: the key's template waits for the grantee's. */
  readonly byReference: Sentence;
  /** Tells the grantee by its literal ARN; absent where the grantee's own policy is enough. */
  readonly byArn?: Sentence;
}

/** When a policy is asked: while the app is still built, while CDK looks for references, or for the template. */
export type Moment = 'before linking' | 'preparing' | 'rendering';

/** A statement from outside. */
interface CustomStatement {
  readonly statement: PolicyStatement;
  readonly isOverruled: () => boolean;
}

/** Statements made of sentences, and whether they fit whatever their tokens turn out to be. */
interface Composition {
  readonly from: readonly Sentence[];
  /** What is looked up for the sentences, and what it was, as text. */
  readonly late: readonly LateValues[];
  readonly found: string;
  /** The sentences with what was found. */
  readonly said: readonly Sentence[];
  readonly wide: readonly Statement[];
  readonly fits: boolean;
  /** The shorter form, once it was needed. */
  tight?: readonly Statement[];
}

/** What was composed once the app was complete, and for what. */
interface SettledComposition {
  /** The look at the app, and how much had been said: whoever says more later, or begins another synthesis, has it composed anew. */
  readonly uses: KeyUses;
  readonly said: number;
  readonly statements: readonly Statement[];
  /** The document of these statements, resolved, once validation looked at it: template and tree show the same. */
  document?: object;
}

/** The policy document of a key: collects sentences while the app is built, and says them when it is synthesized. */
export class KeyPolicy {
  private readonly sentences: (Sentence | CrossingSentence)[] = [];
  /** What was composed last: sentences are chosen anew each time the policy is asked for, and are mostly the same. */
  private composed: Composition = { from: [], late: [], found: '[]', said: [], wide: [], fits: true };
  private settled?: SettledComposition;
  private readonly later: (() => readonly Sentence[])[] = [];
  private readonly custom: CustomStatement[] = [];
  private readonly sources: SourceArns;
  private readonly names: TextsOf;

  private readonly key: Construct;

  constructor(private readonly customized: CustomizedKey) {
    this.key = customized.construct;
    this.sources = new SourceArns(this.key);
    this.names = readerOfNames(Stack.of(this.key));
  }

  /** The document, for the `KeyPolicy` property of the key. */
  public get document(): IResolvable {
    return Lazy.uncachedAny({ produce: ({ preparing }) => this.render(preparing) });
  }

  /**
   * Says what somebody was granted. Throws where that lets in the whole account of the key, whoever asked for it: the one gate of grants, views,
   * and props. What `add` takes passes the same one at synthesis.
   */
  public say(sentence: Sentence | CrossingSentence): void {
    if (!('crossing' in sentence)) this.pass(sentence);
    this.sentences.push(sentence);
  }

  /** Says what is found out at synthesis: the same sentence each time, for whoever it is found for. */
  public sayLater(find: () => readonly Sentence[]): void {
    this.later.push(find);
  }

  /** Says what the account's own IAM policies may give, or whom the policy denies: sentences that are about everybody on purpose. */
  public sayOfEverybody(sentence: Sentence): void {
    this.sentences.push(sentence);
  }

  /**
   * Adds a statement made elsewhere. It is looked at when the app is synthesized: until then its maker may change it. `isOverruled` tells then whether somebody
   * knows better than to be warned of it.
   */
  public add(statement: PolicyStatement, isOverruled = () => false): void {
    this.custom.push({ statement, isOverruled });
  }

  /** Narrows what lets in a service for a pattern of resources to these. */
  public narrowSource(service: string, arns: readonly string[]): void {
    this.sources.narrow(service, arns);
  }

  /** Whether a statement made elsewhere allows the action, to whomever. */
  public customAllows(action: string): boolean {
    return this.custom.some(({ statement: { effect, actions } }) => effect === Effect.ALLOW && actions.some((pattern) => takesIn(pattern, action)));
  }

  /** What the policy says whichever resource has the key. */
  public statementsBesideViews(): readonly StatementJson[] {
    const said = this.sentences.map((entry) => this.choose(entry, false)).filter((sentence) => sentence !== undefined)
      .filter(({ byView, when }) => !byView && (when?.() ?? true));
    return [...compose(said).map(({ json }) => json), ...this.customStatements([])].map((json) => this.sources.applied(json, false));
  }

  /**
   * Whom the policy allows what, tokens and all. Before CDK links stacks nobody knows which of two ways a grantee will be told: each is told by reference then,
   * and nothing is decided yet.
   */
  public allowing(moment: Moment): StatementJson[] {
    if (moment === 'rendering') return this.statements().map(({ json }) => json).filter(isAllow);
    const byReference = (entry: Sentence | CrossingSentence) => ('crossing' in entry ? entry.byReference : entry);
    const said = moment === 'preparing' ? this.sentences.flatMap((entry) => this.choose(entry, true) ?? []).filter(isSaid) : this.sentences.map(byReference);
    const ours = compose([...said, ...this.later.flatMap((find) => find())].filter(isAllow));
    return [...ours.map(({ json }) => json), ...this.customStatements(ours).filter(isAllow)];
  }

  /** What is wrong with the policy, a sentence each, with the way out. To be asked after CDK has linked the stacks. */
  public problems(): string[] {
    const custom = this.custom.length ? this.statements().slice(-this.custom.length).map(({ json }) => json) : [];
    for (const statement of custom) {
      const wide = whatIsOutsideOfContract(statement, this.customized);
      if (wide) warn(this.key, 'cdk-keysmith:outside-contract', wide);
      const vain = whatHasNoEffect(statement, this.customized);
      if (vain) warn(this.key, 'cdk-keysmith:no-effect-in-key-policy', vain);
      const organization = whoIsOfAnOrganization(statement, this.customized);
      if (organization) this.warnOfOrganization(organization);
    }
    this.warnOfLateKeys();
    this.warnOfEverySource(custom);
    return [
      ...this.cycles(),
      ...this.sources.problems(() => this.composedStatements().map(({ json }) => json)),
      ...custom.flatMap((statement, i) => whatIsWrongWith(statement, { ...this.customized, isOverruled: this.custom[i].isOverruled() })),
      ...this.openOnes(),
      ...this.refusals(),
      ...this.oversize(),
    ];
  }

  /** Who was told by a name that is gone, a sentence each. Nothing of the policy can be looked at until they have it back. */
  public lostNames(): string[] {
    const chosen = this.sentences.flatMap((entry) => this.choose(entry, false) ?? []);
    const lost = chosen.filter(isSaid).filter(({ principal }) => principal.type === 'rolesOf' && principal.isLost?.());
    return [...new Set(lost.map(({ label, sid }) => `${sid} on '${this.key.node.path}': ${label} was named in a key policy by its name, and the name was taken away since: `
      + 'leave it the name, or grant after that'))];
  }

  /** Refuses a sentence, where something is wrong with it that can be told before synthesis. */
  private pass(sentence: Sentence): void {
    const why = whyNot(sentence, this.customized, this.names);
    if (why !== undefined) throw new Error(why);
    if (letsInOrganization(sentence, this.customized)) this.warnOfOrganization(`${sentence.label}, granted ${sentence.sid},`);
  }

  private warnOfOrganization(who: string): void {
    warn(this.key, 'cdk-keysmith:organization', organizationInWords(who, this.key.node.path));
  }

  /** Sentences that can be read only now, as their conditions hold tokens: what was taken for somebody may be everybody. */
  private openOnes(): string[] {
    const names = namesIn(KeyUses.of(this.key))(Stack.of(this.key));
    return [...new Set(this.sentences.flatMap((entry) => {
      if ('crossing' in entry || entry.effect !== 'Allow' || namesSomebody(entry, this.customized, names)) return [];
      if (!holdsTokens(entry.conditions ?? {}) || !isSaid(entry)) return [];
      return whyNot({ ...entry, conditions: Stack.of(this.key).resolve(entry.conditions) as Conditions }, this.customized, names) ?? [];
    }))];
  }

  private render(preparing: boolean): object {
    return preparing ? this.prepare() : this.settledOn()?.document ?? { Statement: this.statements().map(({ json }) => json), Version: '2012-10-17' };
  }

  /**
   * CDK looks for references to other stacks, and throws the rest away: each text that may hold some is shown once, as looking costs. A synthesis begins so: what was
   * settled in an earlier one is so no longer.
   */
  private prepare(): unknown[] {
    KeyUses.reopen(this.key);
    const said = this.sentences.flatMap((entry) => this.choose(entry, true) ?? []);
    const custom = this.customStatements([]).map((json) => this.sources.applied(json, true));
    const narrowed = this.sources.isEmpty ? [] : compose(said).map(({ json }) => this.sources.applied(json, true));
    const values = said.flatMap(({ principal, conditions = {} }) => [...textsOf(principal), ...valuesIn(conditions)]);
    return [
      ...new Set(values.filter((value) => Token.isUnresolved(value))),
      ...[...custom, ...narrowed].map(({ Principal, Condition }) => ({ Principal, Condition })),
    ];
  }

  private statements(): Statement[] {
    return this.composedStatements().map((statement) => ({ ...statement, json: this.sources.applied(statement.json, false) }));
  }

  private composedStatements(): Statement[] {
    const ours = this.ownStatements();
    return [...ours, ...this.customStatements(ours).map((json) => ({ json, labels: ['addToResourcePolicy'] }))];
  }

  private ownStatements(): readonly Statement[] {
    const known = this.settledOn();
    if (known) return known.statements;
    const uses = KeyUses.settled(this.key);
    const statements = this.compose(this.chosen());
    this.settled = uses && { uses, said: this.entries, statements };
    return statements;
  }

  /** What was composed in this synthesis, if the app was complete by then and nobody has said more since. */
  private settledOn(): SettledComposition | undefined {
    const { settled } = this;
    return settled && settled.uses === KeyUses.settled(this.key) && settled.said === this.entries ? settled : undefined;
  }

  /** How much was said. */
  private get entries(): number {
    return this.sentences.length + this.later.length + this.custom.length;
  }

  /** Whether all statements are sentences, as they stand: others may be changed by their makers at any time. */
  private get isAllOurs(): boolean {
    return !this.custom.length && this.sources.isEmpty;
  }

  /** What is said, as far as anybody knows by now. */
  private chosen(): Sentence[] {
    const found = [...new Set(this.later.flatMap((find) => find()))];
    for (const sentence of found) this.pass(sentence);
    const chosen = [...this.sentences.flatMap((entry) => this.choose(entry, false) ?? []), ...found].filter(isSaid);
    return [...chosen.filter(({ effect }) => effect === 'Allow'), ...sparingServiceRoles(chosen.filter(({ effect }) => effect === 'Deny'), this.key)];
  }

  private compose(from: readonly Sentence[]): readonly Statement[] {
    const composition = this.composed = this.composition(from);
    const { wide, said, fits } = composition;
    // A list that somebody else left to synthesis may have grown since: what does not fit for certain is measured each time.
    return fits || !this.tooLong(wide) ? wide : composition.tight ??= compose(said, true);
  }

  /** What was composed last, if it says the same still. */
  private composition(from: readonly Sentence[]): Composition {
    const last = this.composed;
    const same = from.length === last.from.length && from.every((sentence, i) => sentence === last.from[i]);
    if (same && !last.late.length) return last;
    const late = same ? last.late : [...new Set(from.flatMap(({ conditions = {} }) => lateValuesIn(conditions)))];
    const values = new Map(late.map((each) => [each, each.values()]));
    const found = JSON.stringify([...values.values()]);
    if (same && found === last.found) return last;
    const said = values.size ? from.map((sentence) => ({ ...sentence, conditions: lookedUp(sentence.conditions ?? {}, values) })) : from;
    const wide = compose(said);
    return { from, late, found, said, wide, fits: surelyFits(wide.map(({ json }) => json)) };
  }

  private choose(entry: Sentence | CrossingSentence, preparing: boolean): Sentence | undefined {
    if (!('crossing' in entry)) return entry;
    switch (DeploymentOrder.of(this.key).orderOf(entry.crossing, preparing)) {
      case 'key waits': return entry.byReference;
      case 'grantee waits': return entry.byArn;
      default: return undefined;
    }
  }

  private customStatements(ours: readonly Statement[]): StatementJson[] {
    const taken = new Set(ours.map(({ json }) => json.Sid));
    return this.custom.map(({ statement }) => {
      const json = statement.toStatementJson() as StatementJson;
      const about = json.Resource && this.isAboutThis(json.Resource) ? { Resource: '*' } as const : {};
      return withDocumentedCondition({ ...json, Sid: freshSid(json.Sid ?? 'Custom', taken), ...about }, this.customized);
    });
  }

  /** A key policy says `*` for its key, and could not refer to it. */
  private isAboutThis(resources: string | readonly string[]): boolean {
    const { defaultChild } = this.key.node;
    const ownArn = CfnResource.isCfnResource(defaultChild) ? String(defaultChild.getAtt('Arn')) : '*';
    const resolve = (value: unknown) => JSON.stringify(Stack.of(this.key).resolve(value));
    return ([] as string[]).concat(resources).every((resource) => resource === '*' || resolve(resource) === resolve(ownArn));
  }

  private cycles(): string[] {
    const order = DeploymentOrder.of(this.key);
    return this.sentences.flatMap((entry) =>
      'crossing' in entry && isSaid(entry.byReference) && order.orderOf(entry.crossing, false) === 'cycle' ? [wayOutOfCycle(entry.byReference, this.key, entry.crossing.grantee)] : []);
  }

  /** Why KMS would refuse the document, whoever wrote its statements. What only deployment knows is no reason, and size is judged by what it may become. */
  private refusals(): string[] {
    const document = Stack.of(this.key).resolve(this.render(false)) as object;
    const settled = this.settledOn();
    if (settled && this.isAllOurs) settled.document = document;
    return policyFindings(document, 'key policy').filter(({ kind }) => kind !== 'size').map(({ message }) => message.replace(EVERY_UNRESOLVED, '…'));
  }

  /** A key whose template waits for a grantee's is made after whatever in the grantee's stack may need it. */
  private warnOfLateKeys(): void {
    const order = DeploymentOrder.of(this.key);
    const stack = Stack.of(this.key);
    for (const entry of this.sentences) {
      if (!('crossing' in entry) || entry.byArn || entry.crossing.grantee.stack === stack || order.orderOf(entry.crossing, false) !== 'key waits') continue;
      warn(this.key, 'cdk-keysmith:key-after-grantee', `${entry.byReference.label} has a name that nobody knows yet, so that stack '${stack.node.path}', `
        + `with '${this.key.node.path}', is deployed after stack '${entry.crossing.grantee.stack.node.path}': what there uses the key while it is deployed, like a custom resource or a service `
        + "that has to start, is denied. Give the role a name (roleName: '…'), or keep it in the key's stack");
    }
  }

  /** Of a service that somebody let in for every resource of a type, or for anybody's. What a view says is what AWS documents. */
  private warnOfEverySource(custom: readonly StatementJson[]): void {
    const granted = this.sentences.flatMap((entry) => ('crossing' in entry || entry.byView || entry.principal.type !== 'Service' || !isSaid(entry) ? [] : [entry]));
    const statements = [
      ...custom.filter((_, i) => !this.custom[i].isOverruled()),
      ...compose(granted).map(({ json }) => this.sources.applied(json, false)),
    ];
    const resolved = statements.map((statement) => Stack.of(this.key).resolve(statement) as StatementJson);
    for (const warning of new Set(resolved.flatMap((statement) => judgeUnbound(statement, this.customized).warning ?? []))) {
      warn(this.key, 'cdk-keysmith:unbound-service', warning);
    }
    const ofViews = this.sentences.flatMap((entry) => ('crossing' in entry || !entry.warnsOfEverySource?.() || !isSaid(entry) ? [] : [{ ...entry, conditions: looked(entry) }]));
    const wide = [
      ...statements.map((statement) => everySource(statement, this.key)),
      ...compose(ofViews).map(({ json }) => everySource(this.sources.applied(json, false), this.key, false)),
    ];
    for (const warning of wide) if (warning) warn(this.key, 'cdk-keysmith:every-source', warning);
  }

  private oversize(): string[] {
    const statements = this.statements();
    if (this.isAllOurs && this.composed.fits) return [];
    if (surelyFits(statements.map(({ json }) => json)) || !this.tooLong(statements)) return [];
    const bytes = this.bytes(statements);
    return [`the key policy would be about ${bytes} bytes, and KMS takes ${KEY_POLICY_BYTES}. `
      + 'Grant to fewer roles, let several functions share a role, or split the data over several keys. The largest statements: '
      + largest(statements, (value) => Stack.of(this.key).resolve(value)).join('; ')];
  }

  private tooLong(statements: readonly Statement[]): boolean {
    return this.bytes(statements) > KEY_POLICY_BYTES;
  }

  private bytes(statements: readonly Statement[]): number {
    return bytesOf(Stack.of(this.key).resolve({ Statement: statements.map(({ json }) => json), Version: '2012-10-17' }));
  }
}

function isAllow(said: Pick<Sentence, 'effect'> | Pick<StatementJson, 'Effect'>): boolean {
  return ('effect' in said ? said.effect : said.Effect) === 'Allow';
}

/** The names of principals: read anew once the app is complete, as what one turns out to be may have changed since somebody was granted something. */
const namesIn = madeOf(() => keptFor((stack: Stack) => readerOfNames(stack)));

/** Whether a sentence that is for some apps only is for this one. */
function isSaid({ when }: Sentence): boolean {
  return when?.() ?? true;
}

/** The texts that a principal is written with. */
function textsOf(principal: SentencePrincipal): string[] {
  switch (principal.type) {
    case 'anyone': return [];
    case 'rolesOf': return [principal.account, principal.arn];
    default: return [principal.name];
  }
}

/** The keys and values of conditions, but for names of resources, which refer to nothing. */
function valuesIn(conditions: Conditions): unknown[] {
  return Object.values(conditions).flatMap((pairs) => [...Object.keys(pairs), ...Object.values(pairs)])
    .filter((value) => lateValuesOf(value) === undefined);
}

/** What a sentence asks for, with what only synthesis knows. */
function looked({ conditions = {} }: Sentence): Conditions {
  return lookedUp(conditions, new Map(lateValuesIn(conditions).map((late) => [late, late.values()])));
}

function holdsTokens(conditions: Conditions): boolean {
  return Object.values(conditions).some((pairs) => Object.values(pairs).flat().some((value) => Token.isUnresolved(value)));
}
