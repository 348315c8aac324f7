import { SYMBOL } from './reading';
import { readTemplate, readTemplates, TemplateError } from '../../src/template';

const holder = (expression: unknown, more: object = {}) => ({ Resources: { Holder: { Type: 'AWS::S3::Bucket', Properties: { Probe: expression } } }, ...more });
const exporting = (Name: unknown, Value: unknown) => ({ Resources: { Key: { Type: 'AWS::KMS::Key' } }, Outputs: { Out: { Value, Export: { Name } } } });
const probeOf = (deployment: ReturnType<typeof readTemplates>, stack: string) => deployment.resources().find((resource) => resource.stack === stack && resource.logicalId === 'Holder')!.properties.Probe;

const errorOf = (read: () => unknown): TemplateError => {
  try {
    read();
  } catch (error) {
    return error as TemplateError;
  }
  throw new Error('nothing was thrown');
};

describe('an import', () => {
  test.each<[string, unknown, unknown]>([
    ['by a literal name', 'shared-key', 'shared-key'],
    ['by a name made from the stack', { 'Fn::Sub': '${AWS::StackName}-key' }, 'Producer-key'],
    ['whose importer makes the name', 'x-y', { 'Fn::Join': ['-', ['x', 'y']] }],
  ])('%s is the exported value', (_, exported, imported) => {
    const deployment = readTemplates([
      { template: holder({ 'Fn::ImportValue': imported }), stack: 'Consumer' },
      { template: exporting(exported, { 'Fn::GetAtt': ['Key', 'Arn'] }), stack: 'Producer' },
    ]);
    expect(probeOf(deployment, 'Consumer')).toBe(deployment.keys[0].arn);
    expect(deployment.unresolved).toEqual([]);
  });

  test.each([
    ['another account', { account: '444455556666' }],
    ['another Region', { region: 'eu-west-1' }],
  ])('of %s is not found', (_, environment) => {
    const deployment = readTemplates([
      { template: holder({ 'Fn::ImportValue': 'x' }), stack: 'Consumer' },
      { template: exporting('x', 'there'), stack: 'Producer', ...environment },
    ]);
    expect(probeOf(deployment, 'Consumer')).toMatch(SYMBOL);
  });

  test('follows a chain of stacks', () => {
    const deployment = readTemplates([
      { template: holder({ 'Fn::ImportValue': 'second' }), stack: 'C' },
      { template: exporting('second', { 'Fn::Sub': ['<${It}>', { It: { 'Fn::ImportValue': 'first' } }] }), stack: 'B' },
      { template: exporting('first', 'value'), stack: 'A' },
    ]);
    expect(probeOf(deployment, 'C')).toBe('<value>');
  });

  test('may be told by the caller, but a stack that is read counts more', () => {
    const told = { exports: { x: 'told', y: 'told' } };
    expect(probeOf(readTemplate(holder({ 'Fn::ImportValue': 'x' }), told), 'Stack')).toBe('told');
    const deployment = readTemplates([
      { template: holder([{ 'Fn::ImportValue': 'x' }, { 'Fn::ImportValue': 'y' }]), stack: 'Consumer', ...told },
      { template: exporting('x', 'read'), stack: 'Producer' },
    ]);
    expect(probeOf(deployment, 'Consumer')).toEqual(['read', 'told']);
  });

  test('of a name that imports itself is not known', () => {
    expect(probeOf(readTemplate({ ...exporting({ 'Fn::ImportValue': 'x' }, 'v'), ...holder({ 'Fn::ImportValue': 'x' }) }), 'Stack')).toMatch(SYMBOL);
  });
});

describe('Fn::GetStackOutput', () => {
  const producer = { Outputs: { Arn: { Value: 'the value' } }, Resources: {} };
  const output = (more: object = {}) => holder({ 'Fn::GetStackOutput': { StackName: 'Producer', OutputName: 'Arn', ...more } });

  test.each<[string, object, object, boolean]>([
    ['in the same environment', {}, {}, true],
    ['in another Region', { Region: 'eu-west-1' }, { region: 'eu-west-1' }, true],
    ['in the account of the role', { RoleArn: 'arn:aws:iam::444455556666:role/r' }, { account: '444455556666' }, true],
    ['with the Region by Ref', { Region: { Ref: 'AWS::Region' } }, {}, true],
    ['not in another Region', {}, { region: 'eu-west-1' }, false],
    ['not in another account', {}, { account: '444455556666' }, false],
    ['not of another name', { OutputName: 'Other' }, {}, false],
  ])('reads an output %s', (_, request, environment, found) => {
    const deployment = readTemplates([{ template: output(request), stack: 'Consumer' }, { template: producer, stack: 'Producer', ...environment }]);
    expect(probeOf(deployment, 'Consumer')).toEqual(found ? 'the value' : expect.stringMatching(SYMBOL));
  });
});

