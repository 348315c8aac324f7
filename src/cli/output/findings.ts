import type { Finding, Report } from '../../checks';
import { standInsOf } from '../../checks/home-account';
import type { Deployment } from '../../template';
import type { Input, Place } from '../input/input';
import { keyName } from '../names';

/** A finding, and where it stands in the source. */
export interface LocatedFinding extends Finding {
  readonly at: Place;
  readonly related?: readonly LocatedFinding[];
}

/** A finding as `keysmith check --json` prints it. */
export interface FindingJson {
  readonly rule: string;
  readonly name: string;
  readonly level: Finding['level'];
  /** File of the template; id of the stack, where it comes from no file. */
  readonly template: string;
  /** Logical id. */
  readonly resource: string;
  readonly statement?: string;
  readonly message: string;
  readonly fix: string;
  readonly request?: Finding['request'];
  readonly controls: readonly string[];
  readonly at: Place & { readonly stack: string };
  readonly related?: readonly FindingJson[];
}

/** What `keysmith check --json` prints. */
export interface CheckJson {
  readonly findings: readonly FindingJson[];
  readonly checked: Report['checked'];
  readonly notModelled: readonly string[];
  /** How many findings are in the baseline, and left out above. */
  readonly inBaseline?: number;
}

export function located(finding: Finding, input: Input): LocatedFinding {
  const { resource, statement, related } = finding;
  const effects = related?.map((each) => located(each, input));
  return { ...finding, at: input.placeOf(resource, statement), ...(effects && { related: effects }) } as LocatedFinding;
}

export function findingJson(finding: LocatedFinding): FindingJson {
  const { rule, name, level, resource, statement, message, fix, request, controls, at, related } = finding;
  return {
    rule,
    name,
    level,
    template: at.file ?? resource.stack,
    resource: resource.logicalId,
    ...(statement !== undefined && { statement }),
    message,
    fix,
    ...(request && { request }),
    controls,
    at: { stack: resource.stack, ...at },
    ...(related && { related: related.map(findingJson) }),
  };
}

/** A finding and its effects, one by one. */
export function withRelated(finding: LocatedFinding): LocatedFinding[] {
  return [finding, ...(finding.related ?? []).flatMap(withRelated)];
}

/** The message without the resource and the statement, for where they stand beside it. */
export function seen({ message, resource, statement }: Finding): string {
  const { path, stack, logicalId } = resource;
  const names = [...(path === undefined ? [] : [path, keyName(resource)]), `${stack}/${logicalId}`];
  const place = names.map((name) => `${name}${statement === undefined ? '' : `, statement '${statement}'`}: `).find((each) => message.startsWith(each));
  return place === undefined ? message : message.slice(place.length);
}

/** That account and Region are made up, and how to give them, as a sentence. */
export function standInNote(deployment: Deployment): string | undefined {
  const standIns = standInsOf(deployment);
  return standIns && `${standIns[0].toUpperCase()}${standIns.slice(1)}: --account and --region give it.`;
}

/** Parts of the templates that nobody has looked at, in sentences. */
export function notRead({ unresolved }: Deployment): string[] {
  return [...new Set(unresolved.filter(({ because }) => / (is|are) not read$/.test(because))
    .map(({ at: { stack, logicalId, property }, because }) => `${logicalId === '' ? stack : `${stack}/${logicalId}`}, ${property}: ${because}`))];
}
