import { iamStatement, policy, said, statement } from './support';
import { CONDITION_OPERATORS } from '../../../src/spec/condition-operators';

const about = (Condition: unknown) => said(policy(statement({ Condition })));
const KEY = 'aws:PrincipalTag/team';

describe('a condition is taken', () => {
  test.each<[string, unknown]>([
    ['with a text, a number and a truth', { StringEquals: { [KEY]: ['a', 1, true] } }],
    ['with Null', { Null: { [KEY]: 'true', 'kms:ViaService': false } }],
    ['with a set operator and IfExists', { 'ForAnyValue:StringLikeIfExists': { 'kms:EncryptionContextKeys': 'a*' } }],
    ['with ForAllValues on a key of several values', { 'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': ['a'], 'aws:TagKeys': 'b' } }],
    ['with ForAnyValue on a pair of the encryption context', { 'ForAnyValue:StringEquals': { 'kms:EncryptionContext:tenant': 'a' } }],
    ['with an ARN of four parts', { ArnLike: { 'aws:SourceArn': 'arn:aws:cloudtrail:*' } }],
    ['with numbers', { NumericLessThan: { 'kms:RotationPeriodInDays': ['90', 365, '-1.5'] } }],
    ['with dates', { DateLessThan: { 'aws:CurrentTime': ['2026-12-31T23:59:59Z', '2026-12-31', 1_767_225_600] } }],
    ['with addresses', { NotIpAddress: { 'aws:SourceIp': ['203.0.113.0/24', '2001:db8::/32', '203.0.113.7'] } }],
    ['with a truth in capitals', { Bool: { 'aws:SecureTransport': 'TRUE' } }],
    ['with a variable in Bool, of which pages disagree', { Bool: { 'aws:SecureTransport': '${aws:PrincipalTag/tls}' } }],
    ['with a key of another service', { StringEquals: { 's3:prefix': 'a' } }],
    ['with two context keys that differ in more than case', { StringEquals: { 'kms:EncryptionContext:a': '1', 'kms:EncryptionContext:b': '2' } }],
  ])('%s', (_, condition) => expect(about(condition)).toEqual([]));

  test.each(Object.keys(CONDITION_OPERATORS))('with %s, IfExists and set qualifiers', (name) => {
    const value = { numeric: '1', date: '2026-01-01', bool: 'true', binary: 'QUJD', ip: '203.0.113.7', arn: 'arn:aws:s3:::x', string: 'x' }[CONDITION_OPERATORS[name].type];
    for (const operator of [name, `${name}IfExists`, `ForAnyValue:${name}`, `ForAllValues:${name}IfExists`]) expect(about({ [operator]: { [KEY]: value } })).toEqual([]);
  });
});

