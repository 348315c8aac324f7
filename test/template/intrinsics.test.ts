import { probe, SYMBOL, valueOf } from './reading';

const ROLE = { Type: 'AWS::IAM::Role', Properties: { RoleName: 'writer', Path: '/app/' } };
const TOPIC = { Type: 'AWS::SNS::Topic', Properties: { TopicName: 'events' } };
const PARTS = {
  Parameters: {
    Stage: { Type: 'String', Default: 'prod' },
    Zones: { Type: 'CommaDelimitedList', Default: 'a, b,c' },
    Count: { Type: 'Number', Default: 3 },
    Open: { Type: 'String' },
    OpenList: { Type: 'List<String>' },
    Stored: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/app/stored' },
  },
  Mappings: { Sizes: { 'prod': { days: '90', tags: ['x', 'y'] }, 'us-east-1': { days: 7 } } },
  Conditions: {
    IsProd: { 'Fn::Equals': [{ Ref: 'Stage' }, 'prod'] },
    IsTest: { 'Fn::Equals': [{ Ref: 'Stage' }, 'test'] },
    IsOpen: { 'Fn::Equals': [{ Ref: 'Open' }, 'yes'] },
  },
  Resources: { Role: ROLE, Topic: TOPIC },
};

describe('an expression becomes its value', () => {
  test.each<[string, unknown, unknown]>([
    ['a literal', 'as it is', 'as it is'],
    ['Ref of a parameter', { Ref: 'Stage' }, 'prod'],
    ['Ref of a number parameter', { Ref: 'Count' }, '3'],
    ['Ref of a list parameter', { Ref: 'Zones' }, ['a', 'b', 'c']],
    ['Ref of the account', { Ref: 'AWS::AccountId' }, '111122223333'],
    ['Ref of the Region', { Ref: 'AWS::Region' }, 'us-east-1'],
    ['Ref of the partition', { Ref: 'AWS::Partition' }, 'aws'],
    ['Ref of the URL suffix', { Ref: 'AWS::URLSuffix' }, 'amazonaws.com'],
    ['Ref of the stack name', { Ref: 'AWS::StackName' }, 'Stack'],
    ['Ref of the notification ARNs', { Ref: 'AWS::NotificationARNs' }, []],
    ['Ref of a role', { Ref: 'Role' }, 'writer'],
    ['Ref of a topic', { Ref: 'Topic' }, 'arn:aws:sns:us-east-1:111122223333:events'],
    ['Fn::GetAtt as a list', { 'Fn::GetAtt': ['Role', 'Arn'] }, 'arn:aws:iam::111122223333:role/app/writer'],
    ['Fn::GetAtt as a string', { 'Fn::GetAtt': 'Role.Arn' }, 'arn:aws:iam::111122223333:role/app/writer'],
    ['Fn::GetAtt with an attribute by Ref', { 'Fn::GetAtt': ['Topic', { 'Fn::Join': ['', ['Topic', 'Name']] }] }, 'events'],
    ['Fn::Sub with references', { 'Fn::Sub': '${Stage}-${Topic.TopicName}-${AWS::Region}' }, 'prod-events-us-east-1'],
    ['Fn::Sub with variables', { 'Fn::Sub': ['${Who}@${Stage}', { Who: { Ref: 'Role' } }] }, 'writer@prod'],
    ['Fn::Sub with a variable that hides a parameter', { 'Fn::Sub': ['${Stage}', { Stage: 'mine' }] }, 'mine'],
    ['Fn::Sub with a policy variable', { 'Fn::Sub': '${!aws:PrincipalTag/tenant}/${Stage}' }, '${aws:PrincipalTag/tenant}/prod'],
    ['Fn::Sub with a dollar that is none', { 'Fn::Sub': 'costs $5 and {nothing}' }, 'costs $5 and {nothing}'],
    ['Fn::Join', { 'Fn::Join': [':', ['a', { Ref: 'Stage' }, 1, true]] }, 'a:prod:1:true'],
    ['Fn::Join over a list parameter', { 'Fn::Join': ['|', { Ref: 'Zones' }] }, 'a|b|c'],
    ['Fn::Join with AWS::NoValue', { 'Fn::Join': ['-', ['a', { Ref: 'AWS::NoValue' }, 'b']] }, 'a-b'],
    ['Fn::Split', { 'Fn::Split': [',', 'x,y,,z'] }, ['x', 'y', '', 'z']],
    ['Fn::Select by number', { 'Fn::Select': [1, { Ref: 'Zones' }] }, 'b'],
    ['Fn::Select by text', { 'Fn::Select': ['2', ['p', 'q', 'r']] }, 'r'],
    ['a part of an ARN', { 'Fn::Select': [4, { 'Fn::Split': [':', { 'Fn::GetAtt': ['Role', 'Arn'] }] }] }, '111122223333'],
    ['Fn::If that holds', { 'Fn::If': ['IsProd', 'yes', 'no'] }, 'yes'],
    ['Fn::If that does not', { 'Fn::If': ['IsTest', 'yes', { Ref: 'Stage' }] }, 'prod'],
    ['Fn::If without a value, in a list', ['a', { 'Fn::If': ['IsTest', 'b', { Ref: 'AWS::NoValue' }] }], ['a']],
    ['Fn::If without a value, in an object', { kept: 1, gone: { 'Fn::If': ['IsTest', 'b', { Ref: 'AWS::NoValue' }] } }, { kept: 1 }],
    ['Fn::If that is not known, but for nothing', { 'Fn::If': ['IsOpen', { Ref: 'Stage' }, 'prod'] }, 'prod'],
    ['Fn::FindInMap', { 'Fn::FindInMap': ['Sizes', { Ref: 'Stage' }, 'days'] }, '90'],
    ['Fn::FindInMap of a number', { 'Fn::FindInMap': ['Sizes', { Ref: 'AWS::Region' }, 'days'] }, 7],
    ['Fn::FindInMap of a list', { 'Fn::FindInMap': ['Sizes', 'prod', 'tags'] }, ['x', 'y']],
    ['Fn::FindInMap with a default', { 'Fn::FindInMap': ['Sizes', 'test', 'days', { DefaultValue: { Ref: 'Count' } }] }, '3'],
    ['Fn::Base64', { 'Fn::Base64': { 'Fn::Sub': 'é ${Stage}' } }, 'w6kgcHJvZA=='],
    ['Fn::Length', { 'Fn::Length': { Ref: 'Zones' } }, 3],
    ['Fn::ToJsonString', { 'Fn::ToJsonString': { a: { Ref: 'Stage' }, b: [1] } }, '{"a":"prod","b":[1]}'],
    ['an object with several keys is no function', { 'Ref': 'Stage', 'Fn::Other': 1 }, { 'Ref': 'Stage', 'Fn::Other': 1 }],
    ['the Condition of a statement is no function', { Condition: { Bool: { 'aws:SecureTransport': 'true' } } }, { Condition: { Bool: { 'aws:SecureTransport': 'true' } } }],
  ])('%s', (_, expression, expected) => expect(valueOf(expression, PARTS)).toEqual(expected));
});

