import { strict as assert } from 'node:assert';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { KeyAccess, SymmetricDataKey } from 'cdk-keysmith';

const stack = new Stack(new App(), 'Orders', { env: { account: '111122223333', region: 'eu-west-1' } });
const [reader, writer] = ['Reader', 'Writer'].map((id) => new Role(stack, id, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') }));
const key = new SymmetricDataKey(stack, 'Data', { contextKeys: ['tenant'] });
key.grants.decrypt(reader);
key.grants.encrypt(writer);

const access = KeyAccess.fromTemplate(Template.fromStack(stack), { key });
assert(access.onlyAllows('kms:Decrypt', reader).holds);
assert(access.requiresContext('tenant').holds);
assert(access.allowsNobodyOutside(stack.account).holds);
assert(access.allows({ principal: writer.roleArn, action: 'kms:Encrypt', encryptionContext: { tenant: 't-1' } }).holds);

// What does not hold says why, and brings a request that gets through.
const { message, witness } = access.onlyAllows('kms:Encrypt', reader);
console.log(message);
assert(access.allows(witness!).holds);
