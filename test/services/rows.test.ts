import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { problemsOf } from '../../src/services/service-problems';
import { SERVICES, ServiceCall, ServiceRowTime, ServiceUser, hasView } from '../../src/spec/services';
import type { KmsServiceProps, ServiceRow } from '../../src/spec/services';

const CDK = dirname(require.resolve('aws-cdk-lib/package.json'));
const all: KmsServiceProps[] = Object.values(SERVICES);
const viewed = all.filter(hasView);

describe('the rows of a service', () => {
  test.each(viewed.map((service) => [service.title, service] as const))('%s could come from an app', (_, service) => {
    expect(problemsOf(service)).toEqual([]);
  });

  const rows = viewed.flatMap(({ title, rows: own }) => own.map((row) => ({ title, ...row })));

  test('let readers do nothing but decrypt', () => {
    const reading = rows.filter(({ who }) => who === ServiceUser.READER);
    // Whoever queries an event data store, and looks at Performance Insights, by AWS's pages.
    expect(reading.filter(({ actions }) => String(actions) !== 'kms:Decrypt').map(({ sid }) => sid)).toEqual(['QueryThroughCloudTrail', 'ViewPerformanceInsights']);
    const alike = reading.map(({ title, resourceTypes = [] }) => [title, ...resourceTypes].join());
    expect(alike).toEqual([...new Set(alike)]);
  });

  test('tell readers and writers of one resource from those of another, but where AWS documents no context', () => {
    const open = rows.filter(({ who, context }) => [ServiceUser.READER, ServiceUser.WRITER].includes(who) && !context?.values?.every((value) => /\{(name|path)\}/.test(value)));
    expect([...new Set(open.map(({ title }) => title))]).toEqual(['AWS Lambda', 'AWS CloudTrail', 'Amazon RDS', 'Amazon EBS', 'AWS Backup']);
  });

  test('let a service work for its own tables, buckets and mappings only', () => {
    const asService = rows.filter(({ shape }) => shape === ServiceCall.AS_SERVICE);
    expect(asService.map(({ sid, sourceArn, sourceAccount, context }) => [sid, sourceArn, sourceAccount, context?.key])).toEqual([
      ['ServiceOfS3', undefined, undefined, 'aws:s3:arn'],
      ['InventoryOfS3', 'arn:{partition}:s3:::*', '{account}', 'aws:s3:arn'],
      ['LogDelivery', 'arn:{partition}:logs:*:{account}:*', '{account}', 'aws:s3:arn'],
      ['LogDeliveryDescribes', 'arn:{partition}:logs:*:{account}:*', '{account}', undefined],
      ['DistributionsOfS3', 'arn:{partition}:cloudfront::{account}:distribution/{sender}', undefined, 'aws:s3:arn'],
      ['DistributionsWriteToS3', 'arn:{partition}:cloudfront::{account}:distribution/{sender}', undefined, 'aws:s3:arn'],
      ['LogsOfDistributions', undefined, undefined, 'aws:s3:arn'], // as on the page, but for the context
      ['DeliveryOfConfig', 'arn:{partition}:config:*:{account}:*', '{account}', 'aws:s3:arn'],
      ['ServiceOfDynamoDB', 'arn:{partition}:dynamodb:*:*:table/{name}', '{account}', 'aws:dynamodb:tableName'],
      ['ServiceOfDynamoDBDescribes', 'arn:{partition}:dynamodb:*:*:table/{name}', '{account}', undefined],
      ['ServiceOfLambda', 'arn:{partition}:lambda:{region}:{account}:event-source-mapping:*', undefined, 'aws:lambda:FunctionArn'],
      ['ServiceOfLambdaCode', undefined, undefined, 'aws:lambda:FunctionArn'], // as on the page
      ['ServiceOfDurableLambda', 'arn:{partition}:lambda:{region}:{account}:function:{name}', '{account}', 'aws:lambda:FunctionArn'],
      ['ServiceOfLogs', undefined, undefined, 'aws:logs:arn'],
      ['ServiceOfLogsDescribes', undefined, undefined, undefined], // to look at the key gives nobody anything
      ['AlarmsToSNS', 'arn:{partition}:cloudwatch:{region}:{account}:alarm:{sender}', '{account}', 'aws:sns:topicArn'],
      ['EventsToSNS', undefined, undefined, 'aws:sns:topicArn'], // which tells topics no source
      ['BucketsToSNS', 'arn:{partition}:s3:::{sender}', '{account}', 'aws:sns:topicArn'],
      ['ServicesToSNS', undefined, undefined, 'aws:sns:topicArn'], // whoever is granted it by name
      ...['Databases', 'Redshift', 'Migrations', 'Repositories', 'Mail', 'Incidents', 'Contacts', 'Backups', 'Budgets', 'NotificationRules', 'Trails']
        .map((sender) => [`${sender}ToSNS`, undefined, undefined, 'aws:sns:topicArn']), // whose pages name no source for keys
      ['AnomaliesToSNS', undefined, '{account}', 'aws:sns:topicArn'],
      ['MatchmakersToSNS', 'arn:{partition}:gamelift:{region}:{account}:matchmakingconfiguration/{sender}', undefined, 'aws:sns:topicArn'],
      ['TopicsToSQS', 'arn:{partition}:sns:{region}:{account}:{sender}', undefined, undefined],
      ['EventsToSQS', 'arn:{partition}:events:{region}:{account}:rule/{sender}', undefined, undefined],
      ['BusesToSQS', 'arn:{partition}:events:{region}:{account}:event-bus/{sender}', undefined, undefined],
      ['BucketsToSQS', 'arn:{partition}:s3:::{sender}', '{account}', undefined],
      ['ServiceOfEventBridge', 'arn:{partition}:events:{region}:{account}:event-bus/{name}', undefined, 'aws:events:event-bus:arn'],
      ['ServiceOfEventBridgeDescribes', undefined, undefined, undefined],
      ['ServiceOfCloudTrail', 'arn:{partition}:cloudtrail:{region}:{account}:trail/{name}', undefined, 'aws:cloudtrail:arn'],
      ['ServiceOfCloudTrailDescribes', 'arn:{partition}:cloudtrail:{region}:{account}:trail/{name}', undefined, undefined],
      ['ServiceOfCloudTrailLake', 'arn:{partition}:cloudtrail:{region}:{account}:eventdatastore/*', '{account}', undefined],
      ['ServiceOfCloudTrailLakeDescribes', 'arn:{partition}:cloudtrail:{region}:{account}:eventdatastore/*', '{account}', undefined],
      ['LogDeliveryOfStepFunctions', undefined, undefined, 'SourceArn'], // which has the account
    ]);
  });

  test('stand on a page of AWS', () => {
    expect(rows.filter(({ page }) => !/^https:\/\/docs\.aws\.amazon\.com\/[\w./-]+\.html$/.test(page)).map(({ sid }) => sid)).toEqual([]);
  });
});

