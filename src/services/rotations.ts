import { CfnResource } from 'aws-cdk-lib';
import type { ServiceView } from './service-view';
import { quoted } from '../app/constructs';
import type { KeyUses } from '../app/key-uses';
import { propertiesOf } from '../app/rendering';
import { ResolvedValue } from '../app/resolved-value';
import { warn } from '../app/warnings';
import { NameInContext, SERVICES } from '../spec/services';

/**
 * Warns of rotations that AWS makes from a template of its own (`addRotationSingleUser` of databases, hosted rotation): their function has a role that no
 * construct of the app stands for, and CDK counts on the account's IAM policies to let it use the secret's key.
 */
export function rotationsUnderUnknownRoles({ all, tree }: KeyUses): [] {
  const rotations = [
    ...all.filter(({ property }) => property.nameInContext === NameInContext.ANOTHER)
      .flatMap(({ resource, view }) => (view ? [{ resource, view: view as ServiceView }] : [])),
    ...tree.filter(CfnResource.isCfnResource).filter(({ cfnResourceType }) => cfnResourceType === 'AWS::Serverless::Application')
      .flatMap((resource) => viewsIn(resource).map((view) => ({ resource, view }))),
  ];
  for (const { resource, view } of rotations.filter(({ view: { service } }) => service === SERVICES.SECRETS_MANAGER)) {
    if (letsInByPattern(view)) continue;
    warn(resource, 'cdk-keysmith:rotation-role', `${quoted(resource)} rotates a secret under a role that a template of AWS makes, which the policy of `
      + `'${view.key.node.path}' cannot name: KMS will deny what AWS Secrets Manager `
      + 'asks for it. Rotate with a function of the app (addRotationSchedule(…, { rotationLambda })), or grant to such roles by the beginning of their names: '
      + "key.forService(KmsService.SECRETS_MANAGER).grantEncryptDecrypt(new AccountPrincipal('…').withConditions({ ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::…:role/…-*' } }))");
  }
  return [];
}

function viewsIn(application: CfnResource): ServiceView[] {
  const parameters = propertiesOf(application).filter(([name]) => name.toLowerCase() === 'parameters');
  return parameters.flatMap(([name, value]) => ResolvedValue.of(value, application, [name]).at([]).views as ServiceView[]);
}

/** Whether the key lets in principals of the account that it does not name, a role without a name among them. */
function letsInByPattern({ key }: ServiceView): boolean {
  return key._mayAllow('kms:GenerateDataKey', '');
}
