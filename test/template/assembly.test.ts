import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, CfnOutput, CfnParameter, NestedStack, PhysicalName, Stack, Stage } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as ssm from 'aws-cdk-lib/aws-ssm';
import { readAssembly } from '../../src/template';
import type { Deployment, TemplateIdentity } from '../../src/template';

const root = mkdtempSync(join(tmpdir(), 'assemblies-'));
let count = 0;
const newDirectory = () => join(root, `${++count}`);

afterAll(() => rmSync(root, { recursive: true }));

/** The assembly of an app, read. */
function deployed(build: (app: App) => void, context: Record<string, unknown> = {}, options: Parameters<typeof readAssembly>[1] = {}): Deployment {
  const outdir = newDirectory();
  const app = new App({ outdir, context, analyticsReporting: false });
  build(app);
  app.synth();
  return readAssembly(outdir, options);
}

const anyone = new iam.AccountRootPrincipal();

/** Of the statements of an identity: action and resource. */
const granted = ({ policies }: TemplateIdentity) => policies.flatMap(({ document }) => document.Statement).map((statement) => {
  const { Action, Resource } = statement as { Action: unknown; Resource: unknown };
  return [Action, Resource];
});
const identity = (deployment: Deployment, path: string) => deployment.identities.find((found) => found.path?.startsWith(path))!;

describe('two stacks', () => {
  test('a role is granted the key of another stack', () => {
    const deployment = deployed((app) => {
      const key = new kms.Key(new Stack(app, 'Keys'), 'Key', { alias: 'alias/orders', enableKeyRotation: true });
      key.grantDecrypt(new iam.Role(new Stack(app, 'App'), 'Reader', { assumedBy: anyone }));
    });
    expect(deployment.keys).toMatchObject([{ stack: 'Keys', path: 'Keys/Key/Resource', aliases: ['alias/orders'], rotation: true }]);
    expect(granted(identity(deployment, 'App/Reader'))).toEqual([['kms:Decrypt', deployment.keys[0].arn]]);
    expect(identity(deployment, 'App/Reader').policies[0].name).toMatch(/^ReaderDefaultPolicy[0-9A-F]{8} in stack App$/);
    expect(deployment.unresolved).toEqual([]);
  });

  test('a key names the role of another stack', () => {
    const deployment = deployed((app) => {
      const role = new iam.Role(new Stack(app, 'Roles'), 'Reader', { assumedBy: anyone });
      const key = new kms.Key(new Stack(app, 'Keys'), 'Key');
      key.addToResourcePolicy(new iam.PolicyStatement({ actions: ['kms:Decrypt'], resources: ['*'], principals: [role] }));
    });
    expect(deployment.keys[0].policy.Statement).toContainEqual({
      Effect: 'Allow', Action: 'kms:Decrypt', Resource: '*', Principal: { AWS: identity(deployment, 'Roles/Reader').arn },
    });
    expect(deployment.unresolved).toEqual([]);
  });

  test('a policy in one stack is attached to the role of another', () => {
    const deployment = deployed((app) => {
      const role = new iam.Role(new Stack(app, 'Roles'), 'Writer', { assumedBy: anyone });
      const other = new Stack(app, 'Other');
      const statements = [new iam.PolicyStatement({ actions: ['kms:Encrypt'], resources: ['*'] })];
      new iam.Policy(other, 'Extra', { statements, roles: [role] });
      role.addManagedPolicy(iam.ManagedPolicy.fromAwsManagedPolicyName('AdministratorAccess'));
    });
    expect(identity(deployment, 'Roles/Writer').policies.map(({ name }) => name)).toEqual([
      expect.stringMatching(/^Extra[0-9A-F]{8} in stack Other$/), 'AdministratorAccess (AWS managed)',
    ]);
  });

  test.each(['strong', 'weak', 'both'])('meet by %s references', (strength) => {
    const deployment = deployed((app) => {
      const key = new kms.Key(new Stack(app, 'Keys'), 'Key');
      new CfnOutput(new Stack(app, 'App'), 'Unused', { value: key.keyId });
      key.grantDecrypt(new iam.Role(app.node.findChild('App') as Stack, 'Reader', { assumedBy: anyone }));
    }, { '@aws-cdk/core:defaultCrossStackReferences': strength });
    expect(granted(identity(deployment, 'App/Reader'))).toEqual([['kms:Decrypt', deployment.keys[0].arn]]);
    expect(deployment.unresolved).toEqual([]);
  });

  test('meet by a stored parameter', () => {
    const deployment = deployed((app) => {
      const keys = new Stack(app, 'Keys');
      new ssm.StringParameter(keys, 'Arn', { parameterName: '/keys/orders', stringValue: new kms.Key(keys, 'Key').keyArn });
      const other = new Stack(app, 'App');
      const key = kms.Key.fromKeyArn(other, 'Key', ssm.StringParameter.valueForStringParameter(other, '/keys/orders'));
      key.grantDecrypt(new iam.Role(other, 'Reader', { assumedBy: anyone }));
    });
    expect(granted(identity(deployment, 'App/Reader'))).toEqual([['kms:Decrypt', deployment.keys[0].arn]]);
  });
});