describe('a condition is refused', () => {
  test.each<[string, unknown, string]>([
    ['that is a list', [], 'Condition: it is an empty list: it takes an object of operators'],
    ['with an operator that does not exist', { StringMatches: { [KEY]: 'a' } }, "'StringMatches' is no condition operator: StringEquals, StringLike, ArnLike, Bool, Null … are"],
    ['with an operator in small letters', { stringequals: { [KEY]: 'a' } }, "'stringequals' is no condition operator: write StringEquals"],
    ['with a suffix in small letters', { StringEqualsifexists: { [KEY]: 'a' } }, 'write StringEquals, with ForAnyValue: or ForAllValues: before and IfExists behind it'],
    ['with a set qualifier that does not exist', { 'ForAnyValues:StringEquals': { [KEY]: 'a' } }, "'ForAnyValues:StringEquals' is no condition operator: write StringEquals"],
    ['with Null and IfExists', { NullIfExists: { [KEY]: 'true' } }, 'Null takes neither a set qualifier nor IfExists'],
    ['with Null and a set qualifier', { 'ForAnyValue:Null': { [KEY]: 'true' } }, 'Null takes neither a set qualifier nor IfExists'],
    ['with an operator named constructor', JSON.parse(`{"constructor":{"${KEY}":"a"}}`), "'constructor' is no condition operator"],
    ['with a text in place of keys', { StringEquals: 'a' }, "StringEquals has 'a' in place of an object"],
    ['with a list in place of keys', { StringEquals: [{ [KEY]: 'a' }] }, 'StringEquals has a list in place of an object'],
    ['without a key', { StringEquals: {} }, 'StringEquals has no condition key'],
    ['with a key without its service', { StringEquals: { SourceArn: 'x' } }, "StringEquals asks for 'SourceArn': a condition key is <service>:<name>, such as aws:PrincipalArn"],
    ['with a key named constructor', { StringEquals: JSON.parse('{"constructor":"x"}') }, "StringEquals asks for 'constructor'"],
    ['with a key named __proto__', { StringEquals: JSON.parse('{"__proto__":"x"}') }, "StringEquals asks for '__proto__'"],
    ['with one key in two spellings', { StringEquals: { 'kms:ViaService': 'a', 'kms:viaservice': 'b' } }, 'StringEquals has the condition key kms:viaservice twice, in different case'],
    ['with an empty list of values', { StringEquals: { [KEY]: [] } }, `StringEquals ${KEY} has an empty list: it takes at least one value`],
    ['with null as a value', { StringEquals: { [KEY]: null } }, `StringEquals ${KEY} has null as a value: it takes texts, numbers, true and false`],
    ['with a list in the list of values', { StringEquals: { [KEY]: [['a']] } }, 'has a list as a value'],
    ['with an object as a value', { StringEquals: { [KEY]: { Ref: 'x' } } }, 'has an object as a value'],
    ['with a word for a number', { NumericEquals: { [KEY]: 'ten' } }, `NumericEquals ${KEY} has the value 'ten': NumericEquals takes numbers`],
    ['with a truth for a number', { NumericEquals: { [KEY]: true } }, "has the value 'true': NumericEquals takes numbers"],
    ['with a variable for a number', { NumericLessThan: { [KEY]: '${aws:PrincipalTag/n}' } }, 'NumericLessThan takes numbers'],
    ['with a word for a date', { DateLessThan: { 'aws:CurrentTime': 'tomorrow' } }, 'DateLessThan takes dates such as 2026-12-31T23:59:59Z, or seconds since 1970'],
    ['with a month of 13', { DateLessThan: { 'aws:CurrentTime': '2026-13-01' } }, 'DateLessThan takes dates'],
    ['with a word for a truth', { Bool: { 'aws:SecureTransport': 'yes' } }, 'Bool takes true or false'],
    ['with a word for the presence of a key', { Null: { [KEY]: 'yes' } }, 'Null takes true or false'],
    ['with a name for an address', { IpAddress: { 'aws:SourceIp': 'office' } }, 'IpAddress takes addresses and ranges such as 203.0.113.0/24'],
    ['with an address out of range', { IpAddress: { 'aws:SourceIp': '203.0.113.256/24' } }, 'IpAddress takes addresses'],
    ['with an address and 33 bits', { IpAddressIfExists: { 'aws:SourceIp': '203.0.113.0/33' } }, 'IpAddress takes addresses'],
    ['with a text that is no base-64', { BinaryEquals: { [KEY]: 'ä' } }, 'BinaryEquals takes base-64'],
  ])('%s', (_, condition, message) => expect(about(condition).join('\n')).toContain(message));

  test.each([
    ['ForAllValues:StringEquals', 'kms:EncryptionContext:tenant'], ['ForAllValues:StringLikeIfExists', 'KMS:encryptioncontext:tenant'],
    ['ForAllValues:StringEquals', 'aws:RequestTag/team'],
  ])('with %s on %s, by KMS and not by IAM', (operator, key) => {
    const condition = { [operator]: { [key]: 'a' } };
    expect(about(condition)).toEqual([`statement 'Use', Condition: ForAllValues with the single-valued key ${key} matches requests without it: leave ForAllValues out`]);
    expect(said(policy(iamStatement({ Condition: condition })), 'iam policy')).toEqual([]);
  });
});

describe('what a template does not tell', () => {
  const template = (Condition: unknown) => said(policy(statement({ Condition })), 'key policy', {});

  test.each<[string, unknown]>([
    ['a value', { StringEquals: { [KEY]: { Ref: 'AWS::AccountId' } } }],
    ['one of several values', { ArnLike: { 'aws:SourceArn': ['arn:aws:s3:::x', { 'Fn::GetAtt': ['Bucket', 'Arn'] }] } }],
    ['the list of values', { StringEquals: { [KEY]: { 'Fn::Split': [',', { Ref: 'Teams' }] } } }],
    ['a number', { NumericLessThan: { [KEY]: { Ref: 'Days' } } }],
    ['the keys', { StringEquals: { 'Fn::GetAtt': ['Json', 'Value'] } }],
    ['the condition', { 'Fn::If': ['Strict', {}, {}] }],
  ])('is no reason to refuse: %s', (_, condition) => expect(template(condition)).toEqual([]));

  test('is one where the rest shows it', () => {
    expect(template({ StringMatches: { 'Fn::GetAtt': ['Json', 'Value'] } }).join()).toContain("'StringMatches' is no condition operator");
    expect(template({ 'ForAllValues:StringEquals': { 'kms:EncryptionContext:a': { Ref: 'x' } } }).join()).toContain('leave ForAllValues out');
  });
});
