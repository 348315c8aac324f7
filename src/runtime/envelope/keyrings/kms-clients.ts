import { refuseInput } from '../../errors';
import type { KmsPort } from '../../kms-port';

/** Where KMS is called: one client, or a function that makes one for a Region. One client serves the keys of its own Region only. */
export type KmsClients = KmsPort | ((region: string) => KmsPort);

/** A function from Region to client that asks `kms` once for each. @throws `ERR_KEYSMITH_INPUT` where there is none */
export const clientsByRegion = (kms: KmsClients): (region: string) => KmsPort => {
  if (!kms) refuseInput("'kms' is missing");
  if (typeof kms !== 'function') return () => kms;
  const clients: Record<string, KmsPort> = Object.create(null) as {};
  return (region) => clients[region] ??= kms(region);
};
