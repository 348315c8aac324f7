import { App, Stack } from 'aws-cdk-lib';
import { CfnTrail, ManagementEventSources, ReadWriteType, S3EventSelector, Trail } from 'aws-cdk-lib/aws-cloudtrail';
import type { DataResourceType, TrailProps } from 'aws-cdk-lib/aws-cloudtrail';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { ROOT, event, role, user } from './support/records';
import { NEW_APP, rulesOf } from './support/scene';
import { KeyAlarmTopic, KeyAlarms, KmsTrail, SymmetricDataKey } from '../../src';
import type { KmsTrailProps } from '../../src';
import { filterPattern } from '../detect/support/filter-pattern';
import { Deployed, HERE, OTHER_ACCOUNT, roleIn } from '../support/deployed';

function home(props: KmsTrailProps = {}, make?: (stack: Stack) => KmsTrailProps) {
  const app = new App({ context: NEW_APP });
  const stack = new Stack(app, 'Shop', { env: HERE });
  const trail = new KmsTrail(stack, 'Trail', { ...props, ...make?.(stack) });
  return { app, stack, trail };
}

describe('a trail that is made', () => {
  const { app, stack, trail } = home({ accountAlarms: true, trailName: 'shop' });
  const billing = roleIn(stack, 'Billing');
  trail.grantReadUsage(billing);
  const { deployment } = new Deployed(app);

  test('logs all of KMS, in every Region, with digests, into a bucket and a log group', () => {
    const [{ properties }] = deployment.resources('AWS::CloudTrail::Trail');
    expect(properties).toMatchObject({
      IsLogging: true,
      IsMultiRegionTrail: true,
      IncludeGlobalServiceEvents: true,
      EnableLogFileValidation: true,
      TrailName: 'shop',
      EventSelectors: [{ IncludeManagementEvents: true, ReadWriteType: 'All' }],
    });
    expect(properties.CloudWatchLogsLogGroupArn).toBeTruthy();
    expect(JSON.stringify(properties)).not.toContain('kms.amazonaws.com');
  });

  describe('the billing role sees who used which key when, and no content', () => {
    const { policies } = deployment.identities.find(({ name }) => name.includes('Billing'))!;
    const statements = policies.flatMap(({ document }) => [document.Statement].flat());
    const allowed = (action: string) => (
      statements.filter(({ Action }) => [Action].flat().includes(action)).map(({ Effect, Resource }) => [Effect, Resource]));
    const logGroup = deployment.resources('AWS::Logs::LogGroup')[0];

    test('by queries of the log group, and by nothing else', () => {
      const [[effect, resource]] = allowed('logs:StartQuery');
      expect([effect, resource]).toEqual(['Allow', deployment.attribute(logGroup.stack, logGroup.logicalId, 'Arn')]);
      expect(statements.flatMap(({ Action }) => Action as string[]).sort()).toEqual(['logs:DescribeQueryDefinitions', 'logs:GetQueryResults', 'logs:StartQuery', 'logs:StopQuery']);
    });

    test('a saved query has the answer: of KMS, by hour, key, operation and caller', () => {
      const [{ properties }, ...others] = deployment.resources('AWS::Logs::QueryDefinition');
      expect(others).toEqual([]);
      expect(properties).toMatchObject({ Name: 'Shop/who used which key when', LogGroupNames: [deployment.physicalId(logGroup.stack, logGroup.logicalId)] });
      expect(String(properties.QueryString).split('\n')).toEqual([
        'filter eventSource = "kms.amazonaws.com" and ispresent(resources.0.ARN)',
        expect.stringMatching(/^\| fields coalesce\(.*sessionIssuer\.arn, .*arn, .*invokedBy, .*accountId\) as who$/),
        expect.stringMatching(/^\| stats count\(\*\) as calls, .* by bin\(1h\) as hour, resources\.0\.ARN as key, eventName as operation, who$/),
        '| sort hour desc, calls desc',
      ]);
      // Under which context a key was used may tell of customers: the answer does not have it.
      expect(properties.QueryString).not.toContain('requestParameters');
    });

    test('a trail that nobody is let into has no query, and one for two', () => {
      const queries = (count: number) => {
        const at = home();
        for (let n = 0; n < count; n++) at.trail.grantReadUsage(roleIn(at.stack, `Billing${n}`));
        return new Deployed(at.app).deployment.resources('AWS::Logs::QueryDefinition').length;
      };
      expect([queries(0), queries(2)]).toEqual([0, 1]);
    });
  });

  const filters = Object.fromEntries(deployment.resources('AWS::Logs::MetricFilter').map(({ path = '', properties }) => [path.split('/').at(-2)!.replace(/Filter$/, ''), String(properties.FilterPattern)]));
  const call = (eventName: string, by: object, fields: object = {}) => ({ ...event(eventName, { by: by as never }).detail, ...fields });
  const ROWS: readonly [what: string, record: object, counted: readonly string[]][] = [
    ['a key is disabled', call('DisableKey', role('admin')), ['KeysDisabledOrDeleted']],
    ['a deletion is scheduled', call('ScheduleKeyDeletion', role('admin')), ['KeysDisabledOrDeleted']],
    ['a key is enabled', call('EnableKey', role('admin')), []],
    ['a call is refused', call('Decrypt', role('stranger'), { errorCode: 'AccessDenied' }), ['UnauthorizedCalls', 'DeniedCalls']],
    ['a call of EC2 is refused', call('RunInstances', role('stranger'), { eventSource: 'ec2.amazonaws.com', errorCode: 'Client.UnauthorizedOperation' }), ['UnauthorizedCalls']],
    ['a call fails', call('Decrypt', role('stranger'), { errorCode: 'IncorrectKeyException' }), []],
    ['the root user calls', call('Decrypt', ROOT), ['RootUse']],
    ['a service calls for the root user', call('Decrypt', { ...ROOT, invokedBy: 's3.amazonaws.com' }), []],
    ['the trail is stopped', call('StopLogging', role('admin')), ['TrailChanges']],
    ['somebody signs in without MFA', call('ConsoleLogin', user('clerk'), { eventSource: 'signin.amazonaws.com', additionalEventData: { MFAUsed: 'No' }, responseElements: { ConsoleLogin: 'Success' } }), ['SignInWithoutMfa']],
    ['somebody signs in with MFA', call('ConsoleLogin', user('clerk'), { eventSource: 'signin.amazonaws.com', additionalEventData: { MFAUsed: 'Yes' }, responseElements: { ConsoleLogin: 'Success' } }), []],
    ['signing in fails', call('ConsoleLogin', user('clerk'), { eventSource: 'signin.amazonaws.com', errorMessage: 'Failed authentication', responseElements: { ConsoleLogin: 'Failure' } }), ['FailedSignIns']],
    ['an IAM policy changes', call('PutRolePolicy', role('admin'), { eventSource: 'iam.amazonaws.com' }), ['IamPolicyChanges']],
    ['a bucket policy changes', call('PutBucketPolicy', role('admin'), { eventSource: 's3.amazonaws.com' }), ['BucketPolicyChanges']],
    ['Config is stopped', call('StopConfigurationRecorder', role('admin'), { eventSource: 'config.amazonaws.com' }), ['ConfigChanges']],
    ['a security group is opened', call('AuthorizeSecurityGroupIngress', role('admin'), { eventSource: 'ec2.amazonaws.com' }), ['SecurityGroupChanges']],
    ['a network ACL changes', call('CreateNetworkAclEntry', role('admin'), { eventSource: 'ec2.amazonaws.com' }), ['NetworkAclChanges']],
    ['a gateway is attached', call('AttachInternetGateway', role('admin'), { eventSource: 'ec2.amazonaws.com' }), ['GatewayChanges']],
    ['a route changes', call('CreateRoute', role('admin'), { eventSource: 'ec2.amazonaws.com' }), ['RouteTableChanges']],
    ['a VPC is made', call('CreateVpc', role('admin'), { eventSource: 'ec2.amazonaws.com' }), ['VpcChanges']],
    ['somebody decrypts', call('Decrypt', role('reader')), []],
  ];

  test.each(ROWS)('%s', (_, record, counted) => {
    const message = JSON.stringify(record);
    for (const unequalWhereMissing of [true, false]) {
      expect(Object.keys(filters).filter((id) => filterPattern(filters[id], { unequalWhereMissing })(message))).toEqual(counted);
    }
  });

  test('each filter counts for some row, and has an alarm', () => {
    expect(Object.keys(filters).filter((id) => !ROWS.some(([, , counted]) => counted.includes(id)))).toEqual([]);
    const alarms = deployment.resources('AWS::CloudWatch::Alarm').map(({ properties }) => properties.MetricName);
    expect(Object.keys(filters).map((id) => `Shop-Trail-${id}`).filter((metric) => !alarms.includes(metric))).toEqual([]);
    expect(Object.keys(filters)).toHaveLength(15);
  });
});

