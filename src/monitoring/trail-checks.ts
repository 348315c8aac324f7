import { Stack } from 'aws-cdk-lib';
import type { CfnTrail, Trail } from 'aws-cdk-lib/aws-cloudtrail';
import type { Construct } from 'constructs';
import type { IKmsTrail } from './kms-trail';
import { differ } from '../app/constructs';
import { propertyOf, rendering } from '../app/rendering';

/** Event selectors of a trail as its template has them. CloudTrail API Reference, PutEventSelectors. */
interface Selectors {
  readonly IsLogging?: unknown;
  readonly EventSelectors?: readonly {
    readonly IncludeManagementEvents?: unknown;
    readonly ReadWriteType?: unknown;
    readonly ExcludeManagementEventSources?: readonly unknown[];
  }[];
  readonly AdvancedEventSelectors?: readonly {
    readonly FieldSelectors?: readonly { readonly Field?: unknown; readonly Equals?: readonly unknown[]; readonly NotEquals?: readonly unknown[] }[];
  }[];
}

/** Why a trail would leave detectors blind, a sentence each; what only deployment knows is no reason. */
export function blindTrail(trail: CfnTrail): string[] {
  const { Resources } = Stack.of(trail).resolve(rendering(trail)) as { Resources: Record<string, { Properties?: Selectors }> };
  const { IsLogging, EventSelectors = [], AdvancedEventSelectors = [] } = Object.values(Resources)[0].Properties ?? {};
  const problems = IsLogging === false ? ['it does not log: no rule sees any call then. Switch it on (isLogging)'] : [];
  // A trail without selectors logs all management events.
  if (!EventSelectors.length && !AdvancedEventSelectors.length) return problems;
  const management = EventSelectors.filter(({ IncludeManagementEvents = true }) => IncludeManagementEvents !== false);
  const withKms = management.filter(({ ExcludeManagementEventSources: excluded = [] }) => !excluded.includes('kms.amazonaws.com'));
  const advanced = AdvancedEventSelectors.map(({ FieldSelectors = [] }) => FieldSelectors)
    .filter((fields) => fields.some(({ Field, Equals = [] }) => Field === 'eventCategory' && Equals.includes('Management')));
  const advancedKms = advanced.filter((fields) => !fields.some(({ Field, NotEquals = [] }) => Field === 'eventSource' && NotEquals.includes('kms.amazonaws.com')));
  const all = [
    ...withKms.filter(({ ReadWriteType = 'All' }) => typeof ReadWriteType !== 'string' || ReadWriteType === 'All'),
    ...advancedKms.filter((fields) => !fields.some(({ Field }) => Field === 'readOnly')),
  ];
  if (!management.length && !advanced.length) return [...problems, 'it logs no management events, which all calls of KMS are: switch them on (managementEvents: ReadWriteType.ALL)'];
  if (!withKms.length && !advancedKms.length) return [...problems, 'its selectors leave KMS out: take kms.amazonaws.com from what they exclude'];
  if (!all.length) return [...problems, 'it logs a part of the management events only, and Decrypt, Sign and GenerateDataKey are read-only events: log all (managementEvents: ReadWriteType.ALL)'];
  return problems;
}

const madeOf = new WeakMap<IKmsTrail, Trail>();

/** Remembers the trail of the app that something stands for. */
export function standsFor<T extends IKmsTrail>(stands: T, trail: Trail): T {
  madeOf.set(stands, trail);
  return stands;
}

/**
 * Where a trail of the app is, if not in the account and Region of the alarms. CloudTrail takes changes of a trail in its home Region, so that rules elsewhere see none of them.
 *
 * Throws for a trail that does not record that account and Region at all. Source: CloudTrail User Guide, "Understanding multi-Region trails and opt-in Regions", "Creating a trail for an
 * organization".
 */
export function whereElse(stands: IKmsTrail, alarms: Construct): string | undefined {
  const trail = madeOf.get(stands);
  if (!trail) return undefined;
  const [{ region, account }, here] = [Stack.of(trail), Stack.of(alarms)];
  const resource = trail.node.defaultChild as CfnTrail;
  const blind = (why: string) => new Error(`${alarms.node.path}: trail '${trail.node.path}' ${why}, and these alarms are for account ${here.account}, Region ${here.region}: no rule would see any call`);
  if (differ(account, here.account) && propertyOf(resource, 'IsOrganizationTrail') !== true) throw blind(`records account ${account} alone`);
  if (differ(region, here.region) && propertyOf(resource, 'IsMultiRegionTrail') === false) throw blind(`records Region ${region} alone (isMultiRegionTrail)`);
  return differ(region, here.region) || differ(account, here.account) ? `trail '${trail.node.path}' is in account ${account}, Region ${region}` : undefined;
}
