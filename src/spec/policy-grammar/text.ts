import { isObject } from './finding';
import { parseJson } from '../json-text';

/** Policies that are given as text, of which a parsed object no longer tells everything. */

const repeated = new WeakMap<object, readonly string[]>();

/**
 * A policy document from its text. Of a member that stands twice in one object the last one is there, as JSON.parse has it; that it stood
 * there twice is remembered, and is a finding: "Individual elements must not contain multiple instances of the same key" (IAM User Guide,
 * "Grammar of the IAM JSON policy language").
 *
 * @throws SyntaxError if the text is not JSON
 */
export function parsePolicyText(text: string): unknown {
  const { value, repeatedMembers } = parseJson(text);
  if (isObject(value) && repeatedMembers.length > 0) repeated.set(value, repeatedMembers);
  return value;
}

/** The members that stood twice in the text of a document, by their path: `Statement[0].Effect`. */
export function repeatedMembersOf(document: object): readonly string[] {
  return repeated.get(document) ?? [];
}