test('alarms of the account go to a topic, and are left out where nobody would hear of them', () => {
  const told = home({}, (stack) => ({ topic: new KeyAlarmTopic(stack, 'Alarms').topic }));
  const alarms = (app: App) => new Deployed(app).deployment.resources('AWS::CloudWatch::Alarm');
  expect(alarms(told.app).map(({ properties }) => properties.AlarmActions)).toEqual(Array(15).fill([expect.stringContaining(':sns:')]));
  expect(alarms(home().app)).toHaveLength(1);
  expect(() => home({ deniedCalls: 0 })).toThrow(/deniedCalls is 0: give it a whole number from 1/);
});

test('records under a key of the app, by views', () => {
  const { app } = home({}, (stack) => ({ key: new SymmetricDataKey(stack, 'Key', { alias: 'records' }) }));
  const { deployment } = new Deployed(app);
  expect([deployment.resources('AWS::CloudTrail::Trail')[0].properties.KMSKeyId, deployment.resources('AWS::Logs::LogGroup')[0].properties.KmsKeyId]).toEqual(Array(2).fill(expect.stringContaining(':key/')));
});

describe('a trail of the app', () => {
  const problems = (make: (stack: Stack) => Trail) => {
    const app = new App({ context: NEW_APP });
    const stack = new Stack(app, 'Shop', { env: HERE });
    new KeyAlarms(stack, 'Alarms', { trail: KmsTrail.fromTrail(make(stack)), keys: [new SymmetricDataKey(stack, 'Data')] });
    try {
      app.synth();
      return 'fine';
    } catch (error) {
      return (error as Error).message.split('\n').find((line) => line.includes('records KMS for alarms'))?.replace(/^.*? records KMS for alarms, and /, '') ?? (error as Error).message;
    }
  };
  const ofProps = (props: TrailProps) => (stack: Stack) => new Trail(stack, 'Trail', props);
  const selecting = (
    readWriteType: ReadWriteType, excludeManagementEventSources?: ManagementEventSources[], includeManagementEvents = true,
  ) => (stack: Stack) => {
    const trail = new Trail(stack, 'Trail');
    trail.addEventSelector('AWS::S3::Object' as DataResourceType, ['arn:aws:s3:::documents/'], { readWriteType, includeManagementEvents, excludeManagementEventSources });
    return trail;
  };
  const advanced = (...fields: object[]) => (stack: Stack) => {
    const trail = new Trail(stack, 'Trail');
    (trail.node.defaultChild as CfnTrail).addPropertyOverride('EventSelectors', undefined);
    (trail.node.defaultChild as CfnTrail).addPropertyOverride('AdvancedEventSelectors', [{ FieldSelectors: [{ Field: 'eventCategory', Equals: ['Management'] }, ...fields] }]);
    return trail;
  };
  const ROWS: readonly [what: string, make: (stack: Stack) => Trail, outcome: RegExp][] = [
    ['as CDK makes it', ofProps({}), /^fine$/],
    ['of all management events', ofProps({ managementEvents: ReadWriteType.ALL }), /^fine$/],
    ['of writes', ofProps({ managementEvents: ReadWriteType.WRITE_ONLY }), /^it logs a part of the management events only, and Decrypt, Sign and GenerateDataKey are read-only events/],
    ['of reads', ofProps({ managementEvents: ReadWriteType.READ_ONLY }), /^it logs a part of the management events only/],
    ['of data alone', selecting(ReadWriteType.ALL, undefined, false), /^it logs no management events/],
    ['of data, with management events', selecting(ReadWriteType.ALL), /^fine$/],
    ['that leaves KMS out', selecting(ReadWriteType.ALL, [ManagementEventSources.KMS]), /^its selectors leave KMS out/],
    ['that leaves another service out', selecting(ReadWriteType.ALL, [ManagementEventSources.RDS_DATA_API]), /^fine$/],
    ['with advanced selectors', advanced(), /^fine$/],
    ['with advanced selectors that leave KMS out', advanced({ Field: 'eventSource', NotEquals: ['kms.amazonaws.com'] }), /^its selectors leave KMS out/],
    ['with advanced selectors that leave reads out', advanced({ Field: 'readOnly', Equals: ['false'] }), /^it logs a part/],
    ['that does not log', (stack) => {
      const trail = new Trail(stack, 'Trail');
      (trail.node.defaultChild as CfnTrail).isLogging = false;
      return trail;
    }, /^it does not log/],
  ];

  test.each(ROWS)('%s', (_, make, outcome) => expect(problems(make)).toMatch(outcome));

  test('with two selectors, one of which has all', () => {
    expect(problems((stack) => {
      const trail = new Trail(stack, 'Trail', { managementEvents: ReadWriteType.ALL });
      trail.addS3EventSelector([{ bucket: Bucket.fromBucketName(stack, 'Bucket', 'documents') } as S3EventSelector], { includeManagementEvents: false });
      return trail;
    })).toBe('fine');
  });
});

