import { CustomResource, Duration, Stack } from 'aws-cdk-lib';
import type { Function } from 'aws-cdk-lib/aws-lambda';
import { handlerFunction } from './handler-function';
import type { SigningKey } from './signing-key';
import { keptFor } from '../app/per-stage';
import { CUSTOM_RESOURCE_ANSWER_BYTES, TOO_LONG_TO_ANSWER } from '../spec/signing-api';

/** The function of a stack that reads public keys for its custom resources. */
const readerOf = keptFor((stack: Stack) => handlerFunction(stack, 'KeysmithPublicKeyReader', {
  handler: 'public-key', description: 'Reads public keys at deployment', timeout: Duration.minutes(1),
}));

/** The value of a custom resource that reads the public half of the key; one for each form, made when it is first asked for. */
export function publicKeyAttribute(key: SigningKey, form: 'pem' | 'jwk'): string {
  const name = form === 'pem' ? 'publicKeyPem' : 'jwk';
  if (TOO_LONG_TO_ANSWER.includes(key.algorithm)) {
    throw new Error(`${name} of '${key.node.path}': the public key of ${key.algorithm} is longer than the ${CUSTOM_RESOURCE_ANSWER_BYTES} bytes that CloudFormation takes from a custom resource: publish it with JwksEndpoint`);
  }
  const id = form === 'pem' ? 'PublicKeyPem' : 'Jwk';
  const known = key.node.tryFindChild(id) as CustomResource | undefined;
  return (known ?? define(key, id, form)).getAttString('Value');
}

function define(key: SigningKey, id: string, form: 'pem' | 'jwk'): CustomResource {
  const reader: Function = readerOf(Stack.of(key));
  key.grants.readPublicKey(reader);
  const resource = new CustomResource(key, id, {
    resourceType: 'Custom::KeysmithPublicKey',
    serviceToken: reader.functionArn,
    serviceTimeout: Duration.minutes(2),
    properties: { KeyArn: key.keyArn, Algorithm: key.algorithm, Form: form },
  });
  resource.node.addDependency(reader.role!);
  return resource;
}
