import { App, Stack } from 'aws-cdk-lib';
import { Role } from 'aws-cdk-lib/aws-iam';
import { KmsService, SymmetricDataKey } from '../../src';
import { bucketIn } from '../services/support/resources';
import { Deployed, HERE, roleIn } from '../support/deployed';

/** `Role.customizeRoles` has somebody else make the roles of an app: CDK writes none, and the key policy has to name those that exist under the names that were said. */
describe('roles that are made elsewhere (Role.customizeRoles)', () => {
  const app = new App();
  const stack = new Stack(app, 'Shop', { env: HERE });
  Role.customizeRoles(stack, { usePrecreatedRoles: { 'Shop/Reader': 'reader', 'Shop/Writer': 'writer' } });
  const key = new SymmetricDataKey(stack, 'Key');
  const [reader, writer] = ['Reader', 'Writer'].map((id) => roleIn(stack, id));
  key.grants.decrypt(reader);
  bucketIn(stack, 'Bucket', key.forService(KmsService.S3), 'orders').grantWrite(writer);
  let deployed: Deployed;
  beforeAll(() => { deployed = new Deployed(app); });

  const arn = (name: string) => `arn:aws:iam::${HERE.account}:role/${name}`;
  const through = { via: 's3', context: { 'aws:s3:arn': 'arn:aws:s3:::orders' } };
  const direct = { parameters: { EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' } };

  test.each<[string, string, string, object, string]>([
    ['who was granted decryption decrypts', 'reader', 'kms:Decrypt', direct, 'Allowed'],
    ['and makes no data keys', 'reader', 'kms:GenerateDataKey', direct, 'ImplicitlyDenied'],
    ['who writes to the bucket makes data keys through S3', 'writer', 'kms:GenerateDataKey', through, 'Allowed'],
    ['and none by itself', 'writer', 'kms:GenerateDataKey', direct, 'ImplicitlyDenied'],
    ['a role of another name does nothing', 'reader2', 'kms:Decrypt', direct, 'ImplicitlyDenied'],
  ])('%s', (_, name, action, call, outcome) => expect(deployed.outcome(arn(name), action, key, call)).toBe(outcome));

  test('are in no template', () => expect(deployed.deployment.resources().filter(({ type }) => type === 'AWS::IAM::Role')).toEqual([]));
});
