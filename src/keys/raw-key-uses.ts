import { Annotations, CfnResource } from 'aws-cdk-lib';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { KeySpec, KeyUsage, ViaServicePrincipal } from 'aws-cdk-lib/aws-kms';
import type { KeysmithKey } from './keysmith-key';
import { quoted } from '../app/constructs';
import type { KeyUse, KeyUses } from '../app/key-uses';
import { unlistedUsesBy } from '../app/unlisted-uses';
import { AccountAccess } from '../policy/account-access';
import { SERVICES, hasView } from '../spec/services';
import type { KmsServiceProps } from '../spec/services';

/**
 * Why resources of the app will not be able to use the keys they were given themselves, a sentence each.
 *
 * A template shows nothing wrong with any of them, and KMS would say no only when the data is touched.
 */
export function rawKeyUses(uses: KeyUses): string[] {
  return [...new Set(uses.all.filter(({ view }) => !view).flatMap((use) => misuse(use, uses) ?? []))];
}

/** Warns of resources that were given a key where nobody here knows how their service uses it. */
export function unlistedKeyUses(uses: KeyUses): [] {
  const all = uses.tree.filter(CfnResource.isCfnResource).flatMap((resource) => unlistedUsesBy(resource, uses.names));
  for (const { resource, path, targets, text } of all) {
    const keys = (targets.length ? targets : [undefined]).flatMap((target) => uses.keyNamed(target, text)?.key as KeysmithKey | undefined ?? []);
    for (const key of keys.filter(({ accountAccess }) => accountAccess !== AccountAccess.DELEGATE_TO_IAM)) {
      Annotations.of(resource).addWarningV2('cdk-keysmith:no-view', `${quoted(resource)} was given '${key.node.path}' itself as ${path}, and there is no view for ${resource.cfnResourceType} yet: `
        + 'KMS will deny what the service asks of it, for the deployer who makes the resource and for whoever uses it, but for direct grants of the key to the '
        + `very role that calls. ${WITHOUT_VIEW}`);
    }
  }
  return [];
}

/**
 * Throws for grantees that a construct names through its service: it was given the key where it needs the view. CDK's Secret does that when it is
 * made, with its whole account.
 */
export function refuseRawHandover(grantable: IGrantable | undefined, key: string): void {
  const grantPrincipal = grantable?.grantPrincipal;
  if (!(grantPrincipal instanceof ViaServicePrincipal)) return;
  // Private, and not asked of the policy fragment, which throws for whoever was imported without a role.
  const { serviceName: via } = grantPrincipal as unknown as { readonly serviceName?: string };
  const [service] = Object.entries<KmsServiceProps>(SERVICES).find(([, { rows }]) => rows.some((row) => row.via !== undefined && row.via.split('.')[0] === via?.split('.')[0])) ?? ['…'];
  throw new Error(`a construct was given '${key}' itself, and grants through its service: the key lets nobody in that way but through a view: `
    + `hand over key.forService(KmsService.${service})`);
}

/** What to do instead: the view, where there is one. */
export function handOver(service: KmsServiceProps): string {
  if (!hasView(service)) return `there is no view for ${service.title} yet. ${WITHOUT_VIEW}`;
  const [known] = Object.entries(SERVICES).find(([, facts]) => facts === service) ?? [];
  return known ? `hand over key.forService(KmsService.${known})` : `hand over key.forService(…) with this app's own service ${service.name}`;
}

const WITHOUT_VIEW = 'Until there is one, describe the service with KmsService.of({ … }), use a kms.Key of aws-cdk-lib, or AccountAccess.DELEGATE_TO_IAM on a key of its own';

function misuse(use: KeyUse, uses: KeyUses): string | undefined {
  const { resource, service, property: { path } } = use;
  const named = uses.keyNamed(use.target, use.text);
  if (!named) return undefined;
  const key = named.key as KeysmithKey;
  if (key.keyUsage !== KeyUsage.ENCRYPT_DECRYPT || key.keySpec !== KeySpec.SYMMETRIC_DEFAULT) {
    return `${quoted(resource)} was given '${key.node.path}' as ${path}, and ${service.title} takes symmetric encryption keys only: `
      + `make a SymmetricDataKey for it, and ${handOver(service)}`;
  }
  if (!hasView(service) && key.accountAccess === AccountAccess.DELEGATE_TO_IAM) return undefined;
  return `${quoted(resource)} was given ${named.byAlias ? 'an alias of ' : ''}'${key.node.path}' itself as ${path}: ${service.title} calls KMS for whoever calls it, `
    + `and the key lets nobody in that way but through a view: ${handOver(service)}`;
}
