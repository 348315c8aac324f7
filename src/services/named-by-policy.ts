import type { ServiceView } from './service-view';
import { takesInAction } from '../app/resource-policies';
import { withPseudoParameters } from '../keys/identity-policies';
import { LATER, fitsPattern, plainText } from '../policy/conditions';
import type { ServiceRow } from '../spec/services';

/**
 * Whether a statement of an IAM policy, by its Resource as JSON and its actions, is about the resource of a name, which may have `*` at its end: by its ARN, of what is in
 * it, or by a pattern that has some of the name. All of the service's resources are meant for somebody else: an administrator names none.
 */
export function namedByPolicy(name: string, row: ServiceRow, view: ServiceView, resources: string, actions: readonly string[]): boolean {
  const [value = ''] = row.context?.values ?? [];
  const wanted = partsOf(withPseudoParameters(view.stack.resolve(view.fill(value, name))));
  const any = partsOf(value).rest.replace(/\{name\}.*$/, '').replace(/\{path\}.*$/, '/');
  const isPath = (row.userActions ?? []).some((action) => /ByPath$/.test(action) && actions.some((pattern) => takesInAction(pattern, action)));
  return ([] as unknown[]).concat(withPseudoParameters(JSON.parse(resources))).map(partsOf).some(({ place, rest }) => (
    place.every((part, i) => isThere(part, wanted.place[i])) && (isPartOf(rest, wanted.rest, any) || (isPath && isAbove(rest, wanted.rest)))));
}

/** An ARN as far as it is known: what tells where something is, and what it is. */
interface Parts {
  readonly place: readonly string[];
  readonly rest: string;
}

function partsOf(arn: unknown): Parts {
  const parts = plainText(arn).split(':');
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