describe('a trail that is not where the alarms are', () => {
  const there = { account: HERE.account, region: 'us-east-1' };
  const scene = (env: typeof there, props: KmsTrailProps & { readonly isOrganizationTrail?: boolean } = {}) => {
    const app = new App({ context: NEW_APP });
    const made = new KmsTrail(new Stack(app, 'Audit', { env }), 'Trail', props);
    if (props.isOrganizationTrail) (made.trail.node.defaultChild as CfnTrail).isOrganizationTrail = true;
    const stack = new Stack(app, 'Shop', { env: HERE });
    const alarms = new KeyAlarms(stack, 'Alarms', { trail: made, keys: [new SymmetricDataKey(stack, 'Data')] });
    const rules = rulesOf(new Deployed(app)).map(({ name }) => name).filter((name) => name.startsWith('TrailBlinded'));
    return { rules, told: alarms.node.metadata.map(({ data }) => String(data)).filter((text) => text.includes('trail-elsewhere')) };
  };

  test('in another Region: nobody here sees it being stopped, and synthesis says so', () => {
    expect(scene(there)).toEqual({ rules: [], told: [expect.stringMatching(/^trail 'Audit\/Trail\/Trail' is in account 111122223333, Region us-east-1, where alone rules see it being stopped: make KeyAlarms there, too/)] });
  });

  test('here: it is watched', () => expect(scene(HERE)).toEqual({ rules: ['TrailBlindedByStop', 'TrailBlindedBySelectors'], told: [] }));

  test('of the organization, in another account', () => expect(scene(OTHER_ACCOUNT, { isOrganizationTrail: true }).rules).toEqual([]));

  test.each<[what: string, env: typeof there, props: KmsTrailProps, message: RegExp]>([
    ['of one Region', there, { allRegions: false }, /^Shop\/Alarms: trail 'Audit\/Trail\/Trail' records Region us-east-1 alone \(isMultiRegionTrail\), and these alarms are for account 111122223333, Region eu-west-1/],
    ['of another account', OTHER_ACCOUNT, {}, /records account 444455556666 alone/],
  ])('%s: no rule would see any call', (_, env, props, message) => expect(() => scene(env, props)).toThrow(message));
});

test('two trails of one stack count apart', () => {
  const { stack } = home();
  new KmsTrail(stack, 'Other');
  const names = new Deployed(stack.node.root as App).deployment.resources('AWS::Logs::MetricFilter').map(({ properties }) => (properties.MetricTransformations as { MetricName: string }[])[0].MetricName);
  expect([names.length, new Set(names).size]).toEqual([2, 2]);
});