describe('what is not known becomes a symbol that says why', () => {
  test.each<[string, unknown, RegExp]>([
    ['a parameter without a value', { Ref: 'Open' }, /no default and no value was given/],
    ['a stored parameter', { Ref: 'Stored' }, /stored value is read when the stack is deployed/],
    ['a name that is nowhere', { Ref: 'Nowhere' }, /no parameter or resource 'Nowhere'/],
    ['a pseudo parameter that does not exist', { Ref: 'AWS::Nothing' }, /no pseudo parameter 'AWS::Nothing'/],
    ['an attribute known to the service alone', { 'Fn::GetAtt': ['Topic', 'Secret'] }, /'Secret' of AWS::SNS::Topic is known when it is deployed/],
    ['an export of an unknown stack', { 'Fn::ImportValue': 'Network-Vpc' }, /no stack that is read exports 'Network-Vpc'/],
    ['an output of an unknown stack', { 'Fn::GetStackOutput': { StackName: 'Net', OutputName: 'Vpc' } }, /no stack 'Net' with an output 'Vpc' in 111122223333\/us-east-1/],
    ['a dynamic reference', '{{resolve:secretsmanager:db:SecretString:password}}', /stored value is read/],
    ['a choice that depends on what is not known', { 'Fn::If': ['IsOpen', 'a', 'b'] }, /whether condition 'IsOpen' holds is not known/],
    ['a choice by a condition that does not exist', { 'Fn::If': ['Missing', 'a', 'b'] }, /no condition 'Missing'/],
    ['a map without the key', { 'Fn::FindInMap': ['Sizes', 'test', 'days'] }, /mapping 'Sizes' has no 'test' with 'days'/],
    ['a key of a map that is not known', { 'Fn::FindInMap': ['Sizes', { Ref: 'Open' }, 'days'] }, /a key of the map is not known/],
    ['an element beyond the end', { 'Fn::Select': [3, { Ref: 'Zones' }] }, /no element 3 in a list of 3/],
    ['an element of an unknown list', { 'Fn::Select': [0, { Ref: 'OpenList' }] }, /the list is not known/],
    ['a part of an unknown string', { 'Fn::Select': [0, { 'Fn::Split': ['/', { Ref: 'Open' }] }] }, /the list is not known/],
    ['the zones of a Region', { 'Fn::Select': [0, { 'Fn::GetAZs': '' }] }, /the list is not known/],
    ['the length of an unknown list', { 'Fn::Length': { 'Fn::Split': [',', { Ref: 'Open' }] } }, /the list is not known/],
    ['an unknown list joined', { 'Fn::Join': [',', { Ref: 'OpenList' }] }, /the list is not known/],
    ['Base64, which would hide a symbol', { 'Fn::Base64': { 'Fn::Sub': 'x${Open}' } }, /a part of the string is not known/],
    ['a function that is not evaluated', { 'Fn::Cidr': ['10.0.0.0/16', 2] }, /Fn::Cidr is not evaluated here/],
    ['a function that does not exist', { 'Fn::Invented': 1 }, /Fn::Invented is not evaluated here/],
    ['Ref of no name', { Ref: ['Stage'] }, /Ref takes a name, got a list of 1/],
    ['Fn::Join without a list', { 'Fn::Join': 'abc' }, /Fn::Join takes a delimiter and a list, got a string/],
    ['Fn::Join of objects', { 'Fn::Join': ['', [{ a: 1, b: 2 }]] }, /a part of the list is no string/],
    ['Fn::If with two parts', { 'Fn::If': ['IsProd', 'a'] }, /Fn::If takes the name of a condition and two values, got a list of 2/],
    ['Fn::ToJsonString of text', { 'Fn::ToJsonString': 'text' }, /Fn::ToJsonString takes an object or a list, got a string/],
    ['Fn::GetAtt without an attribute', { 'Fn::GetAtt': ['Topic'] }, /Fn::GetAtt takes a logical id and an attribute, got a list of 1/],
    ['Fn::GetAtt with an attribute that is no name', { 'Fn::GetAtt': ['Topic', ['a']] }, /Fn::GetAtt takes a logical id and an attribute/],
    ['Fn::FindInMap without a map', { 'Fn::FindInMap': [['Sizes'], 'prod', 'days'] }, /Fn::FindInMap takes a map and two keys/],
    ['Fn::Sub of a list', { 'Fn::Sub': '${Zones}' }, /'Zones' is no string/],
  ])('%s', (_, expression, because) => {
    const { value, deployment } = probe(expression, PARTS);
    expect(value).toMatch(SYMBOL);
    expect(deployment.unresolved.map((entry) => entry.because)).toContainEqual(expect.stringMatching(because));
    expect(deployment.unresolved.map(({ symbol }) => symbol)).toContain(value);
  });

  test.each<[string, unknown]>([
    ['inside an ARN', { 'Fn::Sub': 'arn:aws:iam::${AWS::AccountId}:role/${Open}' }],
    ['inside a joined string', { 'Fn::Join': ['', ['arn:aws:iam::111122223333:role/', { Ref: 'Open' }]] }],
    ['inside a string with a dynamic reference', 'arn:aws:iam::111122223333:role/{{resolve:ssm:/role}}'],
  ])('%s the known part stays', (_, expression) => {
    expect(valueOf(expression, PARTS)).toMatch(/^arn:aws:iam::111122223333:role\/unresolved-[0-9a-f]{16}$/);
  });

  test('it stands in a list where a list is', () => {
    expect(valueOf({ 'Fn::Split': [',', { Ref: 'Open' }] }, PARTS)).toEqual([expect.stringMatching(SYMBOL)]);
    expect(valueOf({ Ref: 'OpenList' }, PARTS)).toEqual([expect.stringMatching(SYMBOL)]);
  });

  test('it is listed with expression and place', () => {
    const { value, deployment } = probe({ Statement: [{ Principal: { AWS: { 'Fn::ImportValue': 'RoleArn' } } }] }, {}, { stack: 'Orders' });
    const symbol = (value as { Statement: { Principal: { AWS: string } }[] }).Statement[0].Principal.AWS;
    expect(deployment.unresolved).toEqual([{
      symbol,
      expression: { 'Fn::ImportValue': 'RoleArn' },
      at: { stack: 'Orders', logicalId: 'Holder', property: 'Probe.Statement[0].Principal.AWS' },
      because: "no stack that is read exports 'RoleArn'",
    }]);
  });
});

