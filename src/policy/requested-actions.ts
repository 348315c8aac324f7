import { Token } from 'aws-cdk-lib';
import { fitsPattern } from './conditions';
import { textGiven } from '../app/arguments';
import { ACCOUNT_ACTIONS, RETIRE_GRANT } from '../spec/action-resources';
import { ADMINISTER, ADMINISTER_ROTATION, AUDIT, ESCALATE, OWN_POLICY, READ_PUBLIC_KEY, USE } from '../spec/actions';
import type { KeyUsageName } from '../spec/key-specs';

/** Every action on a key that this library knows, once, lower case first: IAM compares actions without case. */
const KNOWN = new Map(
  [...Object.keys(USE), ...READ_PUBLIC_KEY, ...ADMINISTER, ...ADMINISTER_ROTATION, ...OWN_POLICY, ...ESCALATE, RETIRE_GRANT, 'kms:UpdatePrimaryRegion']
    .map((action) => [action.toLowerCase(), action]),
);

/** Actions of the account. A pattern is not taken to mean them, only their whole name. */
const OF_ACCOUNT = new Map(ACCOUNT_ACTIONS.map((action) => [action.toLowerCase(), action]));

const CHANGES: readonly string[] = [...ADMINISTER, ...ADMINISTER_ROTATION].filter((action) => !(AUDIT as readonly string[]).includes(action));

/**
 * The actions a caller of `grant` asks for, spelled out. Throws for what no grant may hand out, for what the key cannot do, and for what KMS does not know.
 */
export function spellOut(patterns: readonly string[], usage: KeyUsageName, key: string): string[] {
  if (!patterns.length) throw new Error(`${key}.grant(…) was given no action: name some, like kms:DescribeKey, or use key.grants`);
  const actions = new Set<string>();
  for (const pattern of patterns) {
    if (Token.isUnresolved(pattern)) throw new Error(`${key}.grant(…) was given an action that only deployment knows: write it out`);
    const matches = expand(textGiven(pattern, `an action of ${key}.grant(…)`, 'name actions one by one, like kms:DescribeKey'));
    if (!matches.length) throw new Error(`'${pattern}' matches no KMS action on a key: ${key} can be granted kms:Decrypt, kms:DescribeKey …`);
    const escalation = matches.find((action) => (ESCALATE as readonly string[]).includes(action));
    if (escalation) throw new Error(`'${pattern}' would let the grantee of ${key} give itself everything (${escalation}): ${insteadOf(escalation)}`);
    const possible = matches.filter((action) => !(action in USE) || USE[action].includes(usage));
    if (!possible.length) throw new Error(`'${pattern}' is nothing that ${key} can do: its key usage is ${usage}`);
    for (const action of possible) actions.add(action);
  }
  return [...actions];
}

/** Whether a pattern of an Allow statement takes in an action that hands out all others. */
export function escalates(pattern: string): string | undefined {
  return expand(pattern).find((action) => (ESCALATE as readonly string[]).includes(action));
}

/** The uses of the key that a pattern of an Allow statement takes in. */
export function usesIn(pattern: string): string[] {
  return expand(pattern).filter((action) => action in USE);
}

/** Whether a pattern of an Allow statement takes in looking at the key (DescribeKey) and nothing else. */
export function nothingButLooks(pattern: string): boolean {
  const actions = expand(pattern);
  return actions.length === 1 && actions[0] === 'kms:DescribeKey';
}

/** Whether a pattern of an Allow statement takes in an action that changes the key's life: administration, beyond looking. */
export function administers(pattern: string): boolean {
  return expand(pattern).some((action) => CHANGES.includes(action));
}

/** Whether a pattern stands for nothing but what services call on their callers' behalf: uses, grants that they then use, and looking. */
export function isForCallers(pattern: string): boolean {
  const actions = expand(pattern);
  return actions.every((action) => action in USE || action === 'kms:CreateGrant' || (AUDIT as readonly string[]).includes(action) || (READ_PUBLIC_KEY as readonly string[]).includes(action));
}

/** The uses of the key that a pattern stands for, if it stands for nothing else: `kms:*` takes in the administration too. */
export function nothingButUses(pattern: string): string[] {
  const actions = expand(pattern);
  return actions.every((action) => action in USE) ? actions : [];
}

/** The actions without effect in a key policy that somebody named there, whole. */
export function withoutEffect(patterns: readonly string[]): string[] {
  return patterns.filter((pattern) => !/[*?]/.test(pattern)).flatMap(expand).filter(isWithoutEffect);
}

/** Whether an action has no effect in a key policy, whoever it is given to. */
export function isWithoutEffect(action: string): boolean {
  return action === RETIRE_GRANT || isOfAccount(action);
}

/** Whether an action is about the account and no key, so that only an IAM policy for every resource gives it. */
export function isOfAccount(action: string): boolean {
  return OF_ACCOUNT.has(action.toLowerCase());
}

/** Actions without effect in a key policy, as a part of a sentence, and what gives them instead. */
export function inVain(actions: readonly string[]): string {
  const instead = [
    ...actions.some(isOfAccount) ? ["what is about no key takes an IAM policy for every resource ('*')"] : [],
    ...actions.includes(RETIRE_GRANT) ? ["a grant says who may retire it (RetiringPrincipal), or an IAM policy of the key's account"] : [],
  ];
  return `${actions.join(', ')}, which ${actions.length > 1 ? 'have' : 'has'} no effect in a key policy: ${instead.join('; ')}`;
}

/** Whether a pattern takes in this action. */
export function takesIn(pattern: string, action: string): boolean {
  return expand(pattern).includes(action);
}

function expand(pattern: string): string[] {
  const lower = (pattern === '*' ? 'kms:*' : pattern).toLowerCase();
  if (!/[*?]/.test(lower)) return [KNOWN.get(lower) ?? OF_ACCOUNT.get(lower) ?? []].flat();
  return [...KNOWN].filter(([name]) => fitsPattern(lower, name)).map(([, action]) => action);
}

function insteadOf(escalation: string): string {
  switch (escalation) {
    case 'kms:CreateGrant': return 'name the duties one by one, or use forService(…), which binds grants to the service';
    case 'kms:ReplicateKey': return 'name the duties one by one, or make the grantee one of policyOwners of a multi-Region key';
    default: return 'name the duties one by one, or make the grantee one of policyOwners';
  }
}
