import type { CustomResourceEvent, CustomResourceSurroundings } from './custom-resource';
import { customResource } from './custom-resource';
import type { AttachedKeyOptions } from '../runtime';
import { fetchPublicKey, publicKeyToJwk, publicKeyToPem } from '../runtime';
import { SIGNING } from '../spec/signing';
import type { SigningAlgorithm } from '../spec/signing';

/** What the function behind `publicKeyPem` and `jwk` of signing keys is made of. */
export interface PublicKeyHandlerOptions extends CustomResourceSurroundings {
  readonly kms: Pick<AttachedKeyOptions['kms'], 'getPublicKey'>;
}

/** Tells CloudFormation the public half of a key, in the two forms that people put into settings. Nothing is made, so that nothing is to be deleted. */
export function createPublicKeyHandler({ kms, ...surroundings }: PublicKeyHandlerOptions): (event: CustomResourceEvent) => Promise<void> {
  return customResource(async ({ RequestType, PhysicalResourceId, ResourceProperties }) => {
    const { KeyArn, Algorithm, Form } = ResourceProperties as { KeyArn: string; Algorithm: SigningAlgorithm; Form: 'pem' | 'jwk' };
    const physicalId = `${KeyArn}/${Form}`;
    if (RequestType === 'Delete') return { physicalId: PhysicalResourceId ?? physicalId };
    const key = await fetchPublicKey({ kms, keyArn: KeyArn });
    // Ed25519ph has no name in JOSE: its JWK says which key it is, and not for what.
    const algorithm = SIGNING[Algorithm].jose ? Algorithm : undefined;
    const value = Form === 'pem' ? publicKeyToPem(key) : JSON.stringify(publicKeyToJwk(key, { algorithm }));
    return { physicalId, data: { Value: value } };
  }, surroundings);
}
