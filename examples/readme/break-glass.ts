import { App, Stack } from 'aws-cdk-lib';
import { type CfnRule, Rule } from 'aws-cdk-lib/aws-events';
import { SnsTopic } from 'aws-cdk-lib/aws-events-targets';
import { AccountRootPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { SymmetricDataKey } from 'cdk-keysmith';

const app = new App();
const stack = new Stack(app, 'Orders');

const emergency = new Role(stack, 'Emergency', {
  roleName: 'orders-emergency',
  assumedBy: new AccountRootPrincipal().withConditions({ Bool: { 'aws:MultiFactorAuthPresent': 'true' } }),
});
const key = new SymmetricDataKey(stack, 'Data', { encryptionContext: { Project: 'Orders' }, breakGlass: [emergency] });

const alarm = new Rule(stack, 'BreakGlassUsed', {
  eventPattern: {
    source: ['aws.kms'],
    detailType: ['AWS API Call via CloudTrail'],
    detail: {
      userIdentity: { sessionContext: { sessionIssuer: { arn: [emergency.roleArn] } } },
      resources: { ARN: [key.keyArn] },
    },
  },
  targets: [new SnsTopic(new Topic(stack, 'Alarms'))],
});
// Decrypt and Sign are read-only events, which a rule does not see unless it says so.
(alarm.node.defaultChild as CfnRule).state = 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS';

app.synth();