describe('a nested stack', () => {
  const child = {
    Parameters: { Given: { Type: 'String' }, Own: { Type: 'String', Default: 'own' }, List: { Type: 'CommaDelimitedList' } },
    Resources: {
      Holder: { Type: 'AWS::S3::Bucket', Properties: { Probe: [{ Ref: 'Given' }, { Ref: 'Own' }, { Ref: 'List' }] } },
      Key: { Type: 'AWS::KMS::Key' },
    },
    Outputs: { KeyArn: { Value: { 'Fn::GetAtt': ['Key', 'Arn'] } } },
  };
  const parent = {
    Parameters: { Open: { Type: 'String' } },
    Resources: {
      Role: { Type: 'AWS::IAM::Role', Properties: { RoleName: 'r' } },
      Inner: { Type: 'AWS::CloudFormation::Stack', Properties: { TemplateURL: 'https://…', Parameters: { Given: { Ref: 'Role' }, List: 'a,b' } } },
      Holder: { Type: 'AWS::S3::Bucket', Properties: { Probe: { 'Fn::GetAtt': ['Inner', 'Outputs.KeyArn'] } } },
    },
  };

  test('takes parameters from its parent and gives outputs back', () => {
    const deployment = readTemplates([{ template: parent, stack: 'Outer', region: 'eu-west-1', nested: { Inner: { template: child } } }]);
    expect(probeOf(deployment, 'Outer/Inner')).toEqual(['r', 'own', ['a', 'b']]);
    expect(probeOf(deployment, 'Outer')).toBe(deployment.keys[0].arn);
    expect(deployment.keys[0]).toMatchObject({ stack: 'Outer/Inner', region: 'eu-west-1' });
    expect(deployment.stacks[1].name).toMatch(/^Outer-Inner-[0-9A-F]{12}$/);
    expect(deployment.attribute('Outer/Inner', 'Key', 'Arn')).toBe(deployment.keys[0].arn);
  });

  test('is not there if its resource is not', () => {
    const never = structuredClone(parent) as { Resources: Record<string, object>; Conditions?: object };
    never.Conditions = { Never: { 'Fn::Equals': [1, 2] } };
    never.Resources.Inner = { ...never.Resources.Inner, Condition: 'Never' };
    expect(readTemplates([{ template: never, stack: 'Outer', nested: { Inner: { template: child } } }]).keys).toEqual([]);
  });

  test('without its template leaves its outputs as symbols and is listed', () => {
    const deployment = readTemplate(parent, { stack: 'Outer' });
    expect(probeOf(deployment, 'Outer')).toMatch(SYMBOL);
    expect(deployment.unresolved.map(({ at, because }) => `${at.logicalId}.${at.property}: ${because}`))
      .toContain('Inner.TemplateURL: the template of the nested stack is not at hand: its resources are not read');
  });

  test('gets what is not known as it is', () => {
    const open = structuredClone(parent);
    open.Resources.Inner.Properties.Parameters = { Given: { Ref: 'Open' }, List: { 'Fn::Sub': 'a,${Open}' } } as never;
    const deployment = readTemplates([{ template: open, stack: 'Outer', nested: { Inner: { template: child } } }]);
    const [given, , list] = probeOf(deployment, 'Outer/Inner') as [string, string, string[]];
    expect(deployment.unresolved.find(({ symbol }) => symbol === given)!.expression).toEqual({ Ref: 'Open' });
    expect(list).toEqual([expect.stringMatching(SYMBOL)]);
  });
});

describe('stacks of one name', () => {
  test.each<[string, object[], string[]]>([
    ['none but one', [{}], ['Data']],
    ['in two Regions', [{ region: 'eu-west-1' }, { region: 'us-west-2' }], ['Data@111122223333/eu-west-1', 'Data@111122223333/us-west-2']],
    ['in two accounts', [{ account: '1' }, { account: '2' }], ['Data@1/us-east-1', 'Data@2/us-east-1']],
    ['in one environment', [{}, {}], ['Data@111122223333/us-east-1', 'Data@111122223333/us-east-1#2']],
  ])('are told apart: %s', (_, environments, ids) => {
    const template = { Resources: { Key: { Type: 'AWS::KMS::Key' } } };
    const deployment = readTemplates(environments.map((environment) => ({ template, stack: 'Data', ...environment })));
    expect(deployment.stacks.map(({ id }) => id)).toEqual(ids);
    expect(new Set(deployment.keys.map(({ arn }) => arn)).size).toBe(ids.length);
  });

  test('generated ids do not change when another is read beside', () => {
    const template = { Resources: { Key: { Type: 'AWS::KMS::Key' } } };
    const alone = readTemplates([{ template, stack: 'Data' }]);
    const beside = readTemplates([{ template, stack: 'Data' }, { template, stack: 'Data', region: 'eu-west-1' }]);
    expect(beside.keys[0].arn).toBe(alone.keys[0].arn);
  });
});

