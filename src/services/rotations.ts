import { CfnResource } from 'aws-cdk-lib';
import { called } from './display';
import type { KeyUses } from './key-uses';
import type { Doubt } from './misuse';
import { ResolvedValue } from './references';
import type { ServiceView } from './service-view';
import { propertiesOf } from '../policy/references';

/**
 * Rotations that AWS makes from a template of its own (`addRotationSingleUser` of databases, hosted rotation): their function has a role that no
 * construct of the app stands for, and CDK counts on the account's IAM policies to let it use the secret's key.
 */
export function rotationDoubts({ all, tree }: KeyUses): Doubt[] {
  const rotations = [
    ...all.flatMap(({ resource, property, view }) => (property.names === 'another' && view ? [{ resource, view }] : [])),
    ...tree.filter(CfnResource.isCfnResource).filter(({ cfnResourceType }) => cfnResourceType === 'AWS::Serverless::Application')
      .flatMap((resource) => viewsIn(resource).map((view) => ({ resource, view }))),
  ];
  return rotations.filter(({ view }) => view.service === 'SECRETS_MANAGER' && !letsInByPattern(view)).map(({ resource, view: { key } }) => ({
    id: 'cdk-keysmith:rotation-role',
    resource,
    message: `${called(resource)} rotates a secret under a role that a template of AWS makes, which the policy of '${key.node.path}' cannot name: KMS will deny what AWS Secrets Manager `
      + 'asks for it. Rotate with a function of the app (addRotationSchedule(…, { rotationLambda })), or grant to such roles by the beginning of their names: '
      + "key.forService(KmsService.SECRETS_MANAGER).grantEncryptDecrypt(new AccountPrincipal('…').withConditions({ ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::…:role/…-*' } }))",
  }));
}

function viewsIn(application: CfnResource): readonly ServiceView[] {
  return propertiesOf(application).filter(([name]) => name.toLowerCase() === 'parameters').flatMap(([name, value]) => ResolvedValue.of(value, application, [name]).at([]).views);
}

/** Whether the key lets in principals of the account that it does not name, a role without a name among them. */
function letsInByPattern({ key }: ServiceView): boolean {
  return key._mayAllow('kms:GenerateDataKey', '');
}
