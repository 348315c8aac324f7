import { EBS } from './ebs';
import { ServiceRowTime, ServiceUser } from './rows';
import type { KmsServiceProps, NamingProperty, ServiceRow } from './rows';
import { S3 } from './s3';
import { SNS } from './sns';
import { SQS } from './sqs';

/** Who uses the key of a resource in a name of its own, because another resource of the app refers to that one. */
export interface Sender {
  /** The type of the resource that refers, and where. */
  readonly resourceType: string;
  readonly places: readonly NamingProperty[];
  /** Types of the resources with the key. */
  readonly to: readonly string[];
  /** The service principal that calls KMS … */
  readonly principal?: string;
  /** … or the service-linked role. Placeholders as in rows. */
  readonly role?: string;
  readonly actions: readonly string[];
  /** What AWS's statement asks besides, in words. */
  readonly conditions: string;
  readonly page: string;
}

/** What the rows of views say of resources that have a service send to others. */
function sendersTo({ keyProperties, rows }: KmsServiceProps): Sender[] {
  return rows.filter(isByName).flatMap((row) => (row.namedIn ?? []).map((place) => ({
    resourceType: place.resourceType,
    places: [place],
    to: keyProperties.map((property) => property.resourceType),
    ...row.who === ServiceUser.SERVICE_LINKED_ROLE ? { role: row.principal } : { principal: row.principal },
    actions: row.actions,
    conditions: inWords(row),
    page: row.page,
  })));
}

/** Whether a service, or its service-linked role, comes because a resource is named: whom its policy lets in, and who deploys what names it, is told otherwise. */
function isByName({ who, namedIn = [] }: ServiceRow): boolean {
  return (who === ServiceUser.SERVICE || who === ServiceUser.SERVICE_LINKED_ROLE) && namedIn.every(({ policyPath }) => policyPath === undefined);
}

function inWords({ sourceAccount, sourceArn, context, via }: ServiceRow): string {
  if (via !== undefined) return `conditions on kms:ViaService (${via.replace('{region}', '<region>')}) and kms:EncryptionContext:${context?.key}`;
  if (sourceArn === undefined && sourceAccount !== undefined) return `conditions on aws:SourceAccount and kms:EncryptionContext:${context?.key}`;
  if (sourceArn === undefined) return `a condition on kms:EncryptionContext:${context?.key}, as no page says that such requests tell a source`;
  const source = `aws:SourceArn (${sourceArn.replace('{partition}', '…').replace(/\{(\w+)\}/g, (_, name: string) => `<${name}>`)})`;
  return sourceAccount === undefined ? `a condition on ${source}` : `conditions on aws:SourceAccount and ${source}`;
}

/** Service-linked roles that use the keys of what others launch, one for each type of these: what rows have in two statements is asked for in one sentence. */
function launchersOf({ rows }: KmsServiceProps): Sender[] {
  const launching = rows.filter(({ who, when }) => who === ServiceUser.SERVICE_LINKED_ROLE && when === ServiceRowTime.NAMED);
  return [...new Set(launching.map(({ principal }) => principal))].flatMap((role) => {
    const own = launching.filter(({ principal }) => principal === role);
    const [{ namedIn = [], resourceTypes = [], page }] = own;
    return [...new Set(namedIn.map(({ resourceType }) => resourceType))].map((resourceType) => ({
      resourceType,
      places: namedIn.filter((place) => place.resourceType === resourceType),
      to: resourceTypes,
      role,
      actions: own.flatMap(({ actions }) => actions),
      conditions: 'kms:CreateGrant in a statement of its own, with a condition on kms:GrantIsForAWSResource (true)',
      page,
    }));
  });
}

/** Read in November 2026. CDK lets CloudWatch and S3 in on no key of a topic, and nobody on keys of volumes that a group launches. */
export const SENDERS: readonly Sender[] = [
  ...[SNS, SQS, S3].flatMap(sendersTo),
  ...launchersOf(EBS),
];
