import type { ServiceView } from './service-view';
import { takesInAction } from '../app/resource-policies';
import { withPseudoParameters } from '../keys/identity-policies';
import { LATER, escaped, fitsPattern, plainText } from '../policy/conditions';
import type { ServiceRow } from '../spec/services';

/**
 * Whether a statement of an IAM policy, by its Resource as JSON and its actions, is about the resource of a name, which may have `*` at its end: by the name in an ARN, by
 * the ARN of what is in it, or by a pattern that has some of the name. All of the service's resources are meant for somebody else: an administrator names none.
 */
export function namedByPolicy(name: string, row: ServiceRow, view: ServiceView, resources: string, actions: readonly string[]): boolean {
  const [value = ''] = row.context?.values ?? [];
  const wanted = partsOf(textOf(view.stack.resolve(view.fill(value, name))));
  const any = partsOf(value).rest.replace(/\{name\}.*$/, '').replace(/\{path\}.*$/, '/');
  const isPath = (row.userActions ?? []).some((action) => /ByPath$/.test(action) && actions.some((pattern) => takesInAction(pattern, action)));
  const isWithin = ({ rest }: Parts) => isPartOf(rest, wanted.rest, any) || (isPath && isAbove(rest, wanted.rest));
  const isArn = value.startsWith('arn:');
  return ([] as unknown[]).concat(JSON.parse(resources)).map(textOf).some((text) => {
    const given = partsOf(text);
    if (isArn && text.startsWith('arn:') && !given.place.every((part, i) => isThere(part, wanted.place[i]))) return false;
    return (!value.includes('{path}') && isInArn(name, text)) || (isArn && isWithin(given));
  });
}

/** A text as far as it is known: what only deployment knows is a mark. */
function textOf(value: unknown): string {
  let [depth, text] = [0, ''];
  for (const character of plainText(withPseudoParameters(value))) {
    if (character === '{' && depth++ === 0) text += LATER;
    else if (character === '}' && depth > 0) depth--;
    else if (depth === 0) text += character;
  }
  return text;
}

/** Whether a whole name is a part of an ARN, the last one but for what is in the resource. */
function isInArn(name: string, arn: string): boolean {
  return !name.includes('*') && new RegExp(`[:/]${escaped(name)}(?![\\w./#-])`).test(arn);
}

/** An ARN as far as it is known: what tells where something is, and what it is. */
interface Parts {
  readonly place: readonly string[];
  readonly rest: string;
}

function partsOf(arn: string): Parts {
  const parts = arn.split(':');
  return { place: parts.slice(0, PLACE), rest: parts.slice(PLACE).join(':') };
}

/** Partition, service, Region and account stand before what an ARN is of. */
const PLACE = 5;

function isThere(part: string, wanted = ''): boolean {
  return [part, wanted].some((each) => each.includes('<')) || fitsPattern(part, wanted);
}

/** Whether a pattern is of something that is wanted, or of all of it; `any` is what stands before all names. */
function isPartOf(given: string, wanted: string, any: string): boolean {
  const pattern = given.replaceAll(LATER, '*');
  const [start] = pattern.split(/[*?]/);
  if (!start.startsWith(any) || start === any) return false;
  if (fitsPattern(pattern, wanted) || start.startsWith(`${wanted}:`)) return true;
  return wanted.endsWith('*') && start.startsWith(wanted.slice(0, -1));
}

/** Who gets parameters by a path is allowed so on the path (AWS Systems Manager User Guide, "How Parameter Store authorizes parameter retrieval"). */
function isAbove(path: string, wanted: string): boolean {
  return !/[*?<]/.test(path) && path.includes('/') && wanted.startsWith(path.replace(/\/?$/, '/'));
}