describe('environments', () => {
  const keyOf = (env?: { account: string; region: string }) => (app: App) => { new kms.Key(new Stack(app, 'Keys', { env }), 'Key'); };

  test.each<[string, ReturnType<typeof keyOf>, object, string]>([
    ['of the manifest', keyOf({ account: '444455556666', region: 'eu-west-1' }), {}, 'arn:aws:kms:eu-west-1:444455556666:key/'],
    ['of the manifest, whatever the options say', keyOf({ account: '444455556666', region: 'eu-west-1' }), { account: '1', region: 'x' }, 'arn:aws:kms:eu-west-1:444455556666:key/'],
    ['of the options, where the manifest leaves it open', keyOf(), { account: '777788889999', region: 'cn-north-1' }, 'arn:aws-cn:kms:cn-north-1:777788889999:key/'],
    ['of AWS examples, where nothing says', keyOf(), {}, 'arn:aws:kms:us-east-1:111122223333:key/'],
  ])('a stack stands in the one %s', (_, build, options, arn) => {
    expect(deployed(build, {}, options).keys[0].arn.startsWith(arn)).toBe(true);
  });

  test.each(['strong', 'weak'])('values cross Regions by %s references', (strength) => {
    const deployment = deployed((app) => {
      const key = new kms.Key(new Stack(app, 'Keys', { env: { account: '444455556666', region: 'eu-west-1' }, crossRegionReferences: true }), 'Key');
      const other = new Stack(app, 'App', { env: { account: '444455556666', region: 'us-west-2' }, crossRegionReferences: true });
      new iam.Role(other, 'Reader', {
        assumedBy: anyone,
        inlinePolicies: { Own: new iam.PolicyDocument({ statements: [new iam.PolicyStatement({ actions: ['kms:Decrypt'], resources: [key.keyArn] })] }) },
      });
    }, { '@aws-cdk/core:defaultCrossStackReferences': strength });
    expect(granted(identity(deployment, 'App/Reader'))).toEqual([['kms:Decrypt', deployment.keys[0].arn]]);
    expect(deployment.unresolved).toEqual([]);
  });

  test('values cross accounts by weak references', () => {
    const deployment = deployed((app) => {
      const key = new kms.Key(new Stack(app, 'Keys', { env: { account: '444455556666', region: 'eu-west-1' } }), 'Key');
      const other = new Stack(app, 'App', { env: { account: '777788889999', region: 'eu-west-1' } });
      const statements = [new iam.PolicyStatement({ actions: ['kms:Decrypt'], resources: [key.keyArn] })];
      new iam.Role(other, 'Reader', { assumedBy: anyone, inlinePolicies: { Own: new iam.PolicyDocument({ statements }) } });
    }, { '@aws-cdk/core:defaultCrossStackReferences': 'weak' });
    expect(granted(identity(deployment, 'App/Reader'))).toEqual([['kms:Decrypt', deployment.keys[0].arn]]);
    expect(deployment.unresolved).toEqual([]);
  });

  test('a key of one account names the role of another', () => {
    const deployment = deployed((app) => {
      const key = new kms.Key(new Stack(app, 'Keys', { env: { account: '444455556666', region: 'eu-west-1' } }), 'Key');
      const other = new Stack(app, 'App', { env: { account: '777788889999', region: 'eu-west-1' } });
      key.grantDecrypt(new iam.Role(other, 'Reader', { roleName: PhysicalName.GENERATE_IF_NEEDED, assumedBy: anyone }));
    });
    const { arn } = identity(deployment, 'App/Reader');
    expect(arn).toMatch(/^arn:aws:iam::777788889999:role\/appappreader/);
    expect(JSON.stringify(deployment.keys[0].policy)).toContain(`"${arn}"`);
  });
});

