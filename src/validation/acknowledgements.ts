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
  const resource = constructAt(app, finding.resource.path);
  if (!resource) return false;
  const owner = resource.node.scope;
  const holders = owner?.node.defaultChild === resource ? [resource, owner] : [resource];
  const id = acknowledgedAs(finding);
  return holders.some(({ node }) => node.metadata.some(({ type, data }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY
    && Object.entries(Object(data) as Record<string, unknown>).some(([written, reason]) => isId(written, id) && String(reason ?? '').trim() !== '')));
}

/** aws-cdk-lib puts `Annotation::` before an id without a prefix; its earlier releases wrote it small. */
function isId(written: string, id: string): boolean {
  return written.replace(/^annotation::/i, '') === id;
}

/** The construct at a path from the app. */
export function constructAt(app: IConstruct, path: string | undefined): IConstruct | undefined {
  if (path === undefined) return undefined;
  return path.split('/').reduce<IConstruct | undefined>((construct, id) => construct?.node.tryFindChild(id), app);
}
