import { App, Aspects, Stack } from 'aws-cdk-lib';
import { CfnRole } from 'aws-cdk-lib/aws-iam';
import type { Role } from 'aws-cdk-lib/aws-iam';
import { SymmetricDataKey } from '../../src/keys';
import { Deployed, HERE, OTHER_ACCOUNT, roleIn } from '../support/deployed';

const CALL = { parameters: { EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' } };

/** A named role in a stack of its own that may decrypt. */
function scene(env: typeof HERE) {
  const app = new App();
  const roles = new Stack(app, 'Roles', { env });
  const key = new SymmetricDataKey(new Stack(app, 'Keys', { env: HERE }), 'Key', { alias: 'data' });
  const role = roleIn(roles, 'Reader', { roleName: 'reader' });
  key.grants.decrypt(role);
  return { app, roles, key, role };
}

const resourceOf = (role: Role) => role.node.defaultChild as CfnRole;

describe.each([['this account', HERE], ['another account', OTHER_ACCOUNT]])('a role in another stack, of %s, that is granted a key and then renamed', (_, env) => {
  test.each<[string, (role: Role, app: App) => void]>([
    ['on its resource', (role) => void (resourceOf(role).roleName = 'acme-reader')],
    ['by an override', (role) => resourceOf(role).addPropertyOverride('RoleName', 'acme-reader')],
    ['by an aspect', (role, app) => Aspects.of(app).add({ visit: (node) => void (node === resourceOf(role) && (resourceOf(role).roleName = 'acme-reader')) })],
  ])('%s has the key under its new name, and nobody under the old one', (__, rename) => {
    const { app, roles, key, role } = scene(env);
    rename(role, app);
    const successor = roleIn(roles, 'Successor', { roleName: 'reader' });
    const deployed = new Deployed(app);
    expect(deployed.arnOf(role)).toBe(`arn:aws:iam::${env.account}:role/acme-reader`);
    expect([deployed.outcome(role, 'kms:Decrypt', key, CALL), deployed.outcome(successor, 'kms:Decrypt', key, CALL)]).toEqual(['Allowed', 'ImplicitlyDenied']);
  });

  test('on another path has the key there', () => {
    const { app, key, role } = scene(env);
    resourceOf(role).path = '/teams/';
    const deployed = new Deployed(app);
    expect(deployed.arnOf(role)).toBe(`arn:aws:iam::${env.account}:role/teams/reader`);
    expect(deployed.outcome(role, 'kms:Decrypt', key, CALL)).toBe('Allowed');
    expect(deployed.outcome(role, 'kms:Encrypt', key, CALL)).toBe('ImplicitlyDenied');
  });

  test.each<[string, (resource: CfnRole) => void]>([
    ['on its resource', (resource) => void (resource.roleName = undefined)],
    ['by an override', (resource) => resource.addPropertyDeletionOverride('RoleName')],
  ])('is not left without a name %s: no policy could tell it', (__, unname) => {
    const { app, role } = scene(env);
    unname(resourceOf(role));
    expect(() => app.synth()).toThrow(/'Roles\/Reader' was named in a key policy by its name, and the name was taken away since: leave it the name, or grant after that/);
  });

  test('is told once, however often it is granted', () => {
    const { app, key, role } = scene(env);
    key.grants.decrypt(role);
    const told = JSON.stringify(new Deployed(app).keyOf(key).policy).split('role/reader').length - 1;
    expect(told).toBe(1);
  });
});
