import { Stack, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { AccountAccess } from './account-access';
import { bindsCaller, bindsSource } from './bindings';
import { LATER, plainTexts } from './conditions';
import { escalates } from './requested-actions';
import type { Sentence } from './statements';
import { accountNamed, isWhole, letsInWholeAccount } from './whole-account';
import { ADMINISTER, ADMINISTER_ROTATION, READ_PUBLIC_KEY, USE } from '../spec/actions';

/** The key whose policy somebody comes into. */
interface Key {
  readonly construct: Construct;
  readonly access: AccountAccess;
}

/** What users of a key ask of it besides: which key it is, and its public half. */
const AROUND_USE: readonly string[] = [...READ_PUBLIC_KEY, 'kms:DescribeKey'];

/** The texts that the name of a principal may turn out to be. */
export type TextsOf = (name: string) => readonly string[];

/** Reads names in templates of a stack, each once. */
export function readerOfNames(stack: Stack): TextsOf {
  const known = new Map<string, readonly string[]>();
  return (name) => {
    const texts = known.get(name) ?? plainTexts(stack.resolve(name));
    known.set(name, texts);
    return texts;
  };
}

/** Whether a sentence names somebody who stands for nobody else, so that it lets in no account, whatever its conditions turn out to be. */
export function namesSomebody({ principal }: Sentence, { construct }: Key, textsOf: TextsOf): boolean {
  return principal.type === 'rolesOf' || (principal.type === 'AWS' && !textsOf(principal.name).some((name) => name === '*' || isWhole(name, Stack.of(construct).account)));
}

/**
 * Why nobody may be let in by this sentence, whoever asked for it; undefined where nothing is wrong. Of tokens in conditions it takes what only deployment
 * knows for somebody: once those are resolved, it is to be asked again.
 */
export function whyNot(sentence: Sentence, key: Key, textsOf = readerOfNames(Stack.of(key.construct))): string | undefined {
  const { sid, actions, principal, conditions = {}, label, allowsUnbound } = sentence;
  const { path } = key.construct.node;
  switch (principal.type) {
    // To look at the key gives a service nothing of anybody's.
    case 'Service': return bindsSource(conditions) || actions.every((action) => action === 'kms:DescribeKey') || allowsUnbound?.(principal.name) ? undefined
      : `${label} cannot be granted ${sid}: it would use '${path}' for anybody's resources: add conditions that name an account or a resource of yours `
        + "(new ServicePrincipal('…', { conditions: { ArnLike: { 'aws:SourceArn': '…' } } })), or hand the service key.forService(…)"
        + (allowsUnbound ? ". Where CDK grants it, and you know better: key.overruleRefusal(resource, 'why') before that" : '');
    case 'anyone': return bindsCaller(conditions) ? wholeAccount(sentence, ['*'], key)
      : `every AWS account would be granted ${sid} on '${path}': name the roles, or add a condition on aws:PrincipalOrgID`;
    case 'AWS': return wholeAccount(sentence, textsOf(principal.name), key);
    default: return undefined;
  }
}

/** Whether a sentence lets in everybody of an organization, and with it of an account in it that may be the key's. */
export function letsInOrganization({ principal, conditions = {}, effect }: Sentence, { construct, access }: Key): boolean {
  if (effect !== 'Allow' || principal.type !== 'anyone' || access === AccountAccess.DELEGATE_TO_IAM) return false;
  return letsInWholeAccount({ names: ['*'], conditions }, Stack.of(construct).account, { organizations: false, services: false });
}

/** What an organization's being let in means, and what would narrow it. */
export function organizationInWords(who: string, path: string): string {
  return `${who} lets everybody of every account of an organization use '${path}', the key's own account included if it is in it, and there nobody needs an IAM policy for it. `
    + "Narrow it by a condition on aws:PrincipalArn or aws:PrincipalTag/…, or name accounts and roles. Where all are meant, say why: Annotations.of(key).acknowledgeWarning('cdk-keysmith:organization', '…')";
}

function wholeAccount({ sid, actions, conditions = {}, label }: Sentence, names: readonly string[], { construct, access }: Key): string | undefined {
  const stack = Stack.of(construct);
  const givesAway = actions.some((action) => escalates(action) && !conditions.Bool?.['kms:GrantIsForAWSResource']);
  if (access === AccountAccess.DELEGATE_TO_IAM && !givesAway) return undefined;
  const organizations = actions.every((action) => action in USE || AROUND_USE.includes(action));
  if (!letsInWholeAccount({ names, conditions }, stack.account, { organizations, services: false })) return undefined;
  const name = names.find((each) => each === '*' || isWhole(each, stack.account))!;
  const who = `${label} was to be granted ${sid} on '${construct.node.path}'${inWords(name, stack)}`;
  if (name === '*') return `${who}. Name the roles, or add a condition on aws:PrincipalArn that tells them apart`;
  const anotherAccount = isUnknown(name) ? ". If it is another account, write it out, or read it when the app is synthesized (from the app's context, say)" : '';
  return `${who}. ${givesAway ? 'Name the roles' : instead(actions, access)}${anotherAccount}`;
}

function inWords(name: string, { account, node }: Stack): string {
  if (name === '*') return ', and so everybody in the whole account, with an IAM policy or without';
  const decide = 'IAM policies would decide who may';
  if (isUnknown(name)) return `, and may be the whole account of the key, as only deployment knows which account it is: ${decide}`;
  if (Token.isUnresolved(account) && /\d{12}/.test(name)) {
    return `, and may be the whole account of the key, as stack '${node.path}' does not say its own (env: { account: '…' }): ${decide}`;
  }
  return ': IAM policies of the whole account would decide who may';
}

/** What to do where IAM policies were to decide. */
function instead(actions: readonly string[], access: AccountAccess): string {
  const administration: readonly string[] = [...ADMINISTER, ...ADMINISTER_ROTATION];
  if (!actions.every((action) => administration.includes(action))) return 'Name the roles, or choose AccountAccess.DELEGATE_TO_IAM, which leaves that to IAM';
  return access === AccountAccess.NONE ? 'Name the roles, or choose AccountAccess.ADMINISTRATION_ONLY, which leaves that to IAM'
    : 'AccountAccess.ADMINISTRATION_ONLY leaves that to IAM already: leave it out, or name the roles';
}

/** Whether nothing before deployment says which account is named. */
function isUnknown(name: string): boolean {
  return accountNamed(name)?.includes(LATER) ?? false;
}
