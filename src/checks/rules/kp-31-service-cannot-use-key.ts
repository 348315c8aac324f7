import { decide } from '../../authz';
import type { KeyPolicyNeed } from '../../spec/services';
import { NEEDS } from '../../spec/services';
import { isUnknownDocument } from '../../template';
import type { TemplateResource } from '../../template';
import { viaServices } from '../bounds';
import type { KeySubject } from '../key-subject';
import type { Problem, Rule } from '../rule';
import type { Scope } from '../scope';
import type { KeyPlace } from '../service-facts';
import { filled, keyPlacesOf, valuesAt } from '../service-facts';
import { nameOf, someOf } from '../words';

export const SERVICE_CANNOT_USE_KEY: Rule = {
  id: 'KP-31',
  name: 'ServiceCannotUseKey',
  level: 'error',
  title: 'A resource that takes a key has its service let in by the key’s policy.',
  why: 'The resource is made, or not even that, and its service is denied the key when it reads or writes. No IAM policy gives a service principal anything: the key policy has to.',
  fix: 'Add the statement of the service’s page, or hand the resource the service’s view of a cdk-keysmith key.',
  controls: { nist: ['SC-12(1)', 'CP-9'] },
  find: (scope) => {
    const byName = new Map(scope.keys.flatMap((key) => namesOf(key).map((name) => [name, key] as const)));
    const given = (resource: TemplateResource, { property }: KeyPlace) =>
      valuesAt(resource.properties, property.path).flatMap((value) => (typeof value === 'string' ? byName.get(value) ?? [] : []));
    return scope.deployment.resources()
      .flatMap((resource) => keyPlacesOf(resource.type).map((place) => ({ resource, place })))
      .flatMap(({ resource, place }) => given(resource, place).flatMap((key) => missing(resource, place, key, scope)));
  },
};

/** What resources write for a key. */
function namesOf({ key }: KeySubject): string[] {
  const arnStart = key.arn.slice(0, key.arn.lastIndexOf(':'));
  return [key.arn, key.keyId, ...(key.aliases ?? []).flatMap((alias) => [alias, `${arnStart}:${alias}`])];
}

function missing(resource: TemplateResource, { service, title, property }: KeyPlace, key: KeySubject, scope: Scope): Problem[] {
  if (isUnknownDocument(key.key.policy) || key.allows.some(({ who }) => who.some(({ kind }) => kind === 'unknown'))) return [];
  const needs: readonly KeyPolicyNeed[] = NEEDS[service] ?? [];
  const { stack, logicalId, path } = resource;
  return needs
    .filter(({ resourceTypes, role }) => role === undefined && (resourceTypes === undefined || resourceTypes.includes(resource.type)))
    .flatMap((need) => {
      const lacking = need.principal === undefined ? lackingThrough(need, resource, key) : lackingAs(need, need.principal, resource, key);
      if (lacking === undefined) return [];
      return [{
        // Of callers that are not known, there may be none yet.
        ...need.principal === undefined && need.actions.length === 0 ? { level: 'warning' as const } : {},
        at: { stack, logicalId, ...path === undefined ? {} : { path } },
        seen: `has ${nameOf(scope.resource(key.key) ?? key.key)} as ${property.path}, and its key policy does not let ${title} ${lacking}`,
        fix: `Add the statement of ${need.page} to the key policy, or hand the resource a view: key.forService(KmsService.${service}).`,
      }];
    });
}

/** What a service that calls in its own name is not allowed, whatever it says of its source. */
function lackingAs({ actions }: KeyPolicyNeed, principal: string, resource: TemplateResource, { key }: KeySubject): string | undefined {
  const caller = filled(principal, homeOf(key.arn, resource));
  const statements = (action: string) => decide({ identities: [] }, { principal: caller, action, key, conditionKeys: sourceOf(resource) }, { bound: 'perhaps' });
  const denied = actions.filter((action) => {
    const { outcome, nearMisses } = statements(action);
    // Which context and source it tells is not worked out here: a statement that names the service and the action will do.
    return outcome !== 'Allowed' && nearMisses.length === 0;
  });
  return denied.length === 0 ? undefined : `(${caller}) ${someOf(denied)}`;
}

/** What nobody at all may do through the service. */
function lackingThrough({ via, actions }: KeyPolicyNeed, resource: TemplateResource, key: KeySubject): string | undefined {
  const through = `${via}.${resource.region}.amazonaws.com`;
  const fitting = key.allows.filter((statement) => {
    const services = viaServices(statement);
    const direct = statement.conditions.some(({ lowerKey, test, values }) => lowerKey === 'kms:viaservice' && test === 'Null' && values.includes('true'));
    const fits = services.length === 0 ? !direct : services.some((service) => like(service, through));
    return fits && statement.who.some(({ kind }) => kind !== 'service' && kind !== 'nobody');
  });
  const isGiven = (action: string) => fitting.some((statement) => statement.actions.has(action));
  // Services that send in their own names, as alarms to a topic do, come through no other.
  const isSentTo = (action: string) => key.allows.some((statement) => statement.actions.has(action) && statement.who.some(({ kind }) => kind === 'service'));
  if (actions.length === 0) return USES.some((action) => isGiven(action) || isSentTo(action)) ? undefined : `(${through}) do anything for anybody`;
  const denied = actions.filter((action) => !isGiven(action));
  return denied.length === 0 ? undefined : `(${through}) ${someOf(denied)} for anybody`;
}

/** One of which whoever reads or writes has. */
const USES = ['kms:Decrypt', 'kms:GenerateDataKey', 'kms:Encrypt', 'kms:GenerateDataKeyWithoutPlaintext'];

function like(pattern: string, text: string): boolean {
  return new RegExp(`^${pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*').replaceAll('?', '.')}$`).test(text);
}

function sourceOf({ account }: TemplateResource) {
  return { 'aws:SourceAccount': account };
}

function homeOf(arn: string, { region, account }: TemplateResource) {
  return { partition: arn.split(':')[1], region, account };
}