describe('a row about some resources only', () => {
  const type = 'AWS::Kinesis::Stream';
  const row = {
    sid: 'Row',
    who: ServiceUser.SERVICE,
    shape: ServiceCall.AS_SERVICE,
    when: ServiceRowTime.NAMED,
    principal: 'logs.{region}.amazonaws.com',
    actions: ['kms:Decrypt'],
    sourceAccount: '{account}',
    namedIn: [{ resourceType: 'AWS::Kinesis::ResourcePolicy', path: 'ResourceArn', policyPath: 'ResourcePolicy', policyAction: 'kinesis:PutRecord' }],
    resourceTypes: [type],
    sourceAccountsIn: [{ path: 'Tags' }],
    page: 'https://docs.aws.amazon.com/streams.html',
    date: '2026-11-28',
  };
  const problems = (changes: object) => problemsOf({ name: 'Kinesis', title: 'Streams', keyProperties: [{ resourceType: type, path: 'KeyId' }], rows: [{ ...row, ...changes }] });

  test('is taken', () => expect(problems({})).toEqual([]));

  test.each([
    [{ namedIn: undefined }, /is NAMED, and nothing says where other resources name one/],
    [{ when: ServiceRowTime.GIVEN }, /is GIVEN and has namedIn/],
    [{ namedIn: [{ resourceType: 'Policy', path: 'ResourceArn' }] }, /has namedIn 'Policy' with path 'ResourceArn'/],
    [{ namedIn: [{ ...row.namedIn[0], policyPath: undefined }] }, /has namedIn with policyAction and no policyPath/],
    [{ who: ServiceUser.DEPLOYER, shape: ServiceCall.THROUGH_SERVICE, via: 'kinesis.{region}.amazonaws.com', principal: undefined }, /a DEPLOYER is no service principal that a policy could let in/],
    [{ who: ServiceUser.READER }, /is NAMED, and rows of a READER are GRANTED/],
    [{ namedIn: [{ ...row.namedIn[0], actsBy: { resourceType: 'AWS::Backup::BackupSelection', path: 'BackupPlanId' } }] }, /has namedIn with actsBy, which tells where a role is, and is for a SERVICE/],
    [{ namedIn: [{ ...row.namedIn[0], actsBy: { resourceType: 'Selection', path: '' } }] }, /has actsBy 'Selection' with path ''/],
    [{ resourceTypes: [] }, /has an empty list of resourceTypes/],
    [{ resourceTypes: ['AWS::S3::Bucket'] }, /is about AWS::S3::Bucket, which takes no key in keyProperties/],
    [{ sourceAccount: undefined, sourceArn: 'arn:{partition}:logs:{region}:{account}:*' }, /has sourceAccountsIn without sourceAccount/],
  ])('%j is refused', (changes, why) => expect(problems(changes).join('; ')).toMatch(why));
});

