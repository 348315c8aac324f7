import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { Finding } from '../checks';

/**
 * By what name a finding is acknowledged: the rule's, and the statement's, as the rule may find something else in another statement tomorrow.
 */
export function acknowledgedAs({ rule, statement }: Finding): string {
  return statement === undefined ? rule : `${rule}[${statement}]`;
}

/** The id of a finding in the whole app. CDK takes an acknowledgement of `KmsChecks::<id>` for all constructs of the app, so that an id has the construct in it. */
export function wholeIdOf(finding: Finding): string {
  return `${finding.rule}[${placeOf(finding)}]`;
}

/** The construct, and the statement behind it: `Orders/Key#Use`. */
export function placeOf({ resource, statement }: Finding): string {
  return `${resource.path?.replace(/\/Resource$/, '') ?? resource.logicalId}${statement === undefined ? '' : `#${statement}`}`;
}

/** Whether two ids are the same but for spaces: CDK writes a hyphen for each when it proposes an id. */
export function isSameId(one: string, other: string): boolean {
  return one.replaceAll(' ', '-') === other.replaceAll(' ', '-');
}

/**
 * Whether somebody acknowledged a finding, with a reason, by `Validations.of(key).acknowledge({ id: 'KP-12[Use]', reason: '…' })`. It has to stand on the resource
 * or on the construct that makes it: what stands on a stack would be for keys that nobody has thought of yet.
 */
export function isAcknowledged(app: IConstruct, finding: Finding): boolean {
  const id = acknowledgedAs(finding);
  return acknowledgements(app, finding).some((one) => isSameId(one.id, id) && one.reason !== '');
}

/**
 * Why an acknowledgement that stands on the construct, and names the rule of a finding, does not take it back; undefined if there is none.
 *
 * @param all findings of the app: what is acknowledged may be another one
 */
export function missedBy(app: IConstruct, finding: Finding, all: readonly Finding[]): string | undefined {
  const id = acknowledgedAs(finding);
  const here = all.filter(({ resource }) => resource.path === finding.resource.path).map(acknowledgedAs);
  const ofRule = acknowledgements(app, finding).filter((one) => one.id === finding.rule || one.id.startsWith(`${finding.rule}[`));
  if (ofRule.some((one) => isSameId(one.id, id))) return `The acknowledgement of '${id}' has no effect without a reason.`;
  const other = ofRule.find((one) => !here.some((known) => isSameId(known, one.id)));
  return other && `The acknowledgement of '${other.id}' has no effect: acknowledge '${id}'.`;
}

/** An acknowledgement, as it is written. */
export interface Acknowledgement {
  readonly id: string;
  readonly reason: string;
}

function acknowledgements(app: IConstruct, { resource: { path } }: Finding): readonly Acknowledgement[] {
  const resource = constructAt(app, path);
  return resource ? holdersOf(resource).flatMap(acknowledgementsOn) : [];
}

/** Where an acknowledgement counts: on the resource, and on the construct that makes it. */
export function holdersOf(resource: IConstruct): readonly IConstruct[] {
  const owner = resource.node.scope;
  return owner?.node.defaultChild === resource ? [resource, owner] : [resource];
}

export function acknowledgementsOn({ node }: IConstruct): readonly Acknowledgement[] {
  return node.metadata.flatMap(({ type, data }) => (type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY
    ? Object.entries(Object(data) as Record<string, unknown>).map(([written, reason]) => ({ id: idOf(written), reason: String(reason ?? '').trim() }))
    : []));
}

/** aws-cdk-lib puts `Annotation::` before an id without a prefix; its earlier releases wrote it small. */
function idOf(written: string): string {
  return written.replace(/^annotation::/i, '');
}

/** The construct at a path from the app. */
export function constructAt(app: IConstruct, path: string | undefined): IConstruct | undefined {
  if (path === undefined) return undefined;
  return path.split('/').reduce<IConstruct | undefined>((construct, id) => construct?.node.tryFindChild(id), app);
}
