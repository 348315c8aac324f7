import { operatorNamed } from '../../src/authz/operators';
import { CONDITION_OPERATORS, parseOperator } from '../../src/spec/condition-operators';

describe('condition operators', () => {
  test('each that there is can be evaluated, and no other', () => {
    for (const [name, { negated }] of Object.entries(CONDITION_OPERATORS)) expect(operatorNamed(name)?.negated).toBe(negated);
    for (const name of ['Null', 'StringMatches', 'constructor', '']) expect(operatorNamed(name)).toBeUndefined();
  });

  test.each<[string, object | undefined]>([
    ['StringEquals', { set: undefined, name: 'StringEquals', ifExists: false }],
    ['StringEqualsIfExists', { set: undefined, name: 'StringEquals', ifExists: true }],
    ['StringEqualsIgnoreCaseIfExists', { set: undefined, name: 'StringEqualsIgnoreCase', ifExists: true }],
    ['ForAnyValue:ArnLike', { set: 'ForAnyValue', name: 'ArnLike', ifExists: false }],
    ['ForAllValues:BoolIfExists', { set: 'ForAllValues', name: 'Bool', ifExists: true }],
    ['Null', { name: 'Null', ifExists: false }],
    ...['NullIfExists', 'ForAllValues:Null', 'IfExists', 'ForAnyValue:', 'forAnyValue:ArnLike', 'ForAnyValue:ForAllValues:ArnLike', 'stringEquals', 'StringEquals ', 'toString', '__proto__']
      .map((text): [string, undefined] => [text, undefined]),
  ])("'%s'", (text, expected) => expect(parseOperator(text)).toEqual(expected));
});
