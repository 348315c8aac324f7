import { CfnResource } from 'aws-cdk-lib';
import { called } from './display';
import { GivenKeys } from './given-keys';
import type { KeyUse, KeyUses } from './key-uses';
import type { ServiceView } from './service-view';
import { unlistedUsesBy } from './unlisted-uses';
import { differ } from './view-reference';
import { AccountAccess } from '../policy/account-access';
import { SERVICE_TITLES } from '../spec/key-properties';
import type { ServiceName } from '../spec/key-properties';
import { hasView } from '../spec/services';

/**
 * Why resources of the app will not be able to use the keys they were given, a sentence each.
 *
 * A template shows nothing wrong with any of them, and KMS would say no only when the data is touched.
 */
export function misuses({ all, tree }: KeyUses): string[] {
  const given = new GivenKeys(tree);
  return [...new Set(all.flatMap((use) => (use.view ? misuseOfView(use, use.view) : misuse(use, given)) ?? []))];
}

/** Something to say of one resource. */
export interface Doubt {
  /** Under which it can be acknowledged. */
  readonly id: string;
  readonly resource: CfnResource;
  readonly message: string;
}

/** Resources that were given a key where nobody here knows how their service uses it. */
export function doubts({ tree, names }: KeyUses): Doubt[] {
  const given = new GivenKeys(tree);
  const uses = tree.filter(CfnResource.isCfnResource).flatMap((resource) => unlistedUsesBy(resource, names));
  return uses.flatMap(({ resource, path, targets, text }) => {
    const keys = (targets.length ? targets : [undefined]).flatMap((target) => given.named(target, text)?.key ?? []);
    return keys.filter(({ accountAccess }) => accountAccess !== AccountAccess.DELEGATE_TO_IAM).map((key) => ({
      id: 'cdk-keysmith:no-view',
      resource,
      message: `${called(resource)} was given '${key.node.path}' itself as ${path}, and there is no view for ${resource.cfnResourceType} yet: `
        + 'KMS will deny what the service asks of it, for the deployer who makes the resource and for whoever uses it, but for direct grants of the key to the '
        + `very role that calls. ${WITHOUT_VIEW}`,
    }));
  });
}

function misuse(use: KeyUse, given: GivenKeys): string | undefined {
  const { resource, property: { service, path } } = use;
  const named = given.named(use.target, use.text);
  if (!named) return undefined;
  const { key, byAlias } = named;
  if (key.keyUsageName !== 'ENCRYPT_DECRYPT' || key.keySpecName !== 'SYMMETRIC_DEFAULT') {
    return `${called(resource)} was given '${key.node.path}' as ${path}, and ${SERVICE_TITLES[service]} takes symmetric encryption keys only: `
      + `make a SymmetricDataKey for it, and ${handOver(service)}`;
  }
  if (!hasView(service) && key.accountAccess === AccountAccess.DELEGATE_TO_IAM) return undefined;
  return `${called(resource)} was given ${byAlias ? 'an alias of ' : ''}'${key.node.path}' itself as ${path}: ${SERVICE_TITLES[service]} calls KMS for whoever calls it, `
    + `and the key lets nobody in that way but through a view: ${handOver(service)}`;
}

function misuseOfView({ resource, property: { service, path, anyRegion } }: KeyUse, view: ServiceView): string | undefined {
  if (view.service !== service) {
    return `${called(resource)} was given ${view.label} as ${path}, but it is ${SERVICE_TITLES[service]} that uses the key there: ${handOver(service)}`;
  }
  if (anyRegion || !differ(resource.stack.region, view.stack.region)) return undefined;
  return `${called(resource)} in ${resource.stack.region} was given ${view.label} in ${view.stack.region} as ${path}: the service takes keys of the resource's own Region only; `
    + `make a key in ${resource.stack.region} for it`;
}

function handOver(service: ServiceName): string {
  return hasView(service) ? `hand over key.forService(KmsService.${service})` : `there is no view for ${SERVICE_TITLES[service]} yet. ${WITHOUT_VIEW}`;
}

const WITHOUT_VIEW = 'Until there is one, use a kms.Key of aws-cdk-lib, or AccountAccess.DELEGATE_TO_IAM on a key of its own';
