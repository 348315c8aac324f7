import { globalConditionKeyFacts, GLOBAL_CONDITION_KEYS, VPC_ENDPOINT_KEYS } from '../../src/spec/global-condition-keys';

describe('global condition keys', () => {
  test.each([
    ['aws:userid', 'always'], ['AWS:USERID', 'always'], ['aws:currenttime', 'always'], ['aws:UserAgent', 'always'], ['aws:SourceIp', 'outside VPC endpoints'],
    ['aws:MultiFactorAuthPresent', 'with temporary credentials'], ['aws:TokenIssueTime', 'with temporary credentials'], ['aws:SourceArn', 'if stated'],
    ['aws:CalledViaLast', 'through services'], ['aws:username', 'by users'], ['aws:PrincipalServiceName', 'by services'],
  ])('%s is carried %s', (name, carried) => expect(globalConditionKeyFacts(name)?.carried).toBe(carried));

  test.each(['kms:ViaService', 'aws:Nothing', 'constructor', '__proto__', 'toString', ''])("'%s' is none", (name) => expect(globalConditionKeyFacts(name)).toBeUndefined());

  test('those of several values are those that the page calls multivalued', () => {
    expect(Object.entries(GLOBAL_CONDITION_KEYS).filter(([, { multivalued }]) => multivalued).map(([name]) => name).sort()).toEqual([
      'aws:CalledVia', 'aws:PrincipalOrgPaths', 'aws:PrincipalServiceNamesList', 'aws:ResourceOrgPaths', 'aws:SourceOrgPaths', 'aws:TagKeys', 'aws:VpceOrgPaths',
    ]);
  });

  test('those that tell a VPC endpoint are among them', () => {
    for (const name of VPC_ENDPOINT_KEYS) expect(globalConditionKeyFacts(name)).toBeDefined();
  });
});
