import { checkConditions } from './conditions';
import type { GrammarOptions, PolicyPlacement, Report } from './finding';
import { isObject, shown } from './finding';
import { checkPrincipals } from './principals';
import { isIntrinsic, isOpen, knownText } from './strings';
import { isUnresolved } from '../unresolved';

/**
 * One statement.
 *
 * Sources: IAM User Guide, "Grammar of the IAM JSON policy language" and its notes, "Action", "Resource", "NotPrincipal"; KMS Developer
 * Guide, "Creating a key policy".
 */

const ELEMENTS = ['Sid', 'Effect', 'Principal', 'NotPrincipal', 'Action', 'NotAction', 'Resource', 'NotResource', 'Condition'];

type Statement = Readonly<Record<string, unknown>>;

/** Checks one statement. */
export function checkStatement(statement: unknown, placement: PolicyPlacement, options: GrammarOptions, report: Report): void {
  if (isOpen(statement, options)) return;
  if (!isObject(statement)) {
    report('Statement', `it is ${shown(statement)}: a statement is an object with Effect, Action and Resource`);
    return;
  }
  for (const element of Object.keys(statement)) {
    if (!ELEMENTS.includes(element)) report(element, `there is no such element${meant(element)}`);
  }
  checkSid(own(statement, 'Sid'), placement, options, report);
  checkEffect(own(statement, 'Effect'), options, report);
  for (const name of ['Principal', 'Action', 'Resource']) {
    if (own(statement, name) !== undefined && own(statement, `Not${name}`) !== undefined) {
      report(`Not${name}`, `it stands beside ${name}: a statement has one of the two`);
    }
  }
  checkWho(statement, placement, options, report);
  checkList(statement, 'Action', placement, options, report, actionProblem);
  checkList(statement, 'Resource', placement, options, report, resourceProblem);
  const condition = own(statement, 'Condition');
  if (condition !== undefined) checkConditions(condition, placement, options, report);
}

function own(statement: Statement, name: string): unknown {
  return Object.hasOwn(statement, name) ? statement[name] : undefined;
}

/** The element that was meant, where the case is wrong or it is written in the plural. */
function meant(element: string): string {
  const lower = element.toLowerCase();
  const name = ELEMENTS.find((known) => known.toLowerCase() === lower || `${known.toLowerCase()}s` === lower);
  return name === undefined ? `: a statement takes ${ELEMENTS.join(', ')}` : `: write ${name}`;
}

function checkSid(sid: unknown, placement: PolicyPlacement, options: GrammarOptions, report: Report): void {
  if (sid === undefined || isIntrinsic(sid, options)) return;
  if (typeof sid !== 'string') report('Sid', `it is ${shown(sid)}: it takes a text`);
  else if (placement === 'iam policy' && !/^[A-Za-z0-9]*$/.test(sid) && !isUnresolved(sid)) report('Sid', 'it has other characters than letters and digits, which are all that IAM takes');
}

function checkEffect(effect: unknown, options: GrammarOptions, report: Report): void {
  if (effect === 'Allow' || effect === 'Deny' || isOpen(effect, options)) return;
  report('Effect', `${effect === undefined ? 'it is missing' : `${shown(effect)} is no effect`}: it is Allow or Deny`);
}

function checkWho(statement: Statement, placement: PolicyPlacement, options: GrammarOptions, report: Report): void {
  const [principal, notPrincipal] = [own(statement, 'Principal'), own(statement, 'NotPrincipal')];
  const name = principal === undefined && notPrincipal !== undefined ? 'NotPrincipal' : 'Principal';
  const element = principal ?? notPrincipal;
  if (placement === 'iam policy') {
    if (element !== undefined) report(name, 'an IAM policy names no principal: it speaks of those it is attached to');
    return;
  }
  if (element === undefined) {
    report('Principal', 'a key policy says in every statement whom it speaks of: add Principal');
    return;
  }
  // "NotPrincipal must be used with Deny. Using it with Allow is not supported."
  if (name === 'NotPrincipal' && own(statement, 'Effect') === 'Allow') report(name, 'it stands in an Allow: it is for Deny only; name whom you allow in Principal', 'principal');
  checkPrincipals(element, name, placement, options, report);
}

/** `Action` or `NotAction`, `Resource` or `NotResource`. KMS stores a statement without them, and it has no effect; IAM does not store it. */
function checkList(
  statement: Statement, name: 'Action' | 'Resource', placement: PolicyPlacement, options: GrammarOptions, report: Report,
  problemOf: (text: string, placement: PolicyPlacement) => string | undefined,
): void {
  const [only, allBut] = [own(statement, name), own(statement, `Not${name}`)];
  if (only === undefined && allBut === undefined && placement === 'iam policy') report(name, `it is missing: add ${name} or Not${name}`);
  for (const [element, value] of [[name, only], [`Not${name}`, allBut]] as const) {
    if (value === undefined || isIntrinsic(value, options)) continue;
    const list: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (list.length === 0) report(element, 'its list is empty: it takes at least one text');
    for (const one of list) {
      const text = knownText(one, options);
      const problem = text === undefined ? `it holds ${shown(one)}: it takes a text or a list of texts` : problemOf(text, placement);
      if (problem !== undefined) report(element, problem);
    }
  }
}

/** "Consists of a service namespace, a colon, and the name of an action. Action names can include wildcards." */
function actionProblem(text: string): string | undefined {
  if (text === '*' || isUnresolved(text) || /^(\*|[A-Za-z0-9.-]+):[A-Za-z0-9*?_-]+$/.test(text)) return undefined;
  return `${shown(text)} is no action: it is <service>:<action> with a service written out, such as kms:Decrypt or kms:*`;
}

/** An ARN, in IAM policies maybe incomplete; no wildcard in the service, no variable before the fifth colon. */
function resourceProblem(text: string, placement: PolicyPlacement): string | undefined {
  if (text === '*' || isUnresolved(text)) return undefined;
  const [scheme, , service = '', ...rest] = text.split(':');
  const start = text.split(':').slice(0, 5).join(':');
  if (scheme === 'arn' && !/[*?]/.test(service) && service !== '' && !(rest.length > 2 && start.includes('${'))) return undefined;
  return `${shown(text)} is neither "*" nor an ARN with a service written out${placement === 'key policy' ? ': in a key policy it is "*", which means the key' : ''}`;
}
