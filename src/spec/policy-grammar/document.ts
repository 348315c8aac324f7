import type { FindingKind, GrammarOptions, PolicyFinding, PolicyPlacement, Report } from './finding';
import { isObject, shown } from './finding';
import { checkStatement } from './statement';
import { isIntrinsic, isOpen } from './strings';
import { repeatedMembersOf } from './text';
import { KEY_POLICY_BYTES } from '../limits';

/**
 * A whole policy document.
 *
 * Sources: IAM User Guide, "Grammar of the IAM JSON policy language"; KMS Developer Guide, "Creating a key policy" (format); KMS API
 * Reference, PutKeyPolicy, and IAM API Reference, PutRolePolicy (characters of a document).
 */

const ELEMENTS = ['Version', 'Id', 'Statement'];
const VERSIONS: readonly unknown[] = [undefined, '2008-10-17', '2012-10-17'];

/** What a document may not contain: KMS takes printable characters only, IAM all of Latin-1 from the blank on. */
const FOREIGN: Readonly<Record<PolicyPlacement, RegExp>> = {
  'key policy': /[^\t\n\r -~\u00A0-\u00FF]/u,
  'iam policy': /[^\t\n\r -\u00FF]/u,
};

/** Every reason for which KMS or IAM refuses a document; none if they take it. Throws for no value, however deep it is nested. */
export function policyFindings(document: unknown, placement: PolicyPlacement, options: GrammarOptions = {}): PolicyFinding[] {
  const found: PolicyFinding[] = [];
  const report: Report = (element, message, kind = 'syntax') => found.push({ kind, element, message: `${element === 'Policy' ? '' : `${element} of `}the policy: ${message}` });
  if (isOpen(document, options)) return found;
  if (!isObject(document)) {
    report('Policy', `it is ${shown(document)}: a policy document is an object with Version and Statement`);
    return found;
  }
  for (const member of repeatedMembersOf(document)) report(member, 'it stands there twice: name it once');
  checkHead(document, placement, options, report);
  const statements = statementsOf(document);
  statements.forEach((statement, index) => checkStatement(statement, placement, options,
    (element, message, kind: FindingKind = 'syntax') => found.push(aboutStatement(statement, index, kind, element, message))));
  const repeated = repeatedSid(statements);
  if (repeated !== undefined) report('Statement', `the statement id '${repeated}' stands there twice: Sids are unique in a policy`, 'repeated sid');
  const { foreign, open } = survey(document, placement, options);
  if (foreign) {
    const message = `${shown(foreign.text)} has the character ${JSON.stringify(foreign.character)}: a policy takes Latin-1 only`;
    const index = statements.findIndex((statement) => survey(statement, placement, options).foreign !== undefined);
    if (index < 0) report('Policy', message, 'characters');
    else found.push(aboutStatement(statements[index], index, 'characters', 'Statement', message));
  }
  // What is sound up to here is not deep, and what is open has no size yet.
  if (placement === 'key policy' && found.length === 0 && !open) checkSize(document, report);
  return found;
}

/** The first reason for which KMS or IAM refuses a document, as a sentence; undefined if they take it. */
export function whyRefused(document: unknown, placement: PolicyPlacement, options: GrammarOptions = {}): string | undefined {
  return policyFindings(document, placement, options)[0]?.message;
}

/** The statements of a document: one, or a list. */
export function statementsOf(document: unknown): readonly unknown[] {
  const statements = isObject(document) && Object.hasOwn(document, 'Statement') ? document.Statement : [];
  return Array.isArray(statements) ? statements : [statements];
}

/** How messages and decisions call a statement: by its Sid, else by its position, counted from 1. */
export function statementName(statement: unknown, position: number): string {
  const sid = isObject(statement) && Object.hasOwn(statement, 'Sid') ? statement.Sid : undefined;
  return typeof sid === 'string' && sid !== '' ? sid : `#${position}`;
}

function aboutStatement(statement: unknown, index: number, kind: FindingKind, element: string, message: string): PolicyFinding {
  const name = statementName(statement, index + 1);
  return { kind, statement: name, element, message: `statement '${name}', ${element}: ${message}` };
}

function checkHead(document: Readonly<Record<string, unknown>>, placement: PolicyPlacement, options: GrammarOptions, report: Report): void {
  for (const element of Object.keys(document)) if (!ELEMENTS.includes(element)) report(element, 'there is no such element: a policy has Version, Id and Statement');
  const own = (name: string) => (Object.hasOwn(document, name) ? document[name] : undefined);
  const [version, id, statement] = [own('Version'), own('Id'), own('Statement')];
  if (!VERSIONS.includes(version) && !isOpen(version, options)) report('Version', `${shown(version)} does not exist: write 2012-10-17`, 'version');
  if (id !== undefined) {
    if (placement === 'iam policy') report('Id', 'it belongs into policies of resources only: leave it out');
    else if (typeof id !== 'string' && !isIntrinsic(id, options)) report('Id', `it is ${shown(id)}: it takes a text`);
  }
  if (statement === undefined || (Array.isArray(statement) && statement.length === 0)) report('Statement', 'there is none: a policy has at least one statement');
}

function repeatedSid(statements: readonly unknown[]): string | undefined {
  const seen = new Set<string>();
  for (const statement of statements) {
    const sid = isObject(statement) && Object.hasOwn(statement, 'Sid') ? statement.Sid : undefined;
    if (typeof sid !== 'string' || sid === '') continue;
    if (seen.has(sid)) return sid;
    seen.add(sid);
  }
  return undefined;
}

interface Survey {
  /** A character that the document may not contain, and the text it stands in. */
  readonly foreign?: { readonly character: string; readonly text: string };
  /** Whether a part is not known before deployment. */
  readonly open: boolean;
}

/** Looks at every value, without recursion: nothing is too deep. */
function survey(document: unknown, placement: PolicyPlacement, options: GrammarOptions): Survey {
  const ahead: unknown[] = [document];
  let open = false;
  let foreign: Survey['foreign'];
  while (ahead.length > 0) {
    const value = ahead.pop();
    if (typeof value === 'object' && value !== null) {
      open ||= isIntrinsic(value, options);
      for (const [name, member] of Object.entries(value)) ahead.push(name, member);
    } else if (typeof value === 'string') {
      const character = FOREIGN[placement].exec(value)?.[0];
      if (character !== undefined) foreign ??= { character, text: value };
    }
  }
  return { foreign, open };
}

function checkSize(document: object, report: Report): void {
  const bytes = Buffer.byteLength(JSON.stringify(document));
  if (bytes > KEY_POLICY_BYTES) report('Policy', `it has ${bytes} bytes: a key policy has at most ${KEY_POLICY_BYTES}`, 'size');
}
