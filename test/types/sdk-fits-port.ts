import type { KMSClientConfig } from '@aws-sdk/client-kms';
import { KMS } from '@aws-sdk/client-kms';
import { fetchKms } from '../../src/runtime';
import type { FetchKmsOptions, KmsPort } from '../../src/runtime';
import type { LocalKms } from '../../src/testing';

/** The SDK's client is a port as it is. */
export const sdkFits: KmsPort = new KMS({});

/** So is the local KMS, for any principal. */
export const localFits = (local: LocalKms): KmsPort => local.port('Writer');

/** So is KMS over `fetch`, … */
export const fetchFits: KmsPort = fetchKms();

/** … which takes credentials and providers as the SDK has them. */
export const credentialsFit = (credentials: NonNullable<KMSClientConfig['credentials']>): KmsPort => fetchKms({ credentials });

/** What the local KMS hands out configures it, too. */
export const configFitsFetch = (local: LocalKms): FetchKmsOptions => local.clientConfig('Writer');

/** What the local KMS hands out configures the SDK's client. */
export const configFits = (local: LocalKms): KMSClientConfig => local.clientConfig('Writer');

// @ts-expect-error a client that cannot decrypt is no port
export const anEncryptOnlyClientDoesNotFit: KmsPort = { encrypt: sdkFits.encrypt };
