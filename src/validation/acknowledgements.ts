import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { Finding } from '../checks';

/**
 * By what name a finding is acknowledged: the rule's, and the statement's, as the rule may find something else in another statement tomorrow.
 */
export function acknowledgedAs({ rule, statement }: Finding): string {
  return statement === undefined ? rule : `${rule}[${statement}]`;
}

/**
 * Whether somebody acknowledged a finding, with a reason, by `Validations.of(key).acknowledge({ id: 'KP-12[Use]', reason: '…' })`. It has to stand on the resource
 * or on the construct that makes it: what stands on a stack would be for keys that nobody has thought of yet.
 */
export function isAcknowledged(app: IConstruct, finding: Finding): boolean {
  const id = acknowledgedAs(finding);
  return acknowledgements(app, finding).some((one) => one.id === id && one.reason !== '');
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
  if (ofRule.some((one) => one.id === id)) return `The acknowledgement of '${id}' has no effect without a reason.`;
  const other = ofRule.find((one) => !here.includes(one.id));
  return other && `The acknowledgement of '${other.id}' has no effect: acknowledge '${id}'.`;
}

function acknowledgements(app: IConstruct, { resource: { path } }: Finding): readonly { readonly id: string; readonly reason: string }[] {
  const resource = constructAt(app, path);
  if (!resource) return [];
  const owner = resource.node.scope;
  const holders = owner?.node.defaultChild === resource ? [resource, owner] : [resource];
  return holders.flatMap(({ node }) => node.metadata.flatMap(({ type, data }) => (type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY
    ? Object.entries(Object(data) as Record<string, unknown>).map(([written, reason]) => ({ id: idOf(written), reason: String(reason ?? '').trim() }))
    : [])));
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
