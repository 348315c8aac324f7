import { App, Stack } from 'aws-cdk-lib';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { EventBus as ToBus } from 'aws-cdk-lib/aws-events-targets';
import { AccountRootPrincipal, ArnPrincipal, User } from 'aws-cdk-lib/aws-iam';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { ANNOTATIONS_IN_VALIDATION_REPORT, CURRENTLY_RECOMMENDED_FLAGS } from 'aws-cdk-lib/cx-api';
import { KeyAlarms, KmsService, KmsTrail, SigningAlgorithm, SigningKey, SymmetricDataKey } from '../../../src';
import type { KeyAlarmsProps } from '../../../src';
import { bucketIn, tableIn } from '../../services/support/resources';
import { Deployed, HERE, OTHER_ACCOUNT, roleIn } from '../../support/deployed';

/** What `cdk init` sets, but for the report of warnings that synthesis prints. */
export const NEW_APP = { ...CURRENTLY_RECOMMENDED_FLAGS, [ANNOTATIONS_IN_VALIDATION_REPORT]: false };

/** A rule as it is deployed. */
export interface DeployedRule {
  readonly name: string;
  readonly state: string;
  readonly pattern: object;
  readonly targets: readonly RuleTarget[];
}

export interface RuleTarget {
  readonly Arn: string;
  readonly InputTransformer?: { readonly InputTemplate: string; readonly InputPathsMap: Record<string, string> };
}

/** Rules of an app, by the ids that `KeyAlarms` gives them. */
export function rulesOf(deployed: Deployed, alarms = 'Alarms'): DeployedRule[] {
  return deployed.deployment.resources('AWS::Events::Rule').filter(({ path = '' }) => path.includes(`/${alarms}/`)).map(({ path = '', properties }) => ({
    name: path.split('/').at(-2)!,
    state: String(properties.State),
    pattern: properties.EventPattern as object,
    targets: (properties.Targets ?? []) as DeployedRule['targets'],
  }));
}

/** An application with a data key that several services have, and a signing key; some are granted before the alarms are made, some after. */
export function shop(props: Partial<KeyAlarmsProps> = {}) {
  const app = new App({ context: NEW_APP });
  const stack = new Stack(app, 'Shop', { env: HERE });
  const emergency = roleIn(stack, 'Emergency', { roleName: 'emergency', assumedBy: new AccountRootPrincipal().withConditions({ Bool: { 'aws:MultiFactorAuthPresent': 'true' } }) });
  const data = new SymmetricDataKey(stack, 'Data', { alias: 'shop/data', multiRegion: true, breakGlass: [emergency] });
  const signatures = new SigningKey(stack, 'Signatures', { alias: 'shop/signatures', algorithm: SigningAlgorithm.ES256 });
  data.grants.decrypt(roleIn(stack, 'Backend', { roleName: 'backend', path: '/shop/' }));
  const trail = new KmsTrail(stack, 'Trail', { trailName: 'shop' });
  const alarms = new KeyAlarms(stack, 'Alarms', {
    trail,
    keys: [data, signatures],
    grantCreators: [new ArnPrincipal(`arn:aws:iam::${HERE.account}:role/granter`)],
    informationTargets: [new ToBus(EventBus.fromEventBusArn(stack, 'Bus', `arn:aws:events:${HERE.region}:${HERE.account}:event-bus/audit`))],
    ...props,
  });
  data.grants.decrypt(roleIn(stack, 'Late', { roleName: 'late' }));
  data.grants.decrypt(new ArnPrincipal(`arn:aws:iam::${OTHER_ACCOUNT.account}:role/partner`));
  data.grants.encrypt(new User(stack, 'Clerk', { userName: 'clerk' }));
  signatures.grants.sign(roleIn(stack, 'Signer', { roleName: 'signer' }));
  signatures.grants.readPublicKey(roleIn(stack, 'Publisher', { roleName: 'publisher' }));
  bucketIn(stack, 'Documents', data.forService(KmsService.S3), 'shop-documents').grantRead(roleIn(stack, 'Reader', { roleName: 'reader' }));
  tableIn(stack, 'Orders', data.forService(KmsService.DYNAMODB), 'orders').grantReadData(roleIn(stack, 'Teller', { roleName: 'teller' }));
  new LogGroup(stack, 'Log', { logGroupName: 'shop', encryptionKey: data.forService(KmsService.LOGS) });
  data.serve(KmsService.EBS);
  return { app, stack, data, signatures, alarms, trail };
}
