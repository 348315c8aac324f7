import { App, Stack } from 'aws-cdk-lib';
import { Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import { SymmetricDataKey } from '../../src/keys';

// This file loads keys alone: nothing of src/services has had the chance to ask for anything.
describe('a key handed to a service by an app that never made a view', () => {
  test('is found at synth', () => {
    const app = new App();
    const stack = new Stack(app, 'Shop');
    new Bucket(stack, 'Invoices', { encryption: BucketEncryption.KMS, encryptionKey: new SymmetricDataKey(stack, 'Key') });
    const loaded = (folder: string) => Object.keys(require.cache).some((file) => file.includes(`/src/${folder}/`));
    expect({ keys: loaded('keys'), services: loaded('services') }).toEqual({ keys: true, services: false });
    expect(() => app.synth()).toThrow(/\[Shop\/Invoices\] hand over key\.forService\(KmsService\.S3\): 'Shop\/Invoices' was given 'Shop\/Key' itself as BucketEncryption/);
  });
});
