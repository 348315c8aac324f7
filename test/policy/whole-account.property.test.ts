import { App, Stack } from 'aws-cdk-lib';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import fc from 'fast-check';
import { BY_ORGANIZATION, DOORS, FORMS, NEAR_MISSES, type Form, type Forms } from './support/doors';
import { AccountAccess, SymmetricDataKey, type SymmetricDataKeyProps } from '../../src';
import { USE } from '../../src/spec/actions';
import { almightyRoleIn, Deployed, HERE, roleIn, type Call } from '../support/deployed';

/** What a stranger tries, in every way that some statement of a key policy is for. */
const ACTIONS = [...Object.keys(USE).filter((action) => USE[action].includes('ENCRYPT_DECRYPT')), 'kms:PutKeyPolicy', 'kms:CreateGrant', 'kms:ReplicateKey'];
const AES = { EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' };
const CALLS: readonly Call[] = [
  { parameters: AES },
  { parameters: AES, context: { Project: 'Orders' } },
  { parameters: AES, via: 's3', context: { 'aws:s3:arn': 'arn:aws:s3:::documents/1' } },
  { parameters: AES, via: 'dynamodb', context: { 'aws:dynamodb:tableName': 'orders', 'aws:dynamodb:subscriberId': HERE.account }, conditionKeys: { 'kms:GrantIsForAWSResource': 'true' } },
  { parameters: AES, via: 'lambda', context: { 'aws:lambda:FunctionArn': 'arn:aws:lambda:eu-west-1:111122223333:function:f' }, conditionKeys: { 'kms:GrantIsForAWSResource': 'true' } },
  { parameters: AES, via: 'secretsmanager', context: { SecretARN: 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-AbCdEf', SecretVersionId: '1' } },
];

const ANYBODY_ELSE: Forms = { ...NEAR_MISSES, ...BY_ORGANIZATION, 'a service': () => new ServicePrincipal('events.amazonaws.com', { conditions: { StringEquals: { 'aws:SourceAccount': HERE.account } } }) };
/** What synthesis refuses, a whole app at once, is seldom: most policies are to come about. */
const doors = fc.constantFrom(...Object.entries(DOORS).filter(([, { signer }]) => !signer).map(([name]) => name));
const forms = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...Object.keys(ANYBODY_ELSE)) },
  { weight: 2, arbitrary: fc.constantFrom(...Object.keys(FORMS)) },
);
const entries = fc.array(fc.record({ door: doors, form: forms }), { minLength: 1, maxLength: 6 });

interface Entry {
  readonly door: string;
  readonly form: string;
}

function propsOf(taken: readonly { readonly door: string; readonly props: SymmetricDataKeyProps }[]): SymmetricDataKeyProps {
  const all = (name: 'policyOwners' | 'administrators' | 'auditors' | 'otherDeployers') => taken.flatMap(({ props }) => props[name] ?? []);
  return Object.assign({}, ...taken.map(({ props }) => props), {
    policyOwners: all('policyOwners'), administrators: all('administrators'), auditors: all('auditors'), otherDeployers: all('otherDeployers'),
  }) as SymmetricDataKeyProps;
}

/** What strangers may do on a key after everybody came in who could; undefined where nothing came of it. */
function strangersMay(accountAccess: AccountAccess, env: object, all: readonly Entry[]): string[] | undefined {
  const app = new App({ treeMetadata: false, analyticsReporting: false });
  const stack = new Stack(app, 'Keys', { env });
  const principals = new Map<string, ReturnType<Form>>();
  const principal = (form: string) => principals.get(form) ?? principals.set(form, (ANYBODY_ELSE[form] ?? FORMS[form])(new Stack(app, `S${principals.size}`, { env }))).get(form)!;
  const tries = all.map(({ door, form }) => ({ door, grantee: principal(form), props: DOORS[door].props?.(principal(form)) ?? {} }));
  const almighty = almightyRoleIn(stack, 'Almighty');
  const bare = roleIn(stack, 'Bare');
  let deployed: Deployed;
  let key: SymmetricDataKey;
  try {
    key = new SymmetricDataKey(stack, 'Key', { alias: 'orders', accountAccess, ...propsOf(tries) });
    for (const { door, grantee } of tries) {
      try {
        DOORS[door].key!(key, grantee);
      } catch {
        // Refused at the call: the app goes on without it.
      }
    }
    deployed = new Deployed(app);
  } catch {
    return undefined;
  }
  return [almighty, bare].flatMap((who) => ACTIONS.flatMap((action) => CALLS.filter((call) => deployed.decide(who, action, key, call).allowed)
    .map(({ via, context }) => `${who.node.id} ${action} ${via ?? 'directly'} ${JSON.stringify(context)}`)));
}

describe('whoever else is let in, a role of the account that was granted nothing', () => {
  test.each([AccountAccess.ADMINISTRATION_ONLY, AccountAccess.NONE])('can neither use the key nor change its policy under %s, with an IAM policy that allows everything or without', (access) => {
    let policies = 0;
    const runs = 30;
    fc.assert(fc.property(entries, fc.boolean(), (all, known) => {
      const may = strangersMay(access, known ? HERE : {}, all);
      if (may) policies++;
      expect(may ?? []).toEqual([]);
    }), { numRuns: runs });
    expect(policies).toBeGreaterThan(runs / 4);
  });

  test('which is no matter of how it asks: where IAM decides, it can', () => {
    const may = strangersMay(AccountAccess.DELEGATE_TO_IAM, HERE, [{ door: 'grants.decrypt', form: 'a role' }]);
    expect(new Set(may!.map((line) => line.split(' ').slice(0, 2).join(' ')))).toEqual(new Set(ACTIONS.map((action) => `Almighty ${action}`)));
  });
});
