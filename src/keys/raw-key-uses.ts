import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { ViaServicePrincipal } from 'aws-cdk-lib/aws-kms';
import { SERVICE_USES } from '../spec/services';

/**
 * Throws for grantees that a construct names through its service: it was given the key where it needs the view. CDK's Secret does that when it is
 * made, with its whole account.
 */
export function refuseRawHandover(grantable: IGrantable | undefined, key: string): void {
  const grantPrincipal = grantable?.grantPrincipal;
  if (!(grantPrincipal instanceof ViaServicePrincipal)) return;
  // Private, and not asked of the policy fragment, which throws for whoever was imported without a role.
  const { serviceName: via } = grantPrincipal as unknown as { readonly serviceName?: string };
  const [service] = Object.entries(SERVICE_USES).find(([, { prefix }]) => via?.startsWith(`${prefix}.`)) ?? ['…'];
  throw new Error(`a construct was given '${key}' itself, and grants through its service: the key lets nobody in that way but through a view: `
    + `hand over key.forService(KmsService.${service})`);
}
