import { pathOfStatement } from '../../src/cli/input/statements';
import { readTemplateText } from '../../src/cli/input/template-text';

const positionOf = (text: string, path: readonly (string | number)[]) => readTemplateText(text, 'a.template').positionOf(path);
const value = (text: string): unknown => readTemplateText(text, 'a.yaml').value;

describe('YAML is read as CloudFormation reads it', () => {
  test.each<[string, string, unknown]>([
    ['Ref', 'A: !Ref B', { A: { Ref: 'B' } }],
    ['Condition', 'A: !Condition B', { A: { Condition: 'B' } }],
    ['GetAtt with a dot', 'A: !GetAtt B.Arn', { A: { 'Fn::GetAtt': 'B.Arn' } }],
    ['GetAtt as a list', 'A: !GetAtt [B, Arn]', { A: { 'Fn::GetAtt': ['B', 'Arn'] } }],
    ['Sub', 'A: !Sub "${B}-c"', { A: { 'Fn::Sub': '${B}-c' } }],
    ['Sub with variables', 'A: !Sub ["${B}", { B: !Ref C }]', { A: { 'Fn::Sub': ['${B}', { B: { Ref: 'C' } }] } }],
    ['Join in If', 'A: !If [C, !Join ["", [a, !Ref B]], !Ref AWS::NoValue]', { A: { 'Fn::If': ['C', { 'Fn::Join': ['', ['a', { Ref: 'B' }]] }, { Ref: 'AWS::NoValue' }] } }],
    ['Base64 of a short form', 'A:\n  Fn::Base64: !Sub b', { A: { 'Fn::Base64': { 'Fn::Sub': 'b' } } }],
    ['Transform', 'A: !Transform { Name: X, Parameters: { Y: 1 } }', { A: { 'Fn::Transform': { Name: 'X', Parameters: { Y: 1 } } } }],
    ['ToJsonString of a map', 'A: !ToJsonString { b: c }', { A: { 'Fn::ToJsonString': { b: 'c' } } }],
    ['a date is text', 'Version: 2012-10-17', { Version: '2012-10-17' }],
    ['an account with a leading zero is text', 'A: 012345678901', { A: '012345678901' }],
    ['an account of octal digits is text', 'A: 012345670123', { A: '012345670123' }],
    ['a number is one', 'A: 90', { A: 90 }],
    ['yes is true, as in YAML 1.1', 'A: yes', { A: true }],
    ['a name that YAML 1.1 takes for a boolean is a name', 'N: 1\nyes: 2', { N: 1, yes: 2 }],
    ['a map keyed by account', '111122223333: { A: b }', { 111122223333: { A: 'b' } }],
    ['anchors', 'A: &x { B: 1 }\nC: *x', { A: { B: 1 }, C: { B: 1 } }],
    ['block scalars', 'A: !Sub |\n  b\n  c\n', { A: { 'Fn::Sub': 'b\nc\n' } }],
  ])('%s', (_, text, expected) => {
    expect(value(text)).toEqual(expected);
  });

  test.each<[string, string, string]>([
    ['a tag that CloudFormation lacks', 'A: 1\nB: !Foo c', 'line 2: CloudFormation has no tag !Foo'],
    ['a member twice', 'A: 1\nB: 2\nA: 3', 'line 3: Map keys must be unique'],
    ['a broken list', 'A:\n  - b\n c: d', 'line 3: '],
    ['two documents', 'A: 1\n---\nB: 2', 'line 2: Source contains multiple documents'],
    ['an alias of nothing', 'A: *b', 'a.yaml'],
  ])('%s is refused with its line', (_, text, expected) => {
    expect(() => value(text)).toThrow(expect.objectContaining({ name: 'Unusable', message: expect.stringContaining(expected) }));
  });

  test('an alias that multiplies is refused', () => {
    const bomb = ['a0: &a0 [x]', ...Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}, *a${i}]`)].join('\n');
    expect(() => value(bomb)).toThrow(expect.objectContaining({ name: 'Unusable' }));
  });

  test('ten thousand levels are refused, not overflowed', () => {
    expect(() => value(`A: ${'['.repeat(10_000)}${']'.repeat(10_000)}`)).toThrow(expect.objectContaining({ name: 'Unusable' }));
  });
});

describe('JSON', () => {
  const json = (text: string): unknown => readTemplateText(text, 'a.json').value;

  test.each<[string, string, string | RegExp]>([
    ['an unexpected character', '{\n  "A": 1,\n  }', /a\.json is no JSON: .*at line 3, column 3/],
    ['an end too early', '{"A": {', /a\.json is no JSON: .*at line 1, column 8/],
    ['a member twice', '{"Resources": {"Key": {"Type": "a", "Type": "b"}}}', 'a.json has the member Resources.Key.Type twice'],
    ['nothing', ' \n', 'a.json is empty'],
  ])('%s is told with its place', (_, text, expected) => {
    expect(() => json(text)).toThrow(expected);
  });

  test('a byte order mark is no part of it', () => {
    expect(json('\uFEFF{"A": 1}')).toEqual({ A: 1 });
  });

  test('flow style YAML with short forms is read by the name of the file', () => {
    expect(readTemplateText('{ A: !Ref B }', 'a.yml').value).toEqual({ A: { Ref: 'B' } });
  });
});

describe('positions', () => {
  const YAML = [
    'Resources:', //                          1
    '  Key:', //                              2
    '    Type: AWS::KMS::Key', //             3
    '    Properties:', //                     4
    '      KeyPolicy:', //                    5
    '        Statement:', //                  6
    '          - Sid: A', //                  7
    '          - Sid: B', //                  8
    '            Action: !If [C, x, y]', //   9
  ].join('\n');
  const JSON_TEXT = '{\n "Resources": {\n  "A\\"b": {},\n  "Key": {"Type": "x", "Properties": {"KeyPolicy": {"Statement": [\n    {"Sid": "A"},\n    {"Sid": "B", "Action": [1, {"Fn::If": []}]}]}}}}}';

  test.each<[string, string, (string | number)[], [number, number]]>([
    ['a resource in YAML, at its name', YAML, ['Resources', 'Key'], [2, 3]],
    ['a statement in YAML', YAML, ['Resources', 'Key', 'Properties', 'KeyPolicy', 'Statement', 1], [8, 13]],
    ['what is inside of a short form', YAML, ['Resources', 'Key', 'Properties', 'KeyPolicy', 'Statement', 1, 'Action', 'Fn::If', 1], [9, 29]],
    ['a path that leads nowhere: what is there of it', YAML, ['Resources', 'Key', 'Metadata', 'x'], [2, 3]],
    ['a resource in JSON', JSON_TEXT, ['Resources', 'Key'], [4, 3]],
    ['a name with an escape', JSON_TEXT, ['Resources', 'A"b'], [3, 3]],
    ['a statement in JSON', JSON_TEXT, ['Resources', 'Key', 'Properties', 'KeyPolicy', 'Statement', 1], [6, 5]],
    ['inside of lists', JSON_TEXT, ['Resources', 'Key', 'Properties', 'KeyPolicy', 'Statement', 1, 'Action', 1, 'Fn::If'], [6, 33]],
  ])('%s', (_, text, path, [line, column]) => {
    expect(positionOf(text, path)).toEqual({ line, column });
  });

  test('of JSON are those that a parser of YAML finds', () => {
    const template = { Resources: { 'Key': { Properties: { KeyPolicy: { Statement: [{ Sid: 'a' }, { Sid: 'b', Condition: { StringEquals: { 'x:y': ['1', '2'] } } }] } } }, 'O:p': [] } };
    const text = JSON.stringify(template, null, 2);
    const paths = [
      ['Resources'], ['Resources', 'O:p'], ['Resources', 'Key', 'Properties', 'KeyPolicy', 'Statement', 0], ['Resources', 'Key', 'Properties', 'KeyPolicy', 'Statement', 1],
      ['Resources', 'Key', 'Properties', 'KeyPolicy', 'Statement', 1, 'Condition', 'StringEquals', 'x:y', 1],
    ];
    // A comment in front makes YAML of it.
    const asYaml = readTemplateText(`# c\n${text}`, 'a.yaml');
    for (const path of paths) {
      const { line, column } = asYaml.positionOf(path);
      expect(positionOf(text, path)).toEqual({ line: line - 1, column });
    }
  });

  describe('of a large template', () => {
    const templateOf = (statements: number) => {
      const Statement = Array.from({ length: statements }, (_, index) => ({ Sid: `S${index}`, Effect: 'Allow', Action: ['kms:Decrypt'], Resource: '*' }));
      return JSON.stringify({ Resources: { Key: { Properties: { KeyPolicy: { Statement } } } } }, null, 2);
    };
    const place = (statement: number) => ['Resources', 'Key', 'Properties', 'KeyPolicy', 'Statement', statement];

    test('of a megabyte are found', () => {
      expect(positionOf(templateOf(10_000), place(9999))).toEqual({ line: 79_999, column: 13 });
    });

    /** Names of members that are read: what the work for a text is made of. */
    function namesRead(statements: number, asked: number): number {
      const names = jest.spyOn(JSON, 'parse');
      try {
        const read = readTemplateText(templateOf(statements), 'a.json');
        for (let index = 0; index < asked; index++) read.positionOf(place(statements - 1 - index));
        return names.mock.calls.length;
      } finally {
        names.mockRestore();
      }
    }

    test('take one pass over the text, however many are asked for', () => {
      const [one, two, three] = [100, 200, 300].map((statements) => namesRead(statements, 1));
      expect(three - two).toBe(two - one);
      // Four members a statement, read once with the value and once for the positions.
      expect(two - one).toBe(100 * 4 * 2);
      expect(namesRead(300, 100)).toBe(three);
    });
  });
});

