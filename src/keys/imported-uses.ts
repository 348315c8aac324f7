import { Resource } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { KeysmithKey } from './keysmith-key';
import { handOver } from './raw-key-uses';
import { KEY, isMarked, memberOf } from '../app/constructs';
import { keyServicesOf } from '../app/key-services';
import { KEY_MEMBERS } from '../app/key-uses';
import type { KeyUses } from '../app/key-uses';
import type { Problem } from '../app/stage-checks';
import { AccountAccess } from '../policy/account-access';
import { SERVICES } from '../spec/services';
import type { KmsServiceProps } from '../spec/services';

/**
 * Why imported resources will not be able to use the keys they were given themselves, a sentence each.
 *
 * A template does not show what was imported, and CDK's grants on it ask the key for those who use the resource: what the key gives them holds for direct
 * calls, and theirs come through the service. A key on which nobody was granted anything so is left alone.
 */
export function importedKeyUses(uses: KeyUses): Problem[] {
  return uses.tree.filter(Resource.isResource).flatMap((construct) => {
    const key = rawKeyOf(construct);
    const kind = KINDS.find(({ member }) => memberOf(construct, member) !== undefined);
    if (!key || !kind || isDefinedHere(construct)) return [];
    if (key.accountAccess === AccountAccess.DELEGATE_TO_IAM || !key._isGrantedToConstructs || key._isOverruledFor(construct)) return [];
    const message = `${handOver(kind.service)}: '${construct.node.path}' was imported with '${key.node.path}' itself: ${kind.service.title} calls KMS for whoever uses it, and what CDK's grants give them on the key holds for direct `
      + "calls only. If you know better: key.overruleRefusal(resource, 'why')";
    return [{ at: construct, message }];
  });
}

/** What CDK imports with a key: the member that tells which it is, and the service that encrypts it. */
const KINDS: readonly { readonly member: string; readonly service: KmsServiceProps }[] = [
  { member: 'bucketArn', service: SERVICES.S3 },
  { member: 'tableArn', service: SERVICES.DYNAMODB },
  { member: 'secretArn', service: SERVICES.SECRETS_MANAGER },
  { member: 'streamArn', service: SERVICES.KINESIS },
  { member: 'queueArn', service: SERVICES.SQS },
  { member: 'topicArn', service: SERVICES.SNS },
  { member: 'parameterArn', service: SERVICES.SSM },
];

/** The key of this library that a construct has itself, or by an alias; not a view of one. */
function rawKeyOf(construct: IConstruct): KeysmithKey | undefined {
  const given = KEY_MEMBERS.map((member) => memberOf(construct, member));
  const meant = given.flatMap((each) => [each, (each as { readonly aliasTargetKey?: unknown } | undefined)?.aliasTargetKey]);
  return meant.find((each) => isMarked<KeysmithKey>(each, KEY));
}

/** Whether there is a resource that takes a key, so that its template shows which it has. */
function isDefinedHere(construct: IConstruct): boolean {
  const services = keyServicesOf(construct);
  return construct.node.findAll().some((each) => 'cfnResourceType' in each && services.placesIn(String(each.cfnResourceType)).length > 0);
}
