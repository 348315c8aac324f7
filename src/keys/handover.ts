import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { ViaServicePrincipal } from 'aws-cdk-lib/aws-kms';
import { SERVICE_USES } from '../spec/services';

/**
 * Throws for grantees that a construct names through its service: it was given the key where it needs the view. CDK's Secret does that when it is
 * made, with its whole account.
 */
export function refuseRawHandover(grantee: IGrantable, key: string): void {
  if (!(grantee.grantPrincipal instanceof ViaServicePrincipal)) return;
  const via = JSON.stringify(grantee.grantPrincipal.policyFragment.conditions);
  const [service] = Object.entries(SERVICE_USES).find(([, { prefix }]) => via.includes(`"${prefix}.`)) ?? ['…'];
  throw new Error(`a construct was given '${key}' itself, and grants through its service: the key lets nobody in that way but through a view: `
    + `hand over key.forService(KmsService.${service})`);
}
