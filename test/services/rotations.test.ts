import { App, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { AccountPrincipal } from 'aws-cdk-lib/aws-iam';
import { Credentials, DatabaseInstance, DatabaseInstanceEngine, MysqlEngineVersion } from 'aws-cdk-lib/aws-rds';
import { HostedRotation } from 'aws-cdk-lib/aws-secretsmanager';
import { functionIn, secretIn } from './support/resources';
import { decide } from '../../src/authz';
import { SymmetricDataKey } from '../../src/keys';
import { AccountAccess } from '../../src/policy/account-access';
import { KmsService } from '../../src/services';
import { Deployed, HERE } from '../support/deployed';

function home(accountAccess?: AccountAccess) {
  const app = new App();
  const stack = new Stack(app, 'Shop', { env: HERE });
  const key = new SymmetricDataKey(stack, 'Key', { accountAccess });
  return { app, stack, key, view: key.forService(KmsService.SECRETS_MANAGER) };
}

type Home = ReturnType<typeof home>;

function database({ stack, view }: Home): void {
  const vpc = new Vpc(stack, 'Vpc', { maxAzs: 1 });
  const engine = DatabaseInstanceEngine.mysql({ version: MysqlEngineVersion.VER_8_0 });
  new DatabaseInstance(stack, 'Database', { engine, vpc, credentials: Credentials.fromGeneratedSecret('admin', { encryptionKey: view }) }).addRotationSingleUser();
}

function hosted({ stack, view }: Home): void {
  secretIn(stack, 'Secret', view).addRotationSchedule('Rotation', { hostedRotation: HostedRotation.mysqlSingleUser() });
}

function ofTheApp({ stack, view }: Home): void {
  secretIn(stack, 'Secret', view).addRotationSchedule('Rotation', { rotationLambda: functionIn(stack, 'Rotate') });
}

/** Whether a role of a template that nobody here knows may rotate the secret; its own policy lets it. */
function mayRotate(deployed: Deployed, key: SymmetricDataKey, roleName: string): string {
  const { deployment } = deployed;
  const [{ stack, logicalId }] = deployment.resources().filter(({ type }) => type === 'AWS::SecretsManager::Secret');
  const arn = `arn:aws:iam::${HERE.account}:role/${roleName}`;
  const document = { Version: '2012-10-17', Statement: [{ Effect: 'Allow' as const, Action: ['kms:Decrypt', 'kms:GenerateDataKey'], Resource: '*' }] };
  return decide({ identities: [{ arn, policies: [{ name: 'kms', document }] }] }, {
    principal: arn,
    action: 'kms:GenerateDataKey',
    key: deployed.keyOf(key),
    encryptionContext: { SecretARN: deployment.physicalId(stack, logicalId)! },
    viaService: 'secretsmanager.eu-west-1.amazonaws.com',
  }).outcome;
}

function warnings({ stack }: Home): string[] {
  return Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp('rotates a secret')).map(({ entry }) => String(entry.data));
}

describe('a secret that is rotated under a role that AWS makes', () => {
  test.each([['a database’s', database, "'Shop/Database/RotationSingleUser'"], ['a hosted rotation’s', hosted, "'Shop/Secret/Rotation'"]])('%s: KMS would deny it, and synthesis says so', (_, rotate, name) => {
    const scene = home();
    rotate(scene);
    expect(mayRotate(new Deployed(scene.app), scene.key, 'Shop-Rotation-1A2B3C')).toBe('ImplicitlyDenied');
    const [warning, ...more] = warnings(scene);
    expect(more).toEqual([]);
    expect(warning).toContain(`${name} rotates a secret under a role that a template of AWS makes, which the policy of 'Shop/Key' cannot name`);
    expect(warning).toContain('addRotationSchedule(…, { rotationLambda })');
  });

  test.each([['a database’s', database], ['a hosted rotation’s', hosted]])('%s: there is nothing to say once such roles are let in', (_, rotate) => {
    const scene = home();
    rotate(scene);
    const roles = { ArnLike: { 'aws:PrincipalArn': `arn:aws:iam::${HERE.account}:role/Shop-*` } };
    scene.view.grantEncryptDecrypt(new AccountPrincipal(HERE.account).withConditions(roles));
    const deployed = new Deployed(scene.app);
    expect(mayRotate(deployed, scene.key, 'Shop-Rotation-1A2B3C')).toBe('Allowed');
    expect(mayRotate(deployed, scene.key, 'Other-Rotation-1A2B3C')).toBe('ImplicitlyDenied');
    expect(warnings(scene)).toEqual([]);
  });

  test.each([['where IAM policies decide', home(AccountAccess.DELEGATE_TO_IAM), database], ['with a function of the app', home(), ofTheApp]])('nor is there %s', (_, scene, rotate) => {
    rotate(scene);
    expect(warnings(scene)).toEqual([]);
  });
});