describe('stages and nested stacks', () => {
  test('stacks of all stages are read, each with its name, path and role that deploys it', () => {
    const deployment = deployed((app) => {
      for (const [name, region] of [['Test', 'us-west-2'], ['Prod', 'eu-west-1']]) {
        const stage = new Stage(app, name, { env: { account: '444455556666', region } });
        const key = new kms.Key(new Stack(stage, 'Keys', { stackName: 'keys' }), 'Key');
        key.grantDecrypt(new iam.Role(new Stack(stage, 'App'), 'Reader', { assumedBy: anyone }));
      }
    });
    expect(deployment.stacks.map(({ id, path }) => [id, path])).toEqual(expect.arrayContaining([
      ['keys@444455556666/us-west-2', 'Test/Keys'], ['keys@444455556666/eu-west-1', 'Prod/Keys'], ['Test-App', 'Test/App'], ['Prod-App', 'Prod/App'],
    ]));
    expect(deployment.stacks.find(({ path }) => path === 'Prod/App')!.executionRoleArn)
      .toBe('arn:aws:iam::444455556666:role/cdk-hnb659fds-cfn-exec-role-444455556666-eu-west-1');
    const prodKey = deployment.keys.find(({ path }) => path === 'Prod/Keys/Key/Resource')!;
    expect(granted(identity(deployment, 'Prod/App/Reader'))).toEqual([['kms:Decrypt', prodKey.arn]]);
    expect(deployment.attribute('Prod/Keys', prodKey.logicalId, 'Arn')).toBe(prodKey.arn);
    expect(deployment.unresolved).toEqual([]);
  });

  test.each<[string, Record<string, unknown>]>([
    ['by the asset that their URL ends with', {}],
    ['by their metadata', { 'aws:cdk:enable-asset-metadata': true, 'aws:cdk:enable-path-metadata': true }],
  ])('nested stacks are found %s', (_, context) => {
    const deployment = deployed((app) => {
      const outer = new Stack(app, 'Outer');
      const key = new kms.Key(outer, 'Key');
      const inner = new NestedStack(outer, 'Inner');
      const role = new iam.Role(inner, 'Reader', { assumedBy: anyone });
      key.grantDecrypt(role);
      const innermost = new NestedStack(inner, 'Innermost');
      const code = lambda.Code.fromInline('exports.handler = async () => 1');
      new lambda.Function(innermost, 'Function', { runtime: lambda.Runtime.NODEJS_20_X, handler: 'index.handler', code, role, environmentEncryption: key });
      new s3.Bucket(outer, 'Bucket', { encryptionKey: new kms.Key(innermost, 'Key') });
    }, context);
    const [outerKey, innerKey] = deployment.keys;
    expect([outerKey.path, innerKey.path]).toEqual(['Outer/Key/Resource', 'Outer/Inner/Innermost/Key/Resource']);
    expect(granted(identity(deployment, 'Outer/Inner/Reader'))).toContainEqual(['kms:Decrypt', outerKey.arn]);
    expect(deployment.resources('AWS::Lambda::Function')).toMatchObject([{
      path: 'Outer/Inner/Innermost/Function/Resource', properties: { Role: identity(deployment, 'Outer/Inner/Reader').arn, KmsKeyArn: outerKey.arn },
    }]);
    expect(deployment.resources('AWS::S3::Bucket')[0].properties).toMatchObject({
      BucketEncryption: { ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { KMSMasterKeyID: innerKey.arn } }] },
    });
    expect(deployment.physicalId('Outer/Inner/Innermost', innerKey.logicalId)).toBe(innerKey.keyId);
    expect(new Set(deployment.stacks.map(({ executionRoleArn }) => executionRoleArn)).size).toBe(1);
    expect(deployment.unresolved).toEqual([]);
  });
});

