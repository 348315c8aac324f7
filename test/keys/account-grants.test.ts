import { App, Aws, Stack } from 'aws-cdk-lib';
import { AccountPrincipal, ArnPrincipal, OrganizationPrincipal } from 'aws-cdk-lib/aws-iam';
import type { IPrincipal } from 'aws-cdk-lib/aws-iam';
import { ViaServicePrincipal } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { AccountAccess, SymmetricDataKey } from '../../src';
import { Deployed, HERE, OTHER_ACCOUNT, almightyRoleIn } from '../support/deployed';

/** What CDK's constructs grant on the key itself to accounts, through their service. */

const THEIRS = `arn:aws:iam::${OTHER_ACCOUNT.account}:role/Reader`;
const VIA = `secretsmanager.${HERE.region}.amazonaws.com`;

function home(accountAccess?: AccountAccess) {
  const app = new App();
  const stack = new Stack(app, 'Home', { env: HERE });
  return { app, stack, key: new SymmetricDataKey(stack, 'Key', { accountAccess }) };
}

describe('where IAM decides, a secret with the key that is granted to', () => {
  /** Whether the key policy names anybody of the other account, who needs an IAM policy there besides. */
  function outcomes(principal: IPrincipal) {
    const { app, stack, key } = home(AccountAccess.DELEGATE_TO_IAM);
    new Secret(stack, 'Secret', { encryptionKey: key }).grantRead(principal);
    almightyRoleIn(new Stack(app, 'Theirs', { env: OTHER_ACCOUNT }), 'Reader', { roleName: 'Reader' });
    const deployed = new Deployed(app);
    const ask = (via: string) => deployed.outcome(THEIRS, 'kms:Decrypt', key, { via });
    return [ask('secretsmanager'), ask('s3')];
  }

  test.each<[string, IPrincipal, string[]]>([
    ['another account is read there', new AccountPrincipal(OTHER_ACCOUNT.account), ['Allowed', 'ImplicitlyDenied']],
    ['a role of another account is read by it', new ArnPrincipal(THEIRS), ['Allowed', 'ImplicitlyDenied']],
    ['its own account is read by nobody else', new AccountPrincipal(HERE.account), ['ImplicitlyDenied', 'ImplicitlyDenied']],
    ['a third account is read by nobody else', new AccountPrincipal('777788889999'), ['ImplicitlyDenied', 'ImplicitlyDenied']],
  ])('%s', (_, principal, expected) => expect(outcomes(principal)).toEqual(expected));

  test.each<[string, IPrincipal]>([
    ['by its number', new AccountPrincipal(HERE.account)],
    ['by its token', new AccountPrincipal(Aws.ACCOUNT_ID)],
  ])('the own account, %s, needs no statement', (_, principal) => {
    const { app, key } = home(AccountAccess.DELEGATE_TO_IAM);
    key.grantDecrypt(new ViaServicePrincipal(VIA, principal));
    expect([new Deployed(app).keyOf(key).policy.Statement].flat().map(({ Sid }) => Sid)).toEqual(['AccountDelegatesToIam']);
  });
});

describe('where the key policy decides, the key itself, granted through a service to', () => {
  test.each<[string, IPrincipal]>([
    ['another account', new AccountPrincipal(OTHER_ACCOUNT.account)],
    ['an organization', new OrganizationPrincipal('o-abc1234567')],
  ])('%s is refused, with the view', (_, principal) => {
    const { key } = home();
    expect(() => key.grantDecrypt(new ViaServicePrincipal(VIA, principal))).toThrow('hand over key.forService(KmsService.SECRETS_MANAGER)');
  });

  test('its own account is left to what has the key', () => {
    expect(home().key.grantDecrypt(new ViaServicePrincipal(VIA, new AccountPrincipal(HERE.account))).success).toBe(false);
  });
});