test('a row for roles that resources name is for roles that a service assumes, and names none itself', () => {
  const [run] = SERVICES.STEP_FUNCTIONS.rows as readonly ServiceRow[];
  const problems = (changes: object) => problemsOf({ ...SERVICES.STEP_FUNCTIONS, rows: [{ ...run, ...changes }] }).join('; ');
  expect([problems({}), problems({ when: ServiceRowTime.UNDER_GRANT })]).toEqual(['', '']);
  expect(problems({ rolePath: undefined })).toMatch(/is for a ASSUMED_ROLE that nobody names: say its principal, or where resources name it \(rolePath\)/);
  expect(problems({ principal: 'arn:{partition}:iam::{account}:role/runner' })).toMatch(/has principal and rolePath/);
  expect(problems({ when: ServiceRowTime.GRANTED })).toMatch(/is GRANTED and has rolePath/);
  expect(problems({ who: ServiceUser.SERVICE_LINKED_ROLE })).toMatch(/has rolePath, and is for a SERVICE_LINKED_ROLE/);
});

test('a row for the users of what another names says what users do, and where the name is', () => {
  const [receive, ...rows] = SERVICES.SQS.rows as readonly ServiceRow[];
  const problems = (changes: object) => problemsOf({ ...SERVICES.SQS, rows: [{ ...receive, ...changes }, ...rows] });
  expect(problems({})).toEqual([]);
  expect([problems({ userActions: undefined }), problems({ usersOf: '' })]).toEqual(Array(2).fill([expect.stringMatching(/has usersOf without userActions, or without a property/)]));
});

describe('a row for whoever sends', () => {
  const type = 'AWS::Kinesis::Stream';
  const row = {
    sid: 'Row',
    who: ServiceUser.SERVICE,
    shape: ServiceCall.AS_SERVICE,
    when: ServiceRowTime.NAMED,
    principal: 'logs.{region}.amazonaws.com',
    actions: ['kms:Decrypt'],
    sourceArn: 'arn:{partition}:logs:{region}:{account}:destination:{sender}',
    namedIn: [{ resourceType: 'AWS::Logs::Destination', path: 'TargetArn', arn: 'arn:{partition}:kinesis:{region}:{account}:stream/{name}' }],
    page: 'https://docs.aws.amazon.com/streams.html',
    date: '2026-11-29',
  };
  const problems = (changes: object) => problemsOf({ name: 'Kinesis', title: 'Streams', keyProperties: [{ resourceType: type, path: 'KeyId' }], rows: [{ ...row, ...changes }] });

  test('is taken', () => expect(problems({})).toEqual([]));

  test.each([
    [{ when: ServiceRowTime.GIVEN, namedIn: undefined }, /has \{sender\} in sourceArn, and nothing says who sends/],
    [{ sourceAccount: '{sender}' }, /has \{sender\} where it has no meaning/],
    [{ context: { key: 'arn', values: ['{sender}'] } }, /has \{sender\} where it has no meaning/],
    [{ sourceArn: '{sender}:{name}' }, /names the sender and a resource that has the key in one sourceArn/],
    [{ namedIn: [{ ...row.namedIn[0], arn: 'arn:{partition}:kinesis:{zone}' }] }, /has placeholder \{zone\}/],
    [{ namedIn: [{ ...row.namedIn[0], unlessPath: '' }] }, /has namedIn with an empty unlessPath or senderPath/],
    [{ namedIn: [{ ...row.namedIn[0], having: { path: '' } }] }, /has namedIn with having or namedHaving of an empty path/],
    [{ having: { path: '' } }, /has having of an empty path/],
    [{ namedIn: [{ ...row.namedIn[0], namedHaving: { path: '' } }] }, /has namedIn with having or namedHaving of an empty path/],
  ])('%j is refused', (changes, why) => expect(problems(changes).join('; ')).toMatch(why));
});

describe('where resources name a key', () => {
  /** Property names of a module's L1 classes, in small letters. */
  const propertiesOf = (type: string): Set<string> => {
    const module = type.split('::')[1].toLowerCase();
    const text = readFileSync(join(CDK, `aws-${module}`, 'lib', `${module}.generated.d.ts`), 'utf8');
    return new Set([...text.matchAll(/^\s*readonly (\w+)\??:/gm)].map(([, name]) => name.toLowerCase()));
  };
  const known = new Map<string, Set<string>>();

  test.each(all.flatMap(({ keyProperties }) => keyProperties.map(({ resourceType, path }) => [resourceType, path])))('%s has %s', (type, path) => {
    const [, module] = type.split('::');
    if (!known.has(module)) known.set(module, propertiesOf(type));
    expect(path.split('.').filter((part) => part !== '*' && !known.get(module)!.has(part.toLowerCase()))).toEqual([]);
  });

  test.each(all.flatMap(({ resourceNames = [] }) => resourceNames.map(({ resourceType, property }) => [resourceType, property])))('%s has its name in %s', (type, property) => {
    expect([...propertiesOf(type)]).toContain(property.toLowerCase());
  });

  test('every service has a place, but for one, and no two the same', () => {
    const places = all.flatMap(({ keyProperties }) => keyProperties.map(({ resourceType, path }) => `${resourceType} ${path}`));
    // No template makes a secure string.
    expect(all.filter(({ keyProperties }) => !keyProperties.length).map(({ title }) => title)).toEqual(['AWS Systems Manager Parameter Store']);
    expect(places.filter((place, i) => places.indexOf(place) < i)).toEqual([]);
  });
});