describe('the same expression has the same symbol', () => {
  test.each<[string, unknown, unknown, boolean]>([
    ['one parameter twice', { Ref: 'Open' }, { Ref: 'Open' }, true],
    ['a parameter by Ref and in Fn::Sub', { Ref: 'Open' }, { 'Fn::Sub': '${Open}' }, true],
    ['an attribute by Fn::GetAtt and in Fn::Sub', { 'Fn::GetAtt': ['Topic', 'X'] }, { 'Fn::Sub': '${Topic.X}' }, true],
    ['an import by name and by a name that is put together', { 'Fn::ImportValue': 'A-x' }, { 'Fn::ImportValue': { 'Fn::Join': ['-', ['A', 'x']] } }, true],
    ['a stored parameter by type and by dynamic reference', { Ref: 'Stored' }, '{{resolve:ssm:/app/stored}}', true],
    ['two attributes', { 'Fn::GetAtt': ['Topic', 'X'] }, { 'Fn::GetAtt': ['Topic', 'Y'] }, false],
    ['two imports', { 'Fn::ImportValue': 'a' }, { 'Fn::ImportValue': 'b' }, false],
    ['a list joined in two ways', { 'Fn::Join': [',', { Ref: 'OpenList' }] }, { 'Fn::Join': ['|', { Ref: 'OpenList' }] }, false],
    ['two elements of one list', { 'Fn::Select': [0, { Ref: 'OpenList' }] }, { 'Fn::Select': [1, { Ref: 'OpenList' }] }, false],
  ])('%s', (_, one, other, same) => {
    const [first, second] = valueOf([one, other], PARTS) as string[];
    expect(first).toMatch(SYMBOL);
    expect(first === second).toBe(same);
  });
});