describe('a statement is found in a resource', () => {
  const document = (Statement: unknown) => ({ Properties: { KeyPolicy: { Statement } } });

  test.each<[string, unknown, string, unknown]>([
    ['by its Sid', document([{ Sid: 'A' }, { Sid: 'B' }]), 'B', ['Properties', 'KeyPolicy', 'Statement', 1]],
    ['by its place', document([{ Sid: 'A' }, {}]), '#2', ['Properties', 'KeyPolicy', 'Statement', 1]],
    ['that is the only one, without a list', document({ Effect: 'Allow' }), '#1', ['Properties', 'KeyPolicy', 'Statement']],
    ['in a condition', document([{ Sid: 'A' }, { 'Fn::If': ['C', { Sid: 'B' }, { Ref: 'AWS::NoValue' }] }]), 'B', ['Properties', 'KeyPolicy', 'Statement', 1, 'Fn::If', 1]],
    ['of an inline policy', { Properties: { Policies: [{ PolicyName: 'p', PolicyDocument: { Statement: [{}] } }] } }, 'p/#1', ['Properties', 'Policies', 0, 'PolicyDocument', 'Statement', 0]],
    ['not if there is none', document([{ Sid: 'A' }]), 'B', undefined],
    ['not in a policy that is text', { Properties: { KeyPolicy: '{"Statement":[]}' } }, '#1', undefined],
  ])('%s', (_, resource, statement, path) => {
    expect(pathOfStatement(resource, statement)).toEqual(path);
  });

  test('by looking through the resource once, however many are asked for', () => {
    const properties = jest.fn(() => ({ KeyPolicy: { Statement: [{ Sid: 'A' }, { Sid: 'B' }, { Sid: 'A' }] } }));
    const resource = Object.defineProperty({}, 'Properties', { get: properties });
    expect(['A', 'B', '#3', 'C'].map((statement) => pathOfStatement(resource, statement)?.[3])).toEqual([0, 1, 2, undefined]);
    expect(properties).toHaveBeenCalledTimes(1);
  });
});