describe('a circle is an error, not a hang', () => {
  const role = (resource: unknown) => ({ Type: 'AWS::IAM::Role', Properties: { Policies: [{ PolicyName: 'p', PolicyDocument: { Statement: [{ Effect: 'Allow', Action: '*', Resource: resource }] } }] } });
  const key = (principal: unknown) => ({ Type: 'AWS::KMS::Key', Properties: { KeyPolicy: { Statement: [{ Effect: 'Allow', Action: '*', Principal: { AWS: principal }, Resource: '*' }] } } });

  test.each<[string, object, RegExp]>([
    ['of a key and a role that name each other', { Resources: { Role: role({ 'Fn::GetAtt': ['Key', 'Arn'] }), Key: key({ 'Fn::GetAtt': ['Role', 'Arn'] }) } }, /resources of stack 'Stack' depend on each other: Role → Key → Role/],
    ['of a resource that names itself', { Resources: { Key: key({ 'Fn::Sub': '${Key.Arn}' }) } }, /Key → Key/],
    ['of names', { Resources: { A: { Type: 'AWS::S3::Bucket', Properties: { BucketName: { Ref: 'B' } } }, B: { Type: 'AWS::S3::Bucket', Properties: { BucketName: { Ref: 'A' } } } } }, /values depend on each other: .*BucketName → /],
    ['of conditions', { Conditions: { A: { Condition: 'B' }, B: { 'Fn::Not': [{ Condition: 'A' }] } }, Resources: { R: { Type: 'AWS::S3::Bucket', Condition: 'A' } } }, /Conditions\.A → Stack\.Conditions\.B → Stack\.Conditions\.A/],
    ['of an output that imports itself', { Resources: { R: { Type: 'AWS::S3::Bucket', Properties: { Probe: { 'Fn::ImportValue': 'x' } } } }, Outputs: { O: { Value: { 'Fn::ImportValue': 'x' }, Export: { Name: 'x' } } } }, /Outputs\.O → Stack\.Outputs\.O/],
  ])('%s', (_, template, message) => {
    const error = errorOf(() => readTemplate(template));
    expect(error).toMatchObject({ code: 'ERR_TEMPLATE_CYCLE', message: expect.stringMatching(message) });
  });

  test('of values across stacks', () => {
    const error = errorOf(() => readTemplates([
      { template: { ...exporting('a', { 'Fn::ImportValue': 'b' }), ...holder({ 'Fn::ImportValue': 'a' }) }, stack: 'A' },
      { template: exporting('b', { 'Fn::ImportValue': 'a' }), stack: 'B' },
    ]));
    expect(error.message).toBe('values depend on each other: A.Outputs.Out → B.Outputs.Out → A.Outputs.Out');
  });

  test.each<[string, object]>([
    ['the branch of a condition that does not hold', {
      Conditions: { Never: { 'Fn::Equals': [1, 2] } },
      Resources: { Role: role({ 'Fn::If': ['Never', { 'Fn::GetAtt': ['Key', 'Arn'] }, '*'] }), Key: key({ 'Fn::GetAtt': ['Role', 'Arn'] }) },
    }],
    ['a policy beside its role', {
      Resources: {
        Role: role('*'),
        Key: key({ 'Fn::GetAtt': ['Role', 'Arn'] }),
        Policy: { Type: 'AWS::IAM::Policy', Properties: { PolicyName: 'p', Roles: [{ Ref: 'Role' }], PolicyDocument: { Statement: [{ Effect: 'Allow', Action: '*', Resource: { 'Fn::GetAtt': ['Key', 'Arn'] } }] } } },
      },
    }],
    ['DependsOn', { Resources: { A: { Type: 'AWS::S3::Bucket', DependsOn: 'B' }, B: { Type: 'AWS::S3::Bucket', DependsOn: ['A'] } } }],
  ])('%s makes none', (_, template) => expect(readTemplate(template).resources().length).toBeGreaterThan(1));
});

describe('what is not read is listed', () => {
  test.each<[string, object, string]>([
    ['a macro', { Transform: 'AWS::Serverless-2016-10-31', Resources: {} }, "what transform 'AWS::Serverless-2016-10-31' makes of the template is not read"],
    ['several macros', { Transform: ['AWS::LanguageExtensions', 'Mine'], Resources: {} }, "what transform 'Mine' makes of the template is not read"],
    ['a loop', { Transform: 'AWS::LanguageExtensions', Resources: { 'Fn::ForEach::Roles': ['Name', ['a'], {}] } }, 'the resources of Fn::ForEach::Roles are not read'],
  ])('%s', (_, template, because) => expect(readTemplate(template).unresolved.map((entry) => entry.because)).toEqual([because]));

  test('the language extensions are', () => {
    expect(readTemplate({ Transform: 'AWS::LanguageExtensions', Resources: {} }).unresolved).toEqual([]);
  });
});
