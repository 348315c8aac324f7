import { CfnResource } from 'aws-cdk-lib';
import type { CfnElement } from 'aws-cdk-lib';
import { called } from './display';
import { referencesOf } from './key-uses';
import type { KeyUse, KeyUses } from './key-uses';
import type { ServiceView } from './service-view';
import { differ } from './view-reference';
import { KeysmithKey } from '../keys/keysmith-key';
import { AccountAccess } from '../policy/account-access';
import { SERVICE_TITLES } from '../spec/key-properties';
import type { ServiceName } from '../spec/key-properties';
import { hasView } from '../spec/services';

/**
 * Why resources of the app will not be able to use the keys they were given, a sentence each.
 *
 * A template shows nothing wrong with any of them, and KMS would say no only when the data is touched.
 */
export function misuses(uses: KeyUses): string[] {
  const aliases = uses.all.some(({ view }) => !view) ? aliasesOf(uses) : [];
  return [...new Set(uses.all.flatMap((use) => misuse(use, aliases) ?? []))];
}

/** An alias of a key of ours: its element, its name where that is known, and the key. */
interface KnownAlias {
  readonly element: CfnElement;
  readonly name?: string;
  readonly key: KeysmithKey;
}

function misuse(use: KeyUse, aliases: readonly KnownAlias[]): string | undefined {
  const { view, property: { service } } = use;
  if (view) return misuseOfView(use, view);
  const key = keyOf(use.target) ?? aliases.find((alias) => isNamed(alias, use))?.key;
  if (!key) return undefined;
  if (key.keyUsageName !== 'ENCRYPT_DECRYPT' || key.keySpecName !== 'SYMMETRIC_DEFAULT') {
    return `${place(use)} was given '${key.node.path}', and ${SERVICE_TITLES[service]} takes symmetric encryption keys only: make a SymmetricDataKey for it, and ${handOver(service)}`;
  }
  if (!hasView(service) && key.accountAccess === AccountAccess.DELEGATE_TO_IAM) return undefined;
  return `${place(use)} was given ${keyOf(use.target) ? '' : 'an alias of '}'${key.node.path}' itself: ${SERVICE_TITLES[service]} calls KMS for whoever calls it, `
    + `and the key lets nobody in that way but through a view: ${handOver(service)}`;
}

function misuseOfView(use: KeyUse, view: ServiceView): string | undefined {
  const { resource, property: { service, anyRegion } } = use;
  if (view.service !== service) return `${place(use)} was given ${view.label}, but it is ${SERVICE_TITLES[service]} that uses the key there: ${handOver(service)}`;
  if (anyRegion || !differ(resource.stack.region, view.stack.region)) return undefined;
  return `${place(use)} in ${resource.stack.region} was given ${view.label} in ${view.stack.region}: the service takes keys of the resource's own Region only; `
    + `make a key in ${resource.stack.region} for it`;
}

function place({ resource, property }: KeyUse): string {
  return `${property.path} of ${called(resource)}`;
}

function handOver(service: ServiceName): string {
  return hasView(service)
    ? `hand over key.forService(KmsService.${service})`
    : `there is no view for ${SERVICE_TITLES[service]} yet; until there is one, use a kms.Key of aws-cdk-lib, or AccountAccess.DELEGATE_TO_IAM on a key of its own`;
}

function keyOf(target: CfnElement | undefined): KeysmithKey | undefined {
  const scope = CfnResource.isCfnResource(target) && target.cfnResourceType.startsWith('AWS::KMS::') && !target.cfnResourceType.endsWith('Alias') ? target.node.scope : undefined;
  return scope instanceof KeysmithKey ? scope : undefined;
}

function isNamed({ element, name }: KnownAlias, { target, text }: KeyUse): boolean {
  return target === element || (name !== undefined && new RegExp(`(^|[:"])${name.replace(/[^\w/]/g, '\\$&')}($|")`).test(text));
}

function aliasesOf({ tree }: KeyUses): KnownAlias[] {
  return tree.filter(CfnResource.isCfnResource).filter(({ cfnResourceType }) => cfnResourceType === 'AWS::KMS::Alias').flatMap((element) => {
    const { targets } = referencesOf(element, 'TargetKeyId');
    const { text: name } = referencesOf(element, 'AliasName');
    return targets.flatMap((target) => keyOf(target) ?? []).map((key) => ({ element, key, name: name.startsWith('alias/') ? name : undefined }));
  });
}
