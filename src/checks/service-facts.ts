import { urlSuffixOf } from '../spec/partitions';
import type { KeyProperty, KmsServiceProps, ServiceRow } from '../spec/services';
import { SERVICES, ServiceCall, UNBOUND_CALLERS } from '../spec/services';

/** What src/spec/services says of services, as rules ask for it. */

/** Where a key is: what placeholders in rows stand for. */
export interface Home {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
}

const ALL: readonly KmsServiceProps[] = Object.values<KmsServiceProps>(SERVICES);

/** Keys of encryption contexts that services send when they come for their callers, in lower case; none that a role sends in its own name too. */
export function throughServiceContexts(): ReadonlySet<string> {
  contexts ??= contextsOf(ServiceCall.THROUGH_SERVICE, contextsOf(ServiceCall.AS_ROLE));
  return contexts;
}

let contexts: ReadonlySet<string> | undefined;

function contextsOf(shape: ServiceCall, but: ReadonlySet<string> = new Set()): Set<string> {
  const keys = ALL.flatMap(({ rows }) => rows).flatMap((row) => (row.shape === shape && row.context ? [row.context.key.toLowerCase()] : []));
  return new Set(keys.filter((key) => !but.has(key)));
}

/** How a service that calls in its own name can be bound, as its own pages say. */
export interface Narrowing {
  /** What to write, in words. */
  readonly words: string;
  /** Whether a condition holds for whatever the service does with the key: not where it depends on what else is encrypted with it. */
  readonly always: boolean;
}

/** Of no source: EventBridge tells topics none. */
const WITHOUT_SOURCE = ['events.amazonaws.com'];

/** What binds a service principal to an account or a resource; undefined for one that no page here says it of. */
export function narrowingOf(principal: string, home: Home): Narrowing | undefined {
  const rows = ALL.flatMap((service) => service.rows)
    .filter((row) => row.shape === ServiceCall.AS_SERVICE && row.principal !== undefined && filled(row.principal, home) === principal);
  const bySource = rows.find(({ sourceArn, sourceAccount }) => sourceArn !== undefined || sourceAccount !== undefined);
  const row = bySource ?? rows.find(({ context }) => context !== undefined);
  if (WITHOUT_SOURCE.includes(principal) || (!row && UNBOUND_CALLERS.some((caller) => caller.principal === principal))) {
    const callers = UNBOUND_CALLERS.filter((caller) => caller.principal === principal);
    return { words: callers.map(({ narrowing, resourceTypes }) => `for ${resourceTypes.join(', ')}: ${narrowing}`).join('; '), always: !WITHOUT_SOURCE.includes(principal) };
  }
  return row && { words: inWords(row, home), always: true };
}

function inWords({ sourceArn, sourceAccount, context }: ServiceRow, home: Home): string {
  const parts = [
    ...sourceAccount === undefined ? [] : [`aws:SourceAccount (${filled(sourceAccount, home)})`],
    ...sourceArn === undefined ? [] : [`aws:SourceArn (${filled(sourceArn, home)})`],
  ];
  if (parts.length === 0 && context) parts.push(`kms:EncryptionContext:${context.key} (${filled(context.values?.[0] ?? 'the resource', home)})`);
  return `conditions on ${parts.join(' and ')}`;
}

/** A text of a row with the placeholders of a key filled in; those of a resource become `<name>`. */
export function filled(text: string, { partition, region, account }: Home): string {
  return text.replaceAll('{partition}', partition).replaceAll('{region}', region).replaceAll('{account}', account)
    .replaceAll('{urlSuffix}', urlSuffixOf(partition)).replace(/\{(\w+)\}/g, '<$1>');
}

/** A service and where one type of its resources takes a key. */
export interface KeyPlace {
  readonly service: keyof typeof SERVICES;
  readonly title: string;
  readonly property: KeyProperty;
}

/** Where resources of a type take keys. */
export function keyPlacesOf(resourceType: string): readonly KeyPlace[] {
  places ??= placesByType();
  return places.get(resourceType) ?? [];
}

let places: ReadonlyMap<string, readonly KeyPlace[]> | undefined;

function placesByType(): ReadonlyMap<string, readonly KeyPlace[]> {
  const byType = new Map<string, KeyPlace[]>();
  for (const [service, { title, keyProperties }] of Object.entries<KmsServiceProps>(SERVICES)) {
    for (const property of keyProperties) {
      byType.set(property.resourceType, [...byType.get(property.resourceType) ?? [], { service: service as keyof typeof SERVICES, title, property }]);
    }
  }
  return byType;
}

/** The values at a path, `*` for each element of a list, letter case aside. */
export function valuesAt(value: unknown, path: string): unknown[] {
  return path.split('.').reduce<unknown[]>((values, step) => values.flatMap((one) => {
    if (step === '*') return Array.isArray(one) ? one : one === undefined ? [] : [one];
    if (typeof one !== 'object' || one === null || Array.isArray(one)) return [];
    const name = Object.keys(one).find((candidate) => candidate.toLowerCase() === step.toLowerCase());
    return name === undefined ? [] : [(one as Record<string, unknown>)[name]];
  }), [value]);
}