test('parameters of the options reach the stacks of an assembly', () => {
  const build = (app: App) => {
    const stack = new Stack(app, 'App');
    new iam.Role(stack, 'Role', { roleName: new CfnParameter(stack, 'RoleName').valueAsString, assumedBy: anyone });
  };
  expect(deployed(build, {}, { parameters: { 'App:RoleName': 'writer' } }).identities[0].arn).toBe('arn:aws:iam::111122223333:role/writer');
  expect(deployed(build).unresolved).toMatchObject([{ expression: { Ref: 'RoleName' } }]);
});

describe('an assembly written by hand', () => {
  const write = (files: Record<string, unknown>): string => {
    const directory = newDirectory();
    mkdirSync(directory);
    for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, name), typeof content === 'string' ? content : JSON.stringify(content));
    return directory;
  };
  const stack = (properties: object) => ({ version: '36.0.0', artifacts: { A: { type: 'aws:cloudformation:stack', environment: 'aws://1/eu-west-1', properties } } });
  const template = {
    Parameters: { Name: { Type: 'String', Default: 'default' }, Stored: { Type: 'AWS::SSM::Parameter::Value<String>' } },
    Resources: { Role: { Type: 'AWS::IAM::Role', Properties: { RoleName: { 'Fn::Sub': '${Name}-${Stored}' } } }, Kept: { Type: 'AWS::SSM::Parameter', Properties: { Name: '/x', Value: 'kept' } } },
  };

  test('passes parameters as CloudFormation takes them: an SSM type takes a name', () => {
    const directory = write({ 'manifest.json': stack({ templateFile: 'a.json', parameters: { Name: 'passed', Stored: '/x' } }), 'a.json': template });
    expect(readAssembly(directory).identities[0].name).toBe('passed-kept');
    expect(readAssembly(directory, { parameters: { Name: 'given', Stored: 'given' } }).identities[0].name).toBe('given-given');
  });

  test('keeps its metadata in the manifest, as older ones do', () => {
    const manifest = stack({ templateFile: 'a.json', stackName: 'real-name' });
    Object.assign(manifest.artifacts.A, { displayName: 'App', metadata: { '/App/Role/Resource': [{ type: 'aws:cdk:logicalId', data: 'Role' }] } });
    const deployment = readAssembly(write({ 'manifest.json': manifest, 'a.json': template }));
    expect(deployment.identities[0]).toMatchObject({ stack: 'real-name', path: 'App/Role/Resource' });
    expect(deployment.stacks[0]).toMatchObject({ name: 'real-name', path: 'App', account: '1', region: 'eu-west-1' });
  });

  test('may have stacks without anything in them', () => {
    expect(readAssembly(write({ 'manifest.json': stack({ templateFile: 'a.json' }), 'a.json': {} })).stacks).toEqual([]);
  });

  test.each<[string, () => string, RegExp]>([
    ['a directory that is not there', () => join(root, 'missing'), /there is no directory '.*missing': give the one that cdk synth writes, cdk.out/],
    ['a file', () => join(write({ 'a.json': template }), 'a.json'), /'.*a\.json' is a file: give the directory/],
    ['a directory without a manifest', () => write({ 'a.json': template }), /is no cloud assembly: manifest\.json is missing among a\.json/],
    ['an empty directory', () => write({}), /manifest\.json is missing among no files/],
    ['a manifest that is none', () => write({ 'manifest.json': template }), /is no manifest of a cloud assembly, got an object with Parameters, Resources/],
    ['a manifest that is no JSON', () => write({ 'manifest.json': '{' }), /manifest\.json' is no JSON/],
    ['a stack without a template', () => write({ 'manifest.json': stack({}) }), /artifact 'A' of the cloud assembly has no templateFile, got an empty object/],
    ['a template that is not there', () => write({ 'manifest.json': stack({ templateFile: 'a.json' }) }), /cannot read '.*a\.json', which the cloud assembly names/],
    ['a template in YAML', () => write({ 'manifest.json': stack({ templateFile: 'a.yaml' }), 'a.yaml': 'Resources:\n' }), /a\.yaml' is no JSON \(YAML templates are not read\)/],
    ['a template that is none', () => write({ 'manifest.json': stack({ templateFile: 'a.json' }), 'a.json': { files: {} } }), /the template of stack 'A' is no CloudFormation template/],
  ])('is refused: %s', (_, directory, message) => {
    expect(() => readAssembly(directory())).toThrow(expect.objectContaining({ code: 'ERR_TEMPLATE_INPUT', message: expect.stringMatching(message) }));
  });
});
