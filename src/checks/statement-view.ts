import type { Condition, NamedPrincipal, Statement } from '../authz';
import { parseArn } from '../authz/arn';
import { Pattern } from '../authz/pattern';
import { KEY_ACTIONS } from '../spec/action-resources';
import { CONDITION_OPERATORS, parseOperator } from '../spec/condition-operators';
import { isUnresolved } from '../spec/unresolved';

/** Whom a statement names, as far as it matters who decides over them. */
export type Who =
  | { readonly kind: 'anyone' }
  /** Everybody of an account whom its IAM policies let, `root` in the policy. */
  | { readonly kind: 'account'; readonly account: string; readonly text: string }
  | { readonly kind: 'identity'; readonly account: string; readonly text: string; readonly user: boolean }
  | { readonly kind: 'service'; readonly text: string }
  /** A deleted principal, or one that never calls KMS. */
  | { readonly kind: 'nobody' }
  /** Of `text`, a part is not known. */
  | { readonly kind: 'unknown'; readonly text?: string };

/** What messages call somebody; undefined for nobody. */
export function whoInWords(who: Who): string | undefined {
  switch (who.kind) {
    case 'anyone': return 'everybody';
    case 'nobody': return undefined;
    case 'unknown': return who.text ?? 'whoever is not known';
    default: return who.text;
  }
}

/** A condition as the rules ask about it. */
export interface ConditionView {
  /** As it is written. */
  readonly operator: string;
  /** Without set qualifier and IfExists; undefined if IAM has no such operator. */
  readonly test?: string;
  readonly set?: 'ForAnyValue' | 'ForAllValues';
  readonly ifExists: boolean;
  readonly negated: boolean;
  /** As it is written. */
  readonly key: string;
  readonly lowerKey: string;
  readonly values: readonly string[];
}

/** A statement of a key policy, with its names read and its patterns spelled out. */
export interface StatementView {
  readonly name: string;
  readonly effect: 'Allow' | 'Deny';
  readonly who: readonly Who[];
  /** Whether it names those it is not about. */
  readonly notPrincipal: boolean;
  /** Whether it names the actions it is not about. */
  readonly notAction: boolean;
  /** The actions as they are written. */
  readonly written: readonly string[];
  /** The actions on keys that it is about. */
  readonly actions: ReadonlySet<string>;
  readonly conditions: readonly ConditionView[];
  /** Whether its Resource element covers the key, as far as is known. */
  readonly aboutKey: boolean;
  /** Whether it has no effect whatever is asked, since it has no Action or no Resource. */
  readonly inert: boolean;
}

const expansions = new Map<string, readonly string[]>();

/** The actions on keys that a pattern stands for: `kms:ReEncrypt*`. */
export function expand(pattern: string): readonly string[] {
  let actions = expansions.get(pattern);
  if (!actions) {
    const compiled = new Pattern(pattern, { wildcards: true, variables: false, fold: (text) => text.toLowerCase() });
    actions = KEY_ACTIONS.filter((action) => compiled.matches(action, () => undefined) === 'yes');
    if (expansions.size < 10_000) expansions.set(pattern, actions);
  }
  return actions;
}

/** Views a statement that src/authz has read. */
export function viewOf(statement: Statement, keyArn: string): StatementView {
  const { effect, name, principals, actions, resources, conditions, inert } = statement;
  const matched = new Set((actions?.names ?? []).flatMap(expand));
  return {
    name,
    effect,
    who: (principals?.named ?? []).map(whoIs),
    notPrincipal: principals?.excluding ?? false,
    notAction: actions?.excluding ?? false,
    written: actions?.names ?? [],
    actions: actions?.excluding ? new Set(KEY_ACTIONS.filter((action) => !matched.has(action))) : matched,
    conditions: conditions.map(conditionOf),
    aboutKey: resources === undefined || covers(resources.names, keyArn) !== resources.excluding,
    inert,
  };
}

/** Whether a list of resources has the key in it; what is not known may be the key. */
function covers(patterns: readonly string[], arn: string): boolean {
  return patterns.some((text) => text === '*' || isUnresolved(text)
    || new Pattern(text, { wildcards: true, variables: true, segments: true }).matches(arn, () => undefined) !== 'no');
}

function whoIs(named: NamedPrincipal): Who {
  switch (named.kind) {
    case 'account': return { kind: 'account', account: named.account, text: named.account };
    case 'arn': {
      const arn = parseArn(named.arn);
      return { kind: 'identity', account: arn?.account ?? '', text: named.arn, user: arn?.service === 'iam' && arn.resource.startsWith('user/') };
    }
    case 'service': return { kind: 'service', text: named.service };
    case 'unknown': return unknown(named.text);
    default: return named;
  }
}

/** Whose name is not known, but whose account is, is somebody of that account. */
function unknown(text: string | undefined): Who {
  const arn = text === undefined ? undefined : parseArn(text);
  if (!text || !arn || !/^\d{12}$/.test(arn.account) || !['iam', 'sts'].includes(arn.service) || isUnresolved(arn.resource.split('/')[0])) return { kind: 'unknown', text };
  return { kind: 'identity', account: arn.account, text, user: arn.resource.startsWith('user/') };
}

/** A condition, as rules ask about it. */
export function conditionOf({ operator, key, wanted }: Condition): ConditionView {
  const written = parseOperator(operator);
  return {
    operator,
    test: written?.name,
    set: written?.set,
    ifExists: written?.ifExists ?? false,
    negated: written !== undefined && CONDITION_OPERATORS[written.name]?.negated === true,
    key,
    lowerKey: key.toLowerCase(),
    values: wanted,
  };
}
